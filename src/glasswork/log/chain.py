r"""The chain that holds a log's lines together: a pure function of their bytes.

One event is one line of ASCII:

    {"seq":7,"prev":"<hash of event 6>","t":"2026-11-22T19:45:01.123Z","type":"...","content":"<hex>",
     "salt":"<hex>","data":{...},"hash":"<hex>"}

``content`` is the SHA-256 of the salt followed by the raw bytes of ``data``; ``hash`` that of ``prev`` followed by the
raw bytes of the line up to the end of ``content``. So the chain runs over what each event says without holding it:
data and salt can be taken out, and the chain holds. What is left is a *tombstone*: ``"salt":"","data":null``.

Bytes are hashed, never parsed and rewritten JSON: two spellings of one value (``\u00e9`` and ``\u00E9``) would pass as
equal. ``prev`` of the first event is the SHA-256 of ``run.json``, so that the chain covers what was asked, too.

A chain without a key shows accidents and lazy edits. Whoever rewrites every line after the one they change leaves no
trace in it; :mod:`glasswork.log.head` is for that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO, Literal, NamedTuple

How = Literal[
    "", "changed", "reordered", "removed", "repeated", "torn", "cut", "replaced", "forged", "unsealed", "unfinished"
]
"""What befell a log. ``torn``: a half-written end. ``cut``: an end that is missing. ``replaced``: another log than the
one that was noted. ``forged``: an anchor whose seal does not hold. ``unsealed``: a key is set, and no seal is there.
``unfinished``: a redaction that was begun."""

SALT_BYTES = 16

_LINE = re.compile(
    rb'\{"seq":([1-9][0-9]{0,17}),"prev":"([0-9a-f]{64})","t":"([0-9T:.Z-]{20,32})","type":"([a-z.]{1,64})",'
    rb'"content":"([0-9a-f]{64})","salt":"(?:([0-9a-f]{32})","data":(\{[^\n]*\})|","data":null),'
    rb'"hash":"([0-9a-f]{64})"\}\n?'
)
_TOMBSTONE = b',"salt":"","data":null'
_END = len(',"hash":"') + 64 + len('"}\n')


class Link(NamedTuple):
    """One event's line, taken apart. ``data`` is None where it was taken out; ``offset`` is in bytes."""

    seq: int
    prev: str
    time: str
    type: str
    content: str
    data: bytes | None
    hash: str
    offset: int
    line: bytes
    """The whole line, its newline included."""

    def tombstone(self) -> bytes:
        """Return the line without what the event said."""
        header = _header(self.seq, self.prev, self.time, self.type, self.content)
        return header + _TOMBSTONE + self.line[-_END:]

    def behind(self, prev: str) -> tuple[bytes, str]:
        """Return the line of the same event in another chain, behind the event with the hash ``prev``; and its hash."""
        header = _header(self.seq, prev, self.time, self.type, self.content)
        digest = _hash(prev.encode(), header)
        return b'%b%b,"hash":"%b"}\n' % (header, self.line[len(header) : -_END], digest.encode()), digest


class Break(NamedTuple):
    """Where and how a chain stops holding. Only what is ``torn`` may be cut off: nothing acknowledged stands in it."""

    how: How
    seq: int
    offset: int
    text: str


def seal(seq: int, prev: str, time: str, kind: str, *, salt: str, data: str) -> tuple[bytes, str]:
    """Return the line of an event, and its hash. ``salt`` is hexadecimal, ``data`` ASCII JSON on one line."""
    header = _header(seq, prev, time, kind, sha256(f"{salt}{data}".encode("ascii")).hexdigest())
    digest = _hash(prev.encode(), header)
    return b'%b,"salt":"%b","data":%b,"hash":"%b"}\n' % (header, salt.encode(), data.encode(), digest.encode()), digest


def parse(line: bytes, offset: int = 0) -> Link | None:
    """Take one whole line apart, newline included; None where it is none, or where one of its hashes does not hold."""
    match = _LINE.fullmatch(line)
    if match is None or not line.endswith(b"\n"):
        return None
    seq, prev, time, kind, content, salt, data, digest = match.groups()
    if _hash(prev, line[: match.end(5) + 1]).encode() != digest:
        return None
    if data is not None and sha256(salt + data).hexdigest().encode() != content:
        return None
    return Link(
        int(seq), prev.decode(), time.decode(), kind.decode(), content.decode(), data, digest.decode(), offset, line
    )


class Walk:
    """Follows a chain from its first byte for as long as it holds.

    Iterating yields its links. Afterwards ``broken`` says where it stopped holding (None where it never did), and
    ``seq``, ``hash`` and ``offset`` where the next event belongs. A log that grows is followed by iterating again.
    """

    def __init__(self, stream: BinaryIO, first: str) -> None:
        self._stream = stream
        self.seq = 0
        self.hash = first
        self.offset = 0
        self.broken: Break | None = None

    def __iter__(self) -> Iterator[Link]:
        self.broken = None
        self._stream.seek(self.offset)
        for line in self._stream:
            link = parse(line, self.offset)
            if link is None or link.seq != self.seq + 1 or link.prev != self.hash:
                self.broken = self._diagnose(line, link)
                return
            self.seq, self.hash, self.offset = link.seq, link.hash, self.offset + len(line)
            yield link

    def _diagnose(self, line: bytes, link: Link | None) -> Break:
        """Say what befell the log at this line, the first that does not follow from those before it."""
        tail = line + self._stream.read()
        how, text = self._out_of_place(link, tail) if link else self._damaged(line, tail)
        seq = self.seq + 1
        return Break(how, seq, self.offset, f"event {seq} at byte {self.offset} {text}")

    def _damaged(self, line: bytes, tail: bytes) -> tuple[How, str]:
        if _is_object(line) and not self._lacks_only_its_newline(tail):
            return "changed", f"does not match its hash: {_what_changed(line)}"
        if any(_events_in(tail, skip_unended=True)):
            return "changed", "is damaged, and not by a write that was cut short"
        return "torn", f"is half-written: the last {len(tail)} bytes hold no whole event"

    def _lacks_only_its_newline(self, tail: bytes) -> bool:
        link = parse(tail + b"\n")
        return link is not None and (link.seq, link.prev) == (self.seq + 1, self.hash)

    def _out_of_place(self, link: Link, tail: bytes) -> tuple[How, str]:
        expected = self.seq + 1
        if link.seq < expected:
            return "repeated", f"is event {link.seq} once more: it was repeated"
        if link.seq == expected:
            before = f"event {self.seq}" if self.seq else "run.json"
            return "changed", f"does not follow from {before}: {before} was changed after it was written"
        if any(other.seq == expected and other.prev == self.hash for other in _events_in(tail)):
            return "reordered", f"comes later, after event {link.seq}: the order was changed"
        missing = f"event {expected} is" if link.seq == expected + 1 else f"events {expected} to {link.seq - 1} are"
        return "removed", f"is missing, event {link.seq} stands there: {missing} removed"


def _header(seq: int, prev: str, time: str, kind: str, content: str) -> bytes:
    return f'{{"seq":{seq},"prev":"{prev}","t":"{time}","type":"{kind}","content":"{content}"'.encode("ascii")


def _hash(prev: bytes, header: bytes) -> str:
    return sha256(prev + header).hexdigest()


def _what_changed(line: bytes) -> str:
    """Say which half of a line is another: what the chain runs over, or what the event says."""
    match = _LINE.fullmatch(line)
    if match is not None and _hash(match[2], line[: match.end(5) + 1]).encode() == match[8]:
        return "what it says was changed"
    return "it was changed"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _events_in(tail: bytes, *, skip_unended: bool = False) -> Iterator[Link]:
    """Every event that holds by itself in these bytes, wherever it starts.

    ``skip_unended`` passes over one that stands alone without its newline: a write that was cut one byte short.
    """
    for start in re.finditer(rb'\{"seq":', tail):
        found = _LINE.match(tail, start.start())
        if found is None:
            continue
        line = found.group().removesuffix(b"\n") + b"\n"
        link = parse(line, start.start())
        alone = start.start() == 0 and found.end() == len(tail) and not found.group().endswith(b"\n")
        if link is not None and not (skip_unended and alone):
            yield link
