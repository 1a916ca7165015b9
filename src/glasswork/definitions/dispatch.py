"""The step that has a request fulfilled by tool models."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from glasswork.definitions.base import Definition, Duration, Name, ShortText
from glasswork.definitions.steps import MappedStep

ALL = "all"


def _as_names(value: object) -> object:
    if isinstance(value, str):
        return () if value == ALL else (value,)
    return value


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


FileTemplate = Annotated[str, Field(min_length=1, max_length=500)]


class DispatchUse(Definition):
    """One request, planned as tasks, each done by a tool model."""

    request: ShortText
    """A template."""
    tools: Annotated[tuple[Name, ...], BeforeValidator(_as_names, json_schema_input_type=Name | list[Name])] = ()
    """The tool models that may be used, by name; ``all``, which is the default: every one there is."""
    only: Annotated[str, Field(pattern=r"^inputs\.[a-z][a-z0-9_]*$")] | None = None
    """An input that is a list: the names of those that may be used in this run; where it is empty, all of them."""
    files: Annotated[
        tuple[FileTemplate, ...], BeforeValidator(_as_tuple, json_schema_input_type=FileTemplate | list[FileTemplate])
    ] = ()
    """Paths of the files that come with the request: in the project, or from an input, ``{{ inputs.photo }}``. An input
    that is a list gives several; with ``for_each`` over an input, ``{{ item }}`` gives one at a time."""
    model: str | None = None
    """The model that plans, chooses and answers. Default: the run's."""
    planner: Annotated[str, Field(min_length=1, max_length=64)] = "listed"
    """``listed``: all calls in one list. ``stepwise``: one task after the other. ``raw``: what is openly answered."""
    candidates: Annotated[int, Field(ge=1, le=25)] = 8
    """How many tool models the planner is shown, at most: those whose descriptions match the request."""
    tasks: Annotated[int, Field(ge=1, le=20)] = 6
    """Tasks of a plan, at most."""
    repairs: Annotated[int, Field(ge=0, le=5)] = 2
    """How often a plan that does not hold together is asked for again, with what is wrong with it."""
    attempts: Annotated[int, Field(ge=1, le=5)] = 2
    """How often a tool model is called, at most, that gives nothing in time or cannot be reached; then the next takes
    over."""
    timeout: Duration | None = None
    """How long one call may take, where that is less than the tool model's own time."""
    explain: bool = False
    """Whether each stage also explains itself, beside the work."""


class DispatchStep(MappedStep):
    """A request to the dispatcher."""

    dispatch: DispatchUse
