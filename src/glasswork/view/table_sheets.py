"""What games of hidden roles came to as tables of values: a terminal, Markdown and HTML each draw the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glasswork.games.werewolf.behaviour import Trait
from glasswork.games.werewolf.beliefs import Scores
from glasswork.games.werewolf.rating import Rating
from glasswork.games.werewolf.recorded import RecordedGame
from glasswork.games.werewolf.result import Group, Honesty, Result, Won
from glasswork.view.game_tables import Sheet, Value, shown
from glasswork.view.table_ledger import claim_words, judged
from glasswork.view.table_words import card_words, winner_words

LISTED = 12
"""Games that a terminal lists."""
_RESTS = 4
"""Happenings that a trait is shown to rest on."""


def group_sheets(group: Group) -> Iterator[Sheet]:
    """Yield the tables of games by the same rules."""
    yield won_sheet(group)
    yield players_sheet(group)
    yield votes_sheet(group)
    yield from claims_sheets(group)
    yield from beliefs_sheets(group)
    yield traits_sheet(group)
    yield from spent_sheet(group)


def rating_sheets(result: Result) -> Iterator[Sheet]:
    """Yield the ratings, and those by side."""
    note = (
        "OpenSkill, Plackett-Luce: 25 in the beginning. The mean over orders of the games; spread: how far the orders "
        "lie apart. What the cards make of the odds is taken in by a member of its own in the werewolves' team."
    )
    for title, ratings in (("Ratings", result.ratings), ("Ratings by side", result.ratings_by_side)):
        if ratings:
            columns = ("player", "rating", "from", "to", "spread", "games")
            yield Sheet(title, columns, tuple(map(_rating, ratings)), note if title == "Ratings" else "")


def _rating(one: Rating) -> tuple[Value, ...]:
    return one.name, one.mu, one.low, one.high, one.spread, one.games


def games_sheet(games: Sequence[RecordedGame], most: int | None = None) -> Sheet:
    """List games: how each ended, and who was a werewolf."""
    rows = tuple(_game(game) for game in games[:most])
    left = len(games) - len(rows)
    note = f"{left} more games: --verbose lists them." if left else ""
    return Sheet("Games", ("game", "ended", "on day", "werewolves", "lived"), rows, note)


def _game(game: RecordedGame) -> tuple[Value, ...]:
    outcome = game.outcome
    name = str(game.number) if game.number else game.step
    wolves = ", ".join(name for name, card in game.cards.items() if card == "werewolf")
    if outcome is None:
        return name, "not over", None, wolves, None
    return name, winner_words(outcome.winner), outcome.day, wolves, ", ".join(outcome.alive) or "nobody"


def won_sheet(group: Group) -> Sheet:
    """Say how often each side won, beside random play."""
    rows = [
        (side if side != "nobody" else "nobody wins", won.value, f"{won.chance:.4f}")
        for side, won in group.won.items()
        if side != "nobody" or won.value.hits or won.chance >= 0.00005
    ]
    chance = group.chance
    how = "calculated exactly" if chance.how == "exact" else f"from {chance.games} games that were drawn"
    return Sheet("Who wins", ("side", "won", "random play"), tuple(rows), f"What random play comes to is {how}.")


def players_sheet(group: Group) -> Sheet:
    """Say how often each player won, in all and by side, and lived."""
    columns = ("player", "won", "random play", "as village", "as werewolf", "lived")
    rows = tuple(
        (each.name, each.won.value, each.won.chance, _own(each.as_village), _own(each.as_werewolves), each.survived)
        for each in group.players
    )
    note = "Random play: what a player's sides win by chance, over its games."
    return Sheet("Players", columns, rows, note, compact=True)


def _own(won: Won) -> Value:
    return won.value if won.value.of else None


def votes_sheet(group: Group) -> Sheet:
    """Say whom votes hit."""
    columns = ("votes of", "hit a werewolf", "by chance", "a partner", "by chance")
    rows: list[tuple[Value, ...]] = [
        (each.name, each.accuracy.value, each.accuracy.chance, each.bus_rate.value, each.bus_rate.chance)
        for each in group.players
    ]
    rows.append(("all", group.accuracy.value, group.accuracy.chance, group.bus_rate.value, group.bus_rate.chance))
    note = (
        "Votes of the village that hit a werewolf, and votes of werewolves against one of their own; by chance: an "
        f"even draw among the others who lived. Of those exiled, werewolves: {shown(group.exiles.value)}."
    )
    return Sheet("Votes", columns, tuple(rows), note, compact=True)


def claims_sheets(group: Group) -> Iterator[Sheet]:
    """Yield what was claimed, by player and by card; nothing where nobody claimed anything."""
    if not group.honesty.claims:
        return
    columns = ("of", "said", "claims", "true", "lies", "lying", "guesses")
    rows = [(each.name, *_honesty(each.honesty)) for each in group.players]
    rows += [(card_words(each.card), *_honesty(each.honesty)) for each in group.cards]
    rows.append(("all", *_honesty(group.honesty)))
    note = (
        "Claims are found by rules, not by a model: they are right about what they find, and miss much. A lie: its "
        "speaker knew better. Lying: of all statements, those with a lie. A guess: its speaker could not know."
    )
    yield Sheet("What was claimed", columns, tuple(rows), note, compact=True)


def _honesty(one: Honesty) -> tuple[Value, ...]:
    return one.statements, one.claims, one.true, one.lies, one.deception, one.guesses


def beliefs_sheets(group: Group) -> Iterator[Sheet]:
    """Yield how good beliefs were, and how well calibrated; nothing where none were read."""
    if group.beliefs is None:
        return
    columns = ("beliefs of", "count", "Brier", "ignorant", "log loss", "ignorant", "AUROC")
    rows = [_scores("all", group.beliefs)]
    rows += [_scores(f"the {side}", each) for side, each in group.beliefs_by_side.items()]
    rows += [_scores(each.name, each.beliefs) for each in group.players if each.beliefs]
    rows += [_scores(f"day {day}", each) for day, each in group.beliefs_by_day.items()]
    note = (
        "How probable players found it that another is a werewolf, against the cards: 0 is best. Ignorant: who knows "
        "nothing, and believes of all others alike. AUROC: how often a werewolf was suspected more than another; "
        "0.5 is chance."
    )
    yield Sheet("Beliefs", columns, tuple(rows), note)
    bins = tuple((f"{b.low:.0%} to {b.high:.0%}", b.count, b.believed, b.so) for b in group.beliefs.bins if b.count)
    about = "Well calibrated is who is right as often as it believes to be."
    yield Sheet("Calibration", ("believed", "count", "on average", "were werewolves"), bins, about)


def _scores(name: str, one: Scores) -> tuple[Value, ...]:
    return name, one.beliefs, one.brier, one.brier_ignorant, one.log_loss.mean, one.log_loss_ignorant, one.auroc


def traits_sheet(group: Group) -> Sheet:
    """Say what the behaviour of each player shows, and on which happenings that rests."""
    rows = tuple(_trait(trait) for each in group.players for trait in each.traits if trait.value.of)
    note = (
        "Trust: of the sides that others took on a player in public, those for it. Confrontation: of those who spoke "
        "against it, those it then turned against. Camouflage: of pairs of a werewolf and another, those in which the "
        "other was suspected more. Leadership: of the votes after its accusations, those that follow. The numbers are "
        "of happenings in a game."
    )
    return Sheet("Behaviour", ("player", "what", "share", "usual", "rests on"), rows, note, compact=True)


def _trait(trait: Trait) -> tuple[Value, ...]:
    shown = [f"{each.game}:{each.number}" if each.game else str(each.number) for each in trait.rests_on[:_RESTS]]
    left = len(trait.rests_on) - len(shown)
    return trait.name, trait.what, trait.value, trait.baseline, ", ".join(shown) + (f" and {left} more" if left else "")


def spent_sheet(group: Group) -> Iterator[Sheet]:
    """Yield what a game took, and how many answers were illegal."""
    rows: list[tuple[Value, ...]] = [("illegal answers", group.illegal), ("players who lived", group.survived)]
    rows += [("of the village's powers lived", group.key_cards)] if group.key_cards.of else []
    rows += [("exiles that hit a werewolf", group.exiles.value)] if group.exiles.value.of else []
    rows += [("days", group.days)] if group.days else []
    spent = group.spent
    if spent is not None:
        rows += [("calls a game", f"{spent.calls:,.0f}"), ("tokens a game", f"{spent.tokens:,.0f}")]
        rows += [("seconds of models a game", f"{spent.seconds:,.1f}")]
        rows += [("money in all", spent.money)] if spent.money else []
    yield Sheet("Games in numbers", ("what", "value"), tuple(rows))


def ledger_sheet(group: Group, most: int) -> Sheet | None:
    """List the claims one by one; None where there are none."""
    if not group.ledger:
        return None
    rows = tuple(
        (
            f"{each.game}:{each.number}" if each.game else str(each.number),
            each.day,
            each.claim.speaker,
            claim_words(each.claim),
            f"“{each.claim.quote}”",
            judged(each.truth, each.honesty),
        )
        for each in group.ledger[:most]
    )
    left = len(group.ledger) - len(rows)
    note = f"{left} more stand in results.json." if left else ""
    return Sheet("The ledger of claims", ("happening", "day", "who", "claims", "in words", "judged"), rows, note)
