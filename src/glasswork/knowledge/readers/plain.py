"""Plain text; a law in plain text is taken apart at its articles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from glasswork.errors import UserError
from glasswork.knowledge.passages import Read, Section

_ARTICLE = re.compile(
    r"^[ \t\u3000]*(?P<name>第[〇零一二三四五六七八九十百千\d]+[条條](?:之[一二三四五六七八九十\d]+)?"
    r"|(?:Article|Section|§)[ \t]*\d+[A-Za-z]{0,3}\b)",
    re.MULTILINE,
)
_FEWEST = 3
"""So many lines that begin with an article's name make a text a law."""


def read_plain(data: bytes, name: str) -> Read:
    """Read a text file; its title is the file's name."""
    return Read(PurePath(name).stem, tuple(articles(text_of(data, name))))


def text_of(data: bytes, name: str) -> str:
    """Return the text that bytes are, with one kind of line ending.

    Raises:
        UserError: they are no UTF-8, or hold a zero, as programs and pictures do and texts do not.
    """
    if b"\0" in data:
        raise UserError(f"{name} is no text: its byte {data.index(0)} is zero")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{name} is not UTF-8 text (byte {error.start})", hint="convert it, for instance with iconv"
        ) from None


def articles(text: str, trail: tuple[str, ...] = (), anchor: str = "") -> Iterator[Section]:
    """Yield the articles of a law, or the text as it is where it is none.

    Args:
        text: of a document, or of one of its sections.
        trail: the headings above it.
        anchor: what the section is called in an id.
    """
    found = list(_ARTICLE.finditer(text))
    if len(found) < _FEWEST:
        yield Section(trail, text.strip(), anchor)
        return
    if text[: found[0].start()].strip():
        yield Section(trail, text[: found[0].start()].strip(), anchor)
    for one, after in zip(found, [*found[1:], None], strict=True):
        name = " ".join(one["name"].split())
        yield Section((*trail, name), text[one.start() : after.start() if after else None].strip())
