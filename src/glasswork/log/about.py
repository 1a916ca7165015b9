"""What a run was asked to do, and with what: the file ``run.json``."""

from __future__ import annotations

import platform
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator

from glasswork import __version__
from glasswork.errors import LogCorrupt, LogError
from glasswork.records import Record

RUN_JSON = "run.json"


def now() -> str:
    """Return the present as ``2026-11-22T19:45:01.123Z``."""
    milliseconds = time.time_ns() // 1_000_000
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03}Z"


@lru_cache(maxsize=1)
def _second(since_epoch: int) -> str:
    return datetime.fromtimestamp(since_epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class Parent(Record):
    """The run that a fork comes from, and up to which event; the event ``run.forked`` has its hash."""

    run: str
    event: int


class RunAbout(Record):
    """What a run was asked, and what it ran with. Its bytes are where the chain of events begins.

    What the user wrote (the inputs) stands in the first event, not here: what people write must be removable.
    """

    run: str
    workflow: str
    workflow_file: str = ""
    parent: Parent | None = None
    model: str = ""
    """How the log calls the run's model."""
    override: str | None = None
    """The model that was asked for in place of all others, by name."""
    models: dict[str, Any] = Field(default_factory=dict)
    """What each model's name stood for: kind, weights or address, context."""
    served: dict[str, str] = Field(default_factory=dict)
    """How the log calls the model behind each name."""
    sandbox: str | None = None
    """The backend that was asked for in place of all others."""
    budget: tuple[str, ...] = ()
    """Limits that were asked for in place of the workflow's own, as they were typed: ``build.calls=20``."""
    tournament: dict[str, Any] | None = None
    """What was asked of a tournament in place of what the workflow's file says; None where it is no tournament."""
    seed: int = 0
    definitions: dict[str, str] = Field(default_factory=dict)
    """Name of each definition file (``agents/engineer.yaml``) to the name of the blob that keeps its text."""
    glasswork: str = __version__
    python: str = Field(default_factory=platform.python_version)
    platform: str = Field(default_factory=platform.platform)
    created: str = Field(default_factory=now)
    """When, with its time zone."""

    @field_validator("created")
    @classmethod
    def _is_a_time(cls, created: str) -> str:
        if datetime.fromisoformat(created).tzinfo is None:
            raise ValueError("it has no time zone")
        return created


def read_about(folder: Path) -> RunAbout:
    """Read ``run.json``. Raises LogError where there is none, LogCorrupt where it is not one of ours."""
    try:
        return RunAbout.model_validate_json((folder / RUN_JSON).read_bytes())
    except OSError as error:
        raise LogError(f"{folder / RUN_JSON} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, each["loc"])) for each in error.errors() if each["loc"])
        what = f"not as expected is {wrong[:200]}" if wrong else "it is not JSON"
        raise LogCorrupt(f"{folder / RUN_JSON} is damaged: {what}") from error
