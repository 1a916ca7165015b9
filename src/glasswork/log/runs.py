"""The runs in a folder of logs: naming a new one, listing them, finding one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from glasswork.errors import LogError, NotFound, UserError
from glasswork.log.about import RUN_JSON, read_about
from glasswork.log.chain import Link, parse
from glasswork.log.lock import EVENTS, holder
from glasswork.log.verify import OF_THE_LOG

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are taken for another
_CHUNK = 65_536

RunState = Literal["done", "failed", "interrupted", "budget", "waiting", "running", "cut off", "damaged"]


@dataclass(frozen=True)
class RunSummary:
    """What a list of runs shows of one. ``cut off``: it neither ended nor is it still being written."""

    run: str
    path: Path
    state: RunState
    workflow: str = ""
    model: str = ""
    started: datetime | None = None
    events: int = 0
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    """Wall time, counted to the last event where the run has not ended."""
    reason: str = ""


def new_run_id(workflow: str, now: datetime, taken: Container[str]) -> str:
    """Return an unused run id such as ``20261122-194501123-software_team-k3f9``: sorts by time, in milliseconds."""
    while True:
        tail = "".join(secrets.choice(_LETTERS) for _ in range(4))
        run = f"{now:%Y%m%d-%H%M%S}{now.microsecond // 1000:03d}-{workflow}-{tail}"
        if run not in taken:
            return run


def run_ids(logs: Path) -> tuple[str, ...]:
    """Return the ids of all runs in a folder, oldest first."""
    if not logs.is_dir():
        return ()
    return tuple(sorted(path.name for path in logs.iterdir() if (path / RUN_JSON).is_file()))


def list_runs(logs: Path) -> tuple[RunSummary, ...]:
    """Summarise all runs in a folder, oldest first. Reads only the two ends of each log."""
    return tuple(summarise(logs / run) for run in run_ids(logs))


def find_run(logs: Path, name: str) -> Path:
    """Return the folder of the run called ``name``: ``latest``, an id, or the start or the end of one.

    Raises NotFound where there is none, UserError where there are several.
    """
    runs = run_ids(logs)
    if name in runs:
        return logs / name
    if name == "latest" and runs:
        return logs / runs[-1]
    fitting = [run for run in runs if name and (run.startswith(name) or run.endswith(f"-{name}"))]
    if len(fitting) > 1:
        raise UserError(f"{name!r} fits {len(fitting)} runs: {', '.join(fitting[-6:])}", hint="give more of the id")
    if not fitting:
        raise NotFound("run", name, runs[-200:], hint="'glasswork log list' shows them" if runs else f"{logs} is empty")
    return logs / fitting[0]


def forks_of(logs: Path, run: str) -> tuple[str, ...]:
    """Return the runs that were forked from one; those that cannot be read are left out."""
    found = []
    for other in run_ids(logs):
        try:
            parent = read_about(logs / other).parent
        except LogError:
            continue
        if parent is not None and parent.run == run:
            found.append(other)
    return tuple(found)


def summarise(folder: Path) -> RunSummary:
    """Summarise one run from ``run.json`` and its last event."""
    try:
        about = read_about(folder)
    except LogError as error:
        return RunSummary(folder.name, folder, "damaged", reason=error.message)
    started = datetime.fromisoformat(about.created)
    last, said = _last_events(folder / EVENTS)
    ended = said is not None and said.type == "run.finished"
    if said is not None and ended and said.data is None:
        return RunSummary(folder.name, folder, "damaged", reason=f"event {said.seq}, its end, was removed")
    end: dict[str, Any] = json.loads(said.data) if said and said.data and ended else {}
    usage = end.get("usage", {})
    return RunSummary(
        run=folder.name,
        path=folder,
        state=end.get("state") or _state_without_end(folder),
        workflow=about.workflow,
        model=about.model,
        started=started,
        events=last.seq if last else 0,
        calls=end.get("calls", 0),
        tokens=usage.get("prompt_tokens", 0) + usage.get("completion_tokens", 0),
        seconds=end.get("seconds") or _seconds_to(last, started),
        reason=_text(end.get("reason", "")),
    )


def _state_without_end(folder: Path) -> RunState:
    return "running" if holder(folder) else "cut off"


def _seconds_to(last: Link | None, started: datetime) -> float:
    return max(0.0, (datetime.fromisoformat(last.time) - started).total_seconds()) if last else 0.0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "a long reason: see the run itself"


def _last_events(path: Path) -> tuple[Link | None, Link | None]:
    """Return the last whole event, and the last one that is about the run, not its log; None where there is none."""
    last = None
    try:
        for link in _backwards(path):
            last = last or link
            if link.type not in OF_THE_LOG:
                return last, link
    except OSError:
        return None, None
    return last, None


def _backwards(path: Path) -> Iterator[Link]:
    """Yield whole events, the last one first. Raises OSError."""
    with path.open("rb") as file:
        position, chunk, rest = file.seek(0, 2), _CHUNK, b""
        while position > 0:
            start = max(0, position - chunk)
            file.seek(start)
            lines = (file.read(position - start) + rest).splitlines(keepends=True)
            rest = lines.pop(0) if start else b""
            yield from filter(None, map(parse, reversed(lines)))
            position, chunk = start, chunk * 2
