"""Acts that rest on something: claims that quote passages, held against what stands there, and claims on results of an
experiment, held against the values; beside what rests on nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from glasswork.errors import InvalidOutput
from glasswork.knowledge.citations import UNQUOTED, Claim, Struck, is_passage, quotable, ran, results_in, sorted_out
from glasswork.knowledge.words import words
from glasswork.models.schema import closed
from glasswork.records import Segment

_SAYS, _QUOTE, _OWN = 400, 300, 300
"""Characters at most."""
_MOST_OWN = 3
_MOST_RESULTS = 6
"""That one claim names."""
_NEARLY_ALL = 0.8
"""Of the pairs of words of a sentence: whoever says those again says nothing else."""
_OF_PASSAGES = re.compile(r"\bpassages?\b|\bs\d+\b|\u6bb5\u843d", re.IGNORECASE)
_SEARCHED = ".searched"
"""How the source of what a retrieve step says of its search ends."""
_FACT = r"(?:^|; ){name}: ([^;\n]+)"
"""How a retrieve step hands on what a document states of itself."""
NOT_STATED = "not stated"
NOTHING = "The passages given do not answer this."
NO_PASSAGE = "No passage was found that answers this."
NOTHING_GIVEN = "claim nothing: there is no passage to quote, and no result"
"""All that can be planned where nothing is there that a claim could rest on."""
_WORD_FOR_WORD = "quote word for word from the passage that you name"
_QUOTED_NUMBERS = "write no number but those of the words that the claim quotes"
_CHANGE = "change these claims"
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


def bare(segments: Sequence[Segment]) -> bool:
    """Tell whether nothing is there that a claim could rest on."""
    return not quotes_in(segments) and not results_in(segments)


def quotes_in(segments: Sequence[Segment]) -> bool:
    """Tell whether there is a passage to quote."""
    return any(map(is_passage, segments))


def stated(names: Sequence[str], segments: Sequence[Segment]) -> list[str]:
    """Return what documents state of themselves under the first of some names that one of them has.

    Nothing that stands in a passage counts: a text may hold what looks like it. Without passages there is none whose
    document could state anything.
    """
    told = "\n".join(one.text for one in segments if not is_passage(one)) if quotes_in(segments) else ""
    for name in names:
        if found := re.findall(_FACT.format(name=re.escape(name)), told, re.MULTILINE):
            return list(dict.fromkeys(one.strip() for one in found))
    return []


def stated_schema(names: Sequence[str], segments: Sequence[Segment]) -> dict[str, Any] | None:
    """Return the schema of a field whose value documents state; None where they state none."""
    values = stated(names, segments)
    return {"enum": values} if values else None


def read_cited(
    data: Mapping[str, Any],
    segments: Sequence[Segment],
    *,
    closing: str,
    last: bool,
    numbers: bool = False,
    due: Mapping[str, Sequence[str]] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Return an act's text and its data: claims that stand, claims that were struck, and all else as it was given.

    Args:
        data: the answer.
        segments: what the agent saw.
        closing: what always stands at the end.
        last: whether it will not be asked again: what does not stand is then struck.
        numbers: whether the numbers of a claim on a passage have to be in the words that it quotes.
        due: fields that documents state, with the names of such statements. Where none states it, what the model wrote
            stands with what is not checked; where no passage was given, nobody was asked.

    Raises:
        InvalidOutput: a claim does not stand, and it may be asked again.
    """
    held, struck = sorted_out(data["claims"], segments, numbers=numbers)
    if struck and not last:
        raise InvalidOutput(_complaint(struck, held), raw=str(data))
    due, quotes, places = due or {}, quotes_in(segments), ran(segments)
    given = {name: value for name, value in data.items() if name not in {"claims", "own"}}
    others = given if quotes else {**given, **dict.fromkeys(due, NOT_STATED)}
    own = known_besides(data["own"], segments, [one["says"] for one in data["claims"]])
    sources = {segment.id: segment.source for segment in segments}
    made = {
        **others,
        "claims": [_told(one, sources, places) for one in held],
        "struck": [{**_plain(one.claim), "why": one.why} for one in struck],
        "own": own,
        "answered": bool(held),
    }
    fields = {name: f"{name}: {value}" for name, value in others.items()}
    told_by_none = {name for name, names in due.items() if quotes and not stated(names, segments)}
    loose = told_by_none if quotes or places else others.keys() - due.keys()
    unchecked = [f"- {one}" for one in (*own, *(line for name, line in fields.items() if name in loose))]
    if unchecked:
        whence = "results" if places and not quotes else "passages"
        unchecked = [f"Not from the {whence}, and not checked:", *unchecked]
    told = [line for name, line in fields.items() if name not in loose]
    return "\n".join(_lines(made, unchecked, told, closing, _nothing_claimed(segments))), made


def _nothing_claimed(segments: Sequence[Segment]) -> str:
    """Return what stands where no claim does: why, and what was searched."""
    searched = [f"Searched: {one.text}" for one in segments if one.source.endswith(_SEARCHED)]
    why = NO_PASSAGE if bare(segments) else NOTHING if quotes_in(segments) else NO_CLAIM
    return "\n".join([why, *searched])


def known_besides(own: Sequence[str], segments: Sequence[Segment], says: Sequence[str]) -> list[str]:
    """Return what a model said that it knows besides, without what is no such thing, and without repetitions.

    That is what speaks of the passages, and what repeats a claim or a passage: nearly all of its pairs of words are in
    one.
    """
    said = [_pairs(one) for one in (*says, *(one.text for one in segments if is_passage(one)))]
    kept = (one.strip() for one in own if one.strip() and not _OF_PASSAGES.search(one))
    return [one for one in dict.fromkeys(kept) if not any(_repeats(_pairs(one), each) for each in said)]


def _repeats(said: set[tuple[str, str]], before: set[tuple[str, str]]) -> bool:
    return len(said & before) >= _NEARLY_ALL * max(len(said), 1)


def _pairs(text: str) -> set[tuple[str, str]]:
    return set(pairwise(words(text)))


def _complaint(struck: Sequence[Struck], held: Sequence[Claim]) -> str:
    """Say what does not stand and what to change, to the one who said it."""
    kinds: dict[str, list[str]] = {}
    for one in struck:
        how, what = (_CHANGE, one.claim.says) if one.claim.results else (_WORD_FOR_WORD, one.claim.quote)
        how, what = (_QUOTED_NUMBERS, one.claim.says) if one.why.endswith(UNQUOTED) else (how, what)
        kinds.setdefault(how, []).append(f"{one.why}: {what!r}" + (f": {one.mend}" if one.mend else ""))
    told = "; ".join(f"{how} ({'; '.join(which)})" for how, which in kinds.items())
    return told + ("; keep the others as they are" if held else "")


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
    yield from unchecked
    yield from told
    if closing:
        yield closing


def _rests_on(claim: Mapping[str, Any]) -> str:
    if "results" in claim:
        return f"[{claim['ran']}] {', '.join(claim['results'])}"
    return f"[{claim['passage']}] \u201c{' '.join(claim['quote'].split())}\u201d"
