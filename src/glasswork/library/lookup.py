"""Finds definitions by name: in the project, then in the user's configuration folder, then among the shipped ones."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel

from glasswork.definitions import NAME, AgentDef, ModelsDef, RoleDef, WorkflowDef
from glasswork.errors import DefinitionError, NotFound
from glasswork.library.files import decode, read_bytes, shown
from glasswork.library.found import Found, Kind, Origin
from glasswork.library.front_matter import read_front_matter
from glasswork.library.shipped import shipped
from glasswork.library.tree import Tree
from glasswork.library.validation import validate
from glasswork.library.yaml_reader import read_yaml

D = TypeVar("D", bound=BaseModel)
NamedKind = Literal["role", "agent", "workflow"]

_FOLDERS: dict[NamedKind, tuple[str, str]] = {
    "role": ("roles", ".md"),
    "agent": ("agents", ".yaml"),
    "workflow": ("workflows", ".yaml"),
}
_NOT_WORKFLOWS = "suites"
"""The folder of ``workflows`` that holds suites for audits: other files, read elsewhere."""


@dataclass(frozen=True)
class Source:
    """One folder that definitions are looked up in."""

    origin: Origin
    root: Path


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

    def workflow(self, name_or_path: str | Path) -> Found[WorkflowDef]:
        """Return a workflow by name (``software_team``, ``games/bargain``) or by the path of a ``.yaml`` file.

        Raises:
            NotFound: nothing answers to the name.
            DefinitionError: the file cannot be used.
        """
        text = str(name_or_path)
        if not isinstance(name_or_path, Path) and not text.endswith((".yaml", ".yml")):
            return self._named("workflow", text, WorkflowDef)
        path = Path(name_or_path)
        if not path.exists():
            raise NotFound("workflow file", text, hint="give a workflow's name, or the path of a file that exists")
        return load(path, WorkflowDef, kind="workflow")

    def beside(self, found: Found[WorkflowDef]) -> Library:
        """Return the library that a workflow's agents and roles come from: its own project's, if named by path."""
        return Library.discover(found.path.parent) if found.origin == "file" else self

    def models(self) -> Found[ModelsDef] | None:
        """Return the first ``models.yaml`` there is, of the project or of the user. Raises DefinitionError."""
        for source in self.sources:
            path = source.root / "models.yaml"
            if path.exists():
                return load(path, ModelsDef, kind="models", source=source)
        return None

    def names(self, kind: NamedKind) -> tuple[str, ...]:
        """Return all names of a kind, sorted."""
        return tuple(sorted({name for source in self.sources for name, _ in _files(source, kind)}))

    def listing(self) -> tuple[Listed, ...]:
        """Return every definition file of every source, in the order of kinds, sources and names."""
        found: list[Listed] = []
        for kind in _FOLDERS:
            seen: set[str] = set()
            for source in self.sources:
                here = [_listed(kind, name, path, source, shadowed=name in seen) for name, path in _files(source, kind)]
                seen |= {one.name for one in here}
                found += here
        return tuple(found)

    def _named(self, kind: NamedKind, name: str, model: type[D]) -> Found[D]:
        if _is_name(kind, name):
            folder, suffix = _FOLDERS[kind]
            for source in self.sources:
                path = source.root / folder / f"{name}{suffix}"
                if path.is_symlink() or path.exists():
                    return load(path, model, kind=kind, source=source)
        raise NotFound(kind, name, self.names(kind), hint="'glasswork list' shows all of them")


def load(path: Path, model: type[D], *, kind: Kind, source: Source | None = None) -> Found[D]:
    """Return the definition in a file: Markdown with front matter for ``.md``, else YAML.

    With a ``source``, the file may not lead out of the source's folder.

    Raises:
        DefinitionError: the file cannot be read, or holds no such definition.
    """
    data = read_bytes(path, within=source.root if source else None)
    text, file = decode(data, path), shown(path)
    tree = read_front_matter(text, file) if path.suffix == ".md" else read_yaml(text, file)
    _name_is_stem(tree, model, path)
    definition = validate(model, tree)
    key = path.relative_to(source.root).as_posix() if source else path.name
    return Found(
        kind=kind,
        name=_name_of(key, kind),
        path=path.absolute(),
        origin=source.origin if source else "file",
        key=key,
        file=file,
        digest=hashlib.sha256(data).hexdigest(),
        text=text,
        definition=definition,
        positions=tree.spots,
    )


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
    name = key.rsplit(".", 1)[0]
    folder = _FOLDERS[kind][0] + "/" if kind != "models" else ""
    return name.removeprefix(folder)


def _name_is_stem(tree: Tree, model: type[BaseModel], path: Path) -> None:
    name = tree.data.get("name")
    if "name" in model.model_fields and isinstance(name, str) and name != path.stem:
        message = (
            f"the name {name[:64]!r} is not the file's: call the file {name}{path.suffix}, or the name {path.stem!r}"
        )
        raise DefinitionError([tree.problem(("name",), message, at_value=True)])


def _files(source: Source, kind: NamedKind) -> Iterator[tuple[str, Path]]:
    folder, suffix = _FOLDERS[kind]
    top = source.root / folder
    for path in sorted(_candidates(top, suffix, deep=kind == "workflow")):
        name = path.relative_to(top).as_posix().removesuffix(suffix)
        if _is_name(kind, name) and not (kind == "workflow" and name.startswith(f"{_NOT_WORKFLOWS}/")):
            yield name, path


def _candidates(top: Path, suffix: str, *, deep: bool) -> Sequence[Path]:
    """Return the files with a suffix; README.md and hidden files fall away because they are no names."""
    if not top.is_dir():
        return ()
    return (*top.glob(f"*{suffix}"), *(top.glob(f"*/*{suffix}") if deep else ()))


def _listed(kind: NamedKind, name: str, path: Path, source: Source, *, shadowed: bool) -> Listed:
    try:
        words, broken = _description(kind, path, source), False
    except DefinitionError as error:
        words, broken = str(error.problems[0]), True
    return Listed(kind, name, path, source.origin, words, shadowed, broken)


def _description(kind: NamedKind, path: Path, source: Source) -> str:
    if kind == "role":
        return load(path, RoleDef, kind=kind, source=source).definition.title
    model: type[AgentDef | WorkflowDef] = AgentDef if kind == "agent" else WorkflowDef
    return load(path, model, kind=kind, source=source).definition.description.strip()
