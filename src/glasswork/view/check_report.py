"""A check as a document in Markdown: what was asked, what was found, and what can and cannot be concluded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from glasswork.explain.evidence import Pooled
from glasswork.view import verdicts
from glasswork.view.check import MEASURES, POOLED, Checked, how_asked, pooled_rows, score
from glasswork.view.clean import one_line
from glasswork.view.theme import UNICODE

WHAT = """\
Each decision was a choice between options, read off the model as one label's probabilities. For this check, segments
of what the model saw were taken out of the very question it was asked, and the margin of what it had chosen was read
again: `log p - log(1 - p)`, in nats, in several orders of the options. A segment's *influence* is by how much that
margin falls without it. A segment is *causal* where its influence is above the noise floor and its 95 % interval is
above zero. The noise floor is what the same procedure yields where nothing under test is missing: the same question
once more, and words cut elsewhere.

*Precision* is the share of the cited segments that are causal; *recall* the share of the causal segments that are
cited; *weighted recall* the share of all positive influence that is cited. The *omitted driver* is the segment with
the most influence, where it is causal and not cited. *Citing at random* is what as many citations, drawn at random,
can be expected to score."""
CAVEATS = """\
* Shown is what this model's choice of this option rests on in this prompt. It says nothing about whether the choice
  was right, or what another model would rest on.
* Two segments that say the same hide each other when each is taken out by itself: both look idle. The method `lasso`
  takes out several at once.
* What was thought before the choice stays in the question. A segment that worked through the thinking alone shows no
  influence of its own.
* A question with a hole in it is one the model may never have met. The floor accounts for cuts elsewhere, not for
  what the hole itself means to the model.
* Above the floor means unlikely to be noise, not large. Below it means not shown, not absent.
* A citation is set against the choice, not against the words of the reason: a causal segment may be cited for a
  reason that is wrong."""


def report_of(
    title: str,
    checked: Sequence[Checked],
    skipped: Sequence[tuple[str, str]],
    pooled: Mapping[str, Pooled],
    failed: str = "",
) -> str:
    """Write the report."""
    return "\n".join(_lines(title, checked, skipped, pooled, failed)) + "\n"


def _lines(
    title: str,
    checked: Sequence[Checked],
    skipped: Sequence[tuple[str, str]],
    pooled: Mapping[str, Pooled],
    failed: str,
) -> Iterator[str]:
    yield from (f"# What drove the decisions of {_cell(title)}", "")
    if failed:
        yield from (f"**Incomplete:** the check stopped: {_cell(failed)}", "")
    yield from ("## What was asked", "", WHAT, "")
    yield from _asked(checked)
    for one in checked:
        yield from _decision(one)
    if pooled:
        yield from _pooled(pooled)
    if skipped:
        yield from ("## Not checked", "", *(f"* {_cell(name)}: {_cell(reason)}" for name, reason in skipped), "")
    yield from ("## What this can and cannot show", "", CAVEATS)


def _asked(checked: Sequence[Checked]) -> Iterator[str]:
    yield from _table(
        ("decision", "model", "method", "orders", "seed", "floor", "margin", "cost"),
        (
            (
                one.name,
                one.influence.model or "recorded",
                one.influence.method,
                str(one.influence.detail.get("orders", "")),
                str(one.influence.seed),
                f"{one.floor:.2f}",
                f"{one.influence.detail.get('margin', 0.0):+.2f}",
                ", ".join([*how_asked(one)][2:]),
            )
            for one in checked
        ),
    )


def _decision(one: Checked) -> Iterator[str]:
    yield from (f"## {_cell(one.name)}", "")
    verdict = verdicts.of_decision(one.checks, UNICODE)
    if verdict is not None:
        yield from (f"{verdict.sign} {_cell(verdict.words)}.", "")
    sources = {segment.id: segment for segment in one.segments}
    yield from _table(
        ("segment", "source", "begins", "influence (nats)", "verdict"),
        (
            (
                effect.segment,
                sources[effect.segment].source,
                one_line(sources[effect.segment].text)[:60],
                verdicts.nats(effect).strip(),
                " ".join(verdicts.of_segment(effect, UNICODE)[:2]),
            )
            for effect in one.influence.effects
        ),
    )
    if any(effect.censored for effect in one.influence.effects):
        yield from ("`~`: a probability was known only as a bound.", "")
    if one.evidence is None:
        yield from ("No explanation was recorded.", "")
        return
    yield from (f"Omitted driver: {_cell(one.omitted)}" if one.omitted else "No driver was omitted.", "")
    rows = (("this explanation", one.scores), ("citing at random", one.at_random))
    yield from _table(
        ("", *(words for _, words in MEASURES)),
        ((name, *(score(scores.get(key)) for key, _ in MEASURES)) for name, scores in rows),
    )


def _pooled(pooled: Mapping[str, Pooled]) -> Iterator[str]:
    yield from (
        "## By agent",
        "",
        "Shares with 95 % intervals; at random: the mean of 1000 draws, and where 95 % lie.",
        "",
    )
    yield from _table(POOLED, pooled_rows(pooled))


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield "| " + " | ".join(map(_cell, row)) + " |"
    yield ""


def _cell(text: str) -> str:
    """Return text that neither ends a cell nor reads as markup."""
    text = one_line(text)
    return "".join(f"\\{letter}" if letter in "|*_`<>[]\\" else letter for letter in text)
