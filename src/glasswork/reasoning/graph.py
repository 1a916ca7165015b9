"""A graph of thoughts: operations that make, score, keep, join, better and check thoughts, as an agent's file says.

Besta et al. 2023, Graph of Thoughts, arXiv 2308.09687. The operations themselves are carried out by
:mod:`glasswork.reasoning.operations`; here is what a model is asked in each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glasswork.definitions import OperationDef, graph_order
from glasswork.models.messages import with_instruction
from glasswork.reasoning.base import OPTION_LENGTH, Planning, Proposal, strategies, unnumbered
from glasswork.reasoning.lines import proposed, task
from glasswork.reasoning.operations import Aggregate, Generate, KeepBest, Operation, Refine, Score, Validate, carry_out
from glasswork.reasoning.thinking import Thinking, ideas, texts
from glasswork.reasoning.values import values
from glasswork.reasoning.web import Idea, Node

Thoughts = Sequence[Node[str]]

USUAL: Mapping[str, OperationDef] = {
    "drafts": OperationDef(do="generate", count=3),
    "scored": OperationDef(do="score", needs=("drafts",)),
    "best": OperationDef(do="keep_best", needs=("scored",), keep=2),
    "joined": OperationDef(do="aggregate", needs=("best",)),
    "better": OperationDef(do="refine", needs=("joined",)),
    "sound": OperationDef(do="validate", needs=("better",)),
    "all": OperationDef(do="score", needs=("best", "sound")),
}
"""What is done where an agent's file does not say."""

_HOLDS = (("yes", 1.0), ("no", 0.0))


@strategies.register("graph")
async def graph(planning: Planning) -> Proposal:
    """Carry the operations out; what is left becomes the options, or what fixed options are weighed by.

    Raises:
        InvalidOutput: no thought can be used.
        UserError: its budget does not hold one thought.
        ModelError: a question got no answer.
    """
    thinking = Thinking(planning)
    found = await carry_out(operations(_Graph(thinking)), "", note=thinking.note)
    thinking.end_search(found)
    return proposed(planning, [node.state for node in found.results])


def operations(asked: _Graph) -> dict[str, Operation[str]]:
    """Return the operations of an agent's file, each with what a model is asked in it."""
    defined = asked.settings.operations or USUAL
    return {name: asked.operation(name, defined[name]) for name in graph_order(defined)}


class _Graph:
    """What a model is asked for a graph of thoughts."""

    def __init__(self, thinking: Thinking) -> None:
        self.thinking = thinking
        self.settings = thinking.settings
        self._seed = thinking.planning.seed
        self._noun = "consideration" if self.settings.choose_from else "way to do the task"
        self._plural = "considerations" if self.settings.choose_from else "ways to do the task"

    def operation(self, name: str, one: OperationDef) -> Operation[str]:
        """Return an operation as the engine takes it."""
        match one.do:
            case "generate":
                return Generate(lambda groups: self._made(name, groups, self._generating(one.count), one), one.needs)
            case "aggregate":
                return Aggregate(lambda groups: self._made(name, groups, self._joining(one.count), one), one.needs)
            case "refine":
                return Refine(lambda groups: self._made(name, groups, self._bettering(one.count), one), one.needs)
            case "score":
                return Score(lambda nodes: self._scored(name, nodes), one.needs)
            case "keep_best":
                return KeepBest(one.keep, one.needs, one.each)
            case "validate":
                return Validate(
                    lambda nodes: self._checked(name, nodes),
                    lambda groups: self._made(name, groups, self._mending(), one),
                    one.needs,
                    one.tries,
                )

    # --- what is asked ----------------------------------------------------------------------------------------------

    def _generating(self, count: int) -> tuple[str, str]:
        if count == 1:
            return f"Name one {self._noun}", "Name one way to work this out further"
        return f"Name {count} different {self._plural}", f"Name {count} different ways to work this out further"

    def _joining(self, count: int) -> tuple[str, str]:
        joined = f"Join what is best in these into {'one' if count == 1 else f'{count} different ones'}"
        return joined, joined

    def _bettering(self, count: int) -> tuple[str, str]:
        better = f"Mend what is weak in this: name {'a better version' if count == 1 else f'{count} better versions'}"
        return better, better

    @staticmethod
    def _mending() -> tuple[str, str]:
        mended = "This does not meet all that is asked. Say it anew, so that it does"
        return mended, mended

    async def _made(
        self, name: str, groups: Sequence[Thoughts], asked: tuple[str, str], one: OperationDef
    ) -> list[list[Idea[str]] | None]:
        """Ask for thoughts out of each group; ``asked``: of the situation itself, and of thoughts."""
        jobs = []
        for group in groups:
            stated = [node for node in group if node.number]
            listed = "".join(f"\n- {node.state}" for node in stated)
            start = f"{task(self.settings)}" + (f"This was thought of:{listed}\n\n" if stated else "")
            most = 1 if one.do == "validate" else one.count
            length = "in one sentence" if most == 1 else "each in one sentence"
            instruction = f"{start}{asked[bool(stated)]}, {length}. Do not do the task yet."
            where = "-".join(str(node.number) for node in group)
            properties: dict[str, Any] = {"thoughts": texts(self.settings, most, OPTION_LENGTH)}
            jobs.append(self.thinking.job(f"{name}/{where}", instruction, properties))
        return [
            _unnumbered(ideas(answer, "thoughts")) if answer is not None else None
            for answer in await self.thinking.purse.all(jobs)
        ]

    async def _scored(self, name: str, nodes: Thoughts) -> list[float | None]:
        aim = "tell which option is best" if self.settings.choose_from else "do the task well"
        return await values(self.thinking.purse, self._questions(name, nodes, f"Will this help to {aim}?"), self._seed)

    async def _checked(self, name: str, nodes: Thoughts) -> list[str | None]:
        asked = self._questions(name, nodes, "Does this meet all that is asked?")
        held = await values(self.thinking.purse, asked, self._seed, worth=_HOLDS)
        return [None if p is None else "" if p >= 0.5 else f"it does not meet what is asked ({p:.0%})" for p in held]

    def _questions(self, name: str, nodes: Thoughts, question: str) -> list[tuple[str, Any, str]]:
        planning = self.thinking.planning
        return [
            (
                f"{planning.place}/{name}/{node.number}",
                with_instruction(planning.context, f"{task(self.settings)}A {self._noun}: {node.state}"),
                question,
            )
            for node in nodes
        ]


def _unnumbered(found: list[Idea[str]] | None) -> list[Idea[str]]:
    return [
        Idea(unnumbered(idea.text), unnumbered(idea.state)) if idea.state is not None else idea for idea in found or []
    ]
