"""Whether a claim on the results of an experiment is borne out: its numbers are those of the results that it names,
what it calls a p-value is one, and where it says *significant* a p-value says so too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from glasswork.knowledge.numbers import attributed, is_p, tells, unborne
from glasswork.records import Record

_SIGNIFICANT = re.compile(r"\b(?P<no>in|non-?)?significant(?:ly)?\b", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:no|not|never|neither|nor|none|without|hardly|cannot|lacks?|fails?)\b|n['\u2019]t\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[.;,:]\s|\b(?:and|but|while|whereas|although|though)\b", re.IGNORECASE)
_CALLED_P = re.compile(
    r"\bp(?:[\s-]?values?)?\s*(?:=|:|\u2248|is|was|of|equals)\s*(?:about\s+|only\s+)?$", re.IGNORECASE
)
"""Right before a number."""
_OF_P = re.compile(r"\bp\b|\bp[\s-]?values?\b|probab|chance|significan|level|threshold", re.IGNORECASE)
"""What a p-value can be told by."""
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")
LEVEL = 0.05
"""A p below it is called significant."""
_SHOWN = 4
"""Results that are listed, at most."""


class Fault(Record):
    """Why a claim does not stand."""

    why: str
    mend: str = ""
    """What to change, in the words of an order."""


def wrong_with_results(says: str, names: Sequence[str], results: Mapping[str, float]) -> Fault | None:
    """Return why a claim on results does not stand; None where it does.

    A number in it is the value of a result that it names, and there is one; a p-value is told as one, and nothing else
    is; and where it says *significant*, or that something is not, a p-value bears it out.

    Args:
        says: what is said.
        names: the results that it names.
        results: all there are, by name.
    """
    if not names:
        return Fault(why="it names no result", mend="name the results that it rests on")
    unknown = [name for name in names if name not in results]
    if unknown:
        return Fault(why=f"{unknown[0]} is no result")
    named = {name: results[name] for name in names}
    words = [name.replace("_", " ") for name in names]  # what a group is called may be a number: mean_growth_10
    if found := unborne(says, named, words):
        return Fault(
            why=f"{', '.join(found)} is not in the results that it names", mend=_numbers_for(found[0], named, results)
        )
    if not tells(says, named):
        return Fault(
            why="it tells no number of the results that it names",
            mend=f"write in it what it rests on, {_listed(named)}",
        )
    return mistaken_p(says, named, results) or misjudged(says, names, results)


def mistaken_p(says: str, named: Mapping[str, float], results: Mapping[str, float]) -> Fault | None:
    """Return that a claim calls a number p that is none, or tells a p-value as if it were something else."""
    for number, names in attributed(says, named):
        start, written = number.start(), number[0].strip()
        if names and not any(map(is_p, names)) and _CALLED_P.search(says, 0, start):
            every = {name: value for name, value in results.items() if is_p(name)}
            why = f"it calls {written} a p, and that is {names[0]}"
            return Fault(why=why, mend=f"write {_listed(every)}" if every else "leave p out")
        if names and all(map(is_p, names)) and not _OF_P.search(_sentence_at(says, start)):
            return Fault(why=f"{written} is {names[0]}, and is told as something else", mend="call it p")
    return None


def _sentence_at(says: str, start: int) -> str:
    """Return the sentence that holds a place."""
    ends = [match.start() for match in _SENTENCE.finditer(says)]
    begin = max((end for end in ends if end <= start), default=0)
    return says[begin : min((end for end in ends if end > start), default=len(says))]


def _numbers_for(found: str, named: Mapping[str, float], results: Mapping[str, float]) -> str:
    """Return what to write in place of a number that no named result has."""
    others = tells(found, results)
    if others:
        return f"{found} is {others[0]}: name that too if it is meant, else write {_listed(named)}"
    return f"no result is {found}: write {_listed(named)}, or leave the number out"


def _listed(results: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:.4g}" for name, value in [*results.items()][:_SHOWN])


def misjudged(says: str, names: Sequence[str], results: Mapping[str, float]) -> Fault | None:
    """Return that a claim says *significant*, or that something is not, and no p-value bears it out.

    The p-values are those that it names, or else the only one there is.
    """
    said = [_denied(says, match) for match in _SIGNIFICANT.finditer(says)]
    if not said:
        return None
    every = [name for name in results if is_p(name)]
    tests = [name for name in names if is_p(name)] or (every if len(every) == 1 else [])
    if not tests:
        mend = f"name {every[0]} too" if every else "leave the word out"
        return Fault(
            why="it says 'significant' and names no p", mend=f"{mend}, or leave the word out" if every else mend
        )
    for denied in said:
        if not any((results[name] >= LEVEL) == denied for name in tests):
            name, word = tests[0], "not significant" if denied else "significant"
            side, other = ("below", "significant") if denied else ("not below", "not significant")
            why = f"it says '{word}', and {name} = {results[name]:.3g} is {side} {LEVEL}"
            return Fault(why=why, mend=f"say '{other}'")
    return None


def _denied(says: str, match: re.Match[str]) -> bool:
    """Tell whether a word *significant* is denied: by its own beginning, or by a word before it in its clause."""
    clause = _CLAUSE.split(says[: match.start()])[-1]
    return bool(match["no"]) or _NOT.search(clause) is not None
