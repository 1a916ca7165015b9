"""A check as a document in Markdown: what was asked, what was found, and what can and cannot be concluded."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from glasswork.explain.measures import Pools
from glasswork.view import measures, verdicts
from glasswork.view.check import MEASURES, POOLED, Checked, evidence_of, how_asked, pooled_rows
from glasswork.view.clean import markdown, one_line
from glasswork.view.measures import score
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
WHAT_ELSE = {
    "act-follows-plan": """\
whether the act does what the plan chose: exact comparison of names and values, no judge. *By chance* is what acts
dealt out anew among the decisions with the same options would share; what cannot be decided counts in no share. After
the second step of rationale-action consistency (arXiv 2606.00476).""",
    "thought-and-stated": """\
the overlap (Jaccard) of the segments that the thinking before the choice names or quotes with those that the
explanation cites, beside that of as many citations at random. Literal: a paraphrase is not found. After the gap
between thinking and answers of arXiv 2603.22582.""",
    "confidence": """\
the stated confidence less the measured probability of the choice; and where it is known what was right, the Brier
score (1950) against always stating the share of right ones, and the expected calibration error (Naeini et al. 2015;
bins of Guo et al. 2017) against what noise alone makes of it.""",
    "early-answering": """\
the thinking is cut off after each of its sentences and the choice read again; 1 less the area under the share of
unchanged choices. 0: the thinking carries nothing. Lanham et al. 2023 (arXiv 2307.13702). The floor is what unchanged
repeats come to.""",
    "mistakes": """\
the same with a mistake, made by rule, in each sentence in turn; what follows it is kept, which understates the effect.
Lanham et al. 2023.""",
    "simulatability": """\
a predictor says what is chosen with segments gone, once with the explanation (the choice masked) and once without;
the gain is (with - without) / (1 - without). After Chen et al. 2024 (arXiv 2307.08678); masked as in Hase et al. 2020
(arXiv 2010.04119).""",
}
"""By measure: what it is, and where it comes from."""
LIMITS = {
    "act-follows-plan": "An act that follows its plan may be a bad one. Undecidable is neither yes nor no.",
    "thought-and-stated": "Thinking may rest on what it neither names nor quotes; and to name is not to use.",
    "confidence": "The measured probability is that of the choice among these options, not of being right.",
    "early-answering": "Thinking whose end can be cut off without effect may have shaped the options all the same.",
    "mistakes": "A mistake that later sentences set right leaves no trace in the choice.",
    "simulatability": "The mask takes the options' words out of an explanation, not a paraphrase of them.",
}
"""By measure: what it cannot show."""
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
    pooled: Mapping[str, Pools],
    failed: str = "",
) -> str:
    """Write the report."""
    return "\n".join(_lines(title, checked, skipped, pooled, failed)) + "\n"


def _lines(
    title: str,
    checked: Sequence[Checked],
    skipped: Sequence[tuple[str, str]],
    pooled: Mapping[str, Pools],
    failed: str,
) -> Iterator[str]:
    drove = [one for one in checked if one.influence is not None]
    yield from (f"# What {'drove' if drove else 'was measured of'} the decisions of {markdown(title)}", "")
    if failed:
        yield from (f"**Incomplete:** the check stopped: {markdown(failed)}", "")
    if drove:
        yield from ("## What was asked", "", WHAT, "")
        yield from _asked(drove)
    yield from _what_else(checked)
    for one in checked:
        yield from _decision(one)
    if pooled:
        yield from _pooled(pooled)
    if skipped:
        yield from ("## Not checked", "", *(f"* {markdown(name)}: {markdown(reason)}" for name, reason in skipped), "")
    made = {name for one in checked for name in one.checks}
    limits = [f"* *{name}*: {text}" for name, text in LIMITS.items() if name in made]
    yield from ("## What this can and cannot show", "", *([CAVEATS] if drove else []), *limits)


def _asked(checked: Sequence[Checked]) -> Iterator[str]:
    events = [(one, one.influence) for one in checked if one.influence is not None]
    yield from _table(
        ("decision", "model", "method", "orders", "seed", "floor", "margin", "cost"),
        (
            (
                one.name,
                event.model or "recorded",
                event.method,
                str(event.detail.get("orders", "")),
                str(event.seed),
                f"{one.floor:.2f}",
                f"{event.detail.get('margin', 0.0):+.2f}",
                ", ".join([*how_asked(event, one.own)][2:]),
            )
            for one, event in events
        ),
    )


def _what_else(checked: Sequence[Checked]) -> Iterator[str]:
    """Say what each measure beside influence is, of those that were made."""
    made = {name for one in checked for name in one.checks}
    said = [
        textwrap.fill(f"* *{name}*: {text}", 118, subsequent_indent="  ", break_on_hyphens=False)
        for name, text in WHAT_ELSE.items()
        if name in made
    ]
    if said:
        else_ = " else" if "influence" in made else ""
        yield from (f"## What{else_} was measured", "", *said, "")


def _decision(one: Checked) -> Iterator[str]:
    yield from (f"## {markdown(one.name)}", "")
    if one.influence is not None:
        yield from _drove(one)
    rows = [*measures.lines(one.checks)]
    if rows:
        yield from _table(("measure", "value", "in words"), rows)
    for line in measures.not_measured(one.unmeasured):
        yield from (f"{markdown(line[:1].upper() + line[1:])}.", "")


def _drove(one: Checked) -> Iterator[str]:
    verdict = verdicts.of_decision(one.checks, UNICODE)
    if verdict is not None:
        yield from (f"{verdict.sign} {markdown(verdict.words)}.", "")
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
            for effect in one.effects
        ),
    )
    if any(effect.censored for effect in one.effects):
        yield from ("`~`: a probability was known only as a bound.", "")
    if one.evidence is None:
        yield from ("No explanation was recorded.", "")
        return
    yield from (f"Omitted driver: {markdown(one.omitted)}" if one.omitted else "No driver was omitted.", "")
    rows = (("this explanation", one.scores), ("citing at random", one.at_random))
    yield from _table(
        ("", *(words for _, words in MEASURES)),
        ((name, *(score(scores.get(key)) for key, _ in MEASURES)) for name, scores in rows),
    )


def _pooled(pooled: Mapping[str, Pools]) -> Iterator[str]:
    yield from ("## By agent", "")
    cited, others = evidence_of(pooled), list(measures.pooled_rows(pooled))
    if cited:
        yield from ("Shares with 95 % intervals; at random: the mean of 1000 draws, and where 95 % lie.", "")
        yield from _table(POOLED, pooled_rows(cited))
    if others:
        yield from _table(measures.POOLED, others)
    for title, names, points, remark in measures.tables_below(pooled):
        yield from (f"### {title}", "")
        yield from _table(names, (row for row, _ in points))
        yield from (f"{markdown(remark)}.", "") if remark else ()


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield "| " + " | ".join(map(markdown, row)) + " |"
    yield ""
