"""The words of a text that are searched by: English ones by their stems, Chinese ones as they are segmented."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from glasswork.errors import MissingExtra

Cut = Callable[[str], Iterable[str]]
"""Cuts a run of signs that are written without spaces into words."""

_SIGN = "\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_SIGN}]+|(?:(?![{_SIGN}])[^\W_])+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS = re.compile(rf"[{_SIGN}]")
_STOP = frozenset(
    _WORD.findall("a an and are as at be by for from in into is it its of on or such that the this to what with")
)


def words(text: str, cut: Cut = iter) -> list[str]:
    """Return the words of a text: lower-case, without endings and little words; humps apart. A percent sign is a word.

    Args:
        text: in English, Chinese, or both.
        cut: of a run of Chinese signs; as it is, each sign is a word.
    """
    found: list[str] = []
    for word in _WORD.findall(_HUMP.sub(" ", text).lower().replace("%", " percent ")):
        if _SIGNS.match(word):
            found += [part for part in cut(word) if part.strip()]
        elif word not in _STOP:
            found.append(stem(word))
    return found


def stem(word: str) -> str:
    """Return a word without the commonest English endings."""
    for ending, kept in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith(("ss", "us", "is")):
            word = word.removesuffix(ending) + kept
            break
    return word.removesuffix("e") if len(word) > 3 else word


def signs(text: str) -> int:
    """Return how many signs of a writing without spaces a text holds."""
    return len(_SIGNS.findall(text))


@cache
def segmenter() -> Cut:
    """Return jieba's segmentation for search engines, words and the words within them, and each sign besides.

    The signs find what the dictionary takes for another word: over the articles of STARD that half of its questions
    name, R@5 is 60 % with them and 57 % without (``benchmarks/retrieval.py``).

    Its dictionary's cache goes into the user's own folder. Left to itself, it is unmarshalled from a folder that
    everybody may write to.

    Raises:
        MissingExtra: jieba is not installed.
    """
    if find_spec("jieba") is None:
        raise MissingExtra("jieba, which segments Chinese,", "knowledge")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its regular expressions are written as Python took them in 2020
        import jieba
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    folder = Path(platformdirs.user_cache_dir("glasswork"))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    tokenizer.tmp_dir = str(folder)

    def cut(text: str) -> Iterable[str]:
        return [*tokenizer.cut_for_search(text), *text]

    return cut
