"""Acts that rest on passages: claims that quote them, held against what stands there, beside what rests on nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from glasswork.errors import InvalidOutput
from glasswork.knowledge.citations import is_passage, sorted_out
from glasswork.records import Segment

_SAYS, _QUOTE, _OWN = 400, 400, 300
"""Characters at most."""
_MOST_OWN = 3
NOTHING = "The passages given do not answer this."


def claims_schema(segments: Sequence[Segment], most: int) -> dict[str, Any]:
    """Return the properties of the answer: only passages that exist can be named; where there are none, none is."""
    ids = [segment.id for segment in segments if is_passage(segment)]
    claim = {
        "type": "object",
        "properties": {
            "says": {"type": "string", "minLength": 1, "maxLength": _SAYS},
            "segment": {"enum": ids or ["none"]},
            "quote": {"type": "string", "minLength": 1, "maxLength": _QUOTE},
        },
        "required": ["says", "segment", "quote"],
        "additionalProperties": False,
    }
    own = {"type": "string", "minLength": 1, "maxLength": _OWN}
    return {
        "claims": {"type": "array", "items": claim, "minItems": 0, "maxItems": most if ids else 0},
        "own": {"type": "array", "items": own, "minItems": 0, "maxItems": _MOST_OWN},
    }


def read_cited(
    data: Mapping[str, Any], segments: Sequence[Segment], *, closing: str, last: bool
) -> tuple[str, dict[str, Any]]:
    """Return an act's text and its data: claims that stand, claims that were struck, and all else as it was given.

    Args:
        data: the answer.
        segments: what the agent saw.
        closing: what always stands at the end.
        last: whether it will not be asked again: what does not stand is then struck.

    Raises:
        InvalidOutput: a claim does not stand, and it may be asked again.
    """
    held, struck = sorted_out(data["claims"], segments)
    if struck and not last:
        told = "; ".join(f"{one.why}: {one.claim.quote!r}" for one in struck)
        raise InvalidOutput(f"quote word for word from the passage that you name ({told})", raw=str(data))
    sources = {segment.id: segment.source for segment in segments}
    others = {name: value for name, value in data.items() if name not in {"claims", "own"}}
    own = list(dict.fromkeys(one.strip() for one in data["own"] if one.strip()))
    made = {
        **others,
        "claims": [{**one.model_dump(), "passage": sources[one.segment]} for one in held],
        "struck": [{**one.claim.model_dump(), "why": one.why} for one in struck],
        "own": own,
        "answered": bool(held),
    }
    fields = [f"{name}: {value}" for name, value in others.items()]
    founded = any(is_passage(segment) for segment in segments)
    unchecked = [f"- {one}" for one in (own if founded else [*own, *fields])]  # else fields rest on nothing
    return "\n".join(_lines(made, unchecked, fields if founded else [], closing)), made


def _lines(made: Mapping[str, Any], unchecked: Sequence[str], told: Sequence[str], closing: str) -> Iterator[str]:
    if not made["claims"]:
        yield NOTHING
    for number, one in enumerate(made["claims"], start=1):
        yield f"{number}. {one['says']}\n   [{one['passage']}] \u201c{' '.join(one['quote'].split())}\u201d"
    if made["struck"]:
        yield "Struck, because it is not borne out:"
        yield from (f"- {one['says']} ({one['why']})" for one in made["struck"])
    if unchecked:
        yield "Not from the passages, and not checked:"
        yield from unchecked
    yield from told
    if closing:
        yield closing
