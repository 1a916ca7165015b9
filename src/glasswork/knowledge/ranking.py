"""Ranking texts: by words (BM25), by meaning (static embeddings), and both fused by reciprocal ranks.

BM25 (Robertson and Zaragoza 2009, in Lucene's variant: k1 = 1.5, b = 0.75) is computed by the library bm25s. Fusion is
that of Cormack, Clarke and Büttcher (SIGIR 2009).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from wordllama.inference import WordLlamaInference

    Numbers = npt.NDArray[np.float64]

Embed = Callable[[Sequence[str]], "npt.NDArray[np.float32]"]
"""Turns texts into vectors of length 1, a row each."""
K1, B = 1.5, 0.75
DAMPING = 60
"""Of reciprocal ranks: how little a first place counts above a second; as in the paper, for long lists."""


class Bm25:
    """An index of texts by their words."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        import bm25s

        self.count = len(texts)
        self._library: Any = None
        if any(texts):
            self._library = bm25s.BM25(method="lucene", k1=K1, b=B, dtype="float64")
            self._library.index([list(text) for text in texts], create_empty_token=False, show_progress=False)

    def scores(self, query: Sequence[str]) -> Numbers:
        """Return the score of every text; a word that a query repeats counts as often."""
        import numpy as np

        known = [word for word in query if self._library is not None and word in self._library.vocab_dict]
        if not known:
            return np.zeros(self.count)
        found: Numbers = self._library.get_scores(known)
        return found

    def rarity(self, word: str) -> float:
        """Return the weight of a word: ln(1 + (N - n + 1/2) / (n + 1/2)), for n of N texts that hold it."""
        held = 0
        if self._library is not None and word in self._library.vocab_dict:
            place, ends = self._library.vocab_dict[word], self._library.scores["indptr"]
            held = int(ends[place + 1]) - int(ends[place])
        return math.log(1 + (self.count - held + 0.5) / (held + 0.5))

    def save(self, folder: Path) -> None:
        """Write the index into a folder, which is there and empty."""
        if self._library is not None:
            self._library.save(folder)

    @classmethod
    def load(cls, folder: Path, count: int) -> Bm25:
        """Read an index of so many texts from a folder. Raises OSError, ValueError or KeyError where it is damaged."""
        import bm25s

        found = cls([])
        found.count = count
        if any(folder.iterdir()):
            found._library = bm25s.BM25.load(folder, load_corpus=False, load_vocab=True, allow_pickle=False)
        return found


def fused(rankings: Sequence[Sequence[int]], damping: int = DAMPING) -> dict[int, float]:
    """Return the sum of 1 / (damping + rank), ranks from 1, for every place that a ranking names."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking, start=1):
            scores[place] = scores.get(place, 0.0) + 1 / (damping + rank)
    return scores


def best(scores: Numbers, most: int) -> list[int]:
    """Return the places of the highest scores above zero, the highest first; equal ones in their own order."""
    order = (-scores).argsort(kind="stable")[:most]
    return [int(place) for place in order if scores[place] > 0]


def static_embeddings() -> Embed | None:
    """Return the vectors of WordLlama (16 MB, in its package), or None where the extra ``embed`` is not installed.

    The vector of an empty text is zero: it is like nothing. The library divides by its length.
    """
    if find_spec("wordllama") is None:
        return None
    import numpy as np

    def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        made = np.asarray(embedder().embed([text or " " for text in texts], norm=True), dtype=np.float32)
        made[[not text for text in texts]] = 0
        return made

    return embed


@cache
def embedder() -> WordLlamaInference:
    """Return WordLlama from its package; it downloads nothing."""
    with _quiet():
        import wordllama

        here = Path(wordllama.__file__).parent
        return wordllama.WordLlama.load(cache_dir=here, disable_download=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep a library from setting up logging for the whole process, as the one of the embeddings does."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
