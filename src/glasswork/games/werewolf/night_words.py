"""The rules of the night in sentences; see :mod:`glasswork.games.werewolf.rule_words`."""

from __future__ import annotations

from collections.abc import Iterator

from glasswork.definitions import Card, WerewolfRules
from glasswork.definitions.werewolf import ProtectDef
from glasswork.games.werewolf.phrases import holder, listed, many, several, times


def night_in_words(rules: WerewolfRules) -> Iterator[str]:
    """Tell what happens at night, in the order of the night."""
    acting = [card for card in rules.night if rules.roles.get(card)]
    names = [several(rules, card) for card in acting]
    if len(names) > 1:
        yield f"At night these act, in this order: {listed(names)}. Nobody else sees what they do."
    for card in acting:
        yield from _ACTS[card](rules)
    if rules.roles.get("witch") and rules.witch.saves and (rules.roles.get("doctor") or rules.roles.get("guard")):
        yield f"Whoever is protected and saved by the witch in the same night {rules.guarded_and_saved}."


def _kill(rules: WerewolfRules) -> Iterator[str]:
    kill, pack = rules.kill, many(rules, "werewolf")
    if pack and kill.talk:
        yield f"The werewolves first talk among themselves: each speaks {times(kill.talk)}, unless one is left alone."
    yield _WHO_KILLS[kill.by if pack else "alone"](rules)
    yield f"{'They' if pack else 'It'} may name any living player{_prey(rules)}."
    if kill.may_pass:
        nothing = ", which counts for nothing unless all of them do" if pack and kill.by != "one" else ""
        yield f"{'They' if pack else 'It'} may also name nobody{nothing}."
    yield f"Who is attacked dies{_unless(rules)}."
    if not kill.first_night:
        yield "In the first night nobody is attacked."


def _unless(rules: WerewolfRules) -> str:
    """Return what helps against an attack."""
    helps = ["protected"] if rules.roles.get("doctor") or rules.roles.get("guard") else []
    helps += ["saved"] if rules.roles.get("witch") and rules.witch.saves else []
    return f", unless {listed(helps, 'or')}" if helps else ""


def _prey(rules: WerewolfRules) -> str:
    pack = many(rules, "werewolf")
    if rules.kill.own:
        return ", each other and themselves too" if pack else ", and itself"
    return " who is not a werewolf" if pack else " but itself"


def _by_one(_rules: WerewolfRules) -> str:
    return "One living werewolf, drawn anew each night, decides alone whom they attack."


def _by_vote(rules: WerewolfRules) -> str:
    return (
        "Each werewolf names whom to attack, and sees what the others named when all have. "
        f"Who is named most is attacked; where several are, {_undecided(rules)}."
    )


def _by_consensus(rules: WerewolfRules) -> str:
    again = "once" if rules.kill.rounds == 1 else f"up to {rules.kill.rounds} times, until all name the same"
    tied = _undecided(rules) if rules.kill.undecided == "nobody" else "one of those named most the last time is drawn"
    return (
        f"Each werewolf names whom to attack, {again}, and sees each time what the others named when all have. "
        f"Who is named by all is attacked; where they do not agree, {tied}."
    )


def _undecided(rules: WerewolfRules) -> str:
    return "one of them is drawn" if rules.kill.undecided == "random" else "nobody is attacked"


_WHO_KILLS = {
    "alone": lambda _rules: "The werewolf names whom to attack.",
    "one": _by_one,
    "vote": _by_vote,
    "consensus": _by_consensus,
}


def _protect(rules: WerewolfRules, card: Card, can: ProtectDef) -> Iterator[str]:
    barred = ["" if can.oneself else "themselves", "" if can.twice else "the same player two nights in a row"]
    never = " or ".join(one for one in barred if one)
    may = f"They cannot choose {never}." if never else "They may choose themselves, and the same player again."
    if never and can.oneself:
        may += " They may choose themselves."
    yield f"{holder(rules, card)} chooses whom to protect: an attack of the werewolves does not kill that player. {may}"


def _doctor(rules: WerewolfRules) -> Iterator[str]:
    yield from _protect(rules, "doctor", rules.doctor)


def _guard(rules: WerewolfRules) -> Iterator[str]:
    yield from _protect(rules, "guard", rules.guard)


def _seer(rules: WerewolfRules) -> Iterator[str]:
    learns = "whether that player is a werewolf" if rules.seer.tells == "team" else "that player's card"
    again = "" if rules.seer.again else ", never at the same one twice"
    yield f"{holder(rules, 'seer')} looks at another living player{again}, and learns {learns}."


def _medium(rules: WerewolfRules) -> Iterator[str]:
    learns = "whether that player was a werewolf" if rules.medium.tells == "team" else "that player's card"
    yield f"When somebody was exiled the day before, {holder(rules, 'medium', start=False)} learns {learns}."


def _witch(rules: WerewolfRules) -> Iterator[str]:
    witch, the = rules.witch, holder(rules, "witch")
    uses = {"saves": witch.saves, "poisons": witch.poisons}
    potions = [f"a potion that {does}, to be used {times(often)}" for does, often in uses.items() if often]
    yield f"{the} has {', and '.join(potions) or 'no potion'}." + (" She need not use any." if potions else "")
    if witch.saves:
        own = {"always": "also herself", "first_night": "herself only in the first night", "never": "but never herself"}
        yield (
            "As long as she can save, she is told whom the werewolves attack, and may save that player, "
            f"{own[witch.oneself]}."
        )
    if witch.poisons:
        yield "Whom she poisons dies; nothing helps against it."
    if len(potions) > 1:
        yield f"She may {'use both' if witch.both else 'not use both'} in one night."


_ACTS = {
    "werewolf": _kill,
    "doctor": _doctor,
    "guard": _guard,
    "seer": _seer,
    "medium": _medium,
    "witch": _witch,
}
