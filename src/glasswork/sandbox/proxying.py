"""What a program may say to its gateway: one HTTP request head, read once and strictly. Nothing is opened here."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import NamedTuple

from glasswork.sandbox.targets import Target, target

HEAD_BYTES = 16 * 1024
"""For a request's first line and its headers."""
_LINE = re.compile(r"([A-Z]{1,20}) (\S{1,8000}) HTTP/1\.[01]")
_URL = re.compile(r"(?i:http)://([^/?#@\\]+)([/?][^#]*)?")
_PORT = re.compile(r":[0-9]*\Z")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e]*")
_OURS = frozenset({"host", "connection", "keep-alive", "upgrade", "te"})


class Asked(NamedTuple):
    """Whom a program asks for, and what is to be passed on to them first."""

    target: Target
    first: bytes
    """The request as the other side expects it; nothing for a tunnel."""


class Refused(Exception):
    """Why a program is not connected; it is answered with this status."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why

    def answer(self) -> bytes:
        """Return the whole answer: it says why, and that the connection ends."""
        text = f"{self.why}\n".encode()
        first = f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        return f"{first}Content-Length: {len(text)}\r\nConnection: close\r\n\r\n".encode() + text


def read_request(head: bytes) -> Asked:
    """Read a request head, its empty last line included: ``CONNECT host:port``, or a request for an ``http://`` URL.

    Of a plain request the target alone is believed: it becomes the ``Host``, and the connection serves no other.

    Raises:
        Refused: it is anything else, or could be read in two ways.
    """
    lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    first, headers = _LINE.fullmatch(lines[0]), [_HEADER.fullmatch(line) for line in lines[1:]]
    if first is None or not lines[0].isascii() or not lines[0].isprintable() or None in headers:
        raise Refused(HTTPStatus.BAD_REQUEST, "not a request that this gateway understands")
    method, uri = first[1], first[2]
    try:
        return Asked(target(uri), b"") if method == "CONNECT" else _plain(method, uri, lines[1:])
    except ValueError as problem:
        raise Refused(HTTPStatus.BAD_REQUEST, str(problem)) from problem


def _plain(method: str, uri: str, headers: list[str]) -> Asked:
    """Read a request that names a whole URL, and write it as the server behind that URL expects it."""
    url = _URL.fullmatch(uri)
    if url is None:
        raise ValueError("neither CONNECT nor a URL that begins with http://")
    authority, path = url[1], url[2] or "/"
    asked = target(authority if _PORT.search(authority) else f"{authority}:80")
    host = str(asked).removesuffix(":80") if asked.port == 80 else str(asked)
    first = f"{method} {path if path.startswith('/') else f'/{path}'} HTTP/1.1"
    kept = [line for line in headers if not _is_ours(line.partition(":")[0].lower())]
    return Asked(asked, "\r\n".join([first, f"Host: {host}", *kept, "Connection: close", "", ""]).encode("latin-1"))


def _is_ours(header: str) -> bool:
    return header in _OURS or header.startswith("proxy-")
