"""A game of hidden roles as the tale of a run shows it: a transcript, night by night and day by day.

What everybody at the table knows stands in plain print; behind a margin, and dimmed, what only some know: what was
done in secret, and under each act what its player thought.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby, zip_longest

from rich.console import Group, RenderableType
from rich.text import Text

from glasswork.games.werewolf.happening import DEATHS
from glasswork.games.werewolf.seeing import ALL
from glasswork.records import (
    HumanAnswered,
    HumanAsked,
    MatchFinished,
    MatchStarted,
    ModelFailed,
    TableHappened,
)
from glasswork.view import theme, verdicts
from glasswork.view.block import Block
from glasswork.view.clean import one_line
from glasswork.view.parts import text_block
from glasswork.view.rounds import Decision
from glasswork.view.table import SILENT, Aside, Moment, Scene, Table, Thought, mean_beliefs, table_of
from glasswork.view.table_few import Few, beliefs_words, failures_words, reason_words, thinks_words
from glasswork.view.table_ledger import Claimed, judged_words, ledger_of
from glasswork.view.table_rules import rules_in_short
from glasswork.view.table_words import SPOKEN, act_words, card_words, some, tally, tally_words, winner_words
from glasswork.view.theme import Rows, cut, said, styled

_WIDEST = 14
"""Columns that a name may take."""
_SPEECH = 8
"""Lines of a speech that are shown."""
_GROUPED = {
    "voted": "voted",
    "bid": "bid",
    "kept_silent": "kept_silent",
    "unmasked": "unmasked",
    "died": "fate",
    "exiled": "fate",
    "revealed": "fate",
}
"""What is told in one piece: what comes from many at once, and deaths with the cards that they bring to light."""
_NEWS = frozenset({"quiet", "spared", "won", "elected", "handed_on", "tied"})


class TableBlock(Block):
    """Draws such a game, or the part of it that is told."""

    def whole(self) -> RenderableType:
        """Draw the head, who plays, the scenes, and how it ended; of one decision, that alone."""
        parts: list[RenderableType] = [self.head()]
        if not self._table.scenes and self.manner.part:
            asked = (item for item in self.round.items if isinstance(item, Decision | HumanAsked | HumanAnswered))
            return Group(*parts, *map(self._item, asked))
        if any(isinstance(item, MatchStarted) for item in self.round.items):
            parts += self._beginning()
        for scene in self._table.scenes:
            parts += self._scene(scene)
        return Group(*parts, *self._rest(), *self._reason())

    def line(self) -> RenderableType:
        """Draw the game in one line."""
        return cut(self._head())

    def head(self) -> RenderableType:
        """Name the game, and say how it stands."""
        return cut(self._head()) if self.round.item else super().head()

    @cached_property
    def _table(self) -> Table:
        return table_of(self.round)

    def _head(self) -> Text:
        text = self.glyphs.of_state(self._sign()).append_text(styled(f" game {self.round.item}", theme.HEAD))
        return text.append_text(self._facts([self._won(), self._stands()]))

    def _sign(self) -> str:
        if not self.round.item:
            return super()._sign()
        if self._asks() and not self.round.outcome:
            return "waiting"
        if self.told.part == "open" and not self.round.outcome and not self.manner.under_way:
            return "cut off"
        return self.round.state

    def _won(self) -> str:
        outcome = self.round.outcome
        return f"{winner_words(outcome.ended)} on day {self._day()}" if outcome else ""

    def _day(self) -> int:
        return max((each.day for each in self._table.happenings), default=1)

    def _stands(self) -> str:
        if self.round.outcome:
            return ""
        if self._asks():
            return "waiting"
        if self.told.part == "so far":
            return "so far"
        return "not ended" if self.round.stopped else self.manner.open_state

    # --- who plays --------------------------------------------------------------------------------------------------

    def _beginning(self) -> Iterator[RenderableType]:
        started = self._table.started
        if started is None:
            return
        if self.manner.see:
            yield self._row("seen", said(self.manner.see, theme.WARN))
        if self.round.item in {0, 1}:
            yield self._row("rules", said(rules_in_short(started.rules)))
        cards = [card_words(self._table.cards[name]) if name in self._table.cards else "" for name in started.players]
        width = max(len(card) for card in cards)
        rows = Rows()
        for name, kind, card in zip(started.players, started.kinds, cards, strict=True):
            text = said(f"{card:<{width}}  " if width else "", _card_style(card))
            text.append_text(said(one_line(kind), theme.MUTED))
            rows.add_row(said(one_line(name), theme.HEAD), cut(text))
        yield self._row("seats", rows)

    # --- scenes -----------------------------------------------------------------------------------------------------

    @cached_property
    def _width(self) -> int:
        started = self._table.started
        names = [*(started.players if started else ()), *(each.by for each in self._table.happenings), "tally"]
        return 2 + min(_WIDEST, max(len(one_line(name)) for name in names))

    def _scene(self, scene: Scene) -> Iterator[RenderableType]:
        shown = [each for each in scene.moments if isinstance(each, Aside) or each.happened.what not in SILENT]
        if not shown and scene.phase == "setup":
            return
        yield Text()
        heading = styled(f"  {self.glyphs.rule * 2} ", theme.MUTED).append(scene.title, style=theme.HEAD)
        yield heading.append(self._alive(scene), style=theme.MUTED)
        rows = Rows(self._width)
        for kind, moments, after in _grouped(shown):
            for name, body in self._group(kind, moments, counted=after == "counted"):
                rows.add_row(styled("  ").append_text(said(one_line(name), theme.LABEL)), body)
        if not shown and self.manner.see:
            rows.add_row(Text(), styled("what happens is hidden", theme.MUTED))
        yield rows

    def _alive(self, scene: Scene) -> str:
        """Say how many live when a night falls; of a part of a game nobody knows."""
        table = self._table
        whole = any(isinstance(each, MatchStarted) for each in self.round.items)
        if scene.phase != "night" or scene.day == 1 or not whole:
            return ""
        before = (each for each in table.happenings if each.day < scene.day)
        gone = {each.to for each in before if each.what in DEATHS}
        return f" {self.glyphs.dot} {len(table.started.players) - len(gone)} alive" if table.started else ""

    def _group(
        self, kind: str, moments: Sequence[Moment | Aside], *, counted: bool
    ) -> Iterator[tuple[str, RenderableType]]:
        happened = [each for each in moments if isinstance(each, Moment)]
        if kind == "aside" and not self.manner.verbose:
            asides = [each.thought for each in moments if isinstance(each, Aside)]
            text = styled("suspected: ").append_text(said(beliefs_words(mean_beliefs(asides))))
            yield "", Few(text, 2, self.glyphs)
        elif kind == "unmasked":
            yield "cards", said(", ".join(f"{one_line(e.happened.to)} {card_words(e.happened.card)}" for e in happened))
        elif kind == "fate":
            yield "", Group(*(said(line, theme.HEAD) for line in fates([each.happened for each in happened])))
        elif kind == "bid":
            bids = ", ".join(f"{one_line(e.happened.by)} {one_line(e.happened.text)}" for e in happened)
            yield "bids", said(bids, "" if happened[0].public else theme.MUTED)
        elif kind == "kept_silent" and len(happened) > 1 and not any(each.thought for each in happened):
            yield "quiet", said(some(each.happened.by for each in happened), theme.MUTED)
        elif kind == "voted" and not any(each.thought for each in happened):
            votes = (f"{one_line(e.happened.by)} for {one_line(e.happened.to) or 'nobody'}" for e in happened)
            yield "votes", said(", ".join(votes), "" if happened[0].public else theme.MUTED)
        else:
            yield from map(self._moment, moments)
        if kind == "voted" and len(happened) > 1 and not counted:
            yield "tally", self._tally([each.happened for each in happened])

    def _tally(self, votes: Sequence[TableHappened]) -> Text:
        """Count votes that nobody has counted: of a game that stopped, or for who may not know the count."""
        return said(tally_words(tally(votes)), theme.HEAD if votes[0].seen_by is None else theme.MUTED)

    def _moment(self, moment: Moment | Aside) -> tuple[str, RenderableType]:
        if isinstance(moment, Aside):
            return moment.thought.by, Group(*self._thought(moment.thought))
        event = moment.happened
        if event.what == "counted":
            return "tally", said(act_words(event), theme.HEAD if moment.public else theme.MUTED)
        thoughts = [*self._claims(event), *(self._thought(moment.thought) if moment.thought else ())]
        return event.by, Group(self._happened(event), *thoughts) if thoughts else self._happened(event)

    def _happened(self, event: TableHappened) -> RenderableType:
        if event.what in SPOKEN:
            lines = None if self.manner.verbose else _SPEECH
            speech = text_block(event.text, self.glyphs, lines=lines, pointer=self._pointer(event.decision))
            how = {"last_words": "(last words)", "whispered": "(to the werewolves)"}.get(event.what, "")
            return Group(styled(how, theme.MUTED), speech) if how else speech
        words = act_words(event)
        if event.what in _NEWS:
            words, style = words if event.by else f"{words[:1].upper()}{words[1:]}.", theme.HEAD
        else:
            style = theme.BAD if event.what == "illegal" else "" if event.seen_by is None else theme.MUTED
        return said(words, style)

    def _pointer(self, decision: str) -> str:
        return f"glasswork log show {self.manner.run} '{decision}'" if decision else ""

    # --- what was thought -------------------------------------------------------------------------------------------

    @cached_property
    def _ledger(self) -> dict[int, list[Claimed]]:
        """What was claimed, by the number of the speech; judged only where everything may be told."""
        found: dict[int, list[Claimed]] = {}
        for claim in () if self.manner.see else ledger_of(self.round, ALL):
            found.setdefault(claim.number, []).append(claim)
        return found

    def _claims(self, event: TableHappened) -> Iterator[RenderableType]:
        """Draw what a speech claims, beside the truth."""
        claims = [f"{each.says} ({judged_words(each)})" for each in self._ledger.get(event.number, ())]
        if claims:
            text = styled("claims: ").append_text(said("; ".join(claims)))
            yield Few(text, None if self.manner.verbose else 2, self.glyphs)

    def _thought(self, thought: Thought) -> Iterator[RenderableType]:
        """Draw what somebody thought: a line each for what it believes, what it chose, and why it says it did."""
        lines: list[tuple[str, Text, int]] = []
        if thought.failures:
            lines.append(("failed", said(failures_words(thought.failures)), 1))
        if thought.beliefs:
            lines.append(("believes", said(beliefs_words(thought.beliefs)), 2))
        if thought.chosen or thought.thinking:
            lines.append(("thinks", thinks_words(thought, self.glyphs), 2))
        if thought.because:
            lines.append(("because", self._because(thought), 2))
        for name, text, most in lines:
            yield Few(styled(f"{name}: ").append_text(text), None if self.manner.verbose else most, self.glyphs)

    def _because(self, thought: Thought) -> Text:
        reasons = said("; ".join(map(reason_words, thought.because)))
        verdict = verdicts.of_decision(self.manner.checks.get(thought.decision, {}), self.glyphs)
        return styled(f"{verdict.sign} ", verdict.style).append_text(reasons) if verdict else reasons

    # --- what is left -----------------------------------------------------------------------------------------------

    def _rest(self) -> Iterator[RenderableType]:
        """Draw thoughts that led to nothing yet, open questions, failures, and the outcome."""
        if self._table.pending:
            rows = Rows(self._width)
            for thought in self._table.pending:
                head = styled("  ").append_text(said(one_line(thought.by), theme.LABEL))
                rows.add_row(head, Group(styled("has not acted yet", theme.MUTED), *self._thought(thought)))
            yield Text()
            yield rows
        for item in self.round.items:
            if isinstance(item, HumanAsked | ModelFailed):
                yield self._item(item)
            elif isinstance(item, MatchFinished) and not any(each.what == "won" for each in self._table.happenings):
                yield Text()
                yield self._row("end", said(self._won().capitalize(), theme.HEAD))


def fates(happened: Sequence[TableHappened]) -> Iterator[str]:
    """Say who is dead or exiled, and in the same line what card that brought to light."""
    line, whom = "", ""
    for event in happened:
        if event.what == "revealed" and event.to == whom:
            line += f": {card_words(event.card)}"
            continue
        if line:
            yield f"{line}."
        line, whom = act_words(event), event.to
    if line:
        yield f"{line}."


def _grouped(moments: Sequence[Moment | Aside]) -> Iterator[tuple[str, list[Moment | Aside], str]]:
    """Yield what is told in one piece: its kind, its moments, and the kind of what comes after."""
    groups = [(kind, [*group]) for kind, group in groupby(moments, _kind)]
    for (kind, group), (after, _) in zip_longest(groups, groups[1:], fillvalue=("", [])):
        yield kind, group, after


def _kind(moment: Moment | Aside) -> str:
    """Return by what moments are grouped."""
    if isinstance(moment, Aside):
        return "aside"
    what = moment.happened.what
    return _GROUPED.get(what, what if what == "counted" else str(id(moment)))


def _card_style(card: str) -> str:
    return theme.BAD if card.endswith("werewolf") else theme.GOOD
