"""What a run was asked to do, and with what: the file ``run.json``."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from glasswork import __version__
from glasswork.errors import LogCorrupt, LogError
from glasswork.records import Record

RUN_JSON = "run.json"


def now() -> str:
    """Return the present as ``2026-11-22T19:45:01.123Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class RunAbout(Record):
    """What a run was asked, and what it ran with. Its bytes are where the chain of events begins."""

    run: str
    workflow: str
    workflow_file: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict)
    model: str = ""
    models: dict[str, Any] = Field(default_factory=dict)
    """What each model's name stood for: kind, weights or address, context."""
    seed: int = 0
    definitions: dict[str, str] = Field(default_factory=dict)
    """Name of each definition file (``agents/engineer.yaml``) to the SHA-256 of its text, which is kept as a blob."""
    glasswork: str = __version__
    python: str = Field(default_factory=platform.python_version)
    platform: str = Field(default_factory=platform.platform)
    created: str = Field(default_factory=now)
    argv: tuple[str, ...] = ()


def read_about(folder: Path) -> RunAbout:
    """Read ``run.json``. Raises LogError where there is none, LogCorrupt where it is not one of ours."""
    try:
        return RunAbout.model_validate_json((folder / RUN_JSON).read_bytes())
    except OSError as error:
        raise LogError(f"{folder / RUN_JSON} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise LogCorrupt(f"{folder / RUN_JSON} is damaged: {error.error_count()} fields are not as expected") from error
