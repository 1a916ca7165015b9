"""Writes what a run's games came to into a folder: Markdown, one page of HTML, and pictures where they can be made."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import UserError
from glasswork.games.werewolf.seeing import ALL, Tables, apart

if TYPE_CHECKING:
    from glasswork.games.study import Study
    from glasswork.games.werewolf.recorded import RecordedGame
    from glasswork.games.werewolf.result import Result
    from glasswork.records import Event
    from glasswork.view.game_document import Facts

PICTURES = "pictures"
"""The folder within the report's in which pictures lie."""


def write_report(
    folder: Path, events: Iterable[Event], *, title: str = "", facts: Facts = (), seed: int = 0
) -> tuple[Path, ...]:
    """Write ``report.md``, ``report.html``, ``results.json``, and pictures where matplotlib is installed.

    Args:
        folder: Made where it is not there; files of an earlier report are written over.
        events: Of the run.
        title: The report's heading; empty: the name of the workflow.
        facts: Settings to name beside those that the events tell.
        seed: Of intervals and simulations.

    Returns:
        What was written.

    Raises:
        UserError: the events contradict the rules, or the folder cannot be written.
    """
    from glasswork.view.clean import json_text
    from glasswork.view.game_report import game_html, game_markdown
    from glasswork.view.table_document import table_sections

    kept = [*events]
    found, told = studies_of(kept, seed=seed), told_of(kept, seed=seed)
    title, facts = title or _title(kept), [*_facts(kept), *facts]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pictures = _pictures(folder, found)
        shown = {key: paths[-1].relative_to(folder).as_posix() for key, paths in pictures.items()}
        more = [*table_sections(*told)]
        texts = {
            "report.md": game_markdown(found, title=title, facts=facts, pictures=shown, more=more),
            "report.html": game_html(found, title=title, facts=facts, more=more),
            "results.json": json_text(results_of(found) + tables_of(told[1]), indent=2) + "\n",
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"the report cannot be written to {folder}: {error.strerror}") from error
    replays = [write_replay(folder, kept, title=title)] if Tables(kept).steps else []
    return (*(folder / name for name in texts), *replays, *(path for paths in pictures.values() for path in paths))


def write_replay(folder: Path, events: Iterable[Event], *, see: str = ALL, title: str = "") -> Path:
    """Write ``replay.html``, the tables of werewolf day by day, as ``see`` may know them.

    Raises:
        UserError: the folder cannot be written.
    """
    from glasswork.view.table_page import replay

    kept, path = [*events], folder / "replay.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(replay(kept, see=see, title=title or _title(kept)), encoding="utf-8")
    except OSError as error:
        raise UserError(f"the replay cannot be written to {folder}: {error.strerror}") from error
    return path


def studies_of(events: Iterable[Event], *, seed: int = 0) -> tuple[Study, ...]:
    """Return what the games of a run come to. Raises UserError where the events contradict the rules."""
    from glasswork.games.study import studies

    try:
        return studies(apart(events)[0], seed=seed)
    except ValueError as error:
        raise _unmeasured(error) from error


def told_of(events: Iterable[Event], *, seed: int = 0) -> tuple[tuple[RecordedGame, ...], Result | None]:
    """Return the tables of werewolf of a run, and what they come to. Raises UserError as :func:`studies_of`."""
    from glasswork.view.table_document import measured

    try:
        return measured(events, seed=seed)
    except ValueError as error:
        raise _unmeasured(error) from error


def tables_of(result: Result | None) -> list[dict[str, Any]]:
    """Return what tables of werewolf came to as JSON data."""
    return [{"werewolf": result.model_dump(mode="json")}] if result is not None else []


def _unmeasured(error: ValueError) -> UserError:
    return UserError(
        f"these games cannot be measured: {error}",
        hint="the log contradicts its own rules; glasswork log verify says whether it is whole",
    )


def _pictures(folder: Path, found: tuple[Study, ...]) -> dict[tuple[int, str], tuple[Path, ...]]:
    from glasswork.view.game_pictures import draw, drawable

    if not found or not drawable():
        return {}
    (folder / PICTURES).mkdir(exist_ok=True)
    return {
        (number, figure): paths
        for number, study in enumerate(found)
        for figure, paths in draw(study, folder / PICTURES, prefix=f"{number + 1}-" if len(found) > 1 else "").items()
    }


def _title(events: list[Event]) -> str:
    from glasswork.records import RunStarted

    return next((event.workflow for event in events if isinstance(event, RunStarted)), "Games")


def _facts(events: list[Event]) -> Facts:
    """Return what a run's first event tells of its settings."""
    from glasswork.records import RunStarted

    for event in events:
        if isinstance(event, RunStarted):
            told = [("run", event.run), ("workflow", event.workflow), ("model", event.model), ("seed", str(event.seed))]
            told += [("glasswork", event.glasswork)]
            return [(name, value) for name, value in told if value]
    return []


def results_of(found: tuple[Study, ...]) -> list[dict[str, Any]]:
    """Return what games came to as JSON data: results, reasons by player, and every decision."""
    return [
        {
            "result": study.result.model_dump(mode="json"),
            "reasons": [table.model_dump(mode="json") for table in study.tables],
            "decisions": [row.model_dump(mode="json") for row in study.reasons],
        }
        for study in found
    ]
