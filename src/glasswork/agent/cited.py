"""Acts that rest on something: claims that quote passages, held against what stands there, and claims on results of an
experiment, held against the values; beside what rests on nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from glasswork.errors import InvalidOutput
from glasswork.knowledge.citations import Claim, Struck, is_passage, ran, results_in, sorted_out
from glasswork.models.schema import closed
from glasswork.records import Segment

_SAYS, _QUOTE, _OWN = 400, 400, 300
"""Characters at most."""
_MOST_OWN = 3
_MOST_RESULTS = 6
"""That one claim names."""
NOTHING = "The passages given do not answer this."
NO_CLAIM = "Nothing is claimed of the results given."


def claims_schema(segments: Sequence[Segment], most: int) -> dict[str, Any]:
    """Return the properties of the answer: only passages and results that exist can be named; where there are none,
    none is.
    """
    ids = [segment.id for segment in segments if is_passage(segment)]
    names = [*results_in(segments)]
    kinds = [_on_a_passage(ids or ["none"])] if ids or not names else []
    kinds += [_on_results(names)] if names else []
    own = {"type": "string", "minLength": 1, "maxLength": _OWN}
    claim = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return {
        "claims": {"type": "array", "items": claim, "minItems": 0, "maxItems": most if ids or names else 0},
        "own": {"type": "array", "items": own, "minItems": 0, "maxItems": _MOST_OWN},
    }


def _on_a_passage(ids: Sequence[str]) -> dict[str, Any]:
    return _claim(
        {"segment": {"enum": [*ids]}, "quote": {"type": "string", "minLength": 1, "maxLength": _QUOTE}},
    )


def _on_results(names: Sequence[str]) -> dict[str, Any]:
    most = min(_MOST_RESULTS, len(names))
    return _claim({"results": {"type": "array", "items": {"enum": [*names]}, "minItems": 1, "maxItems": most}})


def _claim(rests_on: Mapping[str, Any]) -> dict[str, Any]:
    return closed({"says": {"type": "string", "minLength": 1, "maxLength": _SAYS}, **rests_on})


def read_cited(
    data: Mapping[str, Any], segments: Sequence[Segment], *, closing: str, last: bool, numbers: bool = False
) -> tuple[str, dict[str, Any]]:
    """Return an act's text and its data: claims that stand, claims that were struck, and all else as it was given.

    Args:
        data: the answer.
        segments: what the agent saw.
        closing: what always stands at the end.
        last: whether it will not be asked again: what does not stand is then struck.
        numbers: whether the numbers of a claim on a passage have to be in the words that it quotes.

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
    fields = [f"{name}: {value}" for name, value in others.items()]
    quotes = any(map(is_passage, segments))
    founded = quotes or bool(places)
    unchecked = [f"- {one}" for one in (own if founded else [*own, *fields])]  # else fields rest on nothing
    empty = NO_CLAIM if places and not quotes else NOTHING
    return "\n".join(_lines(made, unchecked, fields if founded else [], closing, empty)), made


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
