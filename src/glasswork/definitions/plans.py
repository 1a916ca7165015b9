"""How an agent plans: which strategy of reasoning, and what that one is to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from glasswork.definitions.base import Definition, Name, Names
from glasswork.errors import did_you_mean

_OF_OPERATIONS = {
    "count": ("generate", "aggregate", "refine"),
    "keep": ("keep_best",),
    "each": ("keep_best",),
    "tries": ("validate",),
}

THINKING = ("two_stage", "self_consistency", "best_of", "tree", "graph", "debate")
"""Strategies that leave thoughts in the log."""
_SAMPLED = ("self_consistency", "best_of", "debate", "tree", "graph")
_OF_STRATEGIES = {
    "expect_from": ("predict",),
    "samples": ("self_consistency",),
    "sampling": _SAMPLED,
    "search": ("tree",),
    "depth": ("tree",),
    "breadth": ("tree",),
    "branches": ("tree",),
    "propose": ("tree",),
    "evaluator": ("tree",),
    "threshold": ("tree",),
    "look_ahead": ("tree",),
    "operations": ("graph",),
    "debaters": ("debate",),
    "rounds": ("debate",),
    "budget": _SAMPLED,
    "parallel": _SAMPLED,
}
"""Which strategies a key is for."""
SHIPPED = ("direct", "chain", "predict", *THINKING)
"""The strategies that come with Glasswork."""
MOST_VOTED = 26
"""Options, or thoughts, that one question can be about: as many as there are letters."""


class OperationDef(Definition):
    """One operation on thoughts, in a graph of them."""

    do: Literal["generate", "score", "keep_best", "aggregate", "refine", "validate"]
    """``generate``: new thoughts from each. ``score``: value each. ``keep_best``: drop all others. ``aggregate``: new
    ones out of all together. ``refine``: better each. ``validate``: mend what does not hold, or drop it."""
    needs: Names = ()
    """The operations whose thoughts it takes; default: the beginning."""
    count: Annotated[int, Field(ge=1, le=8)] = 1
    """For ``generate``, ``aggregate`` and ``refine``: how many thoughts to make out of each, or of all."""
    keep: Annotated[int, Field(ge=1, le=8)] = 1
    """For ``keep_best``: how many."""
    each: bool = False
    """For ``keep_best``: so many of each thought's own, and not of all together."""
    tries: Annotated[int, Field(ge=0, le=5)] = 1
    """For ``validate``: how often a thought that does not hold is mended."""

    @model_validator(mode="after")
    def _nothing_idle(self) -> OperationDef:
        for key, operations in _OF_OPERATIONS.items():
            if key in self.model_fields_set and self.do not in operations:
                raise ValueError(f"{key!r} does nothing in {self.do!r}; it belongs to {' and '.join(operations)}")
        return self


class PlanDef(Definition):
    """How an agent plans."""

    strategy: Name = "direct"
    """A registered reasoning strategy: ``direct`` (options at once), ``chain`` (think first), ``predict`` (say first
    what somebody else will do), ``two_stage`` (reason, then answer from the reasoning alone), ``self_consistency`` (the
    answer of most of several chains), ``tree``, ``graph`` (of thoughts), ``debate``, ``best_of`` (chains until a budget
    is spent: what the others are to be held against)."""
    options: Annotated[int, Field(ge=1, le=8)] = 3
    """How many options to weigh at most; 1 means nothing to choose."""
    choose_from: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    """Fixed options; the model then only weighs and chooses. In a game: the legal moves, whatever stands here."""
    expect_from: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    """For the strategy ``predict``: what somebody else may do. In a game: the other's legal moves."""
    instruction: Annotated[str, Field(max_length=2000)] = ""
    """What a plan of this agent is about, in a sentence or two."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """0: the most probable option is chosen. Above: a seeded draw from p^(1/temperature)."""
    max_tokens: Annotated[int, Field(ge=16, le=8192)] = 320
    samples: Annotated[int, Field(ge=2, le=64)] = 5
    """For ``self_consistency``: how many chains."""
    sampling: Annotated[float, Field(ge=0, le=2)] = 0.7
    """Temperature at which several thoughts are drawn; ``temperature`` is that of the choice."""
    search: Literal["breadth_first", "depth_first"] = "breadth_first"
    """For ``tree``: level by level, or the best branch to its end first, then back."""
    depth: Annotated[int, Field(ge=1, le=6)] = 2
    """For ``tree``: how many thoughts, one after the other, make a whole."""
    breadth: Annotated[int, Field(ge=1, le=12)] = 2
    """For ``tree``, breadth first: how many thoughts of a level are kept."""
    branches: Annotated[int, Field(ge=1, le=8)] = 3
    """For ``tree``: how many thoughts to think on from each."""
    propose: Literal["list", "sample"] = "list"
    """For ``tree``: all branches in one answer, which makes them differ; or each drawn by itself."""
    evaluator: Literal["value", "vote"] = "value"
    """For ``tree``: each thought valued by itself, or all of a level weighed against each other."""
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.4
    """For ``tree``, depth first: a thought of less value is not followed."""
    look_ahead: Annotated[int, Field(ge=0, le=2)] = 0
    """For ``tree``: a thought is worth what the best of those is that come so many levels after it."""
    operations: dict[Name, OperationDef] = {}
    """For ``graph``: what to do with thoughts, by name. Default: generate, score, keep the best, aggregate, refine,
    validate."""
    debaters: Annotated[int, Field(ge=2, le=6)] = 3
    """For ``debate``: how many."""
    rounds: Annotated[int, Field(ge=1, le=5)] = 2
    """For ``debate``: how often each speaks; in all but the first it has read the others."""
    budget: Annotated[int, Field(ge=64, le=10_000_000)] | None = None
    """Tokens that the thinking may take, read and written; a question that could pass it is not asked."""
    parallel: Annotated[int, Field(ge=1, le=32)] = 1
    """Questions that are under way at once."""

    @property
    def chooses_itself(self) -> bool:
        """Whether the strategy makes the choice, and none is weighed with everything in view."""
        voted = self.strategy in {"self_consistency", "best_of", "debate"} and bool(self.choose_from)
        return voted or self.strategy == "two_stage"

    @field_validator("choose_from", "expect_from")
    @classmethod
    def _told_apart(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse options that no letter is left for, or that read the same."""
        if len(options) > MOST_VOTED:
            raise ValueError(f"{len(options)} options, and {MOST_VOTED} at most can be weighed: one for each letter")
        seen: dict[str, str] = {}
        for option in options:
            gist = " ".join(option.split()).casefold().rstrip(" .;")
            if gist in seen:
                alike = "stands here twice" if option == seen[gist] else f"is the same as {seen[gist]!r}"
                raise ValueError(f"the option {option!r} {alike}: each must be told from the others")
            seen[gist] = option
        return options

    @model_validator(mode="after")
    def _nothing_idle(self) -> PlanDef:
        """Refuse a key that the strategy does not read; another package's strategy may read any."""
        if self.strategy not in SHIPPED:
            return self
        for key, strategies in _OF_STRATEGIES.items():
            if key in self.model_fields_set and key != "expect_from" and self.strategy not in strategies:
                named = ", ".join(strategies)
                raise ValueError(f"{key!r} does nothing with the strategy {self.strategy!r}; it is for: {named}")
        if self.strategy == "best_of" and self.budget is None:
            raise ValueError("the strategy 'best_of' needs a 'budget': the tokens to spend on plain chains")
        return self

    @model_validator(mode="after")
    def _searchable(self) -> PlanDef:
        """Refuse settings of a tree that contradict each other."""
        other = "threshold" if self.search == "breadth_first" else "breadth"
        if self.strategy == "tree" and other in self.model_fields_set:
            raise ValueError(f"{other!r} does nothing in a search {self.search.replace('_', ' ')}")
        most = (1 if self.search == "depth_first" else self.breadth) * self.branches ** (1 + self.look_ahead)
        if self.strategy == "tree" and self.evaluator == "vote" and most > MOST_VOTED:
            raise ValueError(f"{most} thoughts would come to one vote; it can weigh {MOST_VOTED}: keep or branch less")
        return self

    @model_validator(mode="after")
    def _graph_holds_together(self) -> PlanDef:
        """Refuse operations that are not there, wait for each other, or keep the best of what nobody has scored."""
        graph_order(self.operations)
        scored = set[str]()
        for name in graph_order(self.operations):
            one = self.operations[name]
            has_scores = bool(one.needs) and all(need in scored for need in one.needs)
            if one.do == "keep_best" and not has_scores:
                raise ValueError(f"operation {name!r} keeps the best of what nobody has scored: put a score before it")
            if one.do == "score" or (one.do == "keep_best" and has_scores):
                scored.add(name)
            if one.do != "generate" and not one.needs:
                raise ValueError(f"operation {name!r} needs thoughts: say in 'needs' whose")
        return self


def graph_order(operations: Mapping[str, OperationDef]) -> tuple[str, ...]:
    """Return operations in an order in which each comes after those that it needs, and else as they stand.

    Raises:
        ValueError: one needs what is not there, or itself in the end.
    """
    for name, one in operations.items():
        for need in one.needs:
            if need not in operations:
                raise ValueError(
                    f"operation {name!r} needs {need!r}, which is not there{did_you_mean(need, operations)}"
                )
    order: list[str] = []
    while len(order) < len(operations):
        ready = [name for name, one in operations.items() if name not in order and {*one.needs} <= {*order}]
        if not ready:
            waiting = [name for name in operations if name not in order]
            raise ValueError(f"operations wait for each other in a circle: {', '.join(waiting)}")
        order.append(ready[0])
    return tuple(order)
