"""One of several options, as a person writes it: its number, its label, or enough of the label to tell."""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.errors import UserError, did_you_mean


def numbered(options: Sequence[str]) -> bool:
    """Whether options can be called by their number: not where labels are numbers themselves."""
    return not any(label.isdecimal() for label in options)


def chosen(said: str, options: Sequence[str]) -> str:
    """Return the option that somebody means; a label comes before a number, a whole label before a part of one.

    Raises:
        UserError: none is meant, or several are; the nearest is suggested.
    """
    word = said.strip()
    if word in options:
        return word
    if not numbered(options):
        raise UserError(f"not one of {', '.join(options)}: {word!r}")
    if word.isdecimal() and 1 <= int(word) <= len(options):
        return options[int(word) - 1]
    whole = [label for label in options if label.casefold() == word.casefold()]
    found = whole or [label for label in options if word and label.casefold().startswith(word.casefold())]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{word!r} fits several: {', '.join(found)}")
    raise UserError(f"not one of {', '.join(options)}: {word!r}{_near(word, options)}")


def _near(word: str, options: Sequence[str]) -> str:
    near = did_you_mean(word.casefold(), options)
    return near if "did you mean" in near else ""
