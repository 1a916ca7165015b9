"""Whether the numbers of a sentence are borne out: by results that were computed, by words that were quoted.

A number is what is written in digits. It agrees with a value that it is a rounding of, to as many places as it shows
(but a plain 0 with 0 alone); a percentage also with the share. A number without a sign agrees with a negative value too
("lower by 1.2"). That words such as *higher* fit the sign is not looked at, and a number in words is not either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_])(?<!\d\.)(?P<sign>[-+\u2212](?=[\d.]))?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?P<power>[eE][-+]?\d{1,3}(?!\w))?(?P<percent>\s?(?:%|percent\b|per cent\b))?"
)
"""Not within a name (``x1``, ``v1.2``), but also where a unit follows at once (``5kg``)."""
_LEVEL = r"(?:\s+(?:the\s+)?(?:\w+\s+)?(?:level|threshold|limit)(?:\s+of)?)?\s*$"
_BELOW = re.compile(rf"(?:<|\u2264|less than|below|under|smaller than|lower than){_LEVEL}", re.IGNORECASE)
_ABOVE = re.compile(rf"(?:>|\u2265|greater than|above|over|larger than|higher than|more than){_LEVEL}", re.IGNORECASE)
_LEVELS = frozenset(map(Decimal, ("0.1", "0.05", "0.01", "0.005", "0.001", "0.0001")))
"""What a p-value is said to be below, or above."""
_INTERVAL = re.compile(r"(?:9[059])\s?(?:%|percent|per cent)[\s-]+(?:confidence|CI\b|interval|credible)", re.IGNORECASE)
_STEP = re.compile(
    r"\b(?:every|each|per)\s+(?:additional\s+|further\s+|extra\s+)?1\b(?![.,]\d)"
    r"|\b(?:when|where|if)\b[^.,;]{1,60}?\b(?:is|equals|=)\s+0\b(?![.,]\d)",
    re.IGNORECASE,
)
"""What a slope is told by (for every 1 mm), and where an intercept lies (when the length is 0): neither was found."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\d])|\n+")


def unborne(text: str, results: Mapping[str, float], quoted: Iterable[str] = ()) -> list[str]:
    """Return the numbers of a text that agree with no result, and stand in none of the quoted texts, as it writes them.

    Args:
        text: what is said. The names of results in it, the level of an interval (95 %), and the step that a slope is
            told by (for every 1 mm) are no numbers of it.
        results: values by name.
        quoted: texts that may be repeated.
    """
    known = {match["digits"].replace(",", "") for each in quoted for match in _NUMBER.finditer(each)}
    unfound = [match.span() for kind in (_INTERVAL, _STEP) for match in kind.finditer(text)]
    fractions = [char for char in text if "\u2044" in unicodedata.normalize("NFKC", char)]
    return fractions + [
        match[0].strip()
        for match, names in attributed(text, results)
        if not names
        and not any(start <= match.start() < end for start, end in unfound)
        and match["digits"].replace(",", "") not in known
    ]


def tells(text: str, results: Mapping[str, float]) -> list[str]:
    """Return the names of the results whose value a text writes, or above or below which level it says that a p is."""
    told = {name for _, names in attributed(text, results) for name in names}
    return [name for name in results if name in told]


def attributed(text: str, results: Mapping[str, float]) -> Iterator[tuple[re.Match[str], list[str]]]:
    """Yield each number of a text, and the names of the results that it agrees with."""
    for match in _NUMBER.finditer(text):
        yield match, [name for name, value in results.items() if _agrees(match, name, value, text)]


def is_p(name: str) -> bool:
    """Tell whether a result is called as a p-value is."""
    return name == "p" or name.startswith("p_")


def numbers_in(text: str) -> Iterator[str]:
    """Yield the numbers of a text as it writes them."""
    return (match[0].strip() for match in _NUMBER.finditer(text))


def borne_out(text: str, results: Mapping[str, float], quoted: Iterable[str]) -> tuple[str, list[str]]:
    """Return a text without the sentences that hold a number of nobody's, and these."""
    known = list(quoted)
    kept: list[str] = []
    struck: list[str] = []
    for line in text.splitlines():
        sentences = [one for one in _SENTENCE.split(line) if one]
        fine = [one for one in sentences if not unborne(one, results, known)]
        struck += [one.strip() for one in sentences if one not in fine]
        kept.append(" ".join(fine))
    return "\n".join(kept).strip(), struck


def _agrees(match: re.Match[str], name: str, value: float, text: str) -> bool:
    said = Decimal(match["digits"].replace(",", "") + (match["power"] or ""))
    given = Decimal(repr(float(value)))
    if is_p(name) and said in _LEVELS and _BELOW.search(text, 0, match.start()):
        return 0 <= given < said
    if is_p(name) and said in _LEVELS and _ABOVE.search(text, 0, match.start()):
        return said < given <= 1
    signs = (given, -given) if not match["sign"] else (given,)
    said = -said if match["sign"] in {"-", "\u2212"} else said
    scales = (1, 100) if match["percent"] else (1,)
    if not said and said.as_tuple().exponent == 0:
        return not given
    half = Decimal(1).scaleb(int(said.as_tuple().exponent)) / 2
    return any(abs(each * scale - said) <= half for each in signs for scale in scales)
