"""Stage 1: from a request to a graph of tasks that holds together.

A planner is a coroutine from :class:`Planning` to a :class:`~glasswork.dispatch.graph.TaskGraph`; an empty one says
that no tool fits. Another package offers one under the entry-point group ``glasswork.planners``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from glasswork.definitions import MEDIA, ToolInput, ToolType
from glasswork.dispatch.deciding import Desk
from glasswork.dispatch.graph import Task, TaskGraph, line
from glasswork.dispatch.types import Source, source_fits
from glasswork.models.schema import closed
from glasswork.registry import Registry
from glasswork.tools.base import Blob, Spec

Schema = dict[str, Any]
TEXT_LENGTH = 600
"""Characters of a text that a planner writes down, at most."""


@dataclass(frozen=True)
class Bounds:
    """How far planning may go."""

    candidates: int = 8
    """Tool models that a planner is shown, at most."""
    tasks: int = 6
    """Tasks of one plan, at most."""
    repairs: int = 2
    """How often a plan, or the arguments of a task, are asked for again with what is wrong with them."""
    max_tokens: int = 700
    """Tokens of one answer."""


@dataclass(frozen=True)
class Planning:
    """One request to be planned."""

    desk: Desk
    request: str
    files: Mapping[str, Blob]
    """What came with it, by name; none is called as a task is."""
    specs: Mapping[str, Spec]
    """Every tool model that may be used, by name."""
    candidates: tuple[Spec, ...]
    """Those that a planner is to look at; see :func:`glasswork.dispatch.finding.candidates`."""
    bounds: Bounds = field(default_factory=Bounds)
    schemas: Mapping[str, Mapping[str, Schema]] = field(default_factory=dict)
    """By tool and input: a narrower JSON schema for what is written down than the input's type says."""

    def segments(self, specs: Sequence[Spec], tasks: Sequence[Task] = ()) -> list[tuple[str, str]]:
        """Return what a planner has before it: the tools, the files, the request, and the tasks planned so far."""
        return [
            *(("tool", described(spec, self.schemas.get(spec.name, {}))) for spec in specs),
            *(("file", str(blob)) for blob in self.files.values()),
            ("request", self.request),
            *((f"task.{task.id}", f"{line(task)}, which gives {self.specs[task.tool].output.type}") for task in tasks),
        ]

    def arguments(self, spec: Spec, sources: Mapping[str, Source]) -> Schema:
        """Return the JSON schema of a tool model's arguments.

        Args:
            spec: of the tool model.
            sources: what an argument may come from, ``{"from": NAME}``, where the types fit: files, and what is given
                by tasks or tools.
        """
        own = self.schemas.get(spec.name, {})
        properties = {
            name: _argument(one, own.get(name), _fitting(sources, one.type)) for name, one in spec.inputs.items()
        }
        usable = {name: schema for name, schema in properties.items() if schema is not None}
        return closed(usable, [name for name in spec.required if name in usable])


class Planner(Protocol):
    """A way to plan."""

    async def __call__(self, planning: Planning) -> TaskGraph:
        """Return a graph in which nothing is wrong; an empty one where no tool fits.

        Raises:
            PlanFailed: no plan holds together, within the bounds.
            ModelError: the model did not answer.
        """
        ...


planners: Registry[Planner] = Registry("planner", "glasswork.planners")
"""Every planner by the name that a step calls it."""


def signature(spec: Spec) -> str:
    """Return what a tool model is, in a line: ``speak(text: text, voice?: text) gives audio. It reads aloud.``."""
    inputs = ", ".join(f"{name}{'' if one.required else '?'}: {_kind(one)}" for name, one in spec.inputs.items())
    return f"{spec.name}({inputs}) gives {spec.output.type}. {spec.description}"


def _kind(one: ToolInput) -> str:
    return " or ".join(one.enum) if one.enum else one.type


def described(spec: Spec, schemas: Mapping[str, Schema] | None = None) -> str:
    """Return what a tool model is as JSON, as models are shown functions when they are trained to call them.

    Args:
        spec: of the tool model.
        schemas: by input: a narrower schema than its type.
    """
    properties = {name: _parameter(one, (schemas or {}).get(name)) for name, one in spec.inputs.items()}
    parameters = {"type": "object", "properties": properties, "required": list(spec.required)}
    told = {"name": spec.name, "description": spec.description, "parameters": parameters, "returns": spec.output.type}
    return json.dumps(told, ensure_ascii=False)


def _parameter(one: ToolInput, own: Schema | None) -> Schema:
    kind = own or {"type": "string" if one.type == "text" else one.type}
    enum = {"enum": list(one.enum)} if one.enum and not own else {}
    return {**kind, **enum, **({"description": one.description} if one.description else {})}


def ordered_after(spec: Spec, before: Sequence[Task], specs: Mapping[str, Spec]) -> tuple[str, ...]:
    """Return which task must be over before one of this tool: what must not be done twice has effects."""
    effects = [one.id for one in before if one.tool in specs and not specs[one.tool].idempotent]
    return tuple(effects[-1:]) if not spec.idempotent else ()


_LITERALS: dict[ToolType, Schema] = {
    "text": {"type": "string", "maxLength": TEXT_LENGTH},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "json": {"type": ["object", "array", "string", "number", "boolean"]},
}


def _fitting(sources: Mapping[str, Source], wanted: ToolType) -> list[str]:
    """Return the sources of an input. JSON is told as text only where nothing gives text: it is hard to read."""
    found = [name for name, one in sources.items() if source_fits(one, wanted)]
    read = [name for name in found if sources[name] != "json"]
    return read if wanted == "text" and read else found


def _argument(one: ToolInput, own: Schema | None, sources: Sequence[str]) -> Schema | None:
    """Return the schema of one argument: a value written down, or where it comes from; None where it can be neither."""
    forms: list[Schema] = []
    if one.type not in MEDIA:
        forms.append(own or ({"enum": list(one.enum)} if one.enum else _LITERALS[one.type]))
    if sources:
        forms.append(closed({"from": {"enum": list(sources)}}))
    if not forms:
        return None
    return forms[0] if len(forms) == 1 else {"anyOf": forms}
