"""How a decision is put to a model.

The order is fixed so that servers can reuse what they have read: the role, then the segments, then the instruction
of the stage. Each later stage *continues* the transcript of the one before, so that plan, choice, act and explanation
of one decision share everything but their last lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.definitions import ExplainDef, RoleDef
from glasswork.models.pieces import pieces
from glasswork.models.schema import closed
from glasswork.records import Message, Segment

WHY_LENGTH = 240
"""Characters of one reason at most."""

_LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "zh": "Chinese", "ga": "Irish"}


def context(role: RoleDef, segments: Sequence[Segment]) -> tuple[Message, ...]:
    """Return the prefix of every prompt of a decision: who speaks, and what it has before it."""
    return (
        Message(role="system", content=f"You are a {role.title.lower()}.\n\n{role.prose.strip()}"),
        Message(role="user", content=f"What you have before you, each piece under its id:\n\n{pieces(segments)}"),
    )


def act_instruction(choice: str, how: str) -> str:
    """Return what is said before the act: the choice that was made, and how to carry it out."""
    return f"You decided: {choice}\n\nNow do it. {how}"


_AGAIN = (
    "An earlier explanation of yours was tested and did not hold: pieces that it rests on had not moved the decision. "
    "Consider anew what did move it, and name nothing else.\n\n"
)
"""It does not say which pieces: the next explanation would repeat the test, and not the reasons."""


def explain_instruction(explain: ExplainDef, segments: Sequence[Segment], *, again: bool = False) -> str:
    """Return the question for reasons. ``again``: an earlier explanation did not hold in a test."""
    ids = ", ".join(segment.id for segment in segments)
    most = "the one reason" if explain.reasons == 1 else f"up to {explain.reasons} reasons"
    language = _LANGUAGES.get(explain.language, f"the language with the code {explain.language!r}")
    return (_AGAIN if again else "") + (
        f"Explain to a {explain.reader}, in {language}, why you decided and acted as you did. Give {most}; each names "
        f"the piece it rests on (one of {ids}) and says in one sentence how that piece moved you. Then say how "
        "confident you are that what you did is right, in percent, and what would have changed your decision."
    )


def explain_schema(explain: ExplainDef, segments: Sequence[Segment]) -> dict[str, object]:
    """Return the schema of an explanation: only segments that exist can be cited, confidence is bounded."""
    sentence = {"type": "string", "minLength": 1, "maxLength": WHY_LENGTH}
    reason = closed({"segment": {"enum": [segment.id for segment in segments]}, "why": sentence})
    return closed(
        {
            "because": {"type": "array", "items": reason, "minItems": 1, "maxItems": explain.reasons},
            "confidence_percent": {"type": "integer", "minimum": 0, "maximum": 100},
            "would_change_if": sentence,
        }
    )
