"""Content codings: compressed answers for clients that take them."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

__all__ = ["CODINGS", "compress", "compress_file", "worth_coding"]

#: In the server's order of preference: zstd costs least and saves most on result sets.
CODINGS = ("zstd", "br", "gzip")

_LEAST = 860
_LEVELS = {"zstd": 3, "br": 4, "gzip": 5}


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def worth_coding(length: int) -> bool:
    """Return whether an answer of `length` bytes gains from a coding; smaller ones fit one packet anyway."""
    return length >= _LEAST


def compress(data: bytes, coding: str) -> bytes:
    """Return `data` in `coding`, one of `CODINGS`; equal input gives equal output."""
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=_LEVELS["zstd"]).compress(data)
    if coding == "br":
        return bytes(brotli.compress(data, quality=_LEVELS["br"]))
    return gzip.compress(data, compresslevel=_LEVELS["gzip"], mtime=0)


def compress_file(pieces: Iterable[bytes], coding: str) -> tuple[IO[bytes], int]:
    """Return a nameless temporary file with `pieces` in `coding`, at its start, and its length in bytes."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it, when it is sent
    for piece in _coded(pieces, coding):
        file.write(piece)
    length = file.tell()
    file.seek(0)
    return file, length


def _coded(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    compressor = _compressor(coding)
    for piece in pieces:
        yield compressor.compress(piece)
    yield compressor.flush()


def _compressor(coding: str) -> _Compressor:
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=1).compressobj()
    if coding == "br":
        return _Brotli()
    return zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)


class _Brotli:
    """The names that the other compressors use."""

    def __init__(self) -> None:
        self._inner = brotli.Compressor(quality=1)

    def compress(self, data: bytes, /) -> bytes:
        return bytes(self._inner.process(data))

    def flush(self) -> bytes:
        return bytes(self._inner.finish())
