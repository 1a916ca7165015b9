r"""Strips: the small pieces that a passage is taken apart into, weighed one by one, and put together again from.

In prose they are sentences; in a law, the paragraphs and items of an article, as far as those stand on lines of their
own. A piece that is too short to mean anything by itself goes with the one after it. Every piece is a slice of the
text, so what is put together again is verbatim.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby

from glasswork.knowledge.words import signs

LEFT_OUT = "[…]"
"""What stands in a passage that was put together again where strips were left out."""
Span = tuple[int, int]
"""Where a piece begins in its text, and where it ends."""
_FEWEST_WORDS, _FEWEST_SIGNS = 4, 6
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_LINE = re.compile(r"\n+")
_QUOTES = "\u2019\u201d\u300d\u300f\uff09"
"""Marks that end a quotation or a bracket."""
_STOPS = "\u3002\uff01\uff1f\uff1b"
"""Full stop, exclamation mark, question mark and semicolon, as wide as a Chinese sign."""
_END = re.compile(
    rf"(?<=[.!?])[\"')\]{_QUOTES}]*\s+(?=[\"'(\[\u2018\u201c]?[A-Z0-9\u3400-\u9fff])|(?<=[{_STOPS}])[{_QUOTES}]*"
)
_SHORT = re.compile(r"(?:^|[\s(])(?:No|Nos|Art|Arts|s|ss|para|paras|Sch|Ch|cf|e\.g|i\.e|v|vs|Mr|Mrs|Ms|Dr|St|[A-Z])\.$")


def paragraphs(text: str) -> list[Span]:
    """Return the paragraphs of a text, which blank lines set apart, without blank edges."""
    return list(_between(text, (0, len(text)), (match.span() for match in _BLANK.finditer(text))))


def sentences(text: str, within: Span) -> list[Span]:
    """Return the sentences of a part of a text, without blank edges; a full stop of an abbreviation ends none."""
    start, breaks = within[0], list[Span]()
    for match in _END.finditer(text, *within):
        if not _SHORT.search(text[start : match.start()]):
            breaks.append((match.end(), match.end()))
            start = match.end()
    return list(_between(text, within, breaks))


def strip_spans(text: str) -> list[Span]:
    """Return where the strips of a text are, in order; between them are blanks alone."""
    lines = _between(text, (0, len(text)), (match.span() for match in _LINE.finditer(text)))
    found: list[Span] = []
    begun: int | None = None
    for start, end in (piece for line in lines for piece in sentences(text, line)):
        begun = start if begun is None else begun
        if not _too_short(text[begun:end]):
            found.append((begun, end))
            begun = None
    if begun is not None:
        end = len(text.rstrip())
        found[-1:] = [(found[-1][0] if found else begun, end)]
    return found


def strips(text: str) -> list[str]:
    """Return the strips of a text."""
    return [text[start:end] for start, end in strip_spans(text)]


def recomposed(text: str, kept: Collection[int]) -> str:
    """Return a text made of some of its strips, by their places, and of a sign where others were left out."""
    spans = strip_spans(text)
    groups = ((is_kept, list(places)) for is_kept, places in groupby(range(len(spans)), kept.__contains__))
    return " ".join(
        text[spans[places[0]][0] : spans[places[-1]][1]] if is_kept else LEFT_OUT for is_kept, places in groups
    )


def parts(text: str, longest: int) -> Iterator[str]:
    """Yield a text in parts of so many characters at most, at its paragraphs, else sentences, else anywhere.

    Each part is a slice of the text, and what lies between them is blank.
    """
    start = end = 0
    for piece in _pieces(text, longest):
        if end > start and piece[1] - start > longest:
            yield text[start:end]
            start = piece[0]
        start, end = (piece[0] if end == 0 else start), piece[1]
    if end > start:
        yield text[start:end]


def _pieces(text: str, longest: int) -> Iterator[Span]:
    """Yield pieces of a text that are short enough."""
    for paragraph in paragraphs(text):
        if paragraph[1] - paragraph[0] <= longest:
            yield paragraph
            continue
        for start, end in sentences(text, paragraph):
            for cut in range(start, end, longest):
                piece = _stripped(text, (cut, min(end, cut + longest)))
                if piece[1] > piece[0]:
                    yield piece


def _between(text: str, within: Span, breaks: Iterable[Span]) -> Iterator[Span]:
    """Yield what lies between breaks, without blank edges; nothing where it is blank."""
    start = within[0]
    for begin, end in (*breaks, (within[1], within[1])):
        span = _stripped(text, (start, begin))
        if span[1] > span[0]:
            yield span
        start = end


def _stripped(text: str, span: Span) -> Span:
    piece = text[span[0] : span[1]]
    return span[0] + len(piece) - len(piece.lstrip()), span[0] + len(piece.rstrip())


def _too_short(piece: str) -> bool:
    return len(piece.split()) < _FEWEST_WORDS and signs(piece) < _FEWEST_SIGNS
