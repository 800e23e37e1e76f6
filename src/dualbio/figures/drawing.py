"""Draw a specification: SVG, PNG and HTML by vl-convert, which needs neither a browser nor the network."""

from __future__ import annotations

import re
from html import escape
from importlib.util import find_spec
from typing import Any
from unicodedata import east_asian_width

from dualbio.errors import MissingExtraError

__all__ = ["draw_html", "draw_png", "draw_svg", "require_drawing"]

#: The version of Vega-Lite that specifications are written for, as vl-convert names it.
_VERSION = "6.1"
_ROOT = re.compile(r"<svg[^>]*>")
#: A mark with its words, as the engine writes it: a shape without content, or letters.
_SHAPE = re.compile(r'<(path|circle) aria-label="([^"]*)"([^>]*)/>')
#: A circle, as the engine writes it: two arcs.
_CIRCLE = re.compile(r'<path([^>]*) d="M([\d.]+),0A\2,\2,0,1,1,-\2,0A\2,\2,0,1,1,\2,0"([^>]*)/>')
_LETTERS = re.compile(r'<text aria-label="([^"]*)"([^>]*)>([^<]*(?:<tspan[^>]*>[^<]*</tspan>)*)(?=<)')
_TAG = re.compile(r"<[^>]*>|\s")
#: What the engine writes and nobody sees: empty paths behind and before groups, names of its parts, what holds anyway.
_UNSEEN = re.compile(
    r'<path class="(?:background|foreground)" aria-hidden="true" d="[^"]*"'
    r'(?: pointer-events="none")?(?: display="none")?/>'
    r'| class="mark-[^"]*"| role="graphics-object"| aria-roledescription="[^"]*"| font-family="sans-serif"'
    r'| opacity="1"| transform="translate\(0,0\)"| font-weight="normal"| pointer-events="none"| stroke-width="1"'
)
_SYMBOL = ' role="graphics-symbol"'
#: The end of a line of letters and the beginning of the next, with the letters around it.
_LINES = re.compile(r"([^<>])</tspan>(<tspan[^>]*>)(?=([^<>]))")
#: A space between the words of two lines, for copying and screen readers; it is not visible.
_SPACE = '<tspan font-size="0"> </tspan>'
#: A width of lines of a shape that has none.
_UNDRAWN = re.compile(r'(<path (?:(?! stroke=)[^>])*?) stroke-width="[^"]*"((?:(?! stroke=)[^>])*>)')
_EMPTY = re.compile(r"<g(?: [^>]*)?></g>")
#: Digits of a length or place beyond a hundredth of a pixel; words may hold such numbers too.
_PLACES = re.compile(r'(?<= )(?:d|transform|[xy][12]?|r|width|height)="[^"]*"')
_DIGITS = re.compile(r"(\.\d{2})\d+")


def draw_svg(spec: dict[str, Any], *, title: str, text: str) -> str:
    """Return an SVG without script; `title` and `text` are what a screen reader says of it (SVG 2, section 5.8).

    What a mark says stands in a title of its own, which a mouse shows too.

    Raises:
        MissingExtraError: vl-convert is not installed.
    """
    svg: str = _converter().vegalite_to_svg(spec, vl_version=_VERSION, allowed_base_urls=[])
    described = f"<title>{escape(title, quote=False)}</title><desc>{escape(text, quote=False)}</desc>"
    svg = _CIRCLE.sub(r'<circle\1 r="\2"\3/>', svg)
    svg = _SHAPE.sub(r"<\1\3><title>\2</title></\1>", svg)
    svg = _LINES.sub(_parted, _LETTERS.sub(_titled, _slim(svg)))
    return _ROOT.sub(lambda match: _accessible(match[0]) + described, svg, count=1)


def _accessible(root: str) -> str:
    """Return the first tag of a figure; its marks are links, hence a group whose parts can be reached, not an image."""
    return root.removesuffix(">") + ' font-family="sans-serif" role="graphics-document">'


def _titled(found: re.Match[str]) -> str:
    """Return letters with what they say as a title; those that say it themselves are no symbol, which needs one."""
    said, rest, letters = found.groups()
    if _TAG.sub("", said) == _TAG.sub("", letters):  # on one line or on several
        return f"<text{rest.replace(_SYMBOL, '')}>{letters}"
    return f"<text{rest}><title>{said}</title>{letters}"


def _parted(found: re.Match[str]) -> str:
    """Return the place where a line ends with a space, unless letters of Chinese stand on both sides."""
    last, start, first = found.groups()
    space = "" if {east_asian_width(last), east_asian_width(first)} <= {"W", "F"} else _SPACE
    return f"{last}</tspan>{space}{start}"


def _slim(svg: str) -> str:
    """Return an SVG without what makes no difference to what is seen, read out or followed; it is half as long."""
    svg = _PLACES.sub(lambda found: _DIGITS.sub(r"\1", found[0]), _UNSEEN.sub("", svg))
    svg, before = _UNDRAWN.sub(r"\1\2", svg), ""
    while before != svg:
        before, svg = svg, _EMPTY.sub("", svg)
    return svg


def draw_png(spec: dict[str, Any], *, scale: float = 2) -> bytes:
    """Return a PNG, `scale` pixels for each of the figure's.

    Raises:
        MissingExtraError: vl-convert is not installed.
    """
    png: bytes = _converter().vegalite_to_png(spec, vl_version=_VERSION, scale=scale, allowed_base_urls=[])
    return png


def draw_html(spec: dict[str, Any], *, title: str, text: str) -> str:
    """Return a page that needs nothing else: the figure, drawn by Vega when it is opened, and its text.

    Raises:
        MissingExtraError: vl-convert is not installed.
    """
    page: str = _converter().vegalite_to_html(spec, vl_version=_VERSION, bundle=True)
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())
    details = f"<details><summary>The figure in words</summary>{paragraphs}</details>"
    page = page.replace("<html>", '<html lang="en">', 1).replace("<head>", f"<head><title>{escape(title)}</title>", 1)
    return page.replace("</body>", f"{details}</body>", 1)


def require_drawing() -> None:
    """Make sure that figures can be drawn here, without starting what draws them.

    Raises:
        MissingExtraError: vl-convert is not installed.
    """
    if find_spec("vl_convert") is None:
        raise MissingExtraError("figures", "a figure")


def _converter() -> Any:
    try:
        import vl_convert  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise MissingExtraError("figures", "a figure") from error
    return vl_convert
