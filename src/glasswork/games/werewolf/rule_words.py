"""The rules in sentences, made from the rules themselves, so that no player is told anything else than is played."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glasswork.definitions import CARDS, WerewolfRules
from glasswork.games.werewolf.night_words import night_in_words
from glasswork.games.werewolf.phrases import counted, holder, listed, many, times

_WIN = {
    "parity": "as soon as they are as many as all others who live, or more",
    "outnumber": "as soon as they are more than all others who live",
    "extinction": "as soon as nobody else lives",
    "all_villagers": "as soon as no plain villager lives",
    "side_kill": "as soon as no plain villager lives, or nobody else of the village",
}
_SHOWN = {
    "role": "{whose} card is shown",
    "team": "it is told whether {who} was a werewolf, but {whose_} card is not shown",
    "nothing": "{whose} card is not shown",
}


def rules_in_words(rules: WerewolfRules, names: Sequence[str]) -> tuple[str, ...]:
    """Return what players are told of the rules, a sentence or two each; of what cannot matter nothing is said.

    Args:
        rules: What is played.
        names: The players, by seat.
    """
    return (
        *_who_plays(rules, names),
        *_winning(rules),
        *night_in_words(rules),
        *_deaths(rules),
        *_mayor(rules),
        *_talk(rules),
        *_vote(rules),
    )


def _who_plays(rules: WerewolfRules, names: Sequence[str]) -> Iterator[str]:
    yield f"{len(names)} people play, in this order: {', '.join(names)}."
    held = listed([counted(rules.roles[card], card) for card in CARDS if rules.roles.get(card)])
    yield f"Each holds one card in secret. The cards are {held}."
    if rules.roles["werewolf"] > 1:
        yield "The werewolves know each other from the start. Nobody else knows another's card."
    else:
        yield "Nobody knows another's card."


def _winning(rules: WerewolfRules) -> Iterator[str]:
    yield (
        "The werewolves play against all others, the village. The village wins when no werewolf lives. "
        f"{_wolves(rules)} {'win' if many(rules, 'werewolf') else 'wins'} {_win(rules)}."
    )
    if rules.roles.get("possessed"):
        yield (
            f"{holder(rules, 'possessed')} is no werewolf, is counted with the others, and knows no more than they do, "
            "but wins with the werewolves."
        )
    yield "Who is dead wins and loses with their side."
    yield (
        f"The game begins with a {rules.opens}. "
        f"If nobody has won at the end of day {rules.days}, the game is over and nobody wins."
    )


def _wolves(rules: WerewolfRules) -> str:
    return "The werewolves" if many(rules, "werewolf") else "The werewolf"


def _win(rules: WerewolfRules) -> str:
    """Return when the werewolves win; one alone is as many as the others where one other lives."""
    alone = {"parity": "as soon as only one other lives, or nobody", "outnumber": _WIN["extinction"]}
    return _WIN[rules.win] if many(rules, "werewolf") else alone.get(rules.win, _WIN[rules.win])


def _deaths(rules: WerewolfRules) -> Iterator[str]:
    yield "In the morning it is told who died, but not how."
    yield f"When somebody dies in the night, {_shown(rules.reveal_night)}."
    shot = " or shot by day" if rules.roles.get("hunter") else ""
    yield f"When somebody is exiled{shot}, {_shown(rules.reveal_day)}."
    if rules.roles.get("hunter"):
        yield from _hunter(rules)
    if rules.last_words:
        yield _last_words(rules)
    yield "The dead do not speak, act or vote any more."


def _shown(shown: str) -> str:
    return _SHOWN[shown].format(whose="that player's", who="that player", whose_="the")


def _hunter(rules: WerewolfRules) -> Iterator[str]:
    told = {"killed": "killed by the werewolves", "poisoned": "poisoned", "exiled": "exiled"}
    when = [told[cause] for cause in told if cause in rules.hunter.when and (cause != "poisoned" or _poison(rules))]
    the = holder(rules, "hunter")
    if not when:
        yield f"{the} has no chance to shoot."
        return
    may = "may shoot" if rules.hunter.may_pass else "must shoot"
    yield f"{the}, when {listed(when, 'or')}, {may} another living player, who dies at once."
    if _poison(rules) and "poisoned" not in when and "killed" in when:
        yield "A hunter who was poisoned does not shoot, not even when attacked as well."


def _poison(rules: WerewolfRules) -> bool:
    return bool(rules.roles.get("witch") and rules.witch.poisons)


def _last_words(rules: WerewolfRules) -> str:
    nights = "in the night" if "night" in rules.last_words else "in the first night"
    who = [f"died {nights}"] if {"night", "first_night"} & {*rules.last_words} else []
    who += ["was exiled"] if "exile" in rules.last_words else []
    shot = " Whoever is shot has none." if rules.roles.get("hunter") else ""
    return f"Whoever {listed(who, 'or')} may say some last words to all, unless the game is over.{shot}"


def _mayor(rules: WerewolfRules) -> Iterator[str]:
    mayor = rules.mayor
    if mayor is None:
        return
    yield (
        "On the first day, before any talk, all elect one of them mayor: each names another, all at once, and all are "
        "told who named whom; ties are drawn. The mayor's card stays secret."
    )
    if mayor.weight != 1:
        yield f"The mayor's vote for an exile counts as {mayor.weight:g} votes."
    if mayor.breaks_ties and rules.vote.majority == "plurality":
        yield "When several have the most votes for an exile, the mayor chooses among them."
    if mayor.speaks_last and rules.talk.order not in {"bidding", "silent"}:
        yield "The mayor speaks last."
    if mayor.heir:
        yield "A mayor who dies names the next one, or nobody, unless the game is over."
    else:
        yield "When the mayor dies, there is none any more."


def _talk(rules: WerewolfRules) -> Iterator[str]:
    talk = rules.talk
    if talk.order == "silent":
        yield "By day nobody speaks before the vote."
    elif talk.order == "bidding":
        yield f"By day there {'is 1 statement' if talk.turns == 1 else f'are {talk.turns} statements'} before the vote."
        yield (
            "Before each statement all but the last speaker say from 0 to 4 how much they want to speak, and who says "
            f"most speaks. {'All see' if talk.bids_shown else 'Nobody sees'} what the others said. "
            "Ties are drawn, among those whom the last statement named where there are such."
        )
    else:
        yield f"By day each speaks {times(talk.rounds)} before the vote, {_ORDER[talk.order]}."


_ORDER = {
    "fixed": "in the order of the seats",
    "round_robin": "in the order of the seats, beginning each day with somebody who is drawn",
    "rotating": "in the order of the seats, beginning one seat further each day",
    "random": "in an order that is drawn anew for each round",
}


def _vote(rules: WerewolfRules) -> Iterator[str]:
    vote = rules.vote
    passing = " or for nobody" if vote.may_pass else ""
    yield f"Then all vote whom to exile: each for another living player{passing}. Whoever is exiled dies."
    yield _votes_shown(rules)
    if vote.may_pass and vote.passes_count:
        yield "Votes for nobody count like others: where they win, nobody is exiled."
    elif vote.may_pass:
        yield "Votes for nobody count for nothing."
    if vote.majority == "strict":
        yield "Who has more than half of the votes of all who live is exiled; else nobody is."
    else:
        yield f"Who has the most votes is exiled. {_ties(rules)}"


def _votes_shown(rules: WerewolfRules) -> str:
    vote = rules.vote
    if vote.order == "in_turn":
        return "They vote one after the other, by seat; all see each vote at once."
    told = {
        "who": "all are told who voted for whom",
        "counts": "all are told how many votes each got, but not from whom",
        "nothing": "only the result is told",
    }
    return f"They vote at the same time; then {told[vote.shown]}."


def _ties(rules: WerewolfRules) -> str:
    vote = rules.vote
    chooses = rules.mayor is not None and rules.mayor.breaks_ties
    several = f"Where several have the most{', and no mayor chooses' if chooses else ''},"
    if vote.tie == "nobody":
        return f"{several} nobody is exiled."
    if vote.tie == "random":
        return f"{several} one of them is drawn."
    still = "nobody is exiled" if vote.still_tied == "nobody" else "one of those is drawn"
    again = "once more" if vote.revotes == 1 else f"up to {vote.revotes} times more"
    return f"{several} all vote {again}, among those; where that is tied too, {still}."
