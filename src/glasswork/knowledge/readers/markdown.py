"""Markdown: a section for each heading, its text as it is written; what front matter says are facts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from glasswork.errors import MissingExtra
from glasswork.knowledge.passages import Read, Section
from glasswork.knowledge.readers.plain import articles, text_of
from glasswork.library import read_yaml

if TYPE_CHECKING:
    from markdown_it.token import Token

_FENCE = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_LONGEST_FACT = 500


def read_markdown(data: bytes, name: str) -> Read:
    """Read a Markdown file; its title is the front matter's, else its only first-rank heading, else its name.

    Raises:
        MissingExtra: markdown-it-py is not installed.
        UserError: it is no UTF-8, or its front matter no YAML.
    """
    if find_spec("markdown_it") is None:
        raise MissingExtra("markdown-it-py, which reads Markdown,", "knowledge")
    text = text_of(data, name)
    fence = _FENCE.match(text)
    facts = _facts(fence[1], name) if fence else {}
    body = text[fence.end() :] if fence else text
    heads = list(_headings(body))
    first = [title for rank, title, _, _ in heads if rank == 1]
    title = str(facts.get("title") or (first[0] if len(first) == 1 else PurePath(name).stem))
    return Read(title, tuple(_sections(body, heads)), facts)


def _headings(text: str) -> Iterator[tuple[int, str, int, int]]:
    """Yield rank, words, and the lines from and to, of every heading that is no part of a quotation or a list."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse(text)
    for opening, inside in pairwise(tokens):
        if opening.type == "heading_open" and opening.level == 0 and opening.map:
            begin, end = opening.map
            yield int(opening.tag[1:]), _plain(inside), begin, end


def _plain(token: Token) -> str:
    """Return the words of a heading without their marks."""
    return " ".join("".join(child.content for child in token.children or ()).split())


def _sections(text: str, heads: list[tuple[int, str, int, int]]) -> Iterator[Section]:
    lines = text.split("\n")
    trail: dict[int, str] = {}
    bounds = [*((begin, end) for _, _, begin, end in heads), (len(lines), len(lines))]
    yield from _filled("\n".join(lines[: bounds[0][0]]), ())
    for (rank, title, _, end), (following, _) in zip(heads, bounds[1:], strict=True):
        trail = {**{above: words for above, words in trail.items() if above < rank}, rank: title}
        yield from _filled("\n".join(lines[end:following]), tuple(trail.values()))


def _filled(text: str, trail: tuple[str, ...]) -> Iterator[Section]:
    if text.strip():
        yield from articles(text, trail)


def _facts(text: str, name: str) -> dict[str, JsonValue]:
    """Return what front matter says. Raises DefinitionError where it is no YAML, or more than a file may say."""
    data = read_yaml(text, name, first_line=2).data if text.strip() else {}
    return {str(key): _fact(value) for key, value in data.items() if _fact(value) is not None}


def _fact(value: Any) -> JsonValue:
    """Return what can be said in JSON and is no long text; None of all else."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bool | int | float):
        return value
    return value if isinstance(value, str) and len(value) <= _LONGEST_FACT else None
