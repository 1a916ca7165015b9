"""Roles and agents: who somebody is, and how it plans, acts and explains."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from glasswork.definitions.base import Definition, Name, Names, ShortText
from glasswork.definitions.plans import PlanDef


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
    stated_as: tuple[Name, ...] = ()
    """For ``cited`` acts: the value is what the documents found state of themselves under the first of these names that
    one of them has; where none has any, what the model writes stands with what is not checked."""


class ActDef(Definition):
    """What an agent makes."""

    produces: Literal["text", "code", "cases", "list", "fields", "choice", "cited"] = "text"
    """``text``: prose. ``code``: one program file. ``cases``: single assertions, which become a test file. ``list``: a
    list of strings. ``fields``: the named ``fields``. ``choice``: the chosen option as it is; nothing more is asked.
    ``cited``: claims, each with words quoted from a passage that was retrieved; those whose words are not there are
    struck."""
    fields: dict[Name, FieldDef] = {}
    distinct: Names = ()
    """For ``fields``: those of them that must not hold the same; where they do, the model is asked again."""
    instruction: Annotated[str, Field(max_length=4000)] = ""
    """How to write it, in a few sentences: the last thing the model reads before it acts."""
    closing: Annotated[str, Field(max_length=500)] = ""
    """For ``cited``: a sentence that always stands at the end, whatever the model says."""
    tools: tuple[Literal["python"], ...] = ()
    """What this agent may use. ``python``: have programs run in the sandbox. Granted here and nowhere else."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    repeat_temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """Temperature where a first answer has been found wanting: in a loop's repeats. Default: ``temperature``."""
    max_tokens: Annotated[int, Field(ge=16, le=32_768)] = 1024
    max_items: Annotated[int, Field(ge=1, le=50)] = 8
    """For ``list``, ``cases`` and ``cited``: how many items or claims at most."""
    numbers: bool = False
    """For ``cited``: a number in what a claim says must stand in the words that it quotes. Claims on results of an
    experiment are always held to the results that they name."""
    may_be_cut: bool = False
    """For ``text``: an answer that reaches ``max_tokens`` is taken as far as it came, with ``…`` behind. Default: it
    cannot be used."""
    grounded: bool = False
    """For ``cases``: keep those that a segment states, call and result; only where none does, keep the others."""

    @model_validator(mode="after")
    def _fields_where_due(self) -> ActDef:
        if self.fields and self.produces not in {"fields", "cited"}:
            raise ValueError("'fields' is for agents whose act produces 'fields' or 'cited'")
        if self.produces == "fields" and not self.fields:
            raise ValueError("'fields' must be given where produces is 'fields'")
        strange = [name for name in self.distinct if name not in self.fields or self.produces != "fields"]
        if strange:
            raise ValueError(f"'distinct' is for fields of an act that produces 'fields', and {strange[0]!r} is none")
        taken = sorted(self.fields.keys() & {"claims", "struck", "own", "answered"})
        if self.produces == "cited" and taken:
            raise ValueError(f"an act that is cited has a field {taken[0]!r} itself; call this one otherwise")
        if self.closing and self.produces != "cited":
            raise ValueError("'closing' is for agents whose act produces 'cited'")
        if self.numbers and self.produces != "cited":
            raise ValueError("'numbers' is for agents whose act produces 'cited'")
        if self.may_be_cut and self.produces != "text":
            raise ValueError("'may_be_cut' is for agents whose act produces 'text'")
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

    @model_validator(mode="after")
    def _testable(self) -> AgentDef:
        """Refuse a demand that no explanation of this agent could fail: there is no question to take segments from."""
        if self.explain.check == "cited_and_causal" and self.plan.chooses_itself:
            raise ValueError(
                f"explanations cannot be tested where {self.plan.strategy!r} makes the choice itself: say "
                "'check: none', or take a strategy that leaves it to be weighed"
            )
        return self
