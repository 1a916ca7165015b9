"""A game of werewolf as a generator: it says what happened and whom it asks, and is sent the answers.

Nothing here waits, draws from anywhere but the seed, or knows who answers: :func:`glasswork.games.werewolf.play.play`
drives it with players that answer at once, and a workflow with agents and people.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from glasswork.definitions import Card, WerewolfRules
from glasswork.games.werewolf.asking import Ask, Given, Outcome, Team, Winner
from glasswork.games.werewolf.deal import dealt
from glasswork.games.werewolf.deaths import farewell, morning
from glasswork.games.werewolf.floor import Floor, Steps, advanced
from glasswork.games.werewolf.happening import Happening
from glasswork.games.werewolf.night import night
from glasswork.games.werewolf.state import State
from glasswork.games.werewolf.talk import talk
from glasswork.games.werewolf.vote import election, vote
from glasswork.games.werewolf.winning import team, winner

Table = Generator[tuple[tuple[Happening, ...], tuple[Ask, ...]], Sequence[str], Outcome]


def table(
    rules: WerewolfRules,
    names: Sequence[str],
    seed: int,
    cards: Mapping[str, Card] | None = None,
    rotate: int = 0,
) -> Table:
    """Play a game: yield what has happened since, and who is asked what now; be sent one answer for each ask.

    All who are asked at once may be waited for at once: none may know of another's answer. The last yield has no asks.
    An answer that is not among an ask's options is told as ``illegal``, and what it was for is not done.

    Args:
        rules: What is played.
        names: The players, by seat.
        seed: Of all that is drawn; the same rules, names, seed and answers are the same game.
        cards: Who holds which card; those who are not here are dealt theirs. Default: all are dealt.
        rotate: By how many seats the deal is turned; see :func:`deal`.

    Raises:
        ValueError: the players or the cards do not fit the rules; not as many answers as asks were sent.
    """
    floor = Floor(rules, seed)
    _deal_out(floor, dealt(rules, names, seed, cards, rotate))
    flow = _flow(floor)
    asks = advanced(flow)
    while asks is not None:
        answers = yield floor.taken(), tuple(asks)
        asks = advanced(flow, _given(asks, answers))
    yield floor.taken(), ()
    return _outcome(floor.state)


def _deal_out(floor: Floor, cards: Mapping[str, Card]) -> None:
    for name, card in cards.items():
        floor.tell("dealt", to=name, names=cards, card=card, seen_by=(name,))
    wolves = floor.state.living("werewolf")
    floor.tell("pack", names=wolves, seen_by=wolves)


def _given(asks: Sequence[Ask], answers: Sequence[str]) -> list[Given]:
    if len(answers) != len(asks):
        raise ValueError(f"{len(asks)} were asked, and {len(answers)} answers were given")
    return [Given(ask, answer, place) for place, (ask, answer) in enumerate(zip(asks, answers, strict=True))]


def _outcome(state: State) -> Outcome:
    assert state.winner is not None
    return Outcome(state.winner, state.day, dict(state.cards), tuple(state.alive))


def _flow(floor: Floor) -> Steps[None]:
    won = yield from _days(floor)
    _end(floor, won)


def _days(floor: Floor) -> Steps[Winner]:
    """Let days pass until somebody has won; return who."""
    rules = floor.rules
    for day in range(1, rules.days + 1):
        floor.state.day = day
        if day >= floor.first_night:
            yield from night(floor)
            dead = yield from morning(floor)
            if won := _won(floor):
                return won
            yield from farewell(floor, dead if _last_words(floor) else ())
        else:
            floor.begin("morning", day, "day")
        if rules.mayor is not None and day == 1:
            yield from election(floor)
        yield from talk(floor)
        yield from vote(floor)
        if won := _won(floor):
            return won
        yield from farewell(floor, _exiled(floor))
    return "nobody"


def _last_words(floor: Floor) -> bool:
    """Say whether those who died of this night have last words."""
    given = floor.rules.last_words
    return "night" in given or ("first_night" in given and floor.state.day == floor.first_night)


def _exiled(floor: Floor) -> tuple[str, ...]:
    """Return who has last words after the vote."""
    exiled = floor.state.exiled
    return (exiled,) if exiled and "exile" in floor.rules.last_words else ()


def _won(floor: Floor) -> Team | None:
    return winner(floor.rules.win, [floor.state.cards[name] for name in floor.state.alive])


def _end(floor: Floor, won: Winner) -> None:
    """Tell who has won, and turn every card over."""
    state = floor.state
    state.phase = "end"
    floor.tell("won", text=won, names=[name for name in state.names if team(state.cards[name]) == won])
    for name in state.names:
        floor.tell("unmasked", to=name, card=state.cards[name])
