"""What texts mean, as vectors: WordLlama, the token embeddings of a large language model, averaged. English, mostly.

Source: github.com/dleemiller/WordLlama (MIT); the weights (16 MB, 256 dimensions) are in the package.
"""

from __future__ import annotations

from glasswork.knowledge.ranking import embedder
from glasswork.tools.callables import builtin

_MAX = 50_000
"""Characters that are looked at."""


@builtin("embed", extra="embed", needs=("wordllama",))
def embed(text: str) -> list[float]:
    """Return the vector of a text: 256 numbers, of length 1."""
    return [round(float(one), 6) for one in embedder().embed(text[:_MAX], norm=True)[0]]


@builtin("similarity", extra="embed", needs=("wordllama",))
def similarity(text: str, other: str) -> float:
    """Return how near two texts are in meaning: the cosine of their vectors, -1 to 1."""
    return round(float(embedder().similarity(text[:_MAX], other[:_MAX])), 4)
