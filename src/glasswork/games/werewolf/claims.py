"""What a player claims in public, taken out of its words by rule: the same words always make the same claims.

Made to be right in what it finds, not to find all: a sentence that asks, supposes, tells what others say or negates in
a way that is not known makes no claim. Irony is taken at its word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from glasswork.games.werewolf.claim_patterns import WORDS, ClaimKind, Pattern, patterns
from glasswork.records import Record


class Claim(Record):
    """One thing that somebody said to be so."""

    speaker: str
    kind: ClaimKind
    """``card``: of oneself. ``result``: what a look at somebody showed. ``protected``, ``poisoned``: that one did so.
    ``accusation``, ``defence``: that somebody is, or is not, on the werewolves' side."""
    about: str
    """A player; of ``card`` the speaker."""
    says: str = ""
    """``card`` and ``result``: the card, or ``werewolf``, ``not a werewolf``. ``accusation`` and ``defence``: the same
    where it is said outright, and nothing where it is implied ("I suspect Bo")."""
    denied: bool = False
    """Of ``card``: whether the speaker says *not* to hold it."""
    start: int
    end: int
    """Where the quote stands in the text."""
    quote: str


def claims(text: str, speaker: str, names: Sequence[str]) -> tuple[Claim, ...]:
    """Return what somebody claims in a text, in its order.

    Names count as whole words, in capital letters or small ones.

    Args:
        text: What was said.
        speaker: By whom.
        names: Everybody at the table.
    """
    return _claims(text, speaker, tuple(names))


@lru_cache(maxsize=20_000)  # every measure of a game reads its statements anew
def _claims(text: str, speaker: str, names: tuple[str, ...]) -> tuple[Claim, ...]:
    found: list[Claim] = []
    own = text.translate(_STRAIGHT)
    heard = _hushed(own)
    by_length = {name.casefold(): name for name in names}
    for pattern in patterns(names):
        for match in pattern.regex.finditer(heard):
            claim = _claim(text, match, pattern, speaker, by_length)
            if (
                claim is not None
                and _meant(heard, match, pattern)
                and not any(_overlap(claim, other) for other in found)
            ):
                found.append(claim)
    found += [*_of_several(text, heard, speaker, names, found)]
    return tuple(sorted(found, key=lambda claim: (claim.start, claim.end, claim.about)))


def _claim(text: str, match: re.Match[str], pattern: Pattern, speaker: str, names: dict[str, str]) -> Claim | None:
    groups = match.groupdict()
    about = names[groups["name"].casefold()] if groups.get("name") else speaker
    if (about == speaker) != (pattern.kind == "card") and pattern.kind not in {"protected", "poisoned"}:
        return None
    says = pattern.says
    if groups.get("verdict"):
        says = WORDS[_one(groups["verdict"].casefold())]
        if groups.get("no") or groups.get("nt") is not None:
            if says != "werewolf":
                return None
            says = "not a werewolf"
    start, end = match.span()
    return Claim(
        speaker=speaker,
        kind=pattern.kind,
        about=about,
        says=says,
        denied=pattern.kind == "card" and pattern.denies,
        start=start,
        end=end,
        quote=text[start:end],
    )


def _one(word: str) -> str:
    return {"werewolves": "werewolf", "wolves": "wolf"}.get(word, word)


def _overlap(claim: Claim, other: Claim) -> bool:
    return claim.start < other.end and other.start < claim.end


_STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014", "''\"\"--")
"""Typographic quotes and dashes become those of a typewriter; the text stays as long."""
_QUOTED = re.compile(r'"[^"\n]*"')
_IDIOMS = re.compile(
    r"\b(?:if you ask me|if anything|no doubt|without (?:a |any )?doubt|that said|that being said|not only|"
    r"make no mistake|no question|why not|I do not lie|believe it or not|whether you like it or not)\b",
    re.IGNORECASE,
)


def _hushed(text: str) -> str:
    """Return a text of the same length without what is quoted, and without idioms that only look like negations."""
    for pattern in (_QUOTED, _IDIOMS):
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?]+|\n|$)")
_CLAUSE = re.compile(r"(?:;|\s-+\s|\bbut\b|\bhowever\b|\bwhile\b|\bwhereas\b|\byet\b)", re.IGNORECASE)
_PIECE = re.compile(r"[,:]|\band\b|\bso\b|\bbecause\b|\bsince\b|\btherefore\b", re.IGNORECASE)
_SUPPOSED = re.compile(
    r"\b(?:if|unless|suppos(?:e|ing)|imagine|assum(?:e|ing)|hypothetically|whether|pretend(?:ing|ed|s)?|in case|were I|"
    r"had I|lest|otherwise|wish(?:es|ed)?|wonder(?:s|ing)?|in (?:the |my |our )?(?:last|previous|another|next) game)\b",
    re.IGNORECASE,
)
_DOUBTED = re.compile(
    r"\b(?:not|never|nobody|no one|none|neither|nor|either|doubt|deny|denies|false|untrue|wrong|hardly|maybe|perhaps|"
    r"possibly|might|could|may|would|hope|hopes|joke|joking|unlikely|lie|less likely|no reason|cannot|who|what|which)\b"
    r"|n't\b",
    re.IGNORECASE,
)
_OR_BEFORE = re.compile(r"\b(?:or|nor|than|like|not)\s*$", re.IGNORECASE)
_OR_AFTER = re.compile(r"\s*,?\s*or\b(?!\s+(?:else|we|I)\b)", re.IGNORECASE)
_SAYING = re.compile(
    r"\b(?:say|says|said|saying|claims?|claimed|claiming|tells?|told|telling|thinks?|thought|believes?|believed|insist|"
    r"insists|insisted|argues?|argued|suggests?|suggested|swears?|swore|suspects?|suspected|accuses?|accused|announces?|"
    r"announced|reports?|reported|wrote|calls?|called|hopes?|wants?|states?|stated|asks?|asked|hints?|hinted|according)\b",
    re.IGNORECASE,
)
_SAID_AFTER = re.compile(
    r"\s*,?\s*(?:or\s+so\s+)?(?:\w+\s+)?(?:says|said|claims|claimed|insists|told)\b", re.IGNORECASE
)
_BETWEEN = frozenset(
    {
        "also",
        "just",
        "has",
        "have",
        "had",
        "only",
        "still",
        "keeps",
        "kept",
        "even",
        "already",
        "always",
        "first",
        "clearly",
        "do",
        "does",
        "did",
        "really",
        "strongly",
        "will",
        "am",
        "firmly",
        "truly",
        "now",
        "again",
    }
)
_MYSELF = frozenset({"i", "i'm", "i've", "i'd", "i'll", "we", "me", "to", "let", "must", "can"})


def _meant(text: str, match: re.Match[str], pattern: Pattern) -> bool:
    """Say whether words that fit a pattern are the speaker's own assertion."""
    start, end = match.span()
    # A look at somebody may be told in one sentence, and what it showed in the next: each is to be asserted.
    sentence = _around(_SENTENCE, text, start)
    if text[max(sentence.end - 1, 0) : sentence.end] == "?" or text[end:][:1] == "?":
        return False
    if text[_around(_SENTENCE, text, end - 1).end - 1 :][:1] == "?":
        return False
    before = _CLAUSE.split(text[sentence.start : start])[-1]
    after = _CLAUSE.split(text[end : max(end, sentence.end)])[0]
    if _SUPPOSED.search(before) or _SUPPOSED.search(after) or _SUPPOSED.search(match[0]):
        return False
    piece = _PIECE.split(before)[-1]
    if _DOUBTED.search(piece) or _OR_BEFORE.search(before) or _OR_AFTER.match(after):
        return False
    if not pattern.denies and _DOUBTED.search(match[0]):
        return False
    return not any(_others_say(before)) and not _SAID_AFTER.match(after)


class _Span(NamedTuple):
    start: int
    end: int


def _around(pattern: re.Pattern[str], text: str, place: int) -> _Span:
    return next((_Span(*one.span()) for one in pattern.finditer(text) if one.start() <= place < one.end()), _Span(0, 0))


def _others_say(before: str) -> Iterator[bool]:
    """Yield for each word of saying before a claim whether somebody else says it."""
    for verb in _SAYING.finditer(before):
        words = re.findall(r"[\w']+", before[: verb.start()].casefold())
        while words and words[-1] in _BETWEEN:
            words.pop()
        # Without a subject it is a call to all: "Believe me, …".
        yield verb[0].casefold() == "according" or (bool(words) and words[-1] not in _MYSELF)


def _of_several(text: str, heard: str, speaker: str, names: tuple[str, ...], found: Sequence[Claim]) -> Iterator[Claim]:
    """Yield accusations of several at once: "Bo and Cy are werewolves"."""
    one = rf"(?<!\w)(?:{'|'.join(re.escape(name) for name in sorted(names, key=len, reverse=True))})(?!\w)"
    several = re.compile(
        rf"({one}(?:\s*,\s*{one})*\s*,?\s+and\s+{one})\s+are\s+(?:both\s+)?(?:the\s+)?(?:were)?wolves\b", re.IGNORECASE
    )
    by_name = {name.casefold(): name for name in names}
    for match in several.finditer(heard):
        pattern = Pattern("accusation", several, "werewolf")
        if not _meant(heard, match, pattern):
            continue
        for each in re.finditer(one, match[1], re.IGNORECASE):
            about = by_name[each[0].casefold()]
            start, end = match.span()
            claim = Claim(
                speaker=speaker,
                kind="accusation",
                about=about,
                says="werewolf",
                start=start,
                end=end,
                quote=text[start:end],
            )
            if about != speaker and not any(_overlap(claim, other) for other in found):
                yield claim
