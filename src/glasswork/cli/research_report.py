"""Writes the reports of a run's experiments: Markdown, one page of HTML, and a file for each figure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import UserError

if TYPE_CHECKING:
    from glasswork.records import Event


def write_reports(folder: Path, events: Iterable[Event]) -> tuple[Path, ...]:
    """Write the reports that the steps of a run handed on; of a step that ran again, the last one.

    Args:
        folder: made where it is not there; files of an earlier report are written over.
        events: of the run.

    Returns:
        What was written: for each report its Markdown, its page, and its figures, all by the name of its step.

    Raises:
        UserError: they cannot be written.
    """
    from glasswork.view.research_report import research_html, research_markdown
    from glasswork.view.research_svg import figure_svg

    kept = [*events]
    facts, written = _facts(kept), []
    for step, report in reports_of(kept).items():
        name = re.sub(r"[#:.]", "-", step)
        figures = report["experiment"]["figures"]
        pictures = {
            f"{name}-{number}.svg": figure_svg(each, alone=True) for number, each in enumerate(figures, start=1)
        }
        texts = {
            f"{name}.md": research_markdown(report, [*pictures], facts),
            f"{name}.html": research_html(report, facts),
            **pictures,
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for file, text in texts.items():
                (folder / file).write_text(text, encoding="utf-8")
        except OSError as error:
            raise UserError(f"the report cannot be written to {folder}: {error.strerror}") from error
        written += [folder / file for file in texts]
    return tuple(written)


def reports_of(events: Iterable[Event]) -> dict[str, Mapping[str, Any]]:
    """Return the reports of a run's experiments, by step."""
    return dict(_reports(events))


def _reports(events: Iterable[Event]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    kinds: dict[str, str] = {}
    for event in events:
        if event.type == "step.started":
            kinds[event.step] = event.kind
        elif event.type == "step.finished" and kinds.get(event.step) == "report" and event.output:
            yield event.step, event.output["report"]


def _facts(events: Iterable[Event]) -> list[tuple[str, str]]:
    for event in events:
        if event.type == "run.started":
            told = [("run", event.run), ("workflow", event.workflow), ("model", event.model), ("seed", str(event.seed))]
            return [*told, ("glasswork", event.glasswork)]
    return []
