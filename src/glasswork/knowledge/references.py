"""References: where a sentence names a place in a text, ``section 11(2)``, ``subsections (1) and (3)``, ``第五十四条``.

Their numbers say where something stands, and not how much, when or what share: a sentence that rests on one strip of an
article may well name the article, and the strip seldom does. So each has to stand in the passage, as a place does: in
another reference, in brackets, at the beginning of a line, or in the line that says where the passage comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_KINDS = (
    r"(?:sub-?)?(?:sections?|paragraphs?|clauses?|articles?|items?)|parts?|schedules?|chapters?|regulations?|rules?|annex|"
    r"appendix|pages?|points?|(?:ss?|arts?|paras?|regs?|pp?)\."
)
_NUMBER = r"\(?\d{1,4}[A-Za-z]{0,3}\)?(?:\s?\([0-9A-Za-z]{1,4}\))*(?![.,]?\d)"
_AND = r"[*_]*(?:\s?,\s?|\s(?:and|or|to)\s|\s?[-\u2013]\s?)[*_]*"
_REFERENCE = re.compile(
    rf"(?:\b(?:{_KINDS})|\u00a7{{1,2}})[\s*_]*(?:no\.?\s)?{_NUMBER}(?:{_AND}{_NUMBER})*"
    r"|\u7b2c\s?\(?\d+\)?\s?[\u6761\u689d\u6b3e\u9879\u9805\u7ae0\u8282\u7bc0\u7f16\u7de8\u76ee]",
    re.IGNORECASE,
)
"""A kind of place and its number, or several; in Chinese 第, the number, and the kind: 条, 款, 项, 章, 节, 编, 目."""
_PLACE = re.compile(
    r"\((\d{1,3}[A-Za-z]{0,3})\)|^[\s*_#]*(\d{1,4}[A-Za-z]{0,3})(?=[.)\u3001\uff0e\u2014])", re.MULTILINE
)
_LABEL = re.compile(r"\d+[A-Za-z]{0,3}")
_SIGNS = "\u96f6\u3007\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343\u4e24"
"""0 (twice), 1 to 9, 10, 100, 1000, 2."""
_WRITTEN = re.compile(
    rf"(?<=\u7b2c)[{_SIGNS}]+(?=[\u6761\u689d\u9879\u9805\u7ae0\u8282\u7bc0\u7f16\u7de8])|(?<=\()[{_SIGNS}]+(?=\))"
)
"""Numbers in words where Chinese laws write them out: not 款, which is only counted."""
_VALUE = dict(zip(_SIGNS, (0, 0, *range(1, 10), 10, 100, 1000, 2), strict=True))


def without_references(says: str, passage: str) -> str:
    """Return a sentence without those numbers of its references that stand in a passage; the others are left.

    Args:
        says: the sentence.
        passage: with the line that says where it comes from.
    """
    label, _, text = passage.partition("\n")
    known = {*_LABEL.findall(in_digits(label).upper()), *_places(in_digits(text))}

    def cut(reference: re.Match[str]) -> str:
        return _LABEL.sub(lambda one: "" if one[0].upper() in known else one[0], reference[0])

    return _REFERENCE.sub(cut, in_digits(says))


def _places(text: str) -> Iterator[str]:
    """Yield the numbers of the places that a text names, or begins."""
    for reference in _REFERENCE.finditer(text):
        yield from _LABEL.findall(reference[0].upper())
    for place in _PLACE.finditer(text):
        yield (place[1] or place[2]).upper()


def in_digits(text: str) -> str:
    """Return a text with the numbers of its Chinese references in digits, and with narrow brackets."""
    narrow = text.replace("\uff08", "(").replace("\uff09", ")")
    return _WRITTEN.sub(lambda number: str(value_of(number[0])), narrow)


def value_of(number: str) -> int:
    """Return what a number is that is written in Chinese: up to 9999, with its places or sign by sign (``一二``)."""
    if not any(_VALUE[sign] >= 10 for sign in number):
        return int("".join(str(_VALUE[sign]) for sign in number))
    total = digit = 0
    for sign in number:
        value = _VALUE[sign]
        total, digit = (total + max(digit, 1) * value, 0) if value >= 10 else (total, value)
    return total + digit
