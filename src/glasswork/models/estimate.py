"""Rough token counts, for where nobody who knows has counted."""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.records import Message, Usage


def tokens(text: str) -> int:
    """About how many tokens ``text`` is: a token is four characters of English, and rounded up."""
    return -(-len(text) // 4)


def usage(messages: Sequence[Message], answer: str) -> Usage:
    """Estimate what asking ``messages`` and getting ``answer`` takes."""
    prompt = sum(tokens(message.content) for message in messages)
    return Usage(prompt_tokens=prompt, completion_tokens=max(1, tokens(answer)))


def fewest_tokens(messages: Sequence[Message]) -> int:
    """Give a number of tokens that a prompt cannot be below: its words.

    Tokenizers split at white space before anything else, so no token spans two words. In text without spaces
    (Chinese, minified code) the bound is far too low, but never too high.
    """
    return sum(len(message.content.split()) for message in messages)
