"""What resume, fork and replay share: a recorded run, and the workflow that it began with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glasswork.errors import LogCorrupt, LogError

if TYPE_CHECKING:
    from glasswork.library import Library
    from glasswork.log.about import RunAbout
    from glasswork.log.past import Past
    from glasswork.log.reader import Entry
    from glasswork.records import RunStarted
    from glasswork.workflow.compiled import CompiledWorkflow


@dataclass(frozen=True)
class Recorded:
    """A run as its log has it."""

    folder: Path
    about: RunAbout
    entries: tuple[Entry, ...]
    started: RunStarted

    @property
    def library(self) -> Library:
        """The project that we are in, where the run's workflow is one of its own or shipped; else the workflow's."""
        from glasswork.library import Library

        here, file = Library.discover(), Path(self.about.workflow_file)
        if not file.parent.is_dir() or any(file.is_relative_to(source.root) for source in here.sources):
            return here
        return Library.discover(file.parent)

    @property
    def budget(self) -> tuple[str, ...]:
        """Every limit that was typed, at the start and at each resumption; later ones count."""
        resumed = [event.budget for event in (e.event for e in self.entries) if event.type == "run.resumed"]
        return (*self.about.budget, *(pair for pairs in resumed for pair in pairs))

    @property
    def model(self) -> str | None:
        """The model that was last asked for in place of all others."""
        resumed = [event.model for event in (e.event for e in self.entries) if event.type == "run.resumed"]
        return next((model for model in reversed(resumed) if model), self.about.override)


def recorded(logs: Path, run: str) -> Recorded:
    """Return a run to be run again.

    Raises:
        NotFound: there is none of this name.
        LogError: it cannot be read, or nothing was recorded in it.
    """
    from glasswork.log.about import read_about
    from glasswork.log.reader import iter_entries
    from glasswork.log.runs import find_run

    folder = find_run(logs, run)
    about, entries = read_about(folder), tuple(iter_entries(folder))
    started = entries[0].event if entries else None
    if started is None or started.type != "run.started":
        raise LogError(f"{folder.name} was stopped before anything was recorded", hint="run the workflow anew")
    return Recorded(folder, about, entries, started)


def as_recorded(run: Recorded) -> CompiledWorkflow:
    """Return the workflow from the definitions that the run began with, whatever has become of the files."""
    from glasswork.log.reader import read_definitions
    from glasswork.workflow.compile import compile_recorded

    texts = read_definitions(run.folder)
    return as_asked(run, compile_recorded(texts, next(iter(texts))))  # the workflow's own file comes first


def as_asked(run: Recorded, workflow: CompiledWorkflow) -> CompiledWorkflow:
    """Return the workflow of a run as it was played: as a tournament, where that was asked for.

    Raises:
        LogCorrupt: what ``run.json`` says of the tournament is nothing that can be asked for.
    """
    if run.about.tournament is None:
        return workflow
    from pydantic import ValidationError

    from glasswork.workflow.tournament import Settings, as_tournament

    try:
        settings = Settings.model_validate(run.about.tournament)
    except ValidationError:
        raise LogCorrupt(f"{run.folder / 'run.json'} is damaged: it says no tournament") from None
    return as_tournament(workflow, settings)


def changed_since(run: Recorded) -> list[str]:
    """Return the definition files that are not what they were when the run began."""
    from glasswork.log.reader import read_definitions
    from glasswork.workflow.compile import changed_definitions

    return changed_definitions(read_definitions(run.folder), run.library, run.about.workflow_file)


def past_of(run: Recorded, *, live: bool) -> Past:
    """Return what the log holds, to run the run again."""
    from glasswork.cli.session import cleaner, redactor_here
    from glasswork.log.past import Past

    return Past(run.entries, live=live, clean=cleaner(redactor_here()))
