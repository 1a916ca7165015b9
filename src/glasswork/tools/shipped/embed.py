"""What texts mean, as vectors: WordLlama, the token embeddings of a large language model, averaged. English, mostly.

Source: github.com/dleemiller/WordLlama (MIT); the weights (16 MB, 256 dimensions) are in the package.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from glasswork.tools.callables import builtin

if TYPE_CHECKING:
    from wordllama.inference import WordLlamaInference

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


@cache
def embedder() -> WordLlamaInference:
    """Return WordLlama from its package; it downloads nothing."""
    import wordllama

    here = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=here, disable_download=True)
