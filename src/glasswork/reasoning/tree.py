"""A tree of thoughts: think on from the best thoughts, breadth first or depth first.

Yao et al. 2023, Tree of Thoughts, arXiv 2305.10601. The search itself is :mod:`glasswork.reasoning.search`; here is
what a model is asked: to propose thoughts (all in one answer, or each drawn by itself), to value each, or to vote.
"""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.errors import InvalidOutput
from glasswork.models.messages import with_instruction
from glasswork.reasoning.base import OPTION_LENGTH, Planning, Proposal, gist, strategies, unnumbered
from glasswork.reasoning.lines import in_a_row, proposed, so_far, task
from glasswork.reasoning.purse import Answer, Job
from glasswork.reasoning.search import Space, breadth_first, depth_first
from glasswork.reasoning.thinking import Thinking, texts
from glasswork.reasoning.values import values, votes
from glasswork.reasoning.web import Found, Idea, Node
from glasswork.records import Completion

Line = tuple[str, ...]
"""Thoughts, one after the other."""
Lines = Sequence[Node[Line]]


@strategies.register("tree")
async def tree(planning: Planning) -> Proposal:
    """Search; the best lines become the options, or what fixed options are weighed by.

    Raises:
        InvalidOutput: no thought can be used.
        UserError: its budget does not hold one thought.
        ModelError: a question got no answer.
    """
    thinking = Thinking(planning)
    found = await _searched(_Tree(thinking))
    thinking.end_search(found)
    return proposed(planning, [in_a_row(node.state) for node in found.results])


async def _searched(one: _Tree) -> Found[Line]:
    settings = one.settings
    space = Space(one.propose, one.evaluate, lambda _: False, _same, relative=settings.evaluator == "vote")
    if settings.search == "breadth_first":
        return await breadth_first(
            space,
            (),
            depth=settings.depth,
            breadth=settings.breadth,
            look_ahead=settings.look_ahead,
            note=one.thinking.note,
        )
    return await depth_first(
        space,
        (),
        depth=settings.depth,
        threshold=settings.threshold,
        wanted=1 if settings.choose_from else settings.options,
        look_ahead=settings.look_ahead,
        note=one.thinking.note,
    )


def _same(line: Line) -> tuple[str, ...]:
    return tuple(gist(text) for text in line)


class _Tree:
    """What a model is asked for a tree of thoughts."""

    def __init__(self, thinking: Thinking) -> None:
        self.thinking = thinking
        self.settings = thinking.settings
        self._votes = 0
        self._longest = max(40, OPTION_LENGTH // self.settings.depth - len("; then "))

    async def propose(self, nodes: Lines) -> list[list[Idea[Line]] | None]:
        """Ask what could come next, after each line."""
        jobs = [self._jobs(node) for node in nodes]
        answers = iter(await self.thinking.purse.all([job for family in jobs for job in family]))
        return [self._ideas(node, [next(answers) for _ in family]) for node, family in zip(nodes, jobs, strict=True)]

    def _jobs(self, node: Node[Line]) -> list[Job]:
        settings, place = self.settings, f"think/{node.number}"
        begin = "to begin" if settings.depth > 1 else "to do it"
        what = "considerations that bear on which is best" if settings.choose_from else f"ways {begin}"
        one = "consideration that bears on which is best" if settings.choose_from else f"way {begin}"
        if node.state:
            what, one = "thoughts that could come next", "thought that could come next"
        start = f"{task(settings)}{so_far(settings, node.state)}"
        short = f"in at most {self._longest // 8} words. Do not do the task yet."
        if settings.propose == "list":
            asked = f"{start}Name {settings.branches} different {what}, each {short}"
            return [self.thinking.job(place, asked, {"thoughts": texts(settings, settings.branches, self._longest)})]
        asked = f"{start}Name one {one}, {short}"
        text = {"thought": {"type": "string", "minLength": 1, "maxLength": self._longest}}
        return [self.thinking.job(f"{place}/{n}", asked, text) for n in range(1, settings.branches + 1)]

    def _ideas(self, node: Node[Line], answers: Sequence[Answer]) -> list[Idea[Line]] | None:
        if any(answer is None for answer in answers):
            return None
        found = list[Idea[Line]]()
        for answer in answers:
            if isinstance(answer, InvalidOutput):
                found.append(Idea("(no usable answer)", refused=answer.message))
            elif isinstance(answer, Completion):
                said = answer.data.get("thoughts", [answer.data.get("thought", "")])
                found += [self._idea(node, unnumbered(text)) for text in said]
        return found

    @staticmethod
    def _idea(node: Node[Line], text: str) -> Idea[Line]:
        if not text:
            return Idea("(nothing)", refused="it says nothing")
        if gist(text) in _same(node.state):
            return Idea(text, refused="the line says this already")
        return Idea(text, (*node.state, text))

    async def evaluate(self, nodes: Lines) -> list[float | None]:
        """Value each line by itself, or have all weighed against each other."""
        planning, purse = self.thinking.planning, self.thinking.purse
        if self.settings.evaluator == "vote":
            before = with_instruction(planning.context, task(self.settings))
            lines = [in_a_row(node.state) for node in nodes]
            self._votes += 1
            place = f"{planning.place}/vote/{self._votes}"
            return await votes(
                purse, (place, before, "Which of these is the best to go on with?"), lines, planning.seed
            )
        aim = "tell which option is best" if self.settings.choose_from else "do the task well"
        questions = [
            (
                f"{planning.place}/value/{node.number}",
                with_instruction(
                    planning.context, f"{task(self.settings)}{so_far(self.settings, node.state)}".rstrip()
                ),
                f"Will this help to {aim}?",
            )
            for node in nodes
        ]
        return await values(purse, questions, planning.seed)
