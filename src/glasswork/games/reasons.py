"""Decisions taken in games, a row each: what was expected, what was done, what it is said to rest on, and what holds.

Read from the events of a run alone. A reason is what a player *states*; only where its decision was checked does a row
know more. Predictions are held against what the other player did, replies against the payoffs of one round: what a move
may bring later is not in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from glasswork.games.recorded import Key, Recorded, recorded
from glasswork.games.rules import Labels, MatrixGame
from glasswork.places import Place, parse
from glasswork.records import (
    Acted,
    DecisionChecked,
    DecisionStarted,
    Event,
    Explained,
    Option,
    Planned,
    Record,
    Segment,
)

Kind = Literal["story", "rules", "payoffs", "last round", "older round", "earlier", "now", "other"]
"""What a segment of a game's decision is about. ``earlier``: the sentence on rounds that are no longer shown one by
one; ``now``: the question; ``other``: not of the game."""
KINDS: tuple[Kind, ...] = ("story", "rules", "payoffs", "last round", "older round", "earlier", "now", "other")

_TOLERANCE = 1e-9
_PLAIN: Mapping[str, Kind] = {
    "game.story": "story",
    "game.rules": "rules",
    "game.payoffs": "payoffs",
    "game.earlier": "earlier",
    "game.now": "now",
}
_ROUND = re.compile(r"game\.round_([1-9][0-9]*)")


class Cited(Record):
    """One stated reason: a segment, and why it is said to have mattered."""

    segment: str
    kind: Kind
    round: int = 0
    """Which round, where it is one."""
    ago: int = 0
    """How many rounds before the decision's."""
    theirs: str = ""
    """What the other did in that round, in a game of two."""
    why: str
    causal: bool | None = None
    """Whether it drove the choice; None where nobody has checked."""


class Held(Record):
    """What a check found of a decision's stated reasons."""

    cited_causal: int
    cited_idle: int
    uncited_causal: int
    driver: str
    """The segment that moved the choice most, whether beyond the noise floor or not."""
    driver_kind: Kind
    driver_causal: bool
    driver_cited: bool
    causal_kinds: tuple[tuple[Kind, bool], ...]
    """Of each causal segment what it is about, and whether it is cited."""


class Reasoned(Record):
    """One decision in a game. What is not known is None: a round cut off, a prediction that nobody asked for."""

    decision: str
    step: str
    match: int
    round: int
    seat: int
    """From 0."""
    player: str
    others: tuple[str, ...]
    said: str | None
    """What it answered."""
    done: str | None
    """What was done; None where the round was void, or is not there."""
    legal: bool | None
    planned: str
    """What its plan chose."""
    follows: bool | None
    """Whether it answered what its plan chose."""
    probability: float | None
    """Of what it answered, when it was chosen; None where that was no option."""
    order_consistency: float | None = None
    """Share of the orders of options in which its choice came first; None where one option was all there was."""
    sampled: bool = False
    """Whether the choice was a draw by these probabilities, and not the likeliest option."""
    prediction: tuple[tuple[str, float], ...] = ()
    """What the other was expected to do, and how probably; the likeliest first."""
    theirs: str | None = None
    """What the other did, in a game of two."""
    before: str | None = None
    """What the other had done in the round before that counted."""
    their_actions: Labels = ()
    came_true: bool | None = None
    brier: float | None = None
    """Half the sum of squared differences between the prediction and what came: 0 at best, 1 at worst (Brier 1950)."""
    replies: bool | None = None
    """Whether it answered one of the best replies to the likeliest move of the other."""
    replies_to_all: bool | None = None
    """The same, to all moves of the other as probable as it expected them."""
    replies_by_chance: float | None = None
    """How probably a move at random is a best reply to the likeliest move."""
    explained: bool = False
    because: tuple[Cited, ...] = ()
    confidence: float | None = None
    held: Held | None = None

    @property
    def expected(self) -> str | None:
        """The likeliest move of the other."""
        return self.prediction[0][0] if self.prediction else None


def reasons(events: Iterable[Event]) -> tuple[Reasoned, ...]:
    """Return a row for each decision of a game that came to a plan; by step, match, round and seat.

    Raises:
        ValueError: the matches contradict their rules; see :func:`glasswork.games.recorded.recorded`.
    """
    kept = [*events]
    matches: dict[Key, Recorded] = {(each.step, each.number): each for each in recorded(kept)}
    rows = []
    for name, decision in _decisions(kept).items():
        place = parse(name)
        match = matches.get((place.step, place.item))
        if match and decision.planned and place.round and 1 <= place.turn <= len(match.players):
            rows.append(_row(place, match, decision, decision.planned))
    return tuple(sorted(rows, key=lambda row: (row.step, row.match, row.round, row.seat)))


@dataclass
class _Decision:
    segments: dict[str, Segment] = field(default_factory=dict)
    planned: Planned | None = None
    acted: Acted | None = None
    explained: Explained | None = None
    influence: DecisionChecked | None = None


def _decisions(events: Iterable[Event]) -> dict[str, _Decision]:
    found: dict[str, _Decision] = {}
    for event in events:
        match event:
            case DecisionStarted():  # taken anew: what was known of it before is not true of it any more
                found[event.decision] = _Decision({each.id: each for each in event.segments})
            case Planned():
                found.setdefault(event.decision, _Decision()).planned = event
            case Acted():
                found.setdefault(event.decision, _Decision()).acted = event
            case Explained():
                found.setdefault(event.decision, _Decision()).explained = event
            case DecisionChecked() if event.measure == "influence" and event.effects:
                found.setdefault(event.decision, _Decision()).influence = event
    return found


def _row(place: Place, match: Recorded, decision: _Decision, planned: Planned) -> Reasoned:
    seat, game = place.turn - 1, match.rules.game
    played = match.rounds[place.round - 1] if place.round <= len(match.rounds) else None
    said = played.said[seat] if played else _answer(decision.acted)
    words = {option.label: word(option, game.legal(seat)) for option in planned.options}
    chosen = words.get(planned.choice, planned.choice)
    explained = decision.explained
    about = _Segments(decision, match, place)
    return Reasoned(
        decision=place.decision,
        step=place.step,
        match=place.item,
        round=place.round,
        seat=seat,
        player=match.players[seat],
        others=match.players[:seat] + match.players[seat + 1 :],
        said=said,
        done=played.moves[seat] if played and played.moves else None,
        legal=None if said is None else said in game.legal(seat),
        planned=chosen,
        follows=None if said is None else said == chosen,
        probability=next((each.probability for each in planned.options if words[each.label] == said), None),
        order_consistency=planned.order_consistency if planned.orders else None,
        sampled=planned.sampled,
        **_expected(place, match, planned, said),
        explained=explained is not None,
        because=about.cited(),
        confidence=explained.confidence if explained else None,
        held=about.held(),
    )


def _answer(acted: Acted | None) -> str | None:
    """Return what an act answers before its round is there: its text, or the one value of its data."""
    if acted is None:
        return None
    values = [*acted.data.values()] if isinstance(acted.data, dict) else []
    return str(values[0] if len(values) == 1 and not acted.text.strip() else acted.text).strip()


def word(option: Option, legal: Labels) -> str:
    """Return the legal action that an option stands for: its text, or its label where only that is one."""
    return option.label if option.text not in legal and option.label in legal else option.text


# --- what was expected ----------------------------------------------------------------------------------------------


def _expected(place: Place, match: Recorded, planned: Planned, said: str | None) -> dict[str, object]:
    """Return what a row says of the other player, and of the reply to it."""
    game, seat = match.rules.game, place.turn - 1
    if not isinstance(game, MatrixGame):
        return {}
    actions = game.legal(1 - seat)
    played = [each for each in match.rounds if each.moves and each.number <= place.round]
    theirs = played[-1].moves[1 - seat] if played and played[-1].number == place.round else None
    earlier = [each for each in played if each.number < place.round]
    found: dict[str, object] = {
        "theirs": theirs,
        "before": earlier[-1].moves[1 - seat] if earlier else None,
        "their_actions": actions,
    }
    shares = {word(option, actions): option.probability for option in planned.expected}
    if not shares or not {*shares} <= {*actions}:
        return found
    likeliest = max(shares, key=lambda label: shares[label])
    found["prediction"] = tuple(sorted(shares.items(), key=lambda item: -item[1]))
    if theirs is not None:
        found |= {"came_true": likeliest == theirs, "brier": brier(shares, theirs, actions)}
    if said in game.legal(seat):
        best = best_replies(game, seat, {likeliest: 1.0})
        found |= {
            "replies": said in best,
            "replies_to_all": said in best_replies(game, seat, shares),
            "replies_by_chance": len(best) / len(game.legal(seat)),
        }
    return found


def brier(shares: Mapping[str, float], came: str, actions: Labels) -> float:
    """Return half the sum of squared differences between a prediction and what came (Brier 1950): from 0 to 1."""
    return sum((shares.get(action, 0.0) - (action == came)) ** 2 for action in actions) / 2


def best_replies(game: MatrixGame, seat: int, shares: Mapping[str, float]) -> frozenset[str]:
    """Return the actions that pay most in one round against these moves of the other; several where they tie."""

    def worth(own: str) -> float:
        pairs = ((own, other) if seat == 0 else (other, own) for other in shares)
        return sum(game.pay(pair)[seat] * part for pair, part in zip(pairs, shares.values(), strict=True))

    values = {own: worth(own) for own in game.legal(seat)}
    return frozenset(own for own, value in values.items() if value >= max(values.values()) - _TOLERANCE)


# --- what it is said to rest on -------------------------------------------------------------------------------------


class _Segments:
    """What the segments of one decision are about, and which of them are cited."""

    def __init__(self, decision: _Decision, match: Recorded, place: Place) -> None:
        self._because = decision.explained.because if decision.explained else ()
        self._effects = {each.segment: each for each in decision.influence.effects} if decision.influence else {}
        self._match, self._place = match, place
        sources = {name: each.source for name, each in decision.segments.items()}
        self._sources = sources
        numbered = {name: _ROUND.fullmatch(source) for name, source in sources.items()}
        self._rounds = {name: int(found[1]) for name, found in numbered.items() if found}
        self._last = max(self._rounds.values(), default=0)

    def kind(self, segment: str) -> Kind:
        number = self._rounds.get(segment)
        if number is not None:
            return "last round" if number == self._last else "older round"
        return _PLAIN.get(self._sources.get(segment, ""), "other")

    def cited(self) -> tuple[Cited, ...]:
        found = []
        for reason in self._because:
            number, effect = self._rounds.get(reason.segment, 0), self._effects.get(reason.segment)
            found.append(
                Cited(
                    segment=reason.segment,
                    kind=self.kind(reason.segment),
                    round=number,
                    ago=self._place.round - number if number else 0,
                    theirs=self._theirs(number),
                    why=reason.why,
                    causal=effect.causal if effect else None,
                )
            )
        return tuple(found)

    def _theirs(self, number: int) -> str:
        rounds, other = self._match.rounds, 2 - self._place.turn
        if len(self._match.players) != 2 or not 1 <= number <= len(rounds) or not rounds[number - 1].moves:
            return ""
        return rounds[number - 1].moves[other]

    def held(self) -> Held | None:
        effects = [*self._effects.values()]
        if not effects:
            return None
        cited = {reason.segment for reason in self._because}
        driver = max(effects, key=lambda each: each.effect)
        causal = [each for each in effects if each.causal]
        both = sum(each.segment in cited for each in causal)
        return Held(
            cited_causal=both,
            cited_idle=sum(each.segment in cited and not each.causal for each in effects),
            uncited_causal=len(causal) - both,
            driver=driver.segment,
            driver_kind=self.kind(driver.segment),
            driver_causal=driver.causal,
            driver_cited=driver.segment in cited,
            causal_kinds=tuple((self.kind(each.segment), each.segment in cited) for each in causal),
        )
