"""Definitions of tool models, checked for what only shows beside others: references, builtins, programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glasswork.definitions import ToolDef
from glasswork.errors import DefinitionError, NotFound, Problem, UserError, did_you_mean
from glasswork.library import Found, Keys, Library
from glasswork.templates import scan
from glasswork.tools.callables import find_builtin


def load_tool(library: Library, name: str) -> Found[ToolDef]:
    """Return the definition of a tool model.

    Raises:
        NotFound: there is none of this name.
        DefinitionError: it cannot be used; every problem at once.
    """
    return checked_tool(library.tool(name))


def checked_tool(found: Found[ToolDef]) -> Found[ToolDef]:
    """Return a definition if what it refers to is there. Raises DefinitionError."""
    problems = [*_templates(found), *_builtin(found), *_program(found), *_upload(found)]
    if problems:
        raise DefinitionError(problems)
    return found


def _templates(found: Found[ToolDef]) -> Iterator[Problem]:
    """Every reference that is none, or leads to no input."""
    inputs = found.definition.inputs
    for keys, text in _texts(found.definition):
        template, problems = scan(text)
        for problem in problems:
            yield found.problem(keys, problem.message, line=problem.line, column=problem.column)
        for reference in template.references:
            if len(reference.path) > 1 or reference.name not in inputs:
                message = f"there is no input {reference.name!r}{did_you_mean(reference.name, inputs)}"
                yield found.problem(keys, message, line=reference.line, column=reference.column)


def _texts(definition: ToolDef) -> Iterator[tuple[Keys, str]]:
    if definition.endpoint is not None:
        yield ("endpoint", "prompt"), definition.endpoint.prompt
    if definition.http is not None:
        for name, text in definition.http.query.items():
            yield ("http", "query", name), text
        yield from _leaves(("http", "body"), definition.http.body)


def _leaves(keys: Keys, value: Any) -> Iterator[tuple[Keys, str]]:
    """Yield every text in JSON, with the way to it."""
    if isinstance(value, str):
        yield keys, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, part in parts:
        yield from _leaves((*keys, key), part)


def _builtin(found: Found[ToolDef]) -> Iterator[Problem]:
    if found.definition.builtin is not None:
        try:
            find_builtin(found.definition.builtin)
        except (NotFound, UserError) as error:
            yield found.problem(("builtin",), error.message)


def _program(found: Found[ToolDef]) -> Iterator[Problem]:
    use = found.definition.program
    if use is not None and not found.source.holds(use.file):
        yield found.problem(("program", "file"), f"there is no file {use.file} in {found.source.root}")


def _upload(found: Found[ToolDef]) -> Iterator[Problem]:
    use, inputs = found.definition.http, found.definition.inputs
    if use is not None and use.upload is not None and use.upload not in inputs:
        yield found.problem(("http", "upload"), f"there is no input {use.upload!r}{did_you_mean(use.upload, inputs)}")
