"""A double that answers what another run's model answered, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from glasswork.errors import ModelRefused
from glasswork.models.base import OnText
from glasswork.records import Completion, Event, ModelAnswered, Request

Answers = Mapping[tuple[str, str], Completion]
"""Completions by the place they were asked at and the digest of what was asked."""


def recorded_answers(events: Iterable[Event]) -> dict[tuple[str, str], Completion]:
    """Gather the answers of a run's log."""
    return {(e.place, e.digest): e.completion for e in events if isinstance(e, ModelAnswered)}


def recorded_requests(events: Iterable[Event]) -> dict[str, Request]:
    """Gather what was asked at each place of a run's log; the last request where a place was asked more than once."""
    return {event.place: event.request for event in events if isinstance(event, ModelAnswered)}


class ReplayModel:
    """Serves recorded answers by (place, digest of the request)."""

    context: int | None = None

    def __init__(
        self, answers: Answers, requests: Mapping[str, Request] | None = None, *, name: str = "replay"
    ) -> None:
        """``requests``, by place, let a miss say what is different now."""
        self.name = name
        self._answers = dict(answers)
        self._requests = dict(requests or {})

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:
        """Serve the recorded answer.

        Raises:
            ModelRefused: this was not asked at this place; the message shows the first difference.
        """
        found = self._answers.get((place, request.digest()))
        if found is None:
            raise self._miss(place, request)
        if on_text is not None and request.form == "text":
            on_text(found.text)
        return found

    async def aclose(self) -> None:
        """Hold nothing, free nothing."""

    def _miss(self, place: str, request: Request) -> ModelRefused:
        hint = "a replay needs the same definitions, inputs and seed; run it live, or fork, to go another way"
        before = self._requests.get(place)
        if before is None:
            return ModelRefused(f"nothing was recorded at {place!r}", hint=hint)
        return ModelRefused(
            f"what is asked at {place!r} is not what was recorded there: {first_difference(before, request)}", hint=hint
        )


def first_difference(before: Request, now: Request) -> str:
    """Say in one line where two requests part: ``messages[1].content from character 17: recorded '…', now '…'``."""
    for index, (old, new) in enumerate(zip(before.messages, now.messages, strict=False)):
        for part in ("role", "content"):
            if getattr(old, part) != getattr(new, part):
                return _parting(f"messages[{index}].{part}", getattr(old, part), getattr(new, part))
    if len(before.messages) != len(now.messages):
        return f"{len(before.messages)} messages were recorded, now there are {len(now.messages)}"
    for field in Request.model_fields:
        if getattr(before, field) != getattr(now, field):
            return _parting(field, str(getattr(before, field)), str(getattr(now, field)))
    return "nothing is different; the answer itself is missing"


def _parting(where: str, old: str, new: str) -> str:
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, same - 20)
    return f"{where} from character {same}: recorded {old[start : same + 40]!r}, now {new[start : same + 40]!r}"
