"""Whether what is quoted is there: the words, to the letter, in the passage that is named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from glasswork.knowledge.words import signs
from glasswork.records import Record, Segment

_PASSAGE = re.compile(r"#[^~\n]*~[0-9a-f]{8}")
_FEWEST_WORDS, _FEWEST_SIGNS = 4, 8
"""A shorter quotation says too little to rest anything on."""


class Claim(Record):
    """One thing that is said, the segment it rests on, and the words of that segment."""

    says: str
    segment: str
    quote: str


class Struck(Record):
    """A claim that does not stand, and why."""

    claim: Claim
    why: str


def is_passage(segment: Segment) -> bool:
    """Tell whether a segment is a passage of an index: its source then is the passage's id."""
    return _PASSAGE.search(segment.source) is not None


def body(segment: Segment) -> str:
    """Return the words of a passage: what stands below the line that says where it comes from."""
    return segment.text.partition("\n")[2]


def wrong_with(claim: Claim, segments: Mapping[str, Segment]) -> str:
    """Return why a claim does not stand; nothing where it does.

    Args:
        claim: what is said.
        segments: the passages that may be cited, by id.
    """
    if claim.segment not in segments:
        return f"{claim.segment} is no passage"
    quote = " ".join(claim.quote.split())
    if len(quote.split()) < _FEWEST_WORDS and signs(quote) < _FEWEST_SIGNS:
        return "it quotes too few words"
    if quote not in " ".join(body(segments[claim.segment]).split()):
        return f"the words quoted are not in {claim.segment}"
    return ""


def sorted_out(claims: Sequence[Mapping[str, Any]], segments: Sequence[Segment]) -> tuple[list[Claim], list[Struck]]:
    """Return the claims that stand, without repetitions, and those that do not."""
    known = {segment.id: segment for segment in segments if is_passage(segment)}
    held: dict[tuple[str, str], Claim] = {}
    struck: list[Struck] = []
    for one in claims:
        claim = Claim(says=one["says"].strip(), segment=one["segment"], quote=one["quote"].strip())
        why = wrong_with(claim, known)
        if why:
            struck.append(Struck(claim=claim, why=why))
        else:
            held.setdefault((claim.says.casefold(), claim.segment), claim)
    return list(held.values()), struck
