"""``glasswork validate``: everything that is wrong with definition files, at once, without a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasswork.cli import say
from glasswork.cli.load import checked, settings_here
from glasswork.errors import DefinitionError, NotFound, Problem

if TYPE_CHECKING:
    from glasswork.definitions import ToolDef
    from glasswork.library import Found, Library
    from glasswork.library.lookup import NamedKind

Check = Callable[[], object]
"""Loads and checks one file. Raises DefinitionError."""
Target = tuple[str, str, Check]
"""Kind, name, and how to check it."""
_NAMED: tuple[NamedKind, ...] = ("workflow", "agent", "role", "tool")


def validate(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, or names of workflows, agents, roles and tools; all where none is given.", metavar="FILE|NAME"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check definition files.

    Workflows, agents, roles, tools and models.yaml: every problem at once, with file, line and column. Needs no model.
    """
    from glasswork.library import Library

    library = Library.discover()
    targets = [target for word in what for target in _named(library, word)] if what else list(_all(library))
    results = [_checked(target) for target in targets]
    problems = [problem for _, found in results for problem in found]
    if problems:
        raise DefinitionError(problems)
    if as_json:
        say.json_object({"valid": [{"kind": kind, "name": name} for kind, name, _ in targets]})
        return
    say.columns([(kind, name, say.paint("valid", "green")) for kind, name, _ in targets])
    for (_, name, _), (found, _) in zip(targets, results, strict=True):
        for why in _unready(found):
            say.note(f"{name} cannot run yet: {why}")


def _checked(target: Target) -> tuple[object, tuple[Problem, ...]]:
    """Return what a target is, and what is wrong with it."""
    try:
        return target[2](), ()
    except DefinitionError as error:
        return None, error.problems


def _unready(found: object) -> Iterator[str]:
    """Yield why the indexes that a workflow names itself cannot be used: that is no fault of its file."""
    from glasswork.knowledge.store import Shelf
    from glasswork.workflow.compiled import CompiledWorkflow
    from glasswork.workflow.retrieve_ready import unready

    if isinstance(found, CompiledWorkflow):
        for one in unready(found, {}, Shelf(settings_here().indexes), model="default"):
            yield f"{one.message} ({one.hint})" if one.hint else one.message


def _all(library: Library) -> Iterator[Target]:
    for listed in library.listing():
        if not listed.shadowed:
            yield _target(library, listed.kind, listed.name)
    if any((source.root / "models.yaml").exists() for source in library.sources):
        yield "models", "models.yaml", library.models


def _named(library: Library, word: str) -> list[Target]:
    """Return what a word of the command line means: a file by its path, or all kinds of things of that name."""
    if Path(word).suffix in {".yaml", ".yml", ".md"}:
        return [_file(library, Path(word))]
    kinds = [kind for kind in _NAMED if word in library.names(kind)]
    if not kinds:
        known = {name for kind in _NAMED for name in library.names(kind)}
        raise NotFound("workflow, agent, role or tool", word, known, hint="'glasswork list' shows all of them")
    return [_target(library, kind, word) for kind in kinds]


def _target(library: Library, kind: str, name: str) -> Target:
    checks: dict[str, Check] = {
        "workflow": lambda: checked(library.workflow(name), library),
        "agent": lambda: _agent(library, library.agent(name)),
        "role": lambda: library.role(name),
        "tool": lambda: _tool(library.tool(name)),
    }
    return kind, name, checks[kind]


def _file(library: Library, path: Path) -> Target:
    """Return how to check a file; its folder says what it is, as it does when it is looked up by name."""
    from glasswork.definitions import AgentDef, ModelsDef, RoleDef, ToolDef
    from glasswork.library import load

    if not path.exists():
        raise NotFound("file", str(path))
    if path.name == "models.yaml":
        return "models", str(path), lambda: load(path, ModelsDef, kind="models")
    if path.suffix == ".md":
        return "role", str(path), lambda: load(path, RoleDef, kind="role")
    if path.absolute().parent.name == "agents":
        beside = type(library).discover(path.absolute().parent)
        return "agent", str(path), lambda: _agent(beside, load(path, AgentDef, kind="agent"))
    if path.absolute().parent.name == "tools":
        return "tool", str(path), lambda: _tool(load(path, ToolDef, kind="tool"))
    return "workflow", str(path), lambda: _workflow(library, path)


def _tool(found: Found[ToolDef]) -> object:
    from glasswork.tools.load import checked_tool

    return checked_tool(found)


def _workflow(library: Library, path: Path) -> object:
    found = library.workflow(path)
    return checked(found, library.beside(found))


def _agent(library: Library, found: Any) -> None:
    """Check that an agent's role and strategy are there. Raises DefinitionError."""
    from glasswork.reasoning import strategies

    problems = []
    checks: tuple[tuple[tuple[str, ...], Check], ...] = (
        (("role",), lambda: library.role(found.definition.role)),
        (("plan", "strategy"), lambda: strategies.get(found.definition.plan.strategy)),
    )
    for keys, check in checks:
        try:
            check()
        except NotFound as error:
            problems.append(found.problem(keys, error.message))
    if problems:
        raise DefinitionError(problems)
