"""Which tool models may suit a task, by what they say of themselves: hundreds of tools, a handful of candidates.

Two rankings are fused. BM25 (Robertson and Zaragoza 2009, in Lucene's variant: k1 = 1.5, b = 0.75) finds the words of
the task in the descriptions; static embeddings, where the extra ``embed`` is installed, find words that mean the same.
Fusion is by reciprocal ranks (Cormack, Clarke and Büttcher, SIGIR 2009). Types rule out what cannot be called, or
cannot give what is wanted.
"""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from importlib.util import find_spec

from glasswork.definitions import MEDIA, ToolType
from glasswork.records import Record
from glasswork.tools.base import Spec

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Turns texts into vectors of length 1."""
K1, B = 1.5, 0.75
_DAMPING = 10
"""Of reciprocal ranks: how little a first place counts above a second. The usual 60 is for lists of a thousand."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|(?:(?![\u3040-\u30ff\u3400-\u9fff])[^\W_])+")
"""A word, or one sign of a writing without spaces."""
_ALSO: dict[ToolType, frozenset[ToolType]] = {"file": frozenset(MEDIA), "document": frozenset({"table", "file"})}
"""By the type that is required: files of which other types may do."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_STOP = frozenset(
    _WORD.findall("a an and are as at be by for from in into is it its of on or such that the this to what with")
)


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
            embed: for the second ranking; see :func:`static_embeddings`.
        """
        self._specs = tuple(specs)
        texts = [_text(spec) for spec in self._specs]
        self._words = Bm25([words(text) for text in texts])
        self._embed = embed
        self._vectors = list(embed(texts)) if embed is not None and texts else []

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
        allowed = [place for place, spec in enumerate(self._specs) if callable_with(spec, have) and gives(spec, want)]
        rankings = [self._ranked(self._words.scores(words(task)), allowed)]
        if self._embed is not None and self._vectors:
            (vector,) = self._embed([task])
            scores = [sum(a * b for a, b in zip(vector, other, strict=True)) for other in self._vectors]
            rankings.append(self._ranked(scores, allowed))
        fused = _fused(rankings)
        best = sorted(allowed, key=lambda place: (-fused.get(place, 0.0), place))[:limit]
        return tuple(Candidate(spec=self._specs[place], score=round(fused.get(place, 0.0), 6)) for place in best)

    def _ranked(self, scores: Sequence[float], allowed: list[int]) -> list[int]:
        return sorted((place for place in allowed if scores[place] > 0), key=lambda place: (-scores[place], place))


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


def words(text: str) -> list[str]:
    """Return the words of a text that are searched by: lower-case, without endings and little words; humps apart.

    A percent sign is a word, too.
    """
    found = _WORD.findall(_HUMP.sub(" ", text).lower().replace("%", " percent "))
    return [stem(word) for word in found if word not in _STOP]


def stem(word: str) -> str:
    """Return a word without the commonest English endings: as much as short descriptions need."""
    for ending, kept in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith(("ss", "us", "is")):
            word = word.removesuffix(ending) + kept
            break
    return word.removesuffix("e") if len(word) > 3 else word


def static_embeddings() -> Embed | None:
    """Return the vectors of WordLlama (16 MB, in its package), or None where the extra ``embed`` is not installed."""
    if find_spec("wordllama") is None:
        return None
    from glasswork.tools.shipped.embed import embedder

    def embed(texts: Sequence[str]) -> list[list[float]]:
        with _quietly():
            model = embedder()
        return [[float(one) for one in row] for row in model.embed(list(texts), norm=True)]

    return embed


@contextmanager
def _quietly() -> Iterator[None]:
    """Undo what a library does to the logging of the whole process: WordLlama sets it up as it is imported."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers


def _text(spec: Spec) -> str:
    """Return what a tool model says of itself: its name counts twice, since descriptions seldom repeat it."""
    name = spec.name.replace("_", " ")
    inputs = (f"{key} {one.description}" for key, one in spec.inputs.items())
    return " ".join([name, name, spec.description, *inputs, spec.output.description])


def _fused(rankings: list[list[int]]) -> dict[int, float]:
    fused: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking, start=1):
            fused[place] = fused.get(place, 0.0) + 1 / (_DAMPING + rank)
    return fused


class Bm25:
    """BM25 over a few thousand short texts: postings in dictionaries."""

    def __init__(self, texts: list[list[str]]) -> None:
        self._count = len(texts)
        self._mean = sum(map(len, texts)) / max(1, len(texts)) or 1.0
        self._lengths = [len(text) for text in texts]
        self._postings: dict[str, dict[int, int]] = {}
        for place, text in enumerate(texts):
            for word, times in Counter(text).items():
                self._postings.setdefault(word, {})[place] = times

    def scores(self, query: list[str]) -> list[float]:
        """Return the score of every text."""
        scores = [0.0] * self._count
        for word in query:
            found = self._postings.get(word, {})
            rarity = math.log(1 + (self._count - len(found) + 0.5) / (len(found) + 0.5))
            for place, times in found.items():
                length = 1 - B + B * self._lengths[place] / self._mean
                scores[place] += rarity * times / (times + K1 * length)
        return scores
