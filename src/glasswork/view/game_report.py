"""A report on a run's games in Markdown, and the same in HTML."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from glasswork.games.study import Study
from glasswork.view.clean import markdown, one_line
from glasswork.view.game_document import ALT, Facts, Lines, Part, Picture, Points, Section, document
from glasswork.view.game_html import page
from glasswork.view.game_tables import Sheet, shown

Pictures = Mapping[tuple[int, str], str]
"""Where pictures lie, as seen from the report: by the number of the study (from 0) and the name of the figure."""
_WIDTH = 118
_BEGINS = re.compile(r"\s*(?:[-+#=]|\d+[.)])")
"""What Markdown would take for more than text at the beginning of a line, and :func:`markdown` leaves within one."""


def game_markdown(
    studies: Sequence[Study],
    *,
    title: str = "Games",
    facts: Facts = (),
    pictures: Pictures | None = None,
    more: Sequence[Section] = (),
) -> str:
    """Write a report in Markdown.

    Args:
        studies: Of :func:`glasswork.games.study.studies`.
        title: Its heading.
        facts: Settings that the matches do not tell: the run, the models, when it was.
        pictures: Files to show; without any, the tables say the same.
        more: Sections on games of other kinds.
    """
    lines = [f"# {markdown(title)}", ""]
    for section in sections(studies, facts, more):
        lines += [f"## {markdown(section.title)}", ""]
        for part in section.parts:
            lines += _part(part, pictures or {})
    return "\n".join(lines).rstrip("\n") + "\n"


def game_html(
    studies: Sequence[Study], *, title: str = "Games", facts: Facts = (), more: Sequence[Section] = ()
) -> str:
    """Write the same report as one page of HTML: no scripts, nothing loaded, pictures drawn within it."""
    return page(title, sections(studies, facts, more), studies)


def sections(studies: Sequence[Study], facts: Facts, more: Sequence[Section]) -> list[Section]:
    """Return a report's sections, with those on games of other kinds behind them."""
    return [*document(studies, facts, others=bool(more)), *more]


def _part(part: Part, pictures: Pictures) -> Iterator[str]:
    match part:
        case str():
            yield from (*wrapped(part), "")
        case Points():
            for item in part.items:
                yield from wrapped(item, "* ")
            yield ""
        case Lines():
            # four blanks make code that no line of it can end
            yield from (*(f"    {line.rstrip()}" for line in part.lines), "")
        case Picture():
            path = pictures.get((part.study, part.figure))
            yield from (f"![{ALT[part.figure]}]({path})", "") if path else ()
        case _:
            yield from table(part)


def wrapped(text: str, head: str = "") -> list[str]:
    """Break a paragraph or an item into lines, unless one of them would begin as a list or a heading does."""
    whole = head + markdown(text)
    lines = textwrap.wrap(
        whole, _WIDTH, subsequent_indent=" " * len(head), break_on_hyphens=False, break_long_words=False
    )
    return [whole] if any(_BEGINS.match(line) for line in lines[1:]) else lines


def table(sheet: Sheet) -> Iterator[str]:
    """Yield the lines of a table in Markdown, with its note."""
    yield "| " + " | ".join(markdown(name) for name in sheet.columns) + " |"
    yield "|" + "---|" * len(sheet.columns)
    for row in sheet.rows:
        yield "| " + " | ".join(markdown(one_line(shown(cell))) for cell in row) + " |"
    yield ""
    if sheet.note:
        yield from (*wrapped(sheet.note), "")
