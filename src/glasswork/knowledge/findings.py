"""Whether a claim on the results of an experiment is borne out: its numbers are those of the results that it names, and
where it says *significant* a p-value says so too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from glasswork.knowledge.numbers import is_p, tells, unborne
from glasswork.records import Record

_SIGNIFICANT = re.compile(r"\b(?P<no>in|non-?)?significant(?:ly)?\b", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:no|not|never|neither|nor|none|without|hardly|cannot|lacks?|fails?)\b|n['\u2019]t\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[.;,:]\s|\b(?:and|but|while|whereas|although|though)\b", re.IGNORECASE)
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

    A number in it is the value of a result that it names, there is one, and where it says *significant*, or that
    something is not, a p-value bears it out.

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
    return misjudged(says, names, results)


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
