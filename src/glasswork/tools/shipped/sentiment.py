"""Whether an English text speaks well of something: VADER, a lexicon of 7,500 words that people have rated, and rules.

Source: Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text", ICWSM
2014. MIT; the lexicon is in the package.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from glasswork.tools.callables import builtin

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

_CLEAR = 0.05
"""The authors' bound between neutral and not."""


@builtin("sentiment", extra="sentiment", needs=("vaderSentiment",), memory_mb=1024)
def sentiment(text: str) -> dict[str, Any]:
    """Return ``positive``, ``negative`` or ``neutral``, and a score from -1 to 1."""
    score = float(_analyser().polarity_scores(text)["compound"])
    label = "positive" if score >= _CLEAR else "negative" if score <= -_CLEAR else "neutral"
    return {"label": label, "score": score}


@cache
def _analyser() -> SentimentIntensityAnalyzer:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
