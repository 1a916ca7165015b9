"""Stage 4: the answer, made of what the tools gave and nothing else; every sentence names the results it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glasswork.dispatch.deciding import Desk
from glasswork.dispatch.executing import Result
from glasswork.dispatch.graph import TaskGraph, line
from glasswork.models.schema import closed
from glasswork.tools.base import Blob, shown

NOTHING_FITS = "None of the tools that are here fits this request, so nothing was done."
RESULT_LENGTH = 6000
"""Characters of one result that a prompt holds, at most."""
_SENTENCES = 6
_SENTENCE_LENGTH = 500
_HOW = (
    "Answer the request from what the tools gave, and from nothing else, in the language of the request. Write up to "
    "{most} sentences; each names the tasks whose results it rests on (of {ids}). Give values word for word."
)


@dataclass(frozen=True)
class Claim:
    """One sentence of an answer."""

    says: str
    rests_on: tuple[str, ...]
    """Ids of tasks that are done; at least one."""


@dataclass(frozen=True)
class Answer:
    """What is said in the end."""

    claims: tuple[Claim, ...]
    failed: tuple[str, ...]
    """What was not done, and why: a sentence for each task."""
    files: tuple[Blob, ...] = ()
    """What the tools made that no other task used up."""

    @property
    def text(self) -> str:
        """The whole answer, as it is read: claims with their tasks, then files, then what failed."""
        said = [f"{one.says} [{', '.join(one.rests_on)}]" for one in self.claims]
        parts = [" ".join(said), *(f"{blob.name}: {blob}" for blob in self.files), *self.failed]
        return "\n".join(part for part in parts if part) or NOTHING_FITS


async def answer(
    desk: Desk, request: str, graph: TaskGraph, results: Sequence[Result], *, max_tokens: int = 700
) -> Answer:
    """Answer a request from results; a decision like any other, with the results as segments.

    Where no task is done, or there was none, no model is asked: there is nothing to say but what failed.

    Raises:
        ModelError: the model did not answer.
    """
    failed = tuple(
        f"{one.task} was not done ({_what(graph, one)}): {one.reason}" for one in results if one.state == "failed"
    )
    done = [one for one in results if one.state == "done"]
    decision = desk.sit("answerer", "answer", _segments(request, graph, results))
    if not done:
        said = Answer((), failed)
        decision.settle("say what failed" if failed else "say that nothing fits")
        decision.act(said.text, {"answer": [], "failed": list(failed)})
        return said
    ids = [one.task for one in done]
    decision.settle(f"answer from {', '.join(ids)}")
    instruction = _HOW.format(most=_SENTENCES, ids=", ".join(ids))
    data = await decision.say("act", instruction, _schema(ids), max_tokens=max_tokens)
    said = Answer(_claims(data["answer"]), failed, _files(graph, done))
    decision.act(said.text, {**data, "failed": list(failed)})
    return said


def _what(graph: TaskGraph, result: Result) -> str:
    return line(graph[result.task]).partition(" = ")[2]


def _segments(request: str, graph: TaskGraph, results: Sequence[Result]) -> list[tuple[str, str]]:
    return [
        ("request", request),
        *(
            (f"result.{one.task}", f"{line(graph[one.task])} gave:\n{_cut(shown(one.value))}")
            if one.state == "done"
            else (f"result.{one.task}", f"{line(graph[one.task])} was not done: {one.reason}")
            for one in results
        ),
    ]


def _cut(text: str) -> str:
    if len(text) <= RESULT_LENGTH:
        return text or "(an empty text)"
    return f"{text[:RESULT_LENGTH]}… ({len(text) - RESULT_LENGTH} more characters)"


def _schema(ids: Sequence[str]) -> dict[str, Any]:
    sentence = closed(
        {
            "says": {"type": "string", "minLength": 1, "maxLength": _SENTENCE_LENGTH},
            "rests_on": {"type": "array", "items": {"enum": list(ids)}, "minItems": 1, "maxItems": len(ids)},
        }
    )
    return closed({"answer": {"type": "array", "items": sentence, "minItems": 1, "maxItems": _SENTENCES}})


def _claims(data: Sequence[dict[str, Any]]) -> tuple[Claim, ...]:
    """Drop sentences that repeat an earlier one; small models do that."""
    found: dict[str, Claim] = {}
    for one in data:
        says = " ".join(one["says"].split())
        if says:
            found.setdefault(says.casefold(), Claim(says, tuple(dict.fromkeys(one["rests_on"]))))
    return tuple(found.values())


def _files(graph: TaskGraph, done: Sequence[Result]) -> tuple[Blob, ...]:
    used = {source for task in graph.tasks for source in task.sources}
    return tuple(one.value for one in done if isinstance(one.value, Blob) and one.task not in used)
