"""``glasswork ingest``: takes documents into an index."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import settings_here
from glasswork.cli.options import AsJson

if TYPE_CHECKING:
    from glasswork.knowledge.ingest import Ingested


_SHOWN = 3
"""So many documents that are the same as another are named; ``--json`` has all."""


class Language(StrEnum):
    """What a corpus is written in."""

    EN = "en"
    ZH = "zh"


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, and folders with all below them.", metavar="PATH...")],
    into: Annotated[str, typer.Option("--into", help="The index; made where there is none.", metavar="NAME")],
    *,
    language: Annotated[Language | None, typer.Option(help="Of the corpus; default: what it looks like.")] = None,
    longest: Annotated[int | None, typer.Option(help="Characters of a passage, at most.", min=200, max=20_000)] = None,
    as_json: AsJson = False,
) -> None:
    """Take documents into an index.

    Markdown, text, HTML and PDF. Sections, articles and pages become passages with ids that stay. Run again, it reads
    what is new or has changed, and drops what is gone from the folders given. A file that cannot be read is named, and
    the exit status is then 1. Nothing leaves this machine.
    """
    from glasswork.knowledge.index import embedding
    from glasswork.knowledge.ingest import ingest as take_in
    from glasswork.knowledge.store import Shelf

    shelf = Shelf(settings_here().indexes)
    with say.waiting(shown=not as_json and sys.stderr.isatty()) as tell:
        report = take_in(
            shelf,
            into,
            paths,
            embed=embedding(),
            language=language.value if language else None,
            longest=longest,
            tell=tell,
        )
    if as_json:
        say.json_object({"index": into, "path": str(shelf.path(into)), **asdict(report)})
    else:
        _tell(report, into)
    if report.unreadable:
        raise typer.Exit(1)


def _tell(report: Ingested, name: str) -> None:
    counts = ("added", "changed", "unchanged", "removed")
    said = [f"{len(getattr(report, what))} {what}" for what in counts if getattr(report, what)]
    say.out(f"{name}: {say.counted(report.passages, 'passage')} ({', '.join(said) or 'no document'})")
    if report.other:
        say.note(f"{say.counted(report.other, 'file')} of other kinds left out")
    for copy, other in islice(report.same.items(), _SHOWN):
        say.note(f"{copy} is the same as {other}")
    if len(report.same) > _SHOWN:
        say.note(f"{say.counted(len(report.same) - _SHOWN, 'more document')} like that")
    for path, why in report.unreadable.items():
        say.note(f"{path} was left out: {why}")
