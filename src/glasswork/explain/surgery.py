"""Surgery on the request of a choice: segments taken out, options turned, words cut that should not matter."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from glasswork.errors import UserError
from glasswork.explain.case import Case
from glasswork.models.choice import option_lines
from glasswork.models.pieces import pieces
from glasswork.records import Request

LEAST_LEFT = 0.5
"""Share of a text's words that a cut leaves there."""


def prompt_of(case: Case) -> Prompt:
    """Take a case's request apart.

    Raises:
        UserError: there is no request, or it does not hold each segment once, one after the other, or the options.
    """
    request = case.request
    if request is None:
        raise UserError(f"{case_name(case)} does not say how the choice was asked for, so no model can be asked again")
    plain = not any(pieces(case.segments) in message.content for message in request.messages)
    block = pieces(case.segments, plain=plain)
    places = [index for index, message in enumerate(request.messages) if block in message.content]
    if len(places) != 1 or request.messages[places[0]].content.count(block) != 1:
        raise UserError(f"{case_name(case)}: {_lost(case, request)}")
    lines = option_lines([option.text for option in case.options])
    if request.messages[-1].content.count(lines) != 1 or len(request.labels) != len(case.options):
        raise UserError(f"{case_name(case)}: the request does not end with its options, one a line behind its label")
    before, _, after = request.messages[places[0]].content.partition(block)
    return Prompt(case, request, places[0], before, after, plain)


@dataclass(frozen=True)
class Prompt:
    """A request, taken apart where the segments stand. Made by :func:`prompt_of`."""

    case: Case
    recorded: Request
    at: int
    """Index of the message that holds the segments."""
    before: str
    after: str
    plain: bool = False
    """Whether the segments stand there with nothing escaped, as others write them and older versions did."""

    def request(self, kept: frozenset[str], shift: int) -> Request:
        """Return the question with these segments in place and the options rotated."""
        left = pieces([segment for segment in self.case.segments if segment.id in kept], plain=self.plain)
        messages = list(self.recorded.messages)
        messages[self.at] = messages[self.at].model_copy(update={"content": self.before + left + self.after})
        texts = [option.text for option in self.case.options]
        head, _, tail = messages[-1].content.rpartition(option_lines(texts))
        asked = head + option_lines(texts, shift) + tail
        messages[-1] = messages[-1].model_copy(update={"content": asked})
        return self.recorded.model_copy(update={"messages": tuple(messages)})

    def reseeded(self, seed: int) -> Prompt:
        """Return the same prompt, asked under another seed."""
        return replace(self, recorded=self.recorded.model_copy(update={"seed": seed}))

    def cut(self, words: int, generator: random.Random) -> Prompt | None:
        """Return the prompt less a run of words from what is neither segment, question nor option.

        What the model itself said before is left alone too: its thinking is no filler. A run is at most half of the
        text it is cut from; None where there is no such text.
        """
        texts = self._rest()
        sizes = [len(text.split()) for _, text in texts]
        if max(sizes, default=0) < 2:
            return None
        where, text = generator.choices(texts, weights=[size if size > 1 else 0 for size in sizes])[0]
        shorter = _less(text, words, generator)
        if where == "before":
            return replace(self, before=shorter)
        if where == "after":
            return replace(self, after=shorter + self.after[len(text) :])
        messages = list(self.recorded.messages)
        messages[int(where)] = messages[int(where)].model_copy(update={"content": shorter})
        return replace(self, recorded=self.recorded.model_copy(update={"messages": tuple(messages)}))

    def _rest(self) -> list[tuple[str, str]]:
        """Return the texts that may be cut, with where they stand."""
        last = len(self.recorded.messages) - 1
        others = [
            (str(index), message.content)
            for index, message in enumerate(self.recorded.messages)
            if index not in {self.at, last} and message.role != "assistant"
        ]
        after = self._until_question() if self.at == last else self.after
        return [*others, ("before", self.before), ("after", after)]

    def _until_question(self) -> str:
        lines = option_lines([option.text for option in self.case.options])
        return self.after.rpartition(lines)[0].removesuffix("\n\n").rpartition("\n\n")[0]


def _lost(case: Case, request: Request) -> str:
    """Say which piece the request does not hold, or that it holds them otherwise."""
    whole = "\n\n".join(message.content for message in request.messages)
    for segment in case.segments:
        count = whole.count(pieces([segment]))
        if count != 1:
            found = "is not in the request" if count == 0 else f"is in the request {count} times"
            return f"the piece '[{segment.id}] {segment.source}' with its text {found}"
    return "the pieces do not follow each other in the request, a blank line between them"


def _less(text: str, words: int, generator: random.Random) -> str:
    """Cut a run of words; blank space and line ends outside of it stay as they are."""
    spans = [match.span() for match in re.finditer(r"\S+[^\S\n]*", text)]
    count = max(1, min(words, int(len(spans) * (1 - LEAST_LEFT))))
    start = generator.randrange(len(spans) - count + 1)
    return text[: spans[start][0]] + text[spans[start + count - 1][1] :]


def case_name(case: Case) -> str:
    """Return what messages call a case."""
    return f"the decision {case.id}" if case.id else "the decision"
