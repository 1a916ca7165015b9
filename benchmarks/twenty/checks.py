"""Whether an answer is right: what it must say and must not, in words and numbers, and what a recording says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_NUMBER = re.compile(r"-?\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?|-?\d+[.,]\d+")
_WORD = re.compile(r"[^\W_]+")
_HEARD = 0.8
"""F1 of the words that are heard in a recording, at least: who listens is no perfect listener."""
_REFUSAL = re.compile(
    r"none of the tools|no tool|\b(can ?not|can['\u2019]t|unable to|not able to|do(es)? not have|don['\u2019]t have) ",
    re.IGNORECASE,
)
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class Check:
    """What makes an answer right."""

    words: tuple[str, ...] = ()
    """Each must be said, but for case and signs; of ``a|b`` one."""
    numbers: tuple[float, ...] = ()
    """Each must be said, within ``tolerance`` of it."""
    never: tuple[str, ...] = ()
    """None of these may be said: what somebody would say who lists everything, or guesses."""
    tolerance: float = 0.002
    """As a share of the number."""
    spoken: str = ""
    """There must be a recording, in which this is said."""
    refuses: bool = False
    """It must say that this cannot be done."""

    def problem(self, text: str, files: Sequence[Path] = ()) -> str:
        """Return what is wrong with an answer; nothing where it is right.

        Args:
            text: what is said, without the ids of tasks.
            files: what was made.
        """
        return next(self._problems(text, files), "")

    def _problems(self, text: str, files: Sequence[Path]) -> Iterator[str]:
        yield from (f"it does not say {one!r}" for one in self.words if not _says(text, one))
        yield from (f"it says {one!r}" for one in self.never if _says(text, one))
        said = set(numbers(text))
        for wanted in self.numbers:
            if not any(abs(one - wanted) <= self.tolerance * abs(wanted) for one in said):
                yield f"it does not say {wanted:g}"
        if self.refuses and not _REFUSAL.search(text):
            yield "it does not say that this cannot be done"
        if self.spoken:
            yield from _unspoken(self.spoken, files)


def numbers(text: str) -> Iterator[float]:
    """Yield the numbers in a text; what may be read in two ways, as ``1,240``, in both; small ones in words, too."""
    for found in _NUMBER.findall(text):
        for thousands, point in ((",' ", "."), (".' ", ",")):
            plain = re.sub(f"[{thousands}](?=\\d{{3}})", "", found)
            if re.fullmatch(rf"-?\d+(?:[{point}]\d+)?", plain):
                yield float(plain.replace(point, "."))
        yield from (float(one) for one in re.findall(r"\d+", found))
    yield from (float(_SMALL.index(word)) for word in _words(text) if word in _SMALL)


def heard(path: Path) -> str:
    """Return what is said in a recording, by the shipped speech recognition."""
    from glasswork.tools.media import MediaStore
    from glasswork.tools.shipped.speech_to_text import speech_to_text

    return speech_to_text(MediaStore(path.parent).take(path))


def alike(said: str, due: str) -> float:
    """Return the F1 of the words of two texts, as multisets."""
    one, other = Counter(_words(said)), Counter(_words(due))
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def _unspoken(due: str, files: Sequence[Path]) -> Iterator[str]:
    recordings = [path for path in files if path.suffix == ".wav"]
    if not recordings:
        yield "there is no recording"
    elif alike(said := heard(recordings[-1]), due) < _HEARD:
        yield f"the recording says {said[:80]!r}"


def _says(text: str, wanted: str) -> bool:
    told = f" {' '.join(_words(text))} "
    return any(f" {' '.join(_words(one))} " in told for one in wanted.split("|"))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
