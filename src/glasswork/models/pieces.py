r"""How segments stand in a prompt: one after the other, each under a heading that no text can imitate.

A heading is a line ``[s3] inputs.document``. A line of a segment's own text that begins like one gets a backslash
before its bracket, and one that begins so already gets one more: ``\[s3] task``. In the same way the marks by which
chat templates tell who speaks, such as ``<|im_end|>``, lose their effect: ``<\|im_end|>``. All else stands to the
letter, so a prompt of ordinary texts has nothing escaped, and :func:`parts` gives back what any prompt was made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from glasswork.records import Segment

_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_LINE = rf"(?:\A|(?<=[{_BREAKS}]))"
_LIKE_HEADING = re.compile(rf"{_LINE}([^\S{_BREAKS}]*)(?=\\*\[s[0-9]+\])", re.IGNORECASE)
_WAS_HEADING = re.compile(rf"{_LINE}([^\S{_BREAKS}]*)\\(?=\\*\[s[0-9]+\])", re.IGNORECASE)
_LIKE_MARK = re.compile(r"<(?=\\*\|\w+\|>)")
_WAS_MARK = re.compile(r"<\\(?=\\*\|\w+\|>)")
_HEADING = re.compile(r"^\[(s[1-9][0-9]*)\] (.*)\n", re.MULTILINE)
_IN_SOURCE = {"\\": r"\\", **{char: char.encode("unicode_escape").decode() for char in _BREAKS}}
_OF_SOURCE = {written: char for char, written in _IN_SOURCE.items()}
_WRITTEN = re.compile("|".join(map(re.escape, _OF_SOURCE)))


def pieces(segments: Iterable[Segment], *, plain: bool = False) -> str:
    """Return segments as agents put them into a prompt. ``plain``: as they did before anything was escaped."""
    if plain:
        return "\n\n".join(f"[{segment.id}] {segment.source}\n{segment.text}" for segment in segments)
    return "\n\n".join(f"[{one.id}] {_as_line(one.source)}\n{told(one.text)}" for one in segments)


def parts(block: str) -> tuple[Segment, ...]:
    """Return the segments of a text that :func:`pieces` made."""
    found = list(_HEADING.finditer(block))
    ends = [heading.start() - len("\n\n") for heading in found[1:]] + [len(block)]
    return tuple(
        Segment(id=heading[1], source=_unlined(heading[2]), text=_untold(block[heading.end() : end]))
        for heading, end in zip(found, ends[: len(found)], strict=True)
    )


def told(text: str) -> str:
    """Return a text as it stands in a prompt: nothing in it is taken for a heading, or for the mark of a speaker."""
    return _LIKE_MARK.sub(r"<\\", _LIKE_HEADING.sub(r"\1\\", text))


def _untold(text: str) -> str:
    return _WAS_HEADING.sub(r"\1", _WAS_MARK.sub("<", text))


def _as_line(source: str) -> str:
    """Return a source as one line."""
    return _LIKE_MARK.sub(r"<\\", "".join(_IN_SOURCE.get(char, char) for char in source))


def _unlined(source: str) -> str:
    return _WRITTEN.sub(lambda found: _OF_SOURCE[found[0]], _WAS_MARK.sub("<", source))
