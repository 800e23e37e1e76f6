"""The markup of a page as it stands in a copy: links relative to its file, and no form that nobody answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape
from os.path import relpath
from pathlib import PurePosixPath
from urllib.parse import quote, urljoin

from dualbio_server.http.headers import PAGE_POLICY
from dualbio_server.static_copy.addresses import SERVICE_SECTION, Absent, Addresses

__all__ = ["CopiedPage", "copied_page", "leading_page"]

_LINK = re.compile(r'(\s(?:href|src|srcset|action)=")([^"]*)"')
_ANCHOR = re.compile(r"<a\b[^>]*>(.*?)</a>", re.DOTALL)
_ELSEWHERE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:|//)")
_OTHER_LINK = re.compile(r"[ \t]*<link\b[^>]*>\n?")
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
    file = addresses.file(address)
    language = address.rpartition("lang=")[2] if "lang=" in address else addresses.languages[0]

    def settled(link: str) -> tuple[str | Absent, str]:
        place, mark, fragment = link.partition("#")
        local = urljoin(root + address.partition("?")[0], place).removeprefix(root) or "/"
        if language != addresses.languages[0] and "lang=" not in local:
            local += f"{'&' if '?' in local else '?'}lang={language}"
        return addresses.settled(local), mark + fragment

    def here(link: str) -> bool:
        return bool(link) and not link.startswith("#") and not _ELSEWHERE.match(link)

    def rewritten(match: re.Match[str]) -> str:
        link = unescape(match[2])
        if not here(link):
            return match[0]
        place, fragment = settled(link)
        if isinstance(place, Absent):
            place, fragment = settled(SERVICE_SECTION)
        assert isinstance(place, str)
        found.leads_to.append(place)
        return f'{match[1]}{escape(_relative(addresses.file(place), file))}{escape(fragment)}"'

    def kept(whole: re.Match[str], otherwise: str) -> str:
        """Return an element whose link the copy has, or what stands in its place."""
        link = re.search(r'\shref="([^"]*)"', whole[0])
        target = unescape(link[1]) if link else ""
        return otherwise if here(target) and settled(target)[0] is Absent.LEFT_OUT else whole[0]

    text = _FORM.sub(no_form, text)
    text = _OTHER_LINK.sub(lambda match: kept(match, ""), text)
    text = _ANCHOR.sub(lambda match: kept(match, match[1]), text)
    text = _LINK.sub(rewritten, text)
    found.text = text.replace(
        '<meta charset="utf-8">',
        f'<meta charset="utf-8">\n  <meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        1,
    )
    return found


def leading_page(address: str, target: str, addresses: Addresses) -> CopiedPage:
    """Return the page that leads from one settled address to another, as a redirect does."""
    place = _relative(addresses.file(target), addresses.file(address))
    return CopiedPage(_LEADING.format(place=escape(place), name=escape(target)), [target])


def _relative(target: PurePosixPath, file: PurePosixPath) -> str:
    return quote(relpath(target, file.parent))
