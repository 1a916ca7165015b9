"""One decision, whole: what ``glasswork log why`` prints."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from glasswork import places
from glasswork.log.reader import Log
from glasswork.records import Because, Effect, ModelAnswered, RoundPlayed, Segment, Usage
from glasswork.view import theme, verdicts
from glasswork.view.check import Checked, findings
from glasswork.view.clean import one_line
from glasswork.view.parts import act_block, how_chosen, options_block, text_block, turning_point
from glasswork.view.rounds import Decision, Round
from glasswork.view.tale import tell
from glasswork.view.theme import Drawn, Glyphs, Rows, number, said, seconds, styled
from glasswork.view.thoughts import thought_tree

CLAIM = "These are the model's own claims about itself; nothing on this page has tested them."
BELOW = "These are the model's own claims about itself; what a check has found stands below."
TESTED = "These are the model's own claims about itself; the marks say what a check has found of them."


def why(log: Log, decision_id: str, *, verbose: bool = False) -> RenderableType:
    """Show one decision: evidence, options, choice, act, reasons, cost. ``verbose`` cuts nothing.

    ``decision_id`` may leave the round out; the last one of that step is meant then. Raises NotFound.
    """
    tale = tell(log.events)
    decision = tale.decision(decision_id)
    round_ = next(each for each in tale.rounds if each.decision(decision.id))
    return Drawn(lambda glyphs: _Page(decision, round_, glyphs, verbose=verbose).whole())


class _Page:
    def __init__(self, decision: Decision, round_: Round, glyphs: Glyphs, *, verbose: bool) -> None:
        self.decision = decision
        self.round = round_
        self.glyphs = glyphs
        self.verbose = verbose
        explained, started = decision.explained, decision.started
        self.because: tuple[Because, ...] = explained.because if explained else ()
        self.segments: dict[str, Segment] = {segment.id: segment for segment in started.segments} if started else {}
        influence = decision.checks.get("influence")
        self.effects: dict[str, Effect] = {one.segment: one for one in influence.effects} if influence else {}
        self.floor = (influence.floor or 0.0) if influence else 0.0

    def whole(self) -> RenderableType:
        parts = [self._head()]
        for title, body in (
            ("What it saw", self._saw()),
            ("What it thought", self._thought()),
            ("How it thought", self._thoughts()),
            ("What it expected of the other", self._expected()),
            ("What it weighed", self._weighed()),
            ("What it did", self._did()),
            ("What came of it", self._came()),
            ("Why, in its own words", self._reasons()),
            ("What a check found", self._check()),
            ("What it cost", self._cost()),
        ):
            if body is not None:
                parts += [Text(), styled(title, theme.HEAD), Padding(body, (0, 0, 0, 2))]
        return Group(*parts)

    def _lines(self, lines: int) -> int | None:
        return None if self.verbose else lines

    def _head(self) -> RenderableType:
        head = said(self.decision.id, theme.HEAD)
        started = self.decision.started
        if started is None:
            return head
        facts = [f"agent {started.agent}", f"role {started.role}", started.model, f"strategy {started.strategy}"]
        return head.append_text(said("  " + f" {self.glyphs.dot} ".join(facts), theme.MUTED))

    def _saw(self) -> RenderableType | None:
        cited = {reason.segment for reason in self.because}
        parts: list[RenderableType] = []
        for segment in self.segments.values():
            title = styled(segment.id, theme.CITED).append_text(said(f" {segment.source}", theme.MUTED))
            if segment.id in cited:
                title.append(f" {self.glyphs.chosen} cited", style=theme.CITED)
            body = text_block(segment.text or "(empty)", self.glyphs, lines=self._lines(8))
            drove = [Padding(self._influence(segment.id), (0, 0, 0, 3))] if segment.id in self.effects else []
            parts += [title, *drove, Padding(body, (0, 0, 0, 3))]
        return Group(*parts) if parts else None

    def _influence(self, segment: str) -> Text:
        """Draw by how much a segment moved the choice."""
        effect = self.effects[segment]
        scale = verdicts.scale_of([*self.effects.values()], self.floor)
        text = verdicts.bar(effect.effect, self.floor, scale, self.glyphs).append(f"{verdicts.nats(effect)}  ")
        return theme.cut(text.append_text(verdicts.of_segment(effect, self.glyphs).text()))

    def _check(self) -> RenderableType | None:
        checked = Checked.of(self.decision)
        return Group(*findings(checked, self.glyphs)) if checked else None

    def _thought(self) -> RenderableType | None:
        planned = self.decision.planned
        if planned is None or not (planned.thinking.strip() or planned.reasoning.strip()):
            return None
        parts: list[RenderableType] = []
        if planned.thinking.strip():
            parts.append(text_block(planned.thinking, self.glyphs, lines=None))
        if planned.reasoning.strip():
            parts.append(styled("raw reasoning, as the server sent it:", theme.MUTED))
            parts.append(Padding(text_block(planned.reasoning, self.glyphs, lines=self._lines(12)), (0, 0, 0, 2)))
        return Group(*parts)

    def _thoughts(self) -> RenderableType | None:
        """Draw a tree or graph of thoughts, where there is one."""
        decision = self.decision
        if not decision.thoughts:
            return None
        return thought_tree(decision.thoughts, decision.thought, self.glyphs, whole=self.verbose)

    def _weighed(self) -> RenderableType | None:
        planned = self.decision.planned
        if planned is None:
            return styled("it never came to a plan", theme.WARN)
        return Group(options_block(planned.options, planned.choice, self.glyphs, whole=True), how_chosen(planned))

    def _expected(self) -> RenderableType | None:
        """Show what the other player of a game was expected to do."""
        expected = self.decision.planned.expected if self.decision.planned else ()
        likeliest = max(expected, key=lambda each: each.probability).label if expected else ""
        return options_block(expected, likeliest, self.glyphs, whole=True) if expected else None

    def _came(self) -> RenderableType | None:
        """Show what the round of a game came to that this decision was a move of."""
        match, number = self.round.match, places.parse(self.decision.id).round
        played = (item for item in self.round.items if isinstance(item, RoundPlayed) and item.number == number)
        came = next(played, None)
        if match is None or came is None:
            return None
        if not came.moves:
            return styled("the round was void: an answer was no legal move", theme.WARN)
        rows = [
            (f"{one_line(name)} {one_line(move)}", f"{payoff:g}")
            for name, move, payoff in zip(match.players, came.moves, came.payoffs, strict=True)
        ]
        return said(", ".join(f"{what}: {paid}" for what, paid in rows))

    def _did(self) -> RenderableType | None:
        acted = self.decision.acted
        return act_block(acted, self.glyphs, lines=None) if acted else styled("it never acted", theme.WARN)

    def _reasons(self) -> RenderableType:
        explained = self.decision.explained
        if explained is None:
            return styled("no explanation was recorded", theme.WARN)
        share = theme.percent(explained.confidence).strip()
        facts = [f"for a {explained.reader}", f"{share} sure"]
        return Group(
            styled(self._standing(), theme.MUTED),
            *(self._reason(reason) for reason in self.because),
            said(f" {self.glyphs.dot} ".join(facts), theme.MUTED),
            said("would change if ", theme.MUTED).append_text(said(turning_point(explained))),
        )

    def _standing(self) -> str:
        """Say what the model's words are worth."""
        checks = self.decision.checks
        return TESTED if "evidence" in checks else BELOW if checks else CLAIM

    def _reason(self, reason: Because) -> RenderableType:
        """Set a reason beside the words that it cites."""
        grid = Rows(3)
        grid.add_row(said(reason.segment, theme.CITED), said(reason.why))
        segment = self.segments.get(reason.segment)
        quote = one_line(segment.text) if segment else "it saw no such segment"
        line = said(f"{self.glyphs.margin} {quote}", theme.MUTED if segment else theme.WARN)
        grid.add_row(Text(), theme.cut(line))
        if reason.segment in self.effects:
            verdict = verdicts.of_segment(self.effects[reason.segment], self.glyphs)
            grid.add_row(styled(verdict.sign, verdict.style), styled(verdict.words, verdict.style))
        return grid

    def _cost(self) -> RenderableType | None:
        answers = self.decision.answers
        if not answers:
            return None
        grid = Table.grid(padding=(0, 2, 0, 0))
        for _ in range(5):
            grid.add_column(justify="right")
        grid.columns[0].justify = "left"
        grid.add_row(*(styled(name, theme.MUTED) for name in ("stage", "calls", "tokens", "from cache", "time")))
        for stage, calls in by_stage(answers).items():
            grid.add_row(*self._cost_row(stage, calls))
        grid.add_row(*self._cost_row("all", answers), style=theme.HEAD)
        failures = self.decision.failures
        if not failures:
            return grid
        tokens = sum(failed.usage.total for failed in failures)
        took = f", {number(tokens)} tokens" if tokens else ""
        return Group(
            grid, styled(f"{len(failures)} attempt{'' if len(failures) == 1 else 's'} failed{took}", theme.WARN)
        )

    def _cost_row(self, name: str, calls: list[ModelAnswered]) -> list[Text]:
        usage = sum((call.completion.usage for call in calls), Usage())
        time = sum(call.completion.seconds for call in calls)
        share = cached_share(usage)
        cached = "not known" if share is None else theme.percent(share).strip()
        return [said(name), Text(number(len(calls))), Text(number(usage.total)), Text(cached), Text(seconds(time))]


def by_stage(answers: list[ModelAnswered]) -> dict[str, list[ModelAnswered]]:
    """Sort a decision's calls by stage: the second part of their place (``build#1/choose/2``)."""
    stages: dict[str, list[ModelAnswered]] = {}
    for answer in answers:
        stage = places.parse(answer.place).stage.partition("/")[0]
        stages.setdefault(stage or "other", []).append(answer)
    return stages


def cached_share(usage: Usage) -> float | None:
    """Return the share of prompt tokens that came from the server's cache; None where it does not say."""
    if usage.cached_tokens is None or not usage.prompt_tokens:
        return None
    return min(1.0, usage.cached_tokens / usage.prompt_tokens)
