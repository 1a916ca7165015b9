"""Whether a claim is borne out: the words that it quotes are in the passage that it names, to the letter; its numbers
are those of the results that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from glasswork.knowledge.findings import Fault, wrong_with_results
from glasswork.knowledge.numbers import unborne
from glasswork.knowledge.references import without_references
from glasswork.knowledge.strips import LEFT_OUT, strips
from glasswork.knowledge.words import signs
from glasswork.records import Record, Segment

_PASSAGE = re.compile(r"#[^~\n]*~[0-9a-f]{8}")
_RESULT = re.compile(r"(?P<ran>[^~]+/sandbox)/(?P<name>[^/~#]+)")
_MARKS = ((". ", "; ", ": ", "\u2014 ", "\u3002", "\uff1b", "\uff1a"), (", ", "\uff0c", "\u3001"), (" ",))
"""Where a long sentence is cut, the best first; the wide ones are Chinese."""
UNQUOTED = "the words quoted"
"""Where a number has to be, and is not."""
_YEAR = re.compile(r"\b[12]\d{3}\b")
_FEWEST_WORDS, _FEWEST_SIGNS = 4, 8
"""A shorter quotation says too little to rest anything on."""


class Claim(Record):
    """One thing that is said, and what it rests on: words of a segment, or results of an experiment."""

    says: str
    segment: str = ""
    quote: str = ""
    results: tuple[str, ...] = ()
    """By name."""


class Struck(Record):
    """A claim that does not stand, and why."""

    claim: Claim
    why: str
    mend: str = ""
    """What to change, where that is known."""


def is_passage(segment: Segment) -> bool:
    """Tell whether a segment is a passage of an index: its source then is the passage's id."""
    return _PASSAGE.search(segment.source) is not None


def results_in(segments: Sequence[Segment]) -> dict[str, float]:
    """Return the results of experiments among segments, by name: their source is the run that computed them."""
    found = {match["name"]: one for one in segments if (match := _RESULT.fullmatch(one.source)) is not None}
    return {name: float(one.text.partition(" = ")[2]) for name, one in found.items()}


def ran(segments: Sequence[Segment]) -> dict[str, str]:
    """Return the place of the run that computed each result, by its name."""
    matches = [match for one in segments if (match := _RESULT.fullmatch(one.source)) is not None]
    return {match["name"]: match["ran"] for match in matches}


def body(segment: Segment) -> str:
    """Return the words of a passage: what stands below the line that says where it comes from."""
    return segment.text.partition("\n")[2]


def quotable(passage: Segment, longest: int) -> list[str]:
    """Return what can be quoted of a passage: its strips, a long one in parts, none too short to rest anything on.

    Args:
        passage: to be quoted.
        longest: characters of a quotation at most.
    """
    pieces = (" ".join(piece.split()) for stretch in body(passage).split(LEFT_OUT) for piece in strips(stretch))
    found = dict.fromkeys(part for piece in pieces for part in _clauses(piece, longest))
    return [part for part in found if _says_enough(part)]


def _clauses(piece: str, longest: int) -> Iterator[str]:
    """Yield a piece in parts that are short enough: cut behind a mark, the stronger the better, else at a blank."""
    while len(piece) > longest:
        ends = (max(piece.rfind(mark, 0, longest) + len(mark) for mark in marks) for marks in _MARKS)
        end = next((one for one in ends if one > longest // 3), longest)
        yield piece[:end].strip()
        piece = piece[end:].strip()
    yield piece


def _says_enough(quote: str) -> bool:
    return len(quote.split()) >= _FEWEST_WORDS or signs(quote) >= _FEWEST_SIGNS


def wrong_with(claim: Claim, segments: Mapping[str, Segment], *, numbers: bool = False) -> str:
    """Return why a claim does not stand; nothing where it does.

    Args:
        claim: what is said.
        segments: the passages that may be cited, by id.
        numbers: whether its numbers have to be in the words quoted; see :func:`unquoted`.
    """
    if claim.segment not in segments:
        return f"{claim.segment} is no passage"
    quote, passage = " ".join(claim.quote.split()), segments[claim.segment]
    if not _says_enough(quote):
        return "it quotes too few words"
    if quote not in " ".join(body(passage).split()):
        return f"the words quoted are not in {claim.segment}"
    return unquoted(claim.says, quote, passage.text) if numbers else ""


def unquoted(says: str, quote: str, passage: str) -> str:
    """Return which numbers of a claim nobody bears out; nothing where there are none.

    A number has to stand in the words quoted. Those of references (section 11, subsection (1)) may stand elsewhere in
    the passage, and a year in the line that says where it comes from.

    Args:
        says: the claim.
        quote: the words.
        passage: what they are quoted from.
    """
    years = _YEAR.findall(passage.partition("\n")[0])
    found = unborne(without_references(says, passage), {}, [quote, *years])
    return f"{', '.join(found)} is not in {UNQUOTED}" if found else ""


def sorted_out(
    claims: Sequence[Mapping[str, Any]], segments: Sequence[Segment], *, numbers: bool = False
) -> tuple[list[Claim], list[Struck]]:
    """Return the claims that stand, without repetitions, and those that do not."""
    known = {segment.id: segment for segment in segments if is_passage(segment)}
    results = results_in(segments)
    held: dict[tuple[str, str], Claim] = {}
    struck: list[Struck] = []
    for one in claims:
        if "results" in one:
            names = tuple(dict.fromkeys(one["results"]))
            claim = Claim(says=one["says"].strip(), results=names)
            fault = wrong_with_results(claim.says, names, results)
        else:
            claim = Claim(says=one["says"].strip(), segment=one["segment"], quote=one["quote"].strip())
            why = wrong_with(claim, known, numbers=numbers)
            fault = Fault(why=why) if why else None
        if fault is not None:
            struck.append(Struck(claim=claim, why=fault.why, mend=fault.mend))
        else:
            held.setdefault((claim.says.casefold(), claim.segment), claim)
    return list(held.values()), struck
