"""Acts that rest on something: claims that quote passages, held against what stands there, and claims on results of an
experiment, held against the values; beside what rests on nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from glasswork.errors import InvalidOutput
from glasswork.knowledge.citations import Claim, Struck, is_passage, quotable, ran, results_in, sorted_out
from glasswork.models.schema import closed
from glasswork.records import Segment

_SAYS, _QUOTE, _OWN = 400, 300, 300
"""Characters at most."""
_MOST_OWN = 3
_MOST_RESULTS = 6
"""That one claim names."""
_FACT = r"(?:^|; ){name}: ([^;\n]+)"
"""How a retrieve step hands on what a document states of itself."""
NOT_STATED = "not stated"
NOTHING = "The passages given do not answer this."
NO_CLAIM = "Nothing is claimed of the results given."


def claims_schema(segments: Sequence[Segment], most: int, *, by_hand: bool = False) -> dict[str, Any]:
    """Return the properties of the answer: only passages and results that exist can be named, and only words that
    stand in the passage be quoted; where there are none, nothing is claimed.

    What a claim rests on comes before what it says, so that what is said follows what was read. A model quotes whole
    strips of a passage: a small one that is to copy letter by letter hardly ever does.

    Args:
        segments: what the agent sees.
        most: claims at most.
        by_hand: whether a person writes, who quotes what words they like; they are held against the passage later.
    """
    held = {segment.id: quotable(segment, _QUOTE) for segment in segments if is_passage(segment)}
    kinds = [
        _claim({"segment": {"const": id_}, "quote": _text(_QUOTE) if by_hand else {"enum": words}})
        for id_, words in held.items()
        if words
    ]
    if names := [*results_in(segments)]:
        few = min(_MOST_RESULTS, len(names))
        kinds.append(_claim({"results": {"type": "array", "items": {"enum": names}, "minItems": 1, "maxItems": few}}))
    claim = {"anyOf": kinds} if kinds else _text(1)
    return {
        "claims": {"type": "array", "items": claim, "minItems": 0, "maxItems": most if kinds else 0},
        "own": {"type": "array", "items": _text(_OWN), "minItems": 0, "maxItems": _MOST_OWN},
    }


def _claim(rests_on: Mapping[str, Any]) -> dict[str, Any]:
    return closed({**rests_on, "says": _text(_SAYS)})


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def stated(names: Sequence[str], segments: Sequence[Segment]) -> list[str]:
    """Return what documents state of themselves under the first of some names that one of them has.

    Nothing that stands in a passage counts: a text may hold what looks like it.
    """
    told = "\n".join(segment.text for segment in segments if not is_passage(segment))
    for name in names:
        if found := re.findall(_FACT.format(name=re.escape(name)), told, re.MULTILINE):
            return list(dict.fromkeys(one.strip() for one in found))
    return []


def stated_schema(names: Sequence[str], segments: Sequence[Segment]) -> dict[str, Any] | None:
    """Return the schema of a field whose value documents state; None where they state none, and there are passages."""
    values = stated(names, segments)
    return {"enum": values or [NOT_STATED]} if values or not any(map(is_passage, segments)) else None


def read_cited(
    data: Mapping[str, Any],
    segments: Sequence[Segment],
    *,
    closing: str,
    last: bool,
    numbers: bool = False,
    guessed: Collection[str] = (),
) -> tuple[str, dict[str, Any]]:
    """Return an act's text and its data: claims that stand, claims that were struck, and all else as it was given.

    Args:
        data: the answer.
        segments: what the agent saw.
        closing: what always stands at the end.
        last: whether it will not be asked again: what does not stand is then struck.
        numbers: whether the numbers of a claim on a passage have to be in the words that it quotes.
        guessed: fields that no document states, so that what the model wrote stands with what is not checked.

    Raises:
        InvalidOutput: a claim does not stand, and it may be asked again.
    """
    held, struck = sorted_out(data["claims"], segments, numbers=numbers)
    if struck and not last:
        raise InvalidOutput(_complaint(struck), raw=str(data))
    others = {name: value for name, value in data.items() if name not in {"claims", "own"}}
    own = list(dict.fromkeys(one.strip() for one in data["own"] if one.strip()))
    sources, places = {segment.id: segment.source for segment in segments}, ran(segments)
    made = {
        **others,
        "claims": [_told(one, sources, places) for one in held],
        "struck": [{**_plain(one.claim), "why": one.why} for one in struck],
        "own": own,
        "answered": bool(held),
    }
    fields = {name: f"{name}: {value}" for name, value in others.items()}
    quotes = any(map(is_passage, segments))
    loose = guessed if quotes or places else {name for name, value in others.items() if value != NOT_STATED}
    unchecked = [f"- {one}" for one in (*own, *(line for name, line in fields.items() if name in loose))]
    empty = NO_CLAIM if places and not quotes else NOTHING
    told = [line for name, line in fields.items() if name not in loose]
    return "\n".join(_lines(made, unchecked, told, closing, empty)), made


def _complaint(struck: Sequence[Struck]) -> str:
    """Say what does not stand, to the one who said it."""
    quoted = [f"{one.why}: {one.claim.quote!r}" for one in struck if not one.claim.results]
    counted = [f"{one.why}: {one.claim.says!r}" for one in struck if one.claim.results]
    told = [f"quote word for word from the passage that you name ({'; '.join(quoted)})"] if quoted else []
    told += [f"write no number but those of the results that the claim names ({'; '.join(counted)})"] if counted else []
    return "; ".join(told)


def _plain(claim: Claim) -> dict[str, Any]:
    if claim.results:
        return {"says": claim.says, "results": list(claim.results)}
    return {"says": claim.says, "segment": claim.segment, "quote": claim.quote}


def _told(claim: Claim, sources: Mapping[str, str], places: Mapping[str, str]) -> dict[str, Any]:
    """Return a claim that stands, with where what it rests on comes from."""
    if claim.results:
        return {**_plain(claim), "ran": places[claim.results[0]]}
    return {**_plain(claim), "passage": sources[claim.segment]}


def _lines(
    made: Mapping[str, Any], unchecked: Sequence[str], told: Sequence[str], closing: str, empty: str
) -> Iterator[str]:
    if not made["claims"]:
        yield empty
    for number, one in enumerate(made["claims"], start=1):
        yield f"{number}. {one['says']}\n   {_rests_on(one)}"
    if made["struck"]:
        yield "Struck, because it is not borne out:"
        yield from (f"- {one['says']} ({one['why']})" for one in made["struck"])
    if unchecked:
        yield "Not from the passages, and not checked:"
        yield from unchecked
    yield from told
    if closing:
        yield closing


def _rests_on(claim: Mapping[str, Any]) -> str:
    if "results" in claim:
        return f"[{claim['ran']}] {', '.join(claim['results'])}"
    return f"[{claim['passage']}] \u201c{' '.join(claim['quote'].split())}\u201d"
