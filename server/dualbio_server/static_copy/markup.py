"""The HTML of a page in a static copy: relative links, and no forms that need the service."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape
from urllib.parse import quote, urljoin

from dualbio_server.http.headers import PAGE_POLICY
from dualbio_server.static_copy.addresses import SERVICE_SECTION, Absent, Addresses

__all__ = ["CopiedPage", "copied_page", "leading_page"]

#: Figures in a page lead on as the page does, in the older way of SVG.
_LINK = re.compile(r'(\s(?:(?:xlink:)?href|src|srcset|action)=")([^"]*)"')
_ANCHOR = re.compile(r'<a\b[^>]*?\s(?:xlink:)?href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_SWITCH = re.compile(r'<a class="language"')
_ELSEWHERE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:|//)")
_OTHER_LINK = re.compile(r'[ \t]*<link\b[^>]*?\shref="([^"]*)"[^>]*>\n?')
_FORM = re.compile(r"<form\b(?![^>]*role=\"search\")[^>]*>.*?</form>", re.DOTALL)
#: What a page may load; a directive that only a header can give is left out, and so is a sandbox of files.
_POLICY = PAGE_POLICY.partition("; frame-ancestors")[0]
_LEADING = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>dualbio</title><meta http-equiv="refresh" content="0; url={place}"></head>
<body><main><h1>dualbio</h1><p><a href="{place}">{name}</a></p></main></body></html>
"""


@dataclass
class CopiedPage:
    """A page of a copy: its text, and the addresses that it leads to, each of which must be a file."""

    text: str
    leads_to: list[str] = field(default_factory=list)


def copied_page(text: str, address: str, root: str, addresses: Addresses, no_form: str) -> CopiedPage:
    """Return the page at `address` as it stands in its file.

    Args:
        text: the page as the service gives it.
        address: its settled address, which says which file it is in.
        root: the path of the root of the service, without a slash at its end.
        addresses: what the copy has.
        no_form: markup in the place of each form, but for the search.
    """
    found = CopiedPage("")
    folder = str(addresses.file(address).parent).removeprefix(".")
    language = address.rpartition("lang=")[2] if "lang=" in address else addresses.languages[0]

    def placed(link: str) -> tuple[str, str] | Absent:
        place = link.partition("#")[0]
        rooted = place.startswith(f"{root}/") and not place.startswith("//")
        local = (place if rooted else urljoin(root + address.partition("?")[0], place)).removeprefix(root) or "/"
        if language != addresses.languages[0] and "lang=" not in local:
            local += f"{'&' if '?' in local else '?'}lang={language}"
        return addresses.place(local)

    def here(link: str) -> bool:
        return bool(link) and not link.startswith("#") and not _ELSEWHERE.match(link)

    def rewritten(match: re.Match[str]) -> str:
        link = unescape(match[2])
        if not here(link):
            return match[0]
        place, fragment = placed(link), "".join(link.partition("#")[1:])
        if isinstance(place, Absent):
            place, fragment = placed(root + SERVICE_SECTION), "".join(SERVICE_SECTION.partition("#")[1:])
        assert not isinstance(place, Absent)
        found.leads_to.append(place[0])
        return f'{match[1]}{escape(_relative(place[1], folder))}{escape(fragment)}"'

    def kept(whole: re.Match[str]) -> str:
        """Return an element whose link the copy has, or what stands in its place: the words of an anchor.

        The name of a language that the copy has not would be a word without sense.
        """
        target = unescape(whole[1])
        if here(target) and placed(target) is Absent.LEFT_OUT:
            return whole[2] if whole.re is _ANCHOR and not _SWITCH.match(whole[0]) else ""
        return whole[0]

    text = _FORM.sub(no_form, text)
    text = _LINK.sub(rewritten, _ANCHOR.sub(kept, _OTHER_LINK.sub(kept, text)))
    found.text = text.replace(
        '<meta charset="utf-8">',
        f'<meta charset="utf-8">\n  <meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        1,
    )
    return found


def leading_page(address: str, target: str, addresses: Addresses) -> CopiedPage:
    """Return the page that leads from one settled address to another, as a redirect does."""
    folder = str(addresses.file(address).parent).removeprefix(".")
    place = _relative(quote(str(addresses.file(target))), folder)
    return CopiedPage(_LEADING.format(place=escape(place), name=escape(target)), [target])


def _relative(file: str, folder: str) -> str:
    """Return the link to a file from a page in a folder, both below the same root."""
    up, parts = [each for each in folder.split("/") if each], file.split("/")
    shared = 0
    while shared < min(len(up), len(parts) - 1) and quote(up[shared]) == parts[shared]:
        shared += 1
    return "/".join([*[".."] * (len(up) - shared), *parts[shared:]])
