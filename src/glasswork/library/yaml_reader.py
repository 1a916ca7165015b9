"""Reads YAML that nobody vouches for: limits first, then plain data with positions.

The events of PyYAML's pure-Python parser are turned into data in one pass, so that no limit is checked after the fact:
nothing is built from a file that nests too deep, says too much, repeats a key, or uses anchors, aliases or tags.
(The C parser is not used: it crashes the process on deep nesting.) Scalars follow the core schema of YAML 1.2, less
octal and hexadecimal numbers, infinity and not-a-number: ``NO`` is text, ``010`` is ten, ``12:30:45`` is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml import events as ev

from glasswork.errors import DefinitionError, Problem
from glasswork.library.tree import Keys, Spot, Tree
from glasswork.library.yaml_words import in_words

MAX_BYTES = 1_048_576
MAX_DEPTH = 50
MAX_NODES = 20_000
MAX_SCALAR = 100_000
MAX_DIGITS = 18
"""Digits of a whole number; below 64 bits, so that every reader of JSON takes it."""

_REFUSED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, less tab and line ends
    r"\u2028\u2029\u202a-\u202e\u2066-\u2069"  # hidden line ends; marks that turn the order of text around
    r"\ud800-\udfff\ufeff\ufffe\uffff\U000e0000-\U000e007f]"  # halves, non-characters, invisible tag letters
)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def read_yaml(text: str, file: str, *, first_line: int = 1) -> Tree:
    """Return the data of a YAML file whose top is a mapping, and the position of each of its parts.

    ``file`` is how problems name it; ``first_line`` is where the text begins in it.

    Raises:
        DefinitionError: the text is not YAML, or uses more of YAML than definitions may.
    """
    text = text.removeprefix("\ufeff")
    check_characters(text, file, first_line=first_line)
    reader = _Reader(text, file, first_line)
    try:
        return reader.read()
    except yaml.MarkedYAMLError as error:
        raise reader.refusal_at(error.problem_mark or error.context_mark, in_words(error, first_line)) from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise reader.refusal_at(None, f"this is not YAML that can be read ({type(error).__name__})") from None


def check_characters(text: str, file: str, *, first_line: int = 1) -> None:
    """Refuse text that is too long, or that holds characters which hide what a person would read.

    Raises:
        DefinitionError: naming the first such character.
    """
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise DefinitionError([Problem(file, 0, 0, "the file is larger than 1 MiB")])
    found = _REFUSED.search(text)
    if found:
        line = first_line + len(re.findall(r"\r\n|\r|\n", text[: found.start()]))
        column = found.start() - max(text.rfind("\n", 0, found.start()), text.rfind("\r", 0, found.start()))
        raise DefinitionError([Problem(file, line, column, _forbidden(found[0]))])


def _forbidden(character: str) -> str:
    return (
        f"the character U+{ord(character):04X} is not allowed in definitions: it is invisible or changes how text reads"
    )


def _short(text: str | None) -> str:
    text = text or ""
    return text if len(text) <= 40 else text[:39] + "…"


_Mark = Any
"""PyYAML's mark: ``line`` and ``column`` from 0. Its type stubs allow None, which its Python parser never leaves."""


class _Reader:
    """Turns the events of one document into a tree."""

    def __init__(self, text: str, file: str, first_line: int) -> None:
        self.file = file
        self.lines = re.split(r"\r\n|\r|\n", text)
        self.offset = first_line
        self.events: Iterator[ev.Event] = yaml.parse(text, Loader=yaml.SafeLoader)
        self.spots: dict[Keys, Spot] = {}
        self.nodes = 0
        self.last: _Mark = None

    def read(self) -> Tree:
        self.next()  # the stream's start
        start = self.next()
        if not isinstance(start, ev.DocumentStartEvent):
            raise self.refusal(start, "the file is empty")
        first = self.next()
        if not isinstance(first, ev.MappingStartEvent):
            empty = isinstance(first, ev.ScalarEvent) and not first.value
            found = "nothing" if empty else "a list" if isinstance(first, ev.SequenceStartEvent) else "text"
            raise self.refusal(first, f"expected keys and values at the top of the file, found {found}")
        data = self.value(first, (), first)
        self.next()  # the document's end
        following = self.next()
        if not isinstance(following, ev.StreamEndEvent):
            raise self.refusal(following, "a second document begins here; a file holds exactly one")
        return Tree(self.file, data, self.spots)

    def next(self) -> ev.Event:
        event = next(self.events)
        self.last = event.start_mark
        if isinstance(event, ev.NodeEvent):
            self.admit(event)
        return event

    def admit(self, event: ev.NodeEvent) -> None:
        """Count a node, and refuse what definitions may not use."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.refusal(event, f"the file has more than {MAX_NODES} parts")
        if isinstance(event, ev.AliasEvent):
            raise self.refusal(event, f"'*{_short(event.anchor)}': aliases are not allowed; write it out again")
        if event.anchor is not None:
            raise self.refusal(event, f"'&{_short(event.anchor)}': anchors are not allowed; write it out each time")
        if getattr(event, "tag", None) is not None:
            raise self.refusal(event, "tags (words that begin with '!') are not allowed; quote the text if it is text")

    def value(self, event: ev.Event, keys: Keys, key: ev.Event) -> Any:
        """Build the node that begins with ``event``; note where it and its key stand."""
        self.spots[keys] = self.spot(event, key)
        if len(keys) >= MAX_DEPTH:
            raise self.refusal(event, f"the file nests deeper than {MAX_DEPTH} levels")
        if isinstance(event, ev.MappingStartEvent):
            return self.mapping(keys)
        if isinstance(event, ev.SequenceStartEvent):
            return self.sequence(keys)
        assert isinstance(event, ev.ScalarEvent)
        return self.scalar(event)

    def mapping(self, keys: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := self.next(), ev.MappingEndEvent):
            key = self.key(event)
            if key in found:
                first = self.spots[(*keys, key)].line
                raise self.refusal(event, f"the key '{_short(key)}' stands here a second time (first on line {first})")
            found[key] = self.value(self.next(), (*keys, key), event)
        return found

    def sequence(self, keys: Keys) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := self.next(), ev.SequenceEndEvent):
            found.append(self.value(event, (*keys, len(found)), event))
        return found

    def key(self, event: ev.Event) -> str:
        if not isinstance(event, ev.ScalarEvent):
            raise self.refusal(event, "a key must be a plain word; text that begins with '{' or '[' needs quotes")
        key = self.scalar(event)
        if event.value == "<<" and event.implicit[0]:
            raise self.refusal(event, "merge keys ('<<') are not allowed; write the keys out")
        if not isinstance(key, str):
            raise self.refusal(event, f"the key {_short(event.value) or 'here'!r} is not text; put it in quotes")
        return key

    def scalar(self, event: ev.ScalarEvent) -> Any:
        value = event.value
        if len(value) > MAX_SCALAR:
            raise self.refusal(event, f"this text is longer than {MAX_SCALAR} characters")
        refused = _REFUSED.search(value)  # written as an escape, or it would have been found before
        if refused:
            raise self.refusal(event, _forbidden(refused[0]))
        if not event.implicit[0]:
            return value
        if value in _WORDS:
            return _WORDS[value]
        return self.number(event) if _FLOAT.fullmatch(value) else value

    def number(self, event: ev.ScalarEvent) -> int | float:
        value = event.value
        if not _INTEGER.fullmatch(value):
            number = float(value)
            if abs(number) == float("inf"):
                raise self.refusal(event, "this number is too large")
            return number
        if len(value.lstrip("+-").lstrip("0")) > MAX_DIGITS:
            raise self.refusal(event, f"this number has more than {MAX_DIGITS} digits; quote it if it is text")
        return int(value)

    def spot(self, event: ev.Event, key: ev.Event) -> Spot:
        begin: _Mark = key.start_mark
        value: _Mark = event.start_mark
        return Spot(
            self.offset + begin.line,
            begin.column + 1,
            self.offset + value.line,
            value.column + 1,
            self.text_lines(event),
        )

    def text_lines(self, event: ev.Event) -> tuple[tuple[int, int], ...]:
        """Return where the lines of a text stand, for the two ways of writing that keep them: ``|`` and one line."""
        if not isinstance(event, ev.ScalarEvent):
            return ()
        start: _Mark = event.start_mark
        end: _Mark = event.end_mark
        if event.style == "|":
            texts = event.value.removesuffix("\n").split("\n")
            rows = list(enumerate(self.lines[start.line + 1 : start.line + 1 + len(texts)], start=start.line + 1))
            indent = next(
                (len(row) - len(text) for text, (_, row) in zip(texts, rows, strict=False) if text.strip()), 0
            )
            return tuple((self.offset + number, indent + 1) for number, _ in rows)
        if start.line != end.line or event.style == ">":
            return ()
        return ((self.offset + start.line, start.column + (2 if event.style else 1)),)

    def refusal(self, event: ev.Event, message: str) -> DefinitionError:
        return self.refusal_at(event.start_mark, message)

    def refusal_at(self, mark: _Mark, message: str) -> DefinitionError:
        mark = mark or self.last
        line, column = (self.offset + mark.line, mark.column + 1) if mark else (self.offset, 1)
        return DefinitionError([Problem(self.file, line, column, message)])
