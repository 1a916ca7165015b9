"""Which tool models a request is planned with: the few, of perhaps hundreds, whose descriptions match it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from glasswork.definitions import MEDIA, ToolType
from glasswork.dispatch.types import source_fits
from glasswork.knowledge.ranking import Bm25, static_embeddings
from glasswork.knowledge.words import words
from glasswork.tools.base import Blob, Spec
from glasswork.tools.retrieve import Candidates

Find = Callable[[str, Sequence[Spec], AbstractSet[ToolType], int], Sequence[str]]
"""Finds tool models: what is looked for, among which, what types of files are at hand, how many at most."""


def by_description(task: str, specs: Sequence[Spec], have: AbstractSet[ToolType], most: int) -> tuple[str, ...]:
    """Return the names of the tool models whose descriptions match best, by words and, where installed, by meaning."""
    found = Candidates(specs, embed=static_embeddings()).find(task, have=have, limit=most)
    return tuple(one.spec.name for one in found)


def candidates(
    request: str, files: Mapping[str, Blob], specs: Mapping[str, Spec], most: int, find: Find = by_description
) -> tuple[str, ...]:
    """Return the names of the tool models to plan with: all where they are few.

    Args:
        request: in words.
        files: what comes with it.
        specs: every tool model that may be used, by name.
        most: how many at most.
        find: finds them.
    """
    if len(specs) <= most:
        return tuple(specs)
    kinds = [kind_of(blob) for blob in files.values()]
    made = {spec.output.type for spec in specs.values()} & MEDIA
    told = " ".join(f"{kind} {blob.name}" for kind, blob in zip(kinds, files.values(), strict=True))
    return tuple(find(f"{request} {told}".strip(), tuple(specs.values()), {*kinds, *made}, most))


def closest(texts: Sequence[str], specs: Sequence[Spec]) -> list[str]:
    """Return for each text the name of the tool model that it is likest to; empty where no word is shared.

    By words alone, so that it is the same on any machine.
    """
    index, found = Bm25([words(_told(spec)) for spec in specs]), list[str]()
    for text in texts:
        best, spec = max(
            zip(index.scores(words(text)), specs, strict=True), key=lambda pair: pair[0]
        )  # first of equals
        found.append(spec.name if best > 0 else "")
    return found


def alike(spec: Spec, others: Sequence[Spec]) -> dict[str, float]:
    """Return how much of what a tool model says of itself others say, too, by name: 1 where it is all of it."""
    texts = [words(_told(one)) for one in (spec, *others)]
    own, *scores = Bm25(texts).scores(texts[0])
    return {one.name: float(score / own) if own else 0.0 for one, score in zip(others, scores, strict=True)}


def _told(spec: Spec) -> str:
    return f"{spec.name.replace('_', ' ')} {spec.description}"


def kind_of(blob: Blob) -> ToolType:
    """Return the type that a file has by its media type."""
    if blob.media_type.startswith("image/"):
        return "image"
    if blob.media_type.startswith("audio/"):
        return "audio"
    if blob.media_type in {"text/csv", "text/tab-separated-values"}:
        return "table"
    return "document" if source_fits(blob, "document") else "file"
