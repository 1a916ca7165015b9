"""Corrective retrieval: what is found is judged before anybody reads it.

The rules are those of CRAG (Yan, Gu, Zhu and Ling 2024). *Correct*: one passage or more is good enough, and what was
found is refined. *Incorrect*: none is, all of it is dropped, and a second source is asked. *Ambiguous*: both. To refine
is to take passages apart into strips, to weigh each, and to put together again those that are worth reading. The code
of that paper was not used; what differs from it: strips are sentences, or a law's own paragraphs and items; thresholds
are fitted; a second source's passages are refined in the same way; and everything that is dropped is told.
"""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.knowledge.passages import Passage
from glasswork.knowledge.strips import recomposed, strips
from glasswork.records import Record


class Strip(Record):
    """A strip of a passage, weighed."""

    passage: str
    """The passage's id."""
    place: int
    """In the passage, from 0."""
    text: str
    score: float
    kept: bool


class Refined(Record):
    """What became of passages."""

    passages: tuple[Passage, ...]
    """With the text that was put together again; those of which nothing was kept are not among them."""
    strips: tuple[Strip, ...]
    """All of them, in the order of the passages."""


def strips_of(passages: Sequence[Passage]) -> list[list[str]]:
    """Return the strips of each passage."""
    return [strips(passage.text) for passage in passages]


def refine(
    passages: Sequence[Passage], scores: Sequence[Sequence[float]], threshold: float, most: int, least: int = 1
) -> Refined:
    """Return passages made of the strips that are worth reading.

    Strips that score the threshold or more are kept, at most so many, the best ones; where fewer do than are wanted in
    any case, the best ones are kept all the same.

    Args:
        passages: in the order in which they are to be read.
        scores: of their strips, by passage.
        threshold: from which score on a strip is kept.
        most: how many strips are kept at most, at least 1.
        least: how many are kept in any case: 1 where the passages were found to be worth reading, 0 where nobody knows.
    """
    pieces = strips_of(passages)
    ranked = sorted(
        ((score, -at, -place) for at, row in enumerate(scores) for place, score in enumerate(row)), reverse=True
    )
    worth = [one for one in ranked if one[0] >= threshold][:most] or ranked[:least]
    kept = {(-at, -place) for _, at, place in worth}
    weighed = tuple(
        Strip(passage=passages[at].id, place=place, text=text, score=scores[at][place], kept=(at, place) in kept)
        for at, row in enumerate(pieces)
        for place, text in enumerate(row)
    )
    whole = [
        passage.model_copy(update={"text": recomposed(passage.text, {place for of, place in kept if of == at})})
        for at, passage in enumerate(passages)
        if any(of == at for of, _ in kept)
    ]
    return Refined(passages=tuple(whole), strips=weighed)
