"""Templates: text with references such as ``{{ steps.build.code }}``, and nothing else. No logic, no filters, no calls.

A reference that stands alone on its line becomes a part of its own, so that an agent sees the value as a segment which
a rationale can cite and an ablation can remove. Any other reference is put into the text around it. A value is never
read as a template again, whatever it holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from glasswork.errors import DefinitionError, Problem, UserError, did_you_mean

_PATH = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
_BRACES = re.compile(r"\{\{(?P<inside>[^{}\n]*)\}\}|(?P<open>\{\{)")
_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")


class Sourced(str):
    """A text that knows where it comes from: a passage, its id. On a line of its own it keeps that as its source."""

    __slots__ = ("source",)
    source: str

    def __new__(cls, text: str, source: str) -> Self:  # noqa: D102
        made = super().__new__(cls, text)
        made.source = source
        return made


@dataclass(frozen=True)
class Reference:
    """One reference, and where its braces open in the template (line and column from 1)."""

    path: tuple[str, ...]
    own_line: bool
    line: int
    column: int

    @property
    def name(self) -> str:
        """The reference as it is written: ``steps.build.code``."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Part:
    """One piece of a rendered template.

    ``source`` is its reference, None for the template's own text, or where a value says that it comes from.
    """

    source: str | None
    text: str


@dataclass(frozen=True)
class Template:
    """A parsed template: literal text and references, in order."""

    text: str
    pieces: tuple[str | Reference, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        """Every reference, in reading order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Reference))

    @property
    def lone(self) -> Reference | None:
        """The reference that the whole template is, but for blanks around it; None where it says anything else."""
        said = [piece for piece in self.pieces if isinstance(piece, Reference) or not piece.isspace()]
        return said[0] if len(said) == 1 and isinstance(said[0], Reference) else None

    def render(self, values: Mapping[str, Any]) -> tuple[Part, ...]:
        """Return the parts: own-line references with their sources, and the text between them without blank edges.

        A list on its own line gives one part for each item (``steps.analyse.items[0]``, …).

        Args:
            values: nested mappings; ``{"steps": {"build": {"code": "…"}}}``.

        Raises:
            UserError: a reference leads to nothing; names it.
        """
        parts: list[Part] = []
        running = ""
        for piece in self.pieces:
            if isinstance(piece, str):
                running += piece
            elif piece.own_line:
                parts += [*_literal(running), *_own(piece, _value(piece, values))]
                running = ""
            else:
                running += inline(_value(piece, values))
        return (*parts, *_literal(running))


def parse(text: str) -> Template:
    """Return the template that a text is.

    Raises:
        DefinitionError: every ``{{`` that does not begin a reference, with its line and column in the text.
    """
    template, problems = scan(text)
    if problems:
        raise DefinitionError(problems)
    return template


def scan(text: str) -> tuple[Template, tuple[Problem, ...]]:
    """Return what can be read of a template, and what cannot, so that both can be checked at once."""
    pieces: list[str | Reference] = []
    problems: list[Problem] = []
    end = 0
    for match in _BRACES.finditer(text):
        line, column = _position(text, match.start())
        path = (match["inside"] or "").strip(" \t")
        if match["open"] or not _PATH.fullmatch(path):
            problems.append(Problem("template", line, column, _complaint(text, match, path)))
            continue
        pieces += [text[end : match.start()], Reference(tuple(path.split(".")), _alone(text, match), line, column)]
        end = match.end()
    return Template(text, tuple(piece for piece in (*pieces, text[end:]) if piece != "")), tuple(problems)


def inline(value: Any) -> str:
    """Return a value in plain words, as it stands inside a sentence."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        items = [inline(item) for item in value]
        return ("\n" if any("\n" in item for item in items) else "; ").join(items)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else str(value)


def _own(reference: Reference, value: Any) -> Iterator[Part]:
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield Part(_source(item) or f"{reference.name}[{index}]", inline(item))
    else:
        yield Part(_source(value) or reference.name, inline(value))


def _source(value: Any) -> str:
    return value.source if isinstance(value, Sourced) else ""


def _literal(text: str) -> Iterator[Part]:
    blank = _BLANK_LINES.match(text)
    text = (text[blank.end() :] if blank else text).rstrip()
    if text:
        yield Part(None, text)


def _value(reference: Reference, values: Mapping[str, Any]) -> Any:
    here: Any = values
    for depth, name in enumerate(reference.path):
        if not isinstance(here, Mapping) or name not in here:
            known = [".".join((*reference.path[:depth], str(key))) for key in here] if isinstance(here, Mapping) else []
            missing = ".".join(reference.path[: depth + 1])
            raise UserError(
                f"the template refers to {reference.name}, but there is no {missing}{did_you_mean(missing, known)}"
            )
        here = here[name]
    return here


def _complaint(text: str, match: re.Match[str], path: str) -> str:
    if match["open"]:
        end = text.find("\n", match.start())
        rest = text[match.start() + 2 : end if end >= 0 else len(text)]
        closed = "}}" in rest
        return "'{{' begins a reference that cannot be read" if closed else "'{{' is not closed by '}}' on its line"
    if not path:
        return "a reference is empty; write {{ inputs.NAME }} or {{ steps.STEP.FIELD }}"
    return f"{path!r} is not a reference: names joined by dots, such as steps.build.code; no logic, no filters"


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _alone(text: str, match: re.Match[str]) -> bool:
    begin = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    return not (text[begin : match.start()] + text[match.end() : end if end >= 0 else len(text)]).strip()
