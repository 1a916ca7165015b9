"""Which language a text is in: Lingua, n-gram models of 75 languages, good on single words too.

Source: github.com/pemistahl/lingua-py. Apache-2.0; the models (95 MB) are in the package.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from glasswork.errors import BadArguments
from glasswork.tools.callables import builtin

if TYPE_CHECKING:
    from lingua import Language, LanguageDetector

_MAX = 20_000
"""Characters that are looked at; more do not make it surer."""
_LONG = 120
"""From so many characters on, trigrams alone are as good (Lingua's own measure), and load in half a second."""
_CLOSE = 6
_COMMON = ("ar", "de", "en", "es", "fr", "hi", "it", "ja", "nl", "pl", "pt", "ru", "tr", "zh")
"""Of a shorter text, trigrams name six languages; all n-grams decide between those and the common ones, if they are
asked about. Loading the n-grams of all 75 takes five seconds and more."""


@builtin("language", extra="language", needs=("lingua",))
def language(text: str, among: str = "") -> dict[str, Any]:
    """Return the language of a text: its English name, its code of two letters, and how sure that is (0 to 1).

    ``among``: codes of the languages that it may be, such as ``en, de, fr``. Default: all 75.
    """
    text = text[:_MAX]
    asked = _known(among.lower())
    found = _quick(asked).compute_language_confidence_values(text)
    if not text.strip() or not found or found[0].value == 0:
        return {"language": "unknown", "code": "", "confidence": 0.0}
    if len(text) < _LONG:
        near = {one.language for one in found[:_CLOSE]} | (_known(" ".join(_COMMON)) & asked)
        found = _exact(frozenset(near)).compute_language_confidence_values(text)
    best = found[0]
    return {
        "language": best.language.name.title(),
        "code": best.language.iso_code_639_1.name.lower(),
        "confidence": round(best.value, 4),
    }


def _known(among: str) -> frozenset[Language]:
    """Return the languages of codes; all for none."""
    from lingua import Language

    codes = {*re.findall(r"[a-z]+", among)}
    every = {one.iso_code_639_1.name.lower(): one for one in Language.all()}
    unknown = ", ".join(sorted(codes - {*every}))
    if unknown or len(codes) == 1:
        problem = f"codes of languages that are not known: {unknown}" if unknown else "name two languages or more"
        raise BadArguments("language", [f"'among': {problem}"])
    return frozenset(every[code] for code in codes or every)


@cache
def _quick(languages: frozenset[Language]) -> LanguageDetector:
    from lingua import LanguageDetectorBuilder

    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()


@lru_cache(maxsize=16)
def _exact(languages: frozenset[Language]) -> LanguageDetector:
    from lingua import LanguageDetectorBuilder

    return LanguageDetectorBuilder.from_languages(*languages).build()
