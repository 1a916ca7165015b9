"""A thinking that leaves its thoughts in the log: how strategies ask, within their budget, and what they record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glasswork.definitions import PlanDef
from glasswork.errors import InvalidOutput, UserError
from glasswork.models.messages import with_instruction
from glasswork.models.schema import closed
from glasswork.reasoning.base import Planning
from glasswork.reasoning.chain import THINKING_LENGTH
from glasswork.reasoning.purse import Answer, Job, Purse
from glasswork.reasoning.web import BUDGET, Found, Idea, S, Settled
from glasswork.records import Completion, Request, ThinkingEnded, ThoughtNoted


class Thinking:
    """One planning of a strategy that thinks more than one thought."""

    def __init__(self, planning: Planning) -> None:
        """Begin; what is asked counts from now on."""
        self.planning = planning
        self.settings = planning.settings
        self.purse = Purse(planning.ask, planning.settings.budget, planning.settings.parallel)

    def job(self, name: str, instruction: str, properties: dict[str, Any]) -> Job:
        """Return a question for an object with these properties, drawn at the temperature of thoughts.

        ``name`` is where, below the place of the plan.
        """
        place = f"{self.planning.place}/{name}"
        request = Request(
            messages=with_instruction(self.planning.context, instruction),
            form="json",
            json_schema=closed(properties),
            max_tokens=self.settings.max_tokens,
            temperature=self.settings.sampling,
            seed=self.planning.seeded(place),
        )
        return place, request

    def note(self, settled: Settled) -> None:
        """Record what became of a thought."""
        self.planning.record(
            ThoughtNoted(
                decision=self.planning.decision,
                number=settled.number,
                parents=settled.parents,
                operation=settled.operation,
                text=settled.text,
                score=settled.score,
                fate=settled.fate,
                why=settled.why,
            )
        )

    def end(
        self,
        results: Sequence[int],
        ended: str,
        *,
        agreement: float | None = None,
        disagreement: str = "",
        accord: str = "",
    ) -> None:
        """Record that the thinking is complete."""
        self.planning.record(
            ThinkingEnded(
                decision=self.planning.decision,
                strategy=self.settings.strategy,
                results=tuple(results),
                ended=ended,
                calls=self.purse.calls,
                tokens=self.purse.spent,
                budget=self.settings.budget,
                agreement=agreement,
                disagreement=disagreement,
                accord=accord,
            )
        )

    def end_search(self, found: Found[S]) -> None:
        """Record that a search is complete.

        Raises:
            UserError: its budget does not hold a single thought.
            InvalidOutput: none of its thoughts can be used.
        """
        self.end([node.number for node in found.results], found.ended)
        if not found.results:
            raise self.nothing(found.thoughts, found.ended)

    def nothing(self, thoughts: int, ended: str) -> UserError | InvalidOutput:
        """Return the error of a thinking that came to nothing, by why it ended."""
        if not ended.startswith(BUDGET):
            why = f"none of {thoughts} thoughts can be used: {ended}"
            return InvalidOutput(f"{why} (see: glasswork log why {self.planning.decision})")
        left = max(0, (self.settings.budget or 0) - self.purse.spent)
        next_one = f"what is asked {'next' if self.purse.calls else 'first'} may take {self.purse.refused}"
        return UserError(
            f"a budget of {self.settings.budget} tokens for planning does not hold one thought and what weighs it: "
            f"{next_one}, and {left} are left",
            hint="give 'plan: {budget: …}' more, or bound answers more tightly: 'plan: {max_tokens: …}'",
        )


def thinking_text(settings: PlanDef) -> dict[str, Any]:
    """Return the JSON schema of a thinking that leaves room for the rest of its answer, in a dense language too."""
    room = (settings.max_tokens - 80) * 5 // 2
    return {"type": "string", "minLength": 1, "maxLength": min(THINKING_LENGTH, max(80, room))}


def texts(settings: PlanDef, most: int, length: int) -> dict[str, Any]:
    """Return the JSON schema of a list of one to ``most`` texts that fit one answer together."""
    room = (settings.max_tokens - 40) * 5 // 2 // most
    item = {"type": "string", "minLength": 1, "maxLength": min(length, max(40, room))}
    return {"type": "array", "items": item, "minItems": 1, "maxItems": most}


def ideas(answer: Answer, key: str) -> list[Idea[str]] | None:
    """Read the texts of an answer as ideas; None where it was never asked for."""
    if answer is None:
        return None
    if not isinstance(answer, Completion):
        return [Idea("(no usable answer)", refused=answer.message)]
    found = answer.data[key]
    return [_idea(text) for text in (found if isinstance(found, list) else [found])]


def _idea(text: str) -> Idea[str]:
    words = " ".join(text.split())
    return Idea(words, words) if words else Idea("(nothing)", refused="it says nothing")
