"""What definition files may say. Unknown keys are errors; no definition names an import path or grants trust.

Parsing, positions and lookup are :mod:`glasswork.library`'s business; whether a workflow's references hold together is
:mod:`glasswork.workflow.compile`'s.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

NAME = r"^[a-z][a-z0-9_]{0,63}$"
Name = Annotated[str, Field(pattern=NAME)]
"""Lower-case letters, digits and underscores, a letter first: usable in a template, a file name and a Python name."""
ShortText = Annotated[str, Field(min_length=1, max_length=20_000)]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _seconds(value: object) -> object:
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", value.strip())
        if match is None:
            raise ValueError("expected a duration such as 500ms, 90s, 2m or 1h")
        return float(match[1]) * _UNITS[match[2]]
    return value


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _as_backend(value: object) -> object:
    return {"backend": value} if isinstance(value, str) else value


Duration = Annotated[float, BeforeValidator(_seconds, json_schema_input_type=float | str), Field(gt=0, le=86_400)]
"""Seconds: a number, or a number with a unit (``500ms``, ``90s``, ``2m``, ``1h``)."""
Names = Annotated[tuple[Name, ...], BeforeValidator(_as_tuple, json_schema_input_type=Name | list[Name])]
"""One name or a list of names."""


class Definition(BaseModel):
    """The base of everything a user writes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _lists_are_tuples(cls, data: Any) -> Any:
        """YAML has lists where records have tuples; strict mode would refuse them."""
        if isinstance(data, dict):
            return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        return data


# --- roles ----------------------------------------------------------------------------------------------------------


class RoleDef(Definition):
    """``roles/NAME.md``: who somebody is. All fields are front matter but ``prose``, the Markdown below it."""

    name: Name
    title: Annotated[str, Field(min_length=1, max_length=80)]
    """How the role is called in print: ``Software engineer``."""
    inputs: Names = ()
    """What this role expects to be given, for the reader; not enforced."""
    prose: ShortText
    """Duties, limits, voice: the fixed start of the agent's prompt."""


# --- agents ---------------------------------------------------------------------------------------------------------


class PlanDef(Definition):
    """How an agent plans."""

    strategy: Name = "direct"
    """A registered reasoning strategy: ``direct`` (options at once) or ``chain`` (think first)."""
    options: Annotated[int, Field(ge=1, le=8)] = 3
    """How many options to weigh at most; 1 means nothing to choose."""
    choose_from: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    """Fixed options; the model then only weighs and chooses."""
    instruction: Annotated[str, Field(max_length=2000)] = ""
    """What a plan of this agent is about, in a sentence or two."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """0: the most probable option is chosen. Above: a seeded draw from p^(1/temperature)."""
    max_tokens: Annotated[int, Field(ge=16, le=8192)] = 320


class FieldDef(Definition):
    """One field of a structured act."""

    type: Literal["string", "number", "integer", "boolean", "list"] = "string"
    description: Annotated[str, Field(max_length=300)] = ""
    enum: tuple[str, ...] = ()
    """For strings: the only values allowed."""
    max_length: Annotated[int, Field(ge=1, le=4000)] = 400
    """For strings, and for the strings of a list: characters."""
    max_items: Annotated[int, Field(ge=1, le=50)] = 8
    """For lists of strings."""


class ActDef(Definition):
    """What an agent makes."""

    produces: Literal["text", "code", "cases", "list", "fields"] = "text"
    """``text``: prose. ``code``: one program file. ``cases``: single assertions, which become a test file. ``list``: a
    list of strings. ``fields``: the named ``fields``."""
    fields: dict[Name, FieldDef] = {}
    instruction: Annotated[str, Field(max_length=4000)] = ""
    """How to write it, in a few sentences: the last thing the model reads before it acts."""
    tools: tuple[Literal["python"], ...] = ()
    """What this agent may use. ``python``: have programs run in the sandbox. Granted here and nowhere else."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    repeat_temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """Temperature where a first answer has been found wanting: in a loop's repeats. Default: ``temperature``."""
    max_tokens: Annotated[int, Field(ge=16, le=32_768)] = 1024
    max_items: Annotated[int, Field(ge=1, le=50)] = 8
    """For ``list`` and ``cases``: how many at most."""
    grounded: bool = False
    """For ``cases``: keep those that a segment states, call and result; only where none does, keep the others."""

    @model_validator(mode="after")
    def _fields_where_due(self) -> ActDef:
        if (self.produces == "fields") != bool(self.fields):
            raise ValueError("'fields' must be given when, and only when, produces is 'fields'")
        if self.grounded and self.produces != "cases":
            raise ValueError("'grounded' is for agents whose act produces 'cases'")
        return self


class DemandDef(Definition):
    """What explanations are held to. Of the blocks that say ``check``, the nearest counts, as a whole."""

    check: Literal["cited_and_causal", "none"] | None = None
    """``cited_and_causal``: what an explanation cites must have driven the choice. ``none``: nothing is demanded here,
    whatever stands further out."""
    at_least: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the cited segments that must be causal."""
    on_fail: Literal["flag", "retry", "stop"] = "flag"
    """``flag``: the log says so, and the run goes on. ``retry``: it is explained once more, then flagged. ``stop``: the
    step fails."""

    @model_validator(mode="after")
    def _nothing_without_check(self) -> DemandDef:
        idle = [key for key in ("at_least", "on_fail") if key in self.model_fields_set]
        if idle and self.check != "cited_and_causal":
            named = " and ".join(repr(key) for key in idle)
            does = "do" if len(idle) > 1 else "does"
            raise ValueError(f"{named} {does} nothing without 'check: cited_and_causal'")
        return self


class ExplainDef(DemandDef):
    """For whom and in which language an agent explains, and what its explanations are held to."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    reader: Annotated[str, Field(alias="for", min_length=1, max_length=80)] = "colleague"
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    reasons: Annotated[int, Field(ge=1, le=8)] = 3
    """How many reasons at most."""
    max_tokens: Annotated[int, Field(ge=32, le=4096)] = 320


class AgentDef(Definition):
    """``agents/NAME.yaml``: a role given a model, tools and settings for its three stages."""

    role: Name
    model: str = "default"
    """A name from ``models.yaml``, or one the command line would take after ``--model``."""
    description: Annotated[str, Field(max_length=300)] = ""
    """One line on what this agent is good for; a team's scheduler reads it."""
    plan: PlanDef = PlanDef()
    act: ActDef = ActDef()
    explain: ExplainDef = ExplainDef()


# --- workflows ------------------------------------------------------------------------------------------------------


class InputDef(Definition):
    """One input of a workflow."""

    type: Literal["string", "number", "integer", "boolean", "list"] = "string"
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


class SandboxUse(Definition):
    """Have the program of a step run in a sandbox, with the code of the steps it needs beside it."""

    backend: Literal["default", "docker", "bubblewrap", "jail"] = "default"
    run: Literal["program", "tests"] = "tests"
    """``program``: run the step's own file. ``tests``: run every test function and TestCase in it."""
    timeout: Duration = 20.0
    memory_mb: Annotated[int, Field(ge=64, le=4096)] = 512
    idempotent: bool = True
    """Whether the program may run again where a crash leaves open how far it came. A sandbox without a network forgets
    everything, so it may, unless you say otherwise; then the resumed run asks for ``--rerun STEP``."""


class _Step(Definition):
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


class _Mapped(_Step):
    """What steps can say that may run once for each item of a list."""

    for_each: Reference | None = None
    """A list; the step runs once for each item, which templates call ``item`` (its number from 1: ``index``). Its
    fields are then lists, in the order of the items."""
    parallel: Annotated[int, Field(ge=1, le=64)] = 4
    """How many items may be under way at once."""


FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
"""The name of one file, without a folder."""


class AgentStep(_Mapped):
    """One decision of an agent."""

    agent: Name
    task: ShortText
    """A template; a reference that stands on a line of its own becomes a segment of its own."""
    on_repeat: ShortText | None = None
    """The task when a loop repeats this step; may also refer to ``previous.STEP.FIELD``. Default: ``task`` again."""
    model: str | None = None
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


class TeamStep(_Mapped):
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


class LoopStep(_Step):
    """A bounded loop."""

    loop: LoopUse


class HumanStep(_Step):
    """A question to a person: yes or no, with a note."""

    human: ShortText


class WorkflowStep(_Mapped):
    """Another workflow, run as one step; its outputs are the step's fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    workflow: Annotated[str, Field(min_length=1, max_length=200)]
    """Its name, or the path of its file relative to this one."""
    given: Annotated[dict[Name, Any], Field(alias="with")] = {}
    """Its inputs. A text is a template; one that is a single reference hands on the value itself, a list too."""


STEP_KINDS = ("agent", "team", "loop", "human", "workflow")
"""The keys of which a step has exactly one."""


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        found = [kind for kind in STEP_KINDS if kind in value]
        return found[0] if len(found) == 1 else None
    return next((kind for kind in STEP_KINDS if hasattr(value, kind)), None)


StepDef = Annotated[
    Annotated[AgentStep, Tag("agent")]
    | Annotated[TeamStep, Tag("team")]
    | Annotated[LoopStep, Tag("loop")]
    | Annotated[HumanStep, Tag("human")]
    | Annotated[WorkflowStep, Tag("workflow")],
    Discriminator(
        _kind,
        custom_error_type="step_kind",
        custom_error_message="a step has exactly one of the keys 'agent', 'team', 'loop', 'human' and 'workflow'",
    ),
]


class WorkflowDef(Definition):
    """``workflows/NAME.yaml``: steps with needs, conditions, loops and budgets."""

    version: Literal[1]
    name: Name
    description: Annotated[str, Field(max_length=2000)] = ""
    inputs: dict[Name, InputDef] = {}
    defaults: DefaultsDef = DefaultsDef()
    budget: BudgetDef = BudgetDef()
    steps: Annotated[dict[Name, StepDef], Field(min_length=1, max_length=500)]
    outputs: dict[Name, Reference] = {}
    """What the run hands back, by reference: ``program: steps.build.code``."""


# --- models ---------------------------------------------------------------------------------------------------------


class PriceDef(Definition):
    """What a model's tokens cost, by the million, in whatever currency the budgets are in."""

    prompt: Annotated[float, Field(ge=0)] = 0.0
    completion: Annotated[float, Field(ge=0)] = 0.0


class _Priced(Definition):
    price: PriceDef | None = None


class EmbeddedModel(_Priced):
    """llama.cpp beside this process, on weights of the catalogue or a GGUF file."""

    kind: Literal["embedded"]
    weights: Annotated[str, Field(min_length=1)]
    """A catalogue name, or a path to a ``.gguf`` file (relative to the file that says so)."""
    context: Annotated[int, Field(ge=512, le=1_048_576)] = 8192
    """Tokens for each request served at once."""
    parallel: Annotated[int, Field(ge=1, le=64)] = 4
    """Requests served at once."""
    threads: Annotated[int, Field(ge=1, le=512)] | None = None
    """Default: the machine's physical cores."""
    gpu_layers: Annotated[int, Field(ge=0)] = 0


class OpenAIModel(_Priced):
    """Any OpenAI-compatible server."""

    kind: Literal["openai"]
    base_url: Annotated[str, Field(pattern=r"^https?://")]
    model: Annotated[str, Field(min_length=1)]
    api_key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """Name of the environment variable that holds the key; the key itself never stands in a file."""
    context: Annotated[int, Field(ge=512)] | None = None


class VllmModel(_Priced):
    """A vLLM server that Glasswork starts on loopback and stops."""

    kind: Literal["vllm"]
    model: Annotated[str, Field(min_length=1)]
    """A hub name or a folder with a checkpoint."""
    context: Annotated[int, Field(ge=512)] | None = None
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    prefix_caching: bool = True
    gpu_memory: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the GPU's memory; ignored by a CPU build."""
    kv_cache_gb: Annotated[int, Field(ge=1)] | None = None
    """Space for the key-value cache of a CPU build, in GiB."""
    reasoning_parser: str | None = None
    start_timeout: Duration = 900.0
    args: tuple[str, ...] = ()
    """Further flags for the server, as they would stand on its command line."""


class ScriptedModel(Definition):
    """A double that answers from a file."""

    kind: Literal["scripted"]
    file: Annotated[str, Field(min_length=1)]


class ReplayModel(Definition):
    """A double that answers from a run's log."""

    kind: Literal["replay"]
    run: Annotated[str, Field(min_length=1)]


class RandomModel(Definition):
    """A baseline: random text, a random instance of the schema, a uniform draw of labels."""

    kind: Literal["random"]
    seed: int = 0


ModelDef = Annotated[
    EmbeddedModel | OpenAIModel | VllmModel | ScriptedModel | ReplayModel | RandomModel, Field(discriminator="kind")
]


class ModelsDef(Definition):
    """``models.yaml``: the models of a project, by name."""

    version: Literal[1]
    default: Annotated[str, Field(min_length=1)] | None = None
    """What ``default`` means; a name below, or a catalogue name."""
    models: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")], ModelDef] = {}

    @field_validator("models")
    @classmethod
    def _default_is_not_a_model(cls, models: dict[str, Any]) -> dict[str, Any]:
        if "default" in models:
            raise ValueError("'default' is chosen by the key 'default' at the top; give the model another name")
        return models
