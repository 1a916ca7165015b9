"""``glasswork.toml``: the few settings of a project that are no definition. Everything has a default.

[project]
name = "my project"

[run]
logs = "logs"               # where runs are written, relative to this file; GLASSWORK_LOGS comes before it
model = "qwen2.5-coder-1.5b"  # for steps and agents that say "default"; GLASSWORK_MODEL comes before it

[sandbox]
backend = "docker"          # what "default" means: default, docker, bubblewrap, jail; no step gets a weaker one
max_timeout = 60            # seconds; no step gets more, whatever it asks for
max_memory_mb = 1024
network = ["pypi.org:443"]  # whom programs may talk to, if their step asks for it; default: nobody
loopback = true             # whether they may talk among themselves over 127.0.0.1; default: no

[tools]
network = ["api.example.org:443"]  # hosts that tools/*.yaml may talk to by HTTP; default: none
secrets = ["EXAMPLE_KEY"]          # environment variables whose values they may send there; default: none

[knowledge]
folder = "knowledge"        # where 'glasswork ingest' leaves indexes, relative to this file

[judge]
folder = "judges"           # where 'glasswork judge gate' leaves what judges have shown, relative to this file

[mcp.calendar]                     # an MCP server that tools may name: its command, or its url
command = ["calendar-server", "--read-only"]
env = ["CALENDAR_TOKEN"]           # variables that it is given, besides PATH and the like
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from glasswork.errors import DefinitionError, Problem, did_you_mean
from glasswork.records import Record

FILE = "glasswork.toml"
_MAX_BYTES = 100_000


class ProjectSettings(Record):
    """What the project is called."""

    name: str = ""


class RunSettings(Record):
    """How workflows are run."""

    logs: Annotated[str, Field(min_length=1)] = "logs"
    model: Annotated[str, Field(min_length=1)] | None = None


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class SandboxSettings(Record):
    """What sandboxes may be: at least this backend, where one is named, and at most these limits."""

    model_config = ConfigDict(strict=True)

    backend: Literal["default", "docker", "bubblewrap", "jail"] = "default"
    max_timeout: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    max_memory_mb: Annotated[int, Field(ge=64, le=65_536)] = 4096
    network: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    """Whom a step may have its programs talk to: ``HOST:PORT`` each."""
    loopback: bool = False
    """Whether a step may have its programs talk among themselves over 127.0.0.1."""


class ToolsSettings(Record):
    """What tool models may talk to, and what they may tell."""

    network: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    """``HOST:PORT`` each."""
    secrets: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    """Names of environment variables."""


class KnowledgeSettings(Record):
    """Where what was taken in lies."""

    folder: Annotated[str, Field(min_length=1)] = "knowledge"


class JudgeSettings(Record):
    """Where lies what judges have shown."""

    folder: Annotated[str, Field(min_length=1)] = "judges"


class McpServer(Record):
    """An MCP server: the command that starts it, or the address where it runs."""

    command: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    env: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    """Names of environment variables that it is given."""

    @model_validator(mode="after")
    def _one_way(self) -> McpServer:
        if bool(self.command) == (self.url is not None):
            raise ValueError("an MCP server has a 'command' or a 'url'")
        return self


class _File(Record):
    """What a settings file may say."""

    project: ProjectSettings = ProjectSettings()
    run: RunSettings = RunSettings()
    sandbox: SandboxSettings = SandboxSettings()
    tools: ToolsSettings = ToolsSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    judge: JudgeSettings = JudgeSettings()
    mcp: dict[str, McpServer] = {}


class Settings(_File):
    """All settings of a project."""

    root: Path = Path()
    """The project's folder; the working folder where there is no project."""

    @property
    def logs(self) -> Path:
        """The folder that runs are written to."""
        return self.root / Path(self.run.logs).expanduser()

    @property
    def indexes(self) -> Path:
        """The folder of the indexes."""
        return self.root / Path(self.knowledge.folder).expanduser()

    @property
    def gates(self) -> Path:
        """The folder of what judges have shown."""
        return self.root / Path(self.judge.folder).expanduser()


def load_settings(root: Path | None = None, env: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of the project at ``root``, with what the environment says before what the file says.

    Raises:
        DefinitionError: the file is not TOML, or says what settings do not have; all problems at once.
    """
    folder = root or Path()
    path = folder / FILE
    data = _read(path) if root is not None and path.is_file() else {}
    try:
        said = _File.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise DefinitionError([_problem(path, detail) for detail in details]) from None
    given = {"logs": env.get("GLASSWORK_LOGS"), "model": env.get("GLASSWORK_MODEL")}
    run = said.run.model_copy(update={key: value for key, value in given.items() if value})
    parts = {name: getattr(said, name) for name in _File.model_fields}
    return Settings.model_validate(parts | {"run": run, "root": folder})


def _read(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        if len(data) > _MAX_BYTES:
            raise DefinitionError([Problem(str(path), 0, 0, "the file is larger than 100 kB")])
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError, OSError) as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        words = (
            re.sub(r" *\(at .*\)$", "", str(error)) if isinstance(error, tomllib.TOMLDecodeError) else "cannot be read"
        )
        raise DefinitionError([Problem(str(path), line, column, f"this is not TOML: {words}")]) from None


_SECTIONS: dict[str, type[Record]] = {
    "project": ProjectSettings,
    "run": RunSettings,
    "sandbox": SandboxSettings,
    "tools": ToolsSettings,
    "knowledge": KnowledgeSettings,
    "judge": JudgeSettings,
    "mcp": McpServer,
}


def _problem(path: Path, detail: ErrorDetails) -> Problem:
    keys = [str(key) for key in detail["loc"]]
    if detail["type"] == "extra_forbidden":
        known = list(_SECTIONS[keys[0]].model_fields) if len(keys) > 1 else list(_SECTIONS)
        message = f"unknown key {keys[-1]!r}{did_you_mean(keys[-1], known)}"
    elif detail["type"] == "value_error":
        message = f"{'.'.join(keys)}: {detail['ctx']['error']}"
    elif detail["type"] == "model_type":
        message = f"{'.'.join(keys)} must be a table of keys and values, but is {detail['input']!r:.60}"
    else:
        rule = detail["msg"].replace("Input should be", "must be").replace("String should", "must")
        message = f"{'.'.join(keys)} {rule}, but is {detail['input']!r:.60}"
    return Problem(str(path), *_place(path, keys), message)


def _place(path: Path, keys: list[str]) -> tuple[int, int]:
    """Return where a key stands in a valid file; 0, 0 where it is written in a rarer way, such as an inline table."""
    section: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        header = re.match(r"\s*\[\s*([\w.-]+)\s*\]", line)
        if header:
            section = header[1].split(".")
            if keys == section:
                return number, 1
        entry = re.match(r"(\s*)([\w-]+)\s*=", line)
        if entry and [*section, entry[2]] == keys:
            return number, len(entry[1]) + 1
    return 0, 0
