"""A match as the tale of a run shows it: who plays what, each round with its moves and what they paid, the outcome."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pydantic import ValidationError
from rich.console import Group, RenderableType
from rich.text import Text

from glasswork import places
from glasswork.games.reasons import word
from glasswork.games.rules import Rules
from glasswork.records import HumanAnswered, MatchFinished, MatchStarted, Planned, RoundPlayed
from glasswork.view import theme, verdicts
from glasswork.view.block import Block
from glasswork.view.clean import one_line
from glasswork.view.game_match import VOID, initials, payoff_matrix, rules_in_short
from glasswork.view.lines import points
from glasswork.view.rounds import Decision, Item
from glasswork.view.theme import cut, said, styled

IN_FULL = 20
"""Rounds that are told one by one."""
_FIRST, _LAST = 12, 4
"""Of more rounds, those that are told."""


class GameBlock(Block):
    """Draws a match, or the part of it that is told."""

    @property
    def _match(self) -> MatchStarted:
        assert self.round.match is not None, "only matches are drawn so"
        return self.round.match

    @cached_property
    def _rules(self) -> Rules | None:
        try:
            return Rules.model_validate(self._match.rules)
        except ValidationError:  # the log says so elsewhere; here what was done can be told without them
            return None

    def whole(self) -> RenderableType:
        """Draw the head, who plays what, the rounds, and how it ended."""
        parts: list[RenderableType] = [self.head()]
        if any(isinstance(item, MatchStarted) for item in self.round.items):
            parts += self._beginning()
        parts += self._rounds()
        if self.round.outcome and any(isinstance(item, MatchFinished) for item in self.round.items):
            parts.append(self._row("end", self._outcome(self.round.outcome)))
        return Group(*parts, *self._reason())

    def head(self) -> RenderableType:
        """Name the match, and say how it stands."""
        return cut(self._head()) if self.round.item else super().head()

    def _head(self) -> Text:
        text = self.glyphs.of_state(self._sign()).append_text(styled(f" match {self.round.item}", theme.HEAD))
        text.append_text(said(f"  {self._players()}", theme.LABEL))
        return text.append_text(self._facts([self._totals(), self._stands()]))

    def line(self) -> RenderableType:
        """Draw the match in one line: the head, and the moves in letters."""
        return cut(self._head().append(f"  {' / '.join(self._letters())}", style=theme.MUTED))

    def _letters(self) -> Iterator[str]:
        for seat in range(len(self._match.players)):
            short = initials(self._legal(seat)) if self._legal(seat) else {}
            played = [item for item in self.round.items if isinstance(item, RoundPlayed)]
            yield "".join(short.get(item.moves[seat], "?") if item.moves else VOID for item in played)

    def _sign(self) -> str:
        if not self.round.item:
            return super()._sign()
        if self._asks() and not self.round.outcome:
            return "waiting"
        if self.told.part == "open" and not self.round.outcome and not self.manner.under_way:
            return "cut off"
        return self.round.state

    def _stands(self) -> str:
        if self.round.outcome:
            return "" if self.round.outcome.ended == "horizon" else "ended by illegal moves"
        if self._asks():
            return "waiting"
        if self.told.part == "so far":
            return "so far"
        return "not ended" if self.round.stopped else self.manner.open_state

    def _players(self) -> str:
        return " v ".join(map(one_line, self._match.players))

    def _totals(self) -> str:
        return points(self.round.outcome.scores) if self.round.outcome else ""

    # --- beginning and end ------------------------------------------------------------------------------------------

    def _beginning(self) -> Iterator[RenderableType]:
        alone = not self.round.item
        if self._rules is not None and (alone or self.round.item == 1):
            yield self._row("game", said(rules_in_short(self._rules)))
            yield self._row(
                "pays", payoff_matrix(self._rules.game, self._match.players if alone else ("row", "column"))
            )
        for name, kind in zip(self._match.players, self._match.kinds, strict=True):
            yield self._row("plays", said(one_line(name), theme.LABEL).append_text(said(f"  {one_line(kind)}")))

    def _outcome(self, outcome: MatchFinished) -> RenderableType:
        names = map(one_line, self._match.players)
        scores = ", ".join(f"{name} {score:g}" for name, score in zip(names, outcome.scores, strict=True))
        text = said(scores, theme.HEAD)
        if outcome.ended != "horizon":
            text.append("  too many illegal moves of one player", style=theme.WARN)
        return text

    # --- rounds -----------------------------------------------------------------------------------------------------

    def _rounds(self) -> Iterator[RenderableType]:
        told = self._by_number()
        numbers = sorted(told)
        hidden: list[int] = []
        if not self.manner.verbose and len(numbers) > IN_FULL:
            hidden = numbers[_FIRST:-_LAST]
        shown = {number: self._moves(told[number]) for number in numbers if number not in hidden}
        widths = [max(move.cell_len for move in column) for column in zip(*shown.values(), strict=True)]
        for number in numbers:
            if number in shown:
                yield from self._one(number, told[number], shown[number], widths)
            elif number == hidden[0]:
                yield said(f"        {self.glyphs.more} {len(hidden)} more rounds: --verbose tells them", theme.MUTED)

    def _by_number(self) -> dict[int, list[Item]]:
        """Sort what happened by the round of the match that it belongs to."""
        found: dict[int, list[Item]] = {}
        for item in self.round.items:
            number = round_of(item)
            if number:
                found.setdefault(number, []).append(item)
        return found

    def _moves(self, items: list[Item]) -> list[Text]:
        decisions, played = _decisions(items), _played(items)
        return [self._move(seat, played, decisions.get(seat)) for seat in range(len(self._match.players))]

    def _one(self, number: int, items: list[Item], moves: list[Text], widths: list[int]) -> Iterator[RenderableType]:
        decisions, played = _decisions(items), _played(items)
        line = styled(f"  {number:>4}  ", theme.MUTED)
        for place, (move, width) in enumerate(zip(moves, widths, strict=True)):
            line.append("   " if place else "").append_text(move).append(" " * (width - move.cell_len))
        if played is not None and played.moves:
            line.append(f"   {points(played.payoffs)}", style=theme.HEAD)
        elif played is not None:
            line.append("   void", style=theme.WARN)
        yield cut(line)
        for seat, decision in sorted(decisions.items()):
            yield from self._reasons(seat, decision)
        for item in items:
            if not isinstance(item, Decision | RoundPlayed | HumanAnswered):
                yield self._item(item)

    def _move(self, seat: int, played: RoundPlayed | None, decision: Decision | None) -> Text:
        """Say what a player did, and how probable it was."""
        text = said(f"{one_line(self._match.players[seat])} ", theme.LABEL)
        planned = decision.planned if decision else None
        if played is None:
            return text.append(self._chosen(planned, seat) if planned else self.glyphs.more, style=theme.MUTED)
        answer = one_line(played.said[seat]) or "(nothing)"
        if seat in played.illegal:
            return text.append_text(said(f"{answer[:20]}", theme.BAD)).append(" illegal", style=theme.BAD)
        done = one_line(played.moves[seat]) if played.moves else answer
        text.append_text(said(answer, theme.HEAD))
        share = self._probability(planned, played.said[seat], seat) if planned else None
        text.append("" if share is None else f" {theme.percent(share).strip()}", style=theme.MUTED)
        return text.append_text(said(f", slipped: {done}", theme.WARN)) if done != answer else text

    def _legal(self, seat: int) -> tuple[str, ...]:
        return self._rules.game.legal(seat) if self._rules is not None else ()

    def _chosen(self, planned: Planned, seat: int) -> str:
        found = next((each for each in planned.options if each.label == planned.choice), None)
        return f"chose {one_line(word(found, self._legal(seat)) if found else planned.choice)}"

    def _probability(self, planned: Planned, answer: str, seat: int) -> float | None:
        words = ((word(each, self._legal(seat)), each.probability) for each in planned.options)
        return next((share for known, share in words if known == answer), None)

    def _reasons(self, seat: int, decision: Decision) -> Iterator[RenderableType]:
        """Say what a player expected, and the first reason that it stated; all reasons where nothing is to be cut."""
        head = f"        {one_line(self._match.players[seat])}: "
        failed = len(decision.failures)
        if failed:
            yield said(f"{head}{failed} attempt{'' if failed == 1 else 's'} failed", theme.WARN)
        for text in self._why_lines(decision, seat):
            line = said(head, theme.MUTED).append_text(text)
            yield line if self.manner.verbose else cut(line)

    def _why_lines(self, decision: Decision, seat: int) -> Iterator[Text]:
        because = decision.explained.because if decision.explained else ()
        texts = [styled(f"{each.segment} ", theme.CITED).append_text(said(one_line(each.why))) for each in because]
        expected = decision.planned.expected if decision.planned else ()
        first = Text()
        if expected:
            likeliest = max(expected, key=lambda each: each.probability)
            other = word(likeliest, self._legal(1 - seat)) if len(self._match.players) == 2 else likeliest.text
            share = theme.percent(likeliest.probability).strip()
            first = said(f"expects {one_line(other)} {share}{'; ' if texts else ''}", theme.MUTED)
        verdict = verdicts.of_decision(self.manner.checks.get(decision.id, {}), self.glyphs)
        if verdict is not None:
            first = styled(f"{verdict.sign} ", verdict.style).append_text(first)
        if texts or first:
            yield first.append_text(texts[0]) if texts else first
        yield from texts[1:] if self.manner.verbose else ()


def _decisions(items: list[Item]) -> dict[int, Decision]:
    """Return the decisions of a round by seat."""
    return {places.parse(item.id).turn - 1: item for item in items if isinstance(item, Decision)}


def _played(items: list[Item]) -> RoundPlayed | None:
    return next((item for item in items if isinstance(item, RoundPlayed)), None)


def round_of(item: Item) -> int:
    """Return which round of its match something belongs to; 0 for the match as a whole."""
    if isinstance(item, RoundPlayed):
        return item.number
    name = item.id if isinstance(item, Decision) else getattr(item, "decision", "") or getattr(item, "place", "")
    return places.parse(name).round if name else 0
