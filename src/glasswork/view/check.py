"""What a check found: decision by decision, then pooled; what ``glasswork check`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from glasswork.explain.evidence import Estimate, Pooled
from glasswork.explain.measures import Pools
from glasswork.records import DecisionChecked, Effect, Segment
from glasswork.view import theme, verdicts
from glasswork.view.clean import one_line
from glasswork.view.measures import drawn_below, measure_lines, not_measured, of_share, pooled_measures, score
from glasswork.view.rounds import Decision
from glasswork.view.theme import Drawn, Glyphs, number, said, seconds, styled

MEASURES = (("precision", "precision"), ("recall", "recall"), ("weighted_recall", "weighted recall"))
"""How each measure of evidence is called in data, and by people."""
POOLED = ("agent", "decisions", "measure", "share [95 % interval]", "citing at random")


class Own(NamedTuple):
    """What a decision's own calls took."""

    calls: int
    tokens: int
    seconds: float
    """One call after the other."""


@dataclass(frozen=True)
class Checked:
    """A decision, and what a check of it found."""

    name: str
    agent: str
    segments: tuple[Segment, ...]
    checks: Mapping[str, DecisionChecked]
    """The events, by measure."""
    own: Own | None = None
    """None where nobody knows, as of a case from a file."""
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    """Measures that could not be made, and why."""

    @classmethod
    def of(cls, decision: Decision) -> Self | None:
        """Return the latest checks of a decision of a log; None where there are none."""
        if not decision.checks or decision.started is None:
            return None
        started = decision.started
        return cls(decision.id, started.agent, started.segments, dict(decision.checks), own_of(decision))

    @property
    def influence(self) -> DecisionChecked | None:
        """What drove it; None where that was not measured."""
        return self.checks.get("influence")

    @property
    def evidence(self) -> DecisionChecked | None:
        """What its explanation cites of that; None where there is no explanation, or nothing to set it against."""
        return self.checks.get("evidence")

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What each segment did."""
        return self.influence.effects if self.influence else ()

    @property
    def floor(self) -> float:
        """The noise floor, in nats."""
        return (self.influence.floor or 0.0) if self.influence else 0.0

    @property
    def scores(self) -> Mapping[str, Any]:
        """Precision, recall and weighted recall."""
        return self.evidence.detail if self.evidence else {}

    @property
    def at_random(self) -> Mapping[str, Any]:
        """The same of citing as many segments at random."""
        found: Mapping[str, Any] = self.scores.get("at_random", {})
        return found

    @property
    def omitted(self) -> str:
        """The driver that is not cited; empty where there is none."""
        return str(self.scores.get("omitted", ""))


def own_of(decision: Decision) -> Own:
    """Return what a decision's own calls took."""
    return Own(len(decision.answers), decision.usage.total, decision.seconds)


def check_view(
    checked: Sequence[Checked], skipped: Sequence[tuple[str, str]], pooled: Mapping[str, Pools]
) -> RenderableType:
    """Show what was found: a table for each decision, one for each agent, and what could not be checked."""
    return Drawn(lambda glyphs: Group(*_page(checked, skipped, pooled, glyphs)))


def _page(
    checked: Sequence[Checked], skipped: Sequence[tuple[str, str]], pooled: Mapping[str, Pools], glyphs: Glyphs
) -> Iterator[RenderableType]:
    for one in checked:
        yield _head(one, glyphs)
        table = [influence_table(one, glyphs)] if one.influence else []
        yield Padding(Group(*table, *findings(one, glyphs)), (0, 0, 1, 2))
    yield from _together(pooled, glyphs)
    if skipped:
        yield styled("Not checked", theme.HEAD)
        for name, reason in skipped:
            yield said(f"  {name}  ").append_text(said(reason, theme.MUTED))


def _together(pooled: Mapping[str, Pools], glyphs: Glyphs) -> Iterator[RenderableType]:
    """Show what decisions come to together, agent by agent."""
    if not pooled:
        return
    tables = [table for table in (pooled_table(evidence_of(pooled)), pooled_measures(pooled)) if table is not None]
    if tables:
        yield styled("By agent", theme.HEAD)
    for table in tables:
        yield Padding(table, (0, 0, 1, 2))
    for title, table in drawn_below(pooled, glyphs):
        yield styled(title, theme.HEAD)
        yield Padding(table, (0, 0, 1, 2))


def evidence_of(pooled: Mapping[str, Pools]) -> dict[str, Pooled]:
    """Return the evidence of those whose decisions were set against what they cite."""
    return {agent: one.evidence for agent, one in pooled.items() if one.evidence is not None}


def _head(one: Checked, glyphs: Glyphs) -> Text:
    head = said(one.name, theme.HEAD)
    if one.agent:
        head.append_text(said(f"  agent {one.agent}", theme.MUTED))
    verdict = verdicts.of_decision(one.checks, glyphs)
    return head.append("  ").append_text(verdict.text()) if verdict else head


def influence_table(one: Checked, glyphs: Glyphs) -> RenderableType:
    """Draw each segment's influence on the choice, and the floor under them."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for _ in range(6):
        table.add_column(no_wrap=True, overflow="ellipsis")
    sources = {segment.id: segment.source for segment in one.segments}
    scale = verdicts.scale_of(one.effects, one.floor)
    for effect in one.effects:
        verdict = verdicts.of_segment(effect, glyphs)
        source = said(one_line(sources.get(effect.segment, "")), theme.MUTED)
        source.truncate(24, overflow="ellipsis")
        table.add_row(
            styled(verdict.sign, verdict.style),
            said(effect.segment, theme.CITED if effect.cited else ""),
            source,
            verdicts.bar(effect.effect, one.floor, scale, glyphs),
            verdicts.nats(effect),
            styled(verdict.words, verdict.style),
        )
    floor = verdicts.floor_bar(one.floor, scale, glyphs)
    table.add_row("", "", styled("noise floor", theme.MUTED), floor, styled(verdicts.signed(one.floor), theme.MUTED))
    return table


def findings(one: Checked, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Say below the table what it comes to, how it was found, and what it took."""
    if one.omitted:
        words = f"omitted driver: {one.omitted} moved the choice most, and the explanation does not cite it"
        yield styled(words, theme.BAD)
    if one.evidence is not None:
        yield _scores(one)
    elif one.influence is not None:
        yield styled("no explanation was recorded: only what drove it can be said", theme.MUTED)
    if any(effect.censored for effect in one.effects):
        yield styled("~ a probability was known only as a bound: the effect may be larger", theme.MUTED)
    if one.influence is not None:
        yield said(f" {glyphs.dot} ".join(how_asked(one.influence, one.own)), theme.MUTED)
    others = measure_lines(one.checks)
    if others is not None:
        yield others
    for line in not_measured(one.unmeasured):
        yield said(line, theme.MUTED)


def _scores(one: Checked) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(*(styled(name, theme.MUTED) for name in ("evidence", *(words for _, words in MEASURES))))
    for name, scores in (("of this explanation", one.scores), ("citing at random", one.at_random)):
        table.add_row(said(name, theme.MUTED), *(said(score(scores.get(key))) for key, _ in MEASURES))
    return table


def how_asked(event: DecisionChecked, own: Own | None) -> Iterator[str]:
    """Say by which method influence was found, and what that took beside the decision itself."""
    yield event.method
    yield f"noise floor {event.floor or 0.0:.2f} nats"
    if not event.calls:
        yield "as measured for the earlier explanation" if event.at_least is not None else "from recorded readings"
        return
    yield f"{number(event.calls)} questions"
    times = f" ({event.seconds / own.seconds:.1f} times the decision's own)" if own and own.seconds else ""
    yield f"{seconds(event.seconds)}{times}"
    share = f" ({event.usage.total / own.tokens:.1f} times)" if own and own.tokens else ""
    yield f"{number(event.usage.total)} tokens{share}"


def pooled_table(pooled: Mapping[str, Pooled]) -> RenderableType | None:
    """Draw the evidence of many decisions, a row for each agent and measure, beside citing at random."""
    if not pooled:
        return None
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(*(styled(name, theme.MUTED) for name in POOLED))
    for row in pooled_rows(pooled):
        table.add_row(*(said(cell) for cell in row))
    return table


def pooled_rows(pooled: Mapping[str, Pooled]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a pooled table, under :data:`POOLED`."""
    for agent, one in pooled.items():
        drawn = one.at_random
        name, decisions = agent or "(unnamed)", str(one.decisions)
        yield name, decisions, "precision", of_share(one.precision), _estimate(drawn["precision"])
        yield "", "", "recall", of_share(one.recall), _estimate(drawn["recall"])
        yield "", "", "weighted recall", _estimate(one.weighted_recall), _estimate(drawn["weighted_recall"])
        yield "", "", "driver omitted", of_share(one.omitted_drivers), ""


def _estimate(estimate: Estimate) -> str:
    if estimate.value is None:
        return "undefined"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"
