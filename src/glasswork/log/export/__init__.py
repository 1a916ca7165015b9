"""Runs in the formats of others: OTLP with two vocabularies, and JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from glasswork.log.about import read_about
from glasswork.log.export import genai, openinference, otlp
from glasswork.log.export.spans import spans
from glasswork.log.reader import Entry, iter_entries
from glasswork.records import Redacted

__all__ = ["Format", "export"]

Format = Literal["otel", "jsonl", "openinference"]
_TELL = {"otel": genai.tell, "openinference": openinference.tell}


def export(folder: Path, form: Format, *, content: bool = False) -> Iterator[str]:
    """Yield one run in a format, piece by piece, in ASCII; a run that has not ended as far as it goes.

    Args:
        folder: The run's.
        form: ``jsonl``: each event as a line, whole. ``otel``, ``openinference``: one OTLP/JSON request.
        content: Whether spans tell what people, models and programs wrote.

    Raises:
        LogError: the log cannot be read whole. What came before is no whole export.
    """
    if form == "jsonl":
        for entry in iter_entries(folder):
            yield _line(folder.name, entry)
        return
    about, tell = read_about(folder), _TELL[form]
    told = ((span, tell(span, about, content=content)) for span in spans(iter_entries(folder)))
    resource = {
        "service.name": "glasswork",
        "service.version": about.glasswork,
        "glasswork.run.id": about.run,
        "glasswork.workflow": about.workflow,
    }
    yield from otlp.request(about.run, about.glasswork, resource, told)


def _line(run: str, entry: Entry) -> str:
    event = entry.event
    removed = isinstance(event, Redacted)
    line = {
        "run": run,
        "seq": entry.seq,
        "time": entry.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "type": event.was if isinstance(event, Redacted) else event.type,
        "data": None if removed else event.model_dump(mode="json", exclude={"type"}),
    }
    return json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n"
