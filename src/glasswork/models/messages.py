"""Putting one more thing to a model, after what has been said."""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.records import Message


def with_instruction(messages: Sequence[Message], instruction: str) -> tuple[Message, ...]:
    """Append ``instruction``: to the last message where that is the user's, else as a new one.

    Many chat templates refuse, or garble, two user turns in a row.
    """
    if messages and messages[-1].role == "user":
        joined = Message(role="user", content=f"{messages[-1].content}\n\n{instruction}")
        return (*messages[:-1], joined)
    return (*messages, Message(role="user", content=instruction))
