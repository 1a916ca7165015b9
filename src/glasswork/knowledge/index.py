"""An index: passages that are found by their words and by their meaning, the two rankings fused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from glasswork.errors import MissingExtra, UserError
from glasswork.knowledge.passages import Document, Passage
from glasswork.knowledge.ranking import Bm25, Embed, best, fused, static_embeddings
from glasswork.knowledge.words import Cut, segmenter, signs, words
from glasswork.records import Record

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

Language = Literal["en", "zh"]
By = Literal["fused", "words", "meaning"]
"""How passages are ranked: by both, by BM25 alone, by static embeddings alone."""
_DEEP = 100
"""Places of each ranking that are fused, or as many as are wanted, where that is more."""
_CHINESE = 0.2
"""So large a share of signs makes a corpus Chinese: its words are then segmented."""


class Hit(Record):
    """A passage that was found."""

    passage: Passage
    score: float
    """By which it was ranked; the fused one says nothing by itself, and compares only within one answer."""
    words: float
    """BM25."""
    meaning: float | None
    """The cosine of its vector and the question's, -1 to 1; None where the index has no vectors."""


@dataclass(frozen=True)
class Index:
    """Passages that can be searched: made by :func:`build`, or read by :mod:`~glasswork.knowledge.store`."""

    language: Language
    longest: int
    """Characters of a passage at most."""
    documents: tuple[Document, ...]
    passages: tuple[Passage, ...]
    bm25: Bm25
    vectors: Vectors | None
    """A row for each passage; None where it was made without embeddings."""
    digest: str = ""
    """SHA-256 of its file."""

    def words(self, text: str) -> list[str]:
        """Return the words of a text as this index has them."""
        return words(text, cut_of(self.language))

    def search(self, query: str, top: int = 8, by: By = "fused") -> tuple[Hit, ...]:
        """Return the passages that fit a question best, the best first.

        Args:
            query: in words.
            top: how many at most.
            by: which ranking; ``fused`` is that of the words where the index has no vectors.

        Raises:
            UserError: the question is empty; or it is to be searched by meaning, and holds no vectors.
            MissingExtra: what the index was made with is not installed.
        """
        return self.searched([query], top, by)[0]

    def searched(self, queries: Sequence[str], top: int = 8, by: By = "fused") -> list[tuple[Hit, ...]]:
        """Return the answers to several questions; see :meth:`search`."""
        if not all(query.strip() for query in queries):
            raise UserError("the question is empty")
        if by == "meaning" and self.vectors is None:
            raise UserError(
                "this index holds no vectors, so it cannot be searched by meaning", hint="search it by words"
            )
        vectors = self.embedded(queries)
        return [self._one(query, None if vectors is None else vectors[at], top, by) for at, query in enumerate(queries)]

    def embedded(self, texts: Sequence[str]) -> Vectors | None:
        """Return the vectors of texts, or None where the index has none."""
        if self.vectors is None or not texts:
            return None
        return embedding()(texts)

    def _one(self, query: str, vector: Vectors | None, top: int, by: By) -> tuple[Hit, ...]:
        deep = max(_DEEP, top)
        by_words = self.bm25.scores(self.words(query))
        by_meaning = None if vector is None or self.vectors is None else (self.vectors @ vector).astype("float64")
        rankings = []
        if by != "meaning":
            rankings.append(best(by_words, deep))
        if by_meaning is not None and by != "words":
            rankings.append(best(by_meaning, deep))
        scores = fused(rankings)
        if by != "fused":
            single = by_words if by == "words" or by_meaning is None else by_meaning
            scores = {place: float(single[place]) for place in rankings[0]}
        order = sorted(scores, key=lambda place: (-scores[place], self.passages[place].id))[:top]
        return tuple(
            Hit(
                passage=self.passages[place],
                score=round(scores[place], 6),
                words=round(float(by_words[place]), 4),
                meaning=None if by_meaning is None else round(float(by_meaning[place]), 4),
            )
            for place in order
        )


def build(
    documents: Iterable[Document], passages: Iterable[Passage], *, language: Language, longest: int, embed: Embed | None
) -> Index:
    """Return the index of passages, sorted by their documents and in reading order.

    Args:
        documents: that they come from.
        passages: with the text that is searched; their headings are searched, too.
        language: of the most of them; it says how words are found.
        longest: characters of a passage at most, for whoever takes in more.
        embed: makes vectors; None: the index goes by words alone.

    Raises:
        MissingExtra: the language is Chinese, and what segments it is not installed.
    """
    held = tuple(passages)
    texts = [searchable(passage) for passage in held]
    cut = cut_of(language)
    return Index(
        language=language,
        longest=longest,
        documents=tuple(sorted(documents, key=lambda one: one.name)),
        passages=held,
        bm25=Bm25([words(text, cut) for text in texts]),
        vectors=embed(texts) if embed is not None and texts else None,
    )


def searchable(passage: Passage) -> str:
    """Return what of a passage is searched: its headings, too."""
    return f"{passage.label}\n{passage.text}"


def language_of(texts: Iterable[str]) -> Language:
    """Return the language of a corpus: Chinese where enough of its characters are signs."""
    held = list(texts)
    return "zh" if sum(map(signs, held)) > _CHINESE * sum(map(len, held)) else "en"


def cut_of(language: Language) -> Cut:
    """Return how runs of signs are cut. Raises MissingExtra."""
    return segmenter() if language == "zh" else iter


def embedding() -> Embed:
    """Return the static embeddings. Raises MissingExtra where they are not installed."""
    found = static_embeddings()
    if found is None:
        raise MissingExtra("wordllama, which tells what texts mean,", "knowledge")
    return found
