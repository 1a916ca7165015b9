"""Rough token counts, for where nobody who knows has counted."""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.records import Message, Request, Usage

CHARACTERS_PER_TOKEN = 3.5
"""For estimating a prompt before it is sent; on the low side for English, so the estimate is on the high side."""


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


def prompt_tokens(request: Request) -> int:
    """About the most tokens that a prompt takes, by its length."""
    return int(sum(len(message.content) for message in request.messages) / CHARACTERS_PER_TOKEN) + 1


def answer_tokens(request: Request) -> int:
    """Return the most tokens that an answer can take, by its bound."""
    return 1 if request.form == "label" else request.max_tokens
