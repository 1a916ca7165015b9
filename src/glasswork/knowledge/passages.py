"""What an index holds: documents, and the passages that they were taken apart into.

A passage's id is its document, its section and a digest of its words: ``acts/IE-1996-act-16.md#3~9f2c41d0``. It stays
the same wherever in its document the section stands and whatever else changes there; when its words change it is
another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pydantic import JsonValue

from glasswork.knowledge.strips import parts
from glasswork.records import Record

LONGEST = 1500
"""Characters of a passage at most, where nobody says otherwise: an article of a law, mostly; about 350 tokens."""
_SLUG = 40


class Section(NamedTuple):
    """One piece of a document as its own structure has it: what stands below a heading, an article, a page."""

    trail: tuple[str, ...]
    """Its headings, the outermost first; empty for what stands before the first one."""
    text: str
    anchor: str = ""
    """What the section is called in an id; empty: made from its last heading."""


class Read(NamedTuple):
    """What a reader makes of a file."""

    title: str
    sections: tuple[Section, ...]
    facts: dict[str, JsonValue] = {}
    """What the file says of itself: its front matter."""


class Document(Record):
    """A file that was taken in."""

    name: str
    """What passages call it: its path below the folder that was taken in, with that folder's name."""
    path: str
    """Where it lay."""
    size: int
    modified_ns: int
    sha256: str
    title: str
    facts: dict[str, JsonValue] = {}


class Passage(Record):
    """One passage."""

    id: str
    document: str
    title: str
    """The document's."""
    section: str
    """Its headings: ``Part 2 > 3. Interpretation``; empty where it has none."""
    text: str

    @property
    def label(self) -> str:
        """What a reader is told of where it comes from."""
        return f"{self.title}, {self.section}" if self.section else self.title


def passages_of(name: str, read: Read, longest: int = LONGEST) -> Iterator[Passage]:
    """Yield the passages of a document, in reading order; what a section repeats word for word comes once.

    Args:
        name: the document's.
        read: what a reader made of it.
        longest: characters of a passage at most; a longer section is taken apart at its paragraphs.
    """
    seen: set[str] = set()
    for section in read.sections:
        for text in parts(section.text, longest):
            id_ = passage_id(name, section.anchor or anchor(section.trail), text)
            if id_ not in seen:
                seen.add(id_)
                trail = " > ".join(section.trail)
                yield Passage(id=id_, document=name, title=read.title, section=trail, text=text)


def passage_id(document: str, section: str, text: str) -> str:
    """Return the id of a passage; blanks in its text do not count."""
    digest = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:8]
    return f"{document}#{section}~{digest}"


_NUMBERED = re.compile(
    r"(?:(?:(?:section|article|art|chapter|part|schedule|regulation|rule|s)\b|§)\.?\s*)?"
    r"(\d+[A-Za-z]{0,3}(?:\.\d+)*)\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^第[〇零一二三四五六七八九十百千\d]+[条條](?:之[一二三四五六七八九十\d]+)?")


def anchor(trail: Iterable[str]) -> str:
    """Return what a section is called in an id: its number where its heading begins with one, else its words."""
    last = next(reversed(tuple(trail)), "").strip()
    article = _ARTICLE.match(last)
    if article:
        return article[0]
    numbered = _NUMBERED.match(last)
    return numbered[1] if numbered else "-".join(re.findall(r"\w+", last.lower()))[:_SLUG].strip("-")
