"""From the likeliest next tokens that a server lists to a log-probability for each label.

Measured on llama.cpp (xllamacpp 2026.10, two chat models): the listed log-probabilities are those of the bare model,
before the grammar's mask and before temperature; 200 tokens cost no more time than 20 (16 kB); the variant with a
leading space (`` A``) is 9 nats and more below the plain one, so merging the two hardly matters there, but it costs
nothing and is right for tokenizers that always lead with a space. vLLM lists raw log-probabilities too (its default
``logprobs_mode``), 20 at most by default. OpenAI writes -9999 for "outside the list".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from glasswork.errors import InvalidOutput, ModelRefused

_OUTSIDE = -9000.0
_SPACES = " \t\r\n▁Ġ"
"""White space, and the two marks that some servers leave in a token for the space before it."""


def read_labels(
    tops: Sequence[Mapping[str, Any]], labels: Sequence[str], address: str
) -> tuple[dict[str, float | None], float]:
    """Read log P(label is the next token, leading and trailing white space aside) for every label.

    Args:
        tops: OpenAI's ``logprobs.content``; only the first token counts.
        labels: what may be answered, each one token long.
        address: the server's, for error messages.

    Returns:
        The natural-log probability of each label, None where it is censored (not listed); and the log-probability of
        the least likely token listed, an upper bound for the censored.

    Raises:
        ModelRefused: the server sent no log-probabilities.
        InvalidOutput: every label is censored.
    """
    if not tops or not _entries(tops[0]):
        raise ModelRefused(
            f"{address} sends no log-probabilities, which weighing options needs",
            hint="llama.cpp, vLLM and recent Ollama send them; some hosted models do not",
        )
    listed = _entries(tops[0])
    found = {label: _logsumexp([p for token, p in listed if token.strip(_SPACES) == label]) for label in labels}
    if all(value is None for value in found.values()):
        likeliest = ", ".join(f"{token!r} {math.exp(p):.0%}" for token, p in listed[:5])
        raise InvalidOutput(f"none of the labels {', '.join(labels)} is among the likeliest tokens: {likeliest}")
    return found, _floor(tops[0], listed)


def _entries(top: Mapping[str, Any]) -> list[tuple[str, float]]:
    """List (token, log-probability), likeliest first, the token actually produced among them."""
    entries: dict[str, float] = {}
    for one in [*(top.get("top_logprobs") or ()), top]:
        token, logprob = one.get("token"), one.get("logprob")
        if isinstance(token, str) and isinstance(logprob, int | float) and logprob > _OUTSIDE:
            entries.setdefault(token, min(0.0, float(logprob)))
    return sorted(entries.items(), key=lambda entry: -entry[1])


def _floor(top: Mapping[str, Any], listed: Sequence[tuple[str, float]]) -> float:
    """Find the least likely listed token, without the one produced: a constraint may have listed it out of turn."""
    others = [p for token, p in listed if token != top.get("token")]
    return min(others) if others else listed[-1][1]


def _logsumexp(values: Sequence[float]) -> float | None:
    if not values:
        return None
    most = max(values)
    return min(0.0, most + math.log(sum(math.exp(value - most) for value in values)))
