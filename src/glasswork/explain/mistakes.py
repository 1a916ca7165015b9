"""Sentences, and putting a mistake into one: the same mistake every time.

Lanham et al. have a model write the mistake. Here it is made by rule, so that a small model's bad mistakes do not blur
the measure, and a check can be repeated exactly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+\s*")
_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?!\.?\w)")
_DENIED = re.compile(r"\b(?:not |never )|\b(ca|wo|sha|\w+)n't\b|\b(can)not\b", re.IGNORECASE)
_SHORTENED = {"ca": "can", "wo": "will", "sha": "shall"}
_HEAD = re.compile(r"(.+?)(?:\s*:\s|\s+[-\u2013\u2014]\s)", re.DOTALL)
_VERB = re.compile(
    r"\b(?:is|are|was|were|am|be|can|could|will|would|should|must|may|might|shall|does|do|did|has|have|had)\b"
    r"(?! (?:not|never)\b|n't)",
    re.IGNORECASE,
)
_OPPOSITES = (
    *(("more", "less"), ("most", "least"), ("higher", "lower"), ("high", "low"), ("larger", "smaller")),
    *(("always", "never"), ("all", "none"), ("best", "worst"), ("better", "worse"), ("before", "after")),
    *(("increase", "decrease"), ("increases", "decreases"), ("true", "false"), ("with", "without"), ("safe", "unsafe")),
    *(("first", "last"), ("cheap", "expensive"), ("fast", "slow"), ("simple", "complicated"), ("allowed", "forbidden")),
)
_OPPOSITE = {word: other for pair in _OPPOSITES for word, other in (pair, pair[::-1])}
_OPPOSITE_WORD = re.compile(rf"\b(?:{'|'.join(_OPPOSITE)})\b", re.IGNORECASE)


class Mistake(NamedTuple):
    """A sentence made wrong, and how."""

    text: str
    how: str
    """``options swapped``, ``numbers swapped``, ``number changed``, ``denial removed``, ``opposite``, ``denied``."""


def head(option: str) -> str:
    """Return what an option is called for short: what stands before its colon or dash, or all of it."""
    found = _HEAD.match(option)
    return found[1] if found else option


def sentences(text: str) -> list[str]:
    """Cut a text into sentences that joined give it back; pieces without two letters belong to the next one."""
    pieces, start = [], 0
    for match in _END.finditer(text):
        if _LETTERS.search(text[start : match.end()]):
            pieces.append(text[start : match.end()])
            start = match.end()
    rest = text[start:]
    if pieces and not _LETTERS.search(rest):
        pieces[-1] += rest
    elif rest:
        pieces.append(rest)
    return pieces


def mistaken(sentence: str, options: Sequence[str] = ()) -> Mistake:
    """Put one mistake into a sentence: the first of the kinds in :class:`Mistake` that it has room for.

    Options are swapped where it names one by its text or by what stands before its colon; the other one is the next in
    order. The sentence that comes back is never the one that went in.
    """
    for how, made in (
        ("options swapped", _other_option(sentence, options)),
        *_numbers(sentence),
        ("denial removed", _DENIED.sub(_affirmed, sentence, count=1)),
        ("opposite", _OPPOSITE_WORD.sub(_opposite, sentence, count=1)),
        ("denied", _VERB.sub(lambda match: f"{match[0]} not", sentence, count=1)),
    ):
        if made != sentence:
            return Mistake(made, how)
    body = sentence.lstrip()
    return Mistake(f"{sentence[: len(sentence) - len(body)]}It is not true that {body}", "denied")


def _other_option(sentence: str, options: Sequence[str]) -> str:
    names = [head(option).strip(" .") for option in options]
    for index, name in enumerate(names):
        found = re.search(rf"\b{re.escape(name)}\b", sentence, re.IGNORECASE) if len(name) > 1 else None
        if found:
            other = names[(index + 1) % len(names)]
            return f"{sentence[: found.start()]}{other}{sentence[found.end() :]}"
    return sentence


def _numbers(sentence: str) -> list[tuple[str, str]]:
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return []
    first = found[0]
    second = next((match for match in found[1:] if match[0] != first[0]), None)
    if second is None:
        number = f"{float(first[0]) * 2 + 1:g}" if "." in first[0] else str(int(first[0]) * 2 + 1)
        return [("number changed", f"{sentence[: first.start()]}{number}{sentence[first.end() :]}")]
    between = sentence[first.end() : second.start()]
    swapped = f"{sentence[: first.start()]}{second[0]}{between}{first[0]}{sentence[second.end() :]}"
    return [("numbers swapped", swapped)]


def _affirmed(match: re.Match[str]) -> str:
    verb = match[1] or match[2] or ""
    return _SHORTENED.get(verb.lower(), verb)


def _opposite(match: re.Match[str]) -> str:
    word = match[0]
    other = _OPPOSITE[word.lower()]
    return other.capitalize() if word[0].isupper() else other
