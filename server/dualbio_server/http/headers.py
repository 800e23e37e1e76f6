"""Headers that every answer carries: CORS for any origin, and the security headers of data and of pages."""

from __future__ import annotations

__all__ = ["COMMON", "DATA_POLICY", "EXPOSED", "PAGE_POLICY", "PREFLIGHT", "Headers"]

Headers = list[tuple[str, str]]

EXPOSED = (
    "ETag, Last-Modified, Retry-After, Link, Location, X-Query-Id, Dualbio-Release, Dualbio-Rows, "
    "Dualbio-Answered-From, Allow, Accept-Post, Accept-Query, Memento-Datetime, Content-Location"
)

#: Data runs nothing and is framed nowhere.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

#: Pages load scripts and styles from this service alone. The editor sets style attributes, hence 'unsafe-inline'.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

COMMON: Headers = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", EXPOSED),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Content-Security-Policy", DATA_POLICY),
]

#: What a browser asks before it sends a request from another origin; no login is needed for it.
PREFLIGHT: Headers = [
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, QUERY, OPTIONS"),
    ("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, If-None-Match, X-Query-Id"),
    ("Access-Control-Max-Age", "86400"),
]
