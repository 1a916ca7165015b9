"""The kinds of steps that a workflow is made of, but for games."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from glasswork.definitions.agents import DemandDef
from glasswork.definitions.base import Definition, Duration, Name, Names, ShortText


def _as_backend(value: object) -> object:
    return {"backend": value} if isinstance(value, str) else value


class InputDef(Definition):
    """One input of a workflow."""

    type: Literal["string", "number", "integer", "boolean", "list", "file"] = "string"
    """``file``: the path of a file that has to be there before anything is run."""
    description: Annotated[str, Field(max_length=300)] = ""
    required: bool = False
    default: Any = None

    @model_validator(mode="after")
    def _default_or_required(self) -> InputDef:
        if self.required and self.default is not None:
            raise ValueError("an input is either required or has a default, not both")
        return self


class RetryDef(Definition):
    """When a model is asked again. This is the only retry layer there is."""

    max: Annotated[int, Field(ge=0, le=10)] = 2
    """Further attempts after the first."""
    on: tuple[Literal["timeout", "unreachable", "busy", "server_error", "invalid_output"], ...] = (
        "timeout",
        "unreachable",
        "busy",
        "server_error",
        "invalid_output",
    )
    """Error codes that are worth another attempt."""


class BudgetDef(Definition):
    """What a run, or a step in all its rounds, may spend; checked before each call is made."""

    tokens: Annotated[int, Field(ge=1)] | None = None
    calls: Annotated[int, Field(ge=1)] | None = None
    seconds: Duration | None = None
    """Wall-clock time; what is under way when it is up is stopped."""
    money: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """By the prices in ``models.yaml``, in their currency; a model without a price costs nothing."""


class DefaultsDef(Definition):
    """Settings for every step that does not say otherwise."""

    model: str | None = None
    timeout: Duration = 600.0
    """Wall-clock seconds for one model call, all its attempts together."""
    retry: RetryDef = RetryDef()
    explain: DemandDef | None = None
    """What every explanation is held to."""


class NetworkUse(Definition):
    """Whom a program may talk to, as far as ``glasswork.toml`` allows it. Nobody, where nothing is said."""

    loopback: bool = False
    """Its own processes, over TCP and UDP on 127.0.0.1 and ::1; it is not the host's loopback."""
    allow: tuple[Annotated[str, Field(min_length=3, max_length=260)], ...] = ()
    """Others, over TCP, each as ``HOST:PORT``; through an HTTP proxy, which its environment names."""


FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
"""The name of one file, without a folder."""


class SandboxUse(Definition):
    """Have the program of a step run in a sandbox, with the code of the steps it needs beside it."""

    backend: Literal["default", "docker", "bubblewrap", "jail"] = "default"
    run: Literal["program", "tests", "experiment"] = "tests"
    """``program``: run the step's own file. ``tests``: run every test function and TestCase in it. ``experiment``: run
    the step's own file, which leaves numbers under names, with the module ``lab`` beside it."""
    files: dict[FileName, Name] = {}
    """Further files: the name in the sandbox, and the ``table`` step that took the file in."""
    timeout: Duration = 20.0
    memory_mb: Annotated[int, Field(ge=64, le=4096)] = 512
    idempotent: bool = True
    """Whether the program may run again where a crash leaves open how far it came. A sandbox without a network forgets
    everything, so it may, unless you say otherwise; then the resumed run asks for ``--rerun STEP``. One that talks to
    others may not, unless you say that it may."""
    network: NetworkUse = NetworkUse()

    @model_validator(mode="before")
    @classmethod
    def _others_remember(cls, data: Any) -> Any:
        network = data.get("network") if isinstance(data, dict) else None
        talks = isinstance(network, dict) and bool(network.get("allow"))
        return {"idempotent": False, **data} if talks else data


class BaseStep(Definition):
    """What every kind of step can say."""

    needs: Names = ()
    join: Literal["all", "any", "all_done"] = "all"
    """``all``: every need is done. ``any``: one need is done. ``all_done``: every need has ended, however it ended."""
    when: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """A condition; where it is false the step is skipped."""
    on_error: Literal["fail", "skip", "continue"] = "fail"
    """``fail``: the run fails, and what needs the step is skipped. ``skip``: the step counts as skipped. ``continue``:
    it counts as failed, but what needs it runs, and the run does not fail for it."""
    budget: BudgetDef | None = None
    """What this step may spend, within the run's budget."""
    timeout: Duration | None = None
    retry: RetryDef | None = None


Reference = Annotated[str, Field(pattern=r"^(steps|inputs)\.[a-z0-9_.]+$")]


class MappedStep(BaseStep):
    """What steps can say that may run once for each item of a list."""

    for_each: Reference | None = None
    """A list; the step runs once for each item, which templates call ``item`` (its number from 1: ``index``). Its
    fields are then lists, in the order of the items."""
    parallel: Annotated[int, Field(ge=1, le=64)] = 4
    """How many items may be under way at once."""


class AgentStep(MappedStep):
    """One decision of an agent."""

    agent: Name
    task: ShortText
    """A template; a reference that stands on a line of its own becomes a segment of its own."""
    on_repeat: ShortText | None = None
    """The task when a loop repeats this step; may also refer to ``previous.STEP.FIELD``. Default: ``task`` again."""
    model: str | None = None
    one_of: dict[Name, Reference] = {}
    """A list of texts for a field that the agent makes: it can be one of these and nothing else. For what shows only
    when the workflow runs; what is known before stands in the agent's file, as ``enum``."""
    sandbox: Annotated[SandboxUse, BeforeValidator(_as_backend, json_schema_input_type=SandboxUse | str)] | None = None
    save: FileName | None = None
    """File name for what this step makes, left in the run's folder; code keeps this name in the sandbox too."""
    explain: DemandDef | None = None
    """What its explanations are held to."""


class TeamUse(Definition):
    """Who talks with whom, and how the next speaker is found."""

    kind: Literal["round_robin", "selector"] = "round_robin"
    agents: Annotated[tuple[Name, ...], Field(min_length=2, max_length=12)]
    turns: Annotated[int, Field(ge=1, le=50)] = 6
    """Messages at most."""
    model: str | None = None
    """The selector's model: the overall scheduler. Default: the run's."""


class TeamStep(MappedStep):
    """An AutoGen team talks about a task."""

    team: TeamUse
    task: ShortText
    save: FileName | None = None
    """File name for the last program that was said, left in the run's folder; it keeps this name in a sandbox too."""
    explain: DemandDef | None = None
    """What the explanation of each turn is held to."""


class LoopUse(Definition):
    """Repeat steps that have run, until a condition holds."""

    steps: Annotated[tuple[Name, ...], Field(min_length=1)]
    until: Annotated[str, Field(min_length=1, max_length=500)]
    max: Annotated[int, Field(ge=1, le=20)]
    """Repeats at most; where the condition still fails after them, the loop step fails."""


class LoopStep(BaseStep):
    """A bounded loop."""

    loop: LoopUse


class HumanStep(BaseStep):
    """A question to a person: yes or no, with a note."""

    human: ShortText


class WorkflowStep(MappedStep):
    """Another workflow, run as one step; its outputs are the step's fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    workflow: Annotated[str, Field(min_length=1, max_length=200)]
    """Its name, or the path of its file relative to this one."""
    given: Annotated[dict[Name, Any], Field(alias="with")] = {}
    """Its inputs. A text is a template; one that is a single reference hands on the value itself, a list too."""
