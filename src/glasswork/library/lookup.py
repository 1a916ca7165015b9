"""Finds definitions by name: in the project, then in the user's configuration folder, then among the shipped ones."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from glasswork.definitions import NAME, AgentDef, ModelsDef, RoleDef, ToolDef, WorkflowDef
from glasswork.errors import DefinitionError, NotFound
from glasswork.library.files import decode, read_bytes, shown
from glasswork.library.found import Found, Kind
from glasswork.library.front_matter import read_front_matter
from glasswork.library.shipped import shipped
from glasswork.library.source import Named, Origin, Source, beside
from glasswork.library.tree import Keys, Spot, Tree
from glasswork.library.validation import validate
from glasswork.library.yaml_reader import read_yaml

D = TypeVar("D", bound=BaseModel)
NamedKind = Literal["role", "agent", "workflow", "tool"]

_FOLDERS: dict[NamedKind, tuple[str, str]] = {
    "role": ("roles", ".md"),
    "agent": ("agents", ".yaml"),
    "workflow": ("workflows", ".yaml"),
    "tool": ("tools", ".yaml"),
}
_NOT_WORKFLOWS = "suites"
"""The folder of ``workflows`` that holds suites for audits: other files, read elsewhere."""


@dataclass(frozen=True)
class Listed:
    """One definition file, as ``glasswork list`` shows it."""

    kind: NamedKind
    name: str
    path: Path
    origin: Origin
    description: str
    """A role's title, an agent's or a workflow's description; where the file is broken, its first problem."""
    shadowed: bool
    """True where a file of the same name comes before it."""
    broken: bool = False


@dataclass(frozen=True)
class Library:
    """The folders that names are looked up in, the first one first."""

    sources: tuple[Source, ...]

    @classmethod
    def discover(cls, start: Path | None = None) -> Library:
        """Return the library as seen from a folder (default: the working folder).

        The project is the nearest folder, from ``start`` upwards, with a ``glasswork.toml`` or a folder ``workflows``.
        The user's folder is ``GLASSWORK_CONFIG`` where that is set, else the platform's place for configuration.
        """
        found = [Source("user", _user_folder()), Source("shipped", shipped())]
        project = project_root(start or Path.cwd())
        if project is not None:
            found.insert(0, Source("project", project))
        first = {
            source.root.resolve(): source for source in reversed(found)
        }  # a checkout is project and shipped at once
        return cls(tuple(source for source in found if first[source.root.resolve()] is source))

    def role(self, name: str) -> Found[RoleDef]:
        """Return a role by name. Raises NotFound or DefinitionError."""
        return self._named("role", name, RoleDef)

    def agent(self, name: str) -> Found[AgentDef]:
        """Return an agent by name. Raises NotFound or DefinitionError."""
        return self._named("agent", name, AgentDef)

    def tool(self, name: str) -> Found[ToolDef]:
        """Return a tool model by name. Raises NotFound or DefinitionError."""
        return self._named("tool", name, ToolDef)

    def workflow(self, name_or_path: str | Path) -> Found[WorkflowDef]:
        """Return a workflow by name (``software_team``, ``games/bargain``) or by the path of a ``.yaml`` file.

        A path that leads nowhere from here may lead somewhere from a folder ``workflows``: ``games/bargain.yaml``.

        Raises:
            NotFound: nothing answers to the name.
            DefinitionError: the file cannot be used.
        """
        text = str(name_or_path)
        if not isinstance(name_or_path, Path) and not text.endswith((".yaml", ".yml")):
            return self._named("workflow", text, WorkflowDef)
        path = Path(name_or_path)
        if not path.exists():
            name = text.rpartition(".")[0]
            if not isinstance(name_or_path, Path) and name in self.names("workflow"):
                return self._named("workflow", name, WorkflowDef)
            raise NotFound("workflow file", text, hint="give a workflow's name, or the path of a file that exists")
        return load(path, WorkflowDef, kind="workflow")

    def within(self, outer: Found[WorkflowDef], name_or_path: str) -> Found[WorkflowDef]:
        """Return the workflow that a step of ``outer`` names: by name, or by a path relative to its file.

        A path may not lead out of the project, or whatever other folder ``outer`` was found in.

        Raises:
            NotFound: nothing answers to the name, or lies at the path.
            DefinitionError: the file cannot be used.
        """
        if not name_or_path.endswith((".yaml", ".yml")):
            return self._named("workflow", name_or_path, WorkflowDef)
        source = Source("project", outer.source.root) if outer.origin == "file" else outer.source
        key = beside(outer.key, name_or_path)
        if key is None or not source.holds(key):
            hint = "a path is relative to the file that names it, and stays within its project"
            raise NotFound("workflow file", name_or_path, hint=hint)
        return load_key(source, key, WorkflowDef, kind="workflow")

    def beside(self, found: Found[WorkflowDef]) -> Library:
        """Return the library that a workflow's agents and roles come from: its own project's, if named by path."""
        return Library.discover(found.path.parent) if found.origin == "file" else self

    def models(self) -> Found[ModelsDef] | None:
        """Return the first ``models.yaml`` there is, of the project or of the user. Raises DefinitionError."""
        for source in self.sources:
            if source.holds("models.yaml"):
                return load_key(source, "models.yaml", ModelsDef, kind="models")
        return None

    def text(self, key_or_path: str | Path) -> str:
        """Return the text of a definition file, at a path or at the key of the first source that holds it.

        Raises:
            NotFound: there is none.
            DefinitionError: it cannot be read as text.
        """
        path, key = Path(key_or_path), str(key_or_path)
        if path.is_absolute():
            return decode(read_bytes(path), shown(path))
        source = next((source for source in self.sources if source.holds(key)), None)
        if source is None:
            raise NotFound("definition file", key)
        return decode(source.read(key), source.shown(key))

    def names(self, kind: NamedKind) -> tuple[str, ...]:
        """Return all names of a kind, sorted."""
        return tuple(sorted({name for source in self.sources for name, _ in _files(source, kind)}))

    def listing(self) -> tuple[Listed, ...]:
        """Return every definition file of every source, in the order of kinds, sources and names."""
        found: list[Listed] = []
        for kind in _FOLDERS:
            seen: set[str] = set()
            for source in self.sources:
                here = [_listed(kind, name, key, source, shadowed=name in seen) for name, key in _files(source, kind)]
                seen |= {one.name for one in here}
                found += here
        return tuple(found)

    def _named(self, kind: NamedKind, name: str, model: type[D]) -> Found[D]:
        if _is_name(kind, name):
            folder, suffix = _FOLDERS[kind]
            for source in self.sources:
                key = f"{folder}/{name}{suffix}"
                if source.holds(key):
                    return load_key(source, key, model, kind=kind)
        raise NotFound(kind, name, self.names(kind), hint="'glasswork list' shows all of them")


def load(path: Path, model: type[D], *, kind: Kind) -> Found[D]:
    """Return the definition in a file that was named by its path.

    Raises:
        DefinitionError: the file cannot be read, or holds no such definition.
    """
    folder = path.parent.resolve()
    root = project_root(folder) or folder
    return load_key(Named(root=root), (folder / path.name).relative_to(root).as_posix(), model, kind=kind)


def load_key(source: Source, key: str, model: type[D], *, kind: Kind) -> Found[D]:
    """Return the definition at a key of a source: Markdown with front matter for ``.md``, else YAML.

    Raises:
        DefinitionError: the file cannot be read, or holds no such definition.
    """
    data, path, file = source.read(key), source.path(key), source.shown(key)
    text, definition, positions = _understood(data, path, file, model)
    return Found(
        kind=kind,
        name=_name_of(key, kind),
        path=path,
        source=source,
        key=key,
        file=file,
        digest=hashlib.sha256(data).hexdigest(),
        text=text,
        definition=definition,
        positions=positions,
    )


@lru_cache(maxsize=256)  # a workflow's agents and roles are looked up again for each step, and for each workflow
def _understood(data: bytes, path: Path, file: str, model: type[BaseModel]) -> tuple[str, Any, Mapping[Keys, Spot]]:
    """Return a file's text, its definition, and where each part of it stands. Raises DefinitionError."""
    text = decode(data, file)
    tree = read_front_matter(text, file) if path.suffix == ".md" else read_yaml(text, file)
    _name_is_stem(tree, model, path)
    return text, validate(model, tree), tree.spots


def project_root(start: Path) -> Path | None:
    """Return the nearest folder, from ``start`` upwards, that is a Glasswork project."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / "glasswork.toml").is_file() or (folder / "workflows").is_dir():
            return folder
    return None


def _user_folder() -> Path:
    given = os.environ.get("GLASSWORK_CONFIG", "")
    if given:
        return Path(given).expanduser().absolute()
    from platformdirs import user_config_path

    return user_config_path("glasswork", appauthor=False)


def _is_name(kind: NamedKind, name: str) -> bool:
    parts = name.split("/")
    return (len(parts) == 1 or (kind == "workflow" and len(parts) == 2)) and all(re.fullmatch(NAME, p) for p in parts)


def _name_of(key: str, kind: Kind) -> str:
    """Return the name of the definition at a key; outside the folder of its kind, that of the file."""
    name = key.rsplit(".", 1)[0]
    folder = _FOLDERS[kind][0] + "/" if kind != "models" else ""
    return name.removeprefix(folder) if name.startswith(folder) else name.rpartition("/")[2]


def _name_is_stem(tree: Tree, model: type[BaseModel], path: Path) -> None:
    name = tree.data.get("name")
    if "name" in model.model_fields and isinstance(name, str) and name != path.stem:
        message = (
            f"the name {name[:64]!r} is not the file's: call the file {name}{path.suffix}, or the name {path.stem!r}"
        )
        raise DefinitionError([tree.problem(("name",), message, at_value=True)])


def _files(source: Source, kind: NamedKind) -> Iterator[tuple[str, str]]:
    """Yield the name and the key of each definition; README.md and hidden files fall away because they are no names."""
    folder, suffix = _FOLDERS[kind]
    for key in source.keys(folder, suffix, deep=kind == "workflow"):
        name = _name_of(key, kind)
        if _is_name(kind, name) and not (kind == "workflow" and name.startswith(f"{_NOT_WORKFLOWS}/")):
            yield name, key


def _listed(kind: NamedKind, name: str, key: str, source: Source, *, shadowed: bool) -> Listed:
    try:
        words, broken = _description(kind, key, source), False
    except DefinitionError as error:
        words, broken = str(error.problems[0]), True
    return Listed(kind, name, source.path(key), source.origin, words, shadowed, broken)


def _description(kind: NamedKind, key: str, source: Source) -> str:
    if kind == "role":
        return load_key(source, key, RoleDef, kind=kind).definition.title
    model: type[AgentDef | ToolDef | WorkflowDef]
    model = AgentDef if kind == "agent" else ToolDef if kind == "tool" else WorkflowDef
    return load_key(source, key, model, kind=kind).definition.description.strip()
