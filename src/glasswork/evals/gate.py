"""The gate: what a judge has to show on labelled cases before its votes count, and whether it did.

Questions are dealt by a digest of their words: a third to fit the threshold of the lean to, two thirds to measure on.
A judge passes where, on the second part,

* Cohen's kappa with the labels is at least 0.4, and the lower end of its interval above 0.2;
* at least 0.8 of the cases get the same verdict in both orders;
* no verdict is given more or less often than the labels give it by more than 0.1 of the cases;
* kappa is above that of whoever goes by the length of answers alone: where labels can be told by length, agreeing with
  them shows no reading. (Of HaluEval's pairs the shorter answer is the right one nearly always, kappa 0.9.)

Kappa and not the share that agrees, because whoever always says the same agrees with most of a set that is mostly the
same (Thakur et al. 2024, "Judging the Judges", arXiv 2406.12624). A result is bound to who judged: another model,
other words, another dimension, or pairs in place of single answers have to pass for themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from glasswork.errors import UserError
from glasswork.evals.agreement import Estimate, estimated, kappa, threshold
from glasswork.evals.judge import Case, Form, Labelled, Said, Standing, Verdict, said
from glasswork.records import Record
from glasswork.statistics import Share, share

KAPPA, KAPPA_LOW, CONSISTENT, LEAN = 0.4, 0.2, 0.8, 0.1
FEWEST = 30
"""Labelled cases, at least."""
_ROUNDING = 1e-9


class Gate(Record):
    """How a judge did on labelled cases that nothing was fitted to."""

    standing: Standing
    source: str
    """Name of the file of labelled cases."""
    data: str
    """Digest of the cases and labels, in no order."""
    fitted: int
    """Cases that the threshold was fitted to."""
    measured: int
    """Cases that all else was measured on."""
    labels: dict[Said, int]
    """Of those, how often each label is given."""
    threshold: float
    """Of the lean: of one answer it says yes from here on; of a pair it is a tie up to here."""
    kappa: Estimate
    consistency: Share
    """Cases with the same verdict in both orders."""
    lean: Estimate
    """By how much the judge says ``leans_to`` more often than the labels do, as a share of the cases."""
    leans_to: Said
    """The verdict that it gives too often or too seldom by most."""
    length: Estimate
    """The kappa of whoever goes by the length of answers alone, fitted and measured on the same cases."""
    seed: int

    @property
    def failures(self) -> tuple[str, ...]:
        """What it did not show, each in a few words; empty where it passed."""
        value, low = self.kappa.value, self.kappa.low
        agrees = value is not None and value >= KAPPA - _ROUNDING and low is not None and low > KAPPA_LOW
        steady = self.consistency.of > 0 and self.consistency.hits >= CONSISTENT * self.consistency.of - _ROUNDING
        fair = self.lean.value is not None and abs(self.lean.value) <= LEAN + _ROUNDING
        reads = value is not None and value > max(0.0, self.length.value or 0.0) + _ROUNDING
        wanted = {
            f"kappa must be {KAPPA} at least, and its lower end above {KAPPA_LOW}": agrees,
            f"order consistency must be {CONSISTENT:.0%} at least": steady,
            f"the lean must be {LEAN:.0%} at most": fair,
            f"kappa must be above that of length alone, {self.length}": reads,
        }
        return tuple(words for words, met in wanted.items() if not met)

    @property
    def passed(self) -> bool:
        """Whether the judge's votes count."""
        return not self.failures


class _Read(NamedTuple):
    """A labelled case with what the judge made of it."""

    case: Case
    label: Said
    orders: tuple[float, float] | None

    @property
    def lean(self) -> float | None:
        return None if self.orders is None else (self.orders[0] + self.orders[1]) / 2

    @property
    def key(self) -> str:
        return json.dumps([self.case.question, *self.case.answers, self.label, self.orders])


def gated(
    standing: Standing,
    rows: Sequence[Labelled],
    verdicts: Sequence[Verdict | None],
    *,
    source: str,
    seed: int = 0,
) -> Gate:
    """Return how a judge did; the order of the rows makes no difference.

    Args:
        standing: who judged.
        rows: labelled cases, all of the standing's form.
        verdicts: of each; None where the judge could not read it, which counts as wrong and as inconsistent.
        source: name of the file of labelled cases.
        seed: of the intervals.

    Raises:
        UserError: there are too few cases, or they have one label only.
    """
    read = [
        _Read(row.case, row.label, verdict.orders if verdict else None)
        for row, verdict in zip(rows, verdicts, strict=True)
    ]
    first, second = _dealt(read, source)
    form = standing.form
    at = threshold(form, [(one.lean, one.label) for group in first for one in group])
    spoken = [[(said(one.lean, form, at), one.label) for one in group] for group in second]
    flat = [pair for group in spoken for pair in group]
    leans_to = _extreme(flat)
    orders = [one.orders for group in second for one in group]
    same = sum(pair is not None and len({said(one, form, at) for one in pair}) == 1 for pair in orders)
    return Gate(
        standing=standing,
        source=source,
        data=digest_of(rows),
        fitted=sum(map(len, first)),
        measured=len(flat),
        labels=dict(sorted(Counter(label for _, label in flat).items())),
        threshold=at,
        kappa=estimated(spoken, kappa, seed=seed),
        consistency=share(same, len(orders)),
        lean=estimated(spoken, lambda pairs: _excess(pairs, leans_to), seed=seed),
        leans_to=leans_to,
        length=_by_length(form, first, second, seed),
        seed=seed,
    )


def must_fit(rows: Sequence[Labelled], source: str) -> None:
    """Raise UserError where cases cannot be gated with, as :func:`gated` does: before anybody is asked about them."""
    _dealt([_Read(row.case, row.label, None) for row in rows], source)


def digest_of(rows: Sequence[Labelled]) -> str:
    """Return a digest of labelled cases that does not depend on their order."""
    lines = sorted(json.dumps([row.case.question, *row.case.answers, row.label], ensure_ascii=True) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _dealt(read: Sequence[_Read], source: str) -> tuple[list[list[_Read]], list[list[_Read]]]:
    """Return cases by their questions, in two parts: a third of the questions, and the others."""
    if len(read) < FEWEST:
        raise UserError(f"{source}: a gate takes {FEWEST} labelled cases at least, and there are {len(read)}")
    groups: dict[str, list[_Read]] = {}
    for one in sorted(read, key=lambda one: one.key):
        groups.setdefault(one.case.question, []).append(one)
    order = sorted(groups, key=lambda question: hashlib.sha256(question.encode()).digest())
    cut = -(-len(order) // 3)
    parts = [groups[question] for question in order[:cut]], [groups[question] for question in order[cut:]]
    for part in parts:
        if len({one.label for group in part for one in group}) < 2:
            raise UserError(
                f"{source}: a third of the questions fits a threshold, the others measure, and one part lacks a label",
                hint="a gate takes a good number of questions, and cases of either label",
            )
    return parts


def _excess(pairs: Sequence[tuple[Hashable, Hashable]], of: Said) -> float:
    return sum((spoken == of) - (label == of) for spoken, label in pairs) / len(pairs)


def _extreme(pairs: Sequence[tuple[Said, Said]]) -> Said:
    """Return what is said too often, or too seldom, by most; of equals the first of yes, a, b, tie, no, none."""
    order: tuple[Said, ...] = ("yes", "a", "b", "tie", "no", "none")
    return max(order, key=lambda one: round(abs(_excess(pairs, one)), 9))


def _by_length(form: Form, first: Sequence[Sequence[_Read]], second: Sequence[Sequence[_Read]], seed: int) -> Estimate:
    """Return the kappa of going by length: longer or shorter, whichever agrees more with the first part."""
    everything = [one for part in (first, second) for group in part for one in group]
    scale = max(1.0, *(abs(_length(one.case)) for one in everything))

    def at(one: _Read, sign: int) -> float:
        return sign * _length(one.case) / scale

    def agreed(groups: Sequence[Sequence[_Read]], sign: int, limit: float) -> list[list[tuple[Said, Said]]]:
        return [[(said(at(one, sign), form, limit), one.label) for one in group] for group in groups]

    def on_first(fit: tuple[int, float]) -> float:
        return kappa([pair for group in agreed(first, *fit) for pair in group]) or 0.0

    limits = {
        sign: threshold(form, [(at(one, sign), one.label) for group in first for one in group]) for sign in (1, -1)
    }
    best = max(limits.items(), key=on_first)
    return estimated(agreed(second, *best), kappa, seed=seed)


def _length(case: Case) -> float:
    """Return by how many characters the first answer is the longer; of one answer its length."""
    return float(len(case.answers[0]) - (len(case.answers[1]) if case.form == "pair" else 0))
