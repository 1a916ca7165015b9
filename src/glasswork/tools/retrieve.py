"""Which tool models may suit a task, by what they say of themselves: hundreds of tools, a handful of candidates.

Two rankings are fused: BM25 finds the words of the task in the descriptions; static embeddings, where the extra
``embed`` is installed, find words that mean the same (:mod:`glasswork.knowledge.ranking`). Types rule out what cannot
be called, or cannot give what is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from glasswork.definitions import MEDIA, ToolType
from glasswork.knowledge.ranking import Bm25, Embed, best, fused
from glasswork.knowledge.words import words
from glasswork.records import Record
from glasswork.tools.base import Spec

_DAMPING = 10
"""Of reciprocal ranks: there are few tool models, so a first place counts for more than among thousands."""
_ALSO: dict[ToolType, frozenset[ToolType]] = {"file": frozenset(MEDIA), "document": frozenset({"table", "file"})}
"""By the type that is required: files of which other types may do."""


class Candidate(Record):
    """A tool model that may suit."""

    spec: Spec
    score: float
    """Of the fused rankings; it says nothing by itself, and compares only within one answer."""


class Candidates:
    """An index over tool models."""

    def __init__(self, specs: Iterable[Spec], *, embed: Embed | None = None) -> None:
        """Index them.

        Args:
            specs: what the tool models say of themselves.
            embed: for the second ranking; see :func:`~glasswork.knowledge.ranking.static_embeddings`.
        """
        self._specs = tuple(specs)
        texts = [_text(spec) for spec in self._specs]
        self._words = Bm25([words(text) for text in texts])
        self._embed = embed
        self._vectors = embed(texts) if embed is not None and texts else None

    def find(
        self,
        task: str,
        *,
        have: AbstractSet[ToolType] | None = None,
        want: ToolType | None = None,
        limit: int = 8,
    ) -> tuple[Candidate, ...]:
        """Return the tool models that suit a task best, the best first; where no word fits, any that its types allow.

        Args:
            task: what is to be done, in words.
            have: types of files that are at hand: a tool model that requires another is left out.
            want: type of the output that is wanted; ``text`` is also given by what gives JSON, a number or a boolean.
            limit: how many at most.
        """
        allowed = {place for place, spec in enumerate(self._specs) if callable_with(spec, have) and gives(spec, want)}
        scores = [self._words.scores(words(task))]
        if self._embed is not None and self._vectors is not None:
            scores.append(self._vectors @ self._embed([task])[0])
        found = fused([[place for place in best(each, len(each)) if place in allowed] for each in scores], _DAMPING)
        order = sorted(allowed, key=lambda place: (-found.get(place, 0.0), place))[:limit]
        return tuple(Candidate(spec=self._specs[place], score=round(found.get(place, 0.0), 6)) for place in order)


def callable_with(spec: Spec, have: AbstractSet[ToolType] | None) -> bool:
    """Tell whether every file that a tool model requires can be of a type at hand; other values can be written down."""
    if have is None:
        return True
    needed = [spec.inputs[name].type for name in spec.required if spec.inputs[name].type in MEDIA]
    return all(kind in have or bool(have & _ALSO.get(kind, frozenset())) for kind in needed)


def gives(spec: Spec, want: ToolType | None) -> bool:
    """Tell whether a tool model's output can stand for a type."""
    if want is None or spec.output.type == want:
        return True
    if want == "text":
        return spec.output.type in {"json", "number", "boolean"}
    return want in {"json", "file"} and (spec.output.type in MEDIA) == (want == "file")


def _text(spec: Spec) -> str:
    """Return what a tool model says of itself: its name counts twice, since descriptions seldom repeat it."""
    name = spec.name.replace("_", " ")
    inputs = (f"{key} {one.description}" for key, one in spec.inputs.items())
    return " ".join([name, name, spec.description, *inputs, spec.output.description])
