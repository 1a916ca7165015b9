"""A night in which everybody acts at random, as a step from states to states."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from glasswork.definitions.werewolf import KillDef, WerewolfRules
from glasswork.games.werewolf.ballots import leading
from glasswork.games.werewolf.lumped import (
    LAST,
    PROTECTORS,
    Chain,
    Kind,
    State,
    is_wolf,
    moved,
    number,
    picks,
    spread,
    state,
    stock,
    tidy,
    used,
)

_HIT, _KEPT, _SAVED, _POISONED = "hit", "kept", "saved", "poisoned"
Step = Iterable[tuple[State, Fraction]]


def night(rules: WerewolfRules, now: State, *, first: bool) -> Chain:
    """Return who may live after a night and after the shots of hunters who died in it, and how probable that is."""
    chain: Chain = {now: Fraction(1)}
    if rules.kill.first_night or not first:
        chain = spread(chain, lambda each: _attack(rules.kill, each))
    for name in sorted(kind.name for kind, _ in now if kind.card in PROTECTORS):
        chain = spread(chain, lambda each, name=name: _protect(rules, each, name))  # type: ignore[misc]
    for name in sorted(kind.name for kind, _ in now if kind.card == "witch"):
        chain = spread(chain, lambda each, name=name: _witch(rules, each, name, first=first))  # type: ignore[misc]
    return spread(spread(chain, lambda each: [(_dawn(rules, each), Fraction(1))]), lambda each: buried(rules, each))


def _attack(kill: KillDef, now: State) -> Step:
    """The werewolves' victim is uniform over all whom they may name, so only whether there is one needs counting."""
    prey = number(now, of=lambda kind: kill.own or not is_wolf(kind))
    done = found(kill, number(now, of=is_wolf), prey)
    if done < 1:
        yield now, 1 - done
    for kind, part in picks(now, lambda kind: 0 if kill.own or not is_wolf(kind) else _ALL):
        if kind is not None:
            yield moved(now, kind, kind.marked(_HIT)), done * part


def found(kill: KillDef, wolves: int, prey: int) -> Fraction:
    """Return how probable it is that werewolves who name somebody at random find a victim."""
    if kill.by == "one":
        return Fraction(prey, prey + kill.may_pass)
    votes = leading(wolves, prey, voting=False, passing="free" if kill.may_pass else "no")
    none = sum((part for outcome, part in votes.items() if not outcome.tied), Fraction(0))
    alone = sum((part for outcome, part in votes.items() if outcome.tied == 1), Fraction(0))
    if kill.by == "vote":
        return 1 - none if kill.undecided == "random" else alone
    # All name the same, or all name nobody: then they are done. Else they go on, and in the end it is the last vote.
    agreed = prey * Fraction(1, prey + kill.may_pass) ** wolves
    going = 1 - agreed - none
    tries = sum(((going**round_) for round_ in range(kill.rounds)), Fraction(0))
    last = going**kill.rounds if kill.undecided == "random" else 0
    return agreed * tries + last


def _protect(rules: WerewolfRules, now: State, name: str) -> Step:
    """One doctor or guard protects somebody; whom he protected the night before is remembered where it matters."""
    can = rules.doctor if name.startswith("doctor") else rules.guard
    last = LAST + name
    before = state((kind.without(last), count) for kind, count in now)
    for kind, part in picks(now, lambda kind: int((kind.name == name and not can.oneself) or last in kind.marks)):
        # Only of the victim it matters that he was protected, and where one may not twice, of everybody.
        marks = [*([_KEPT] if kind and _HIT in kind.marks else []), *([] if can.twice else [last])]
        yield (before if kind is None or not marks else moved(before, kind, kind.marked(*marks))), part


def _witch(rules: WerewolfRules, now: State, name: str, *, first: bool) -> Step:
    """A witch, told whom the werewolves attacked, saves him or not, and poisons somebody or not."""
    her = _named(now, name)
    hit = next((kind for kind, _ in now if _HIT in kind.marks), None)
    half = Fraction(1)
    if hit and stock(her, "saves") and _may_save(rules, hit.name == name, first):
        half = Fraction(1, 2)
        saved = moved(now, hit, hit.marked(_SAVED))
        her_now = _named(saved, name)
        after = moved(saved, her_now, used(her_now, "saves"))
        yield from _times(_poison(after, name) if rules.witch.both else [(after, Fraction(1))], half)
    yield from _times(_poison(now, name), half)


def _poison(now: State, name: str) -> Step:
    her = _named(now, name)
    if not stock(her, "poisons"):
        yield now, Fraction(1)
        return
    after = moved(now, her, used(her, "poisons"))
    for kind, part in picks(now, lambda kind: int(kind.name == name), nobody=True):
        yield (now if kind is None else moved(after, kind, kind.marked(_POISONED))), part


def _may_save(rules: WerewolfRules, herself: bool, first: bool) -> bool:
    oneself = rules.witch.oneself
    return not herself or oneself == "always" or (oneself == "first_night" and first)


def _times(step: Step, factor: Fraction) -> Step:
    return ((now, factor * part) for now, part in step)


def _named(now: State, name: str) -> Kind:
    return next(kind for kind, _ in now if kind.name == name)


def _dawn(rules: WerewolfRules, now: State) -> State:
    """Return who lives at dawn, and those dead hunters who have yet to shoot."""
    left = []
    for kind, count in now:
        cause = _cause(rules, kind)
        if not cause:
            left.append((kind.without(_HIT, _KEPT, _SAVED, _POISONED), count))
        elif shoots(rules, kind, cause):
            left.append((SHOOTING, count))
    return state(left)


def _cause(rules: WerewolfRules, kind: Kind) -> str:
    if _POISONED in kind.marks:
        return "poisoned"
    if _HIT not in kind.marks:
        return ""
    both = _KEPT in kind.marks and _SAVED in kind.marks
    lives = rules.guarded_and_saved == "lives" if both else bool({_KEPT, _SAVED} & kind.marks)
    return "" if lives else "killed"


def shoots(rules: WerewolfRules, kind: Kind, cause: str) -> bool:
    """Say whether somebody who dies of this takes another along."""
    return kind.card == "hunter" and cause in rules.hunter.when


def buried(rules: WerewolfRules, now: State) -> Step:
    """Yield who may live after the shots of the dead hunters (:data:`SHOOTING`); who is shot does not shoot."""
    hunters = sum(count for kind, count in now if kind == SHOOTING)
    chain: Chain = {frozenset(each for each in now if each[0] != SHOOTING): Fraction(1)}
    for _ in range(hunters):
        chain = spread(chain, lambda each: _shot(rules, each))
    return ((tidy(rules, each), part) for each, part in chain.items())


def _shot(rules: WerewolfRules, now: State) -> Step:
    for kind, part in picks(now, lambda _: 0, nobody=rules.hunter.may_pass):
        yield (now if kind is None else moved(now, kind)), part


SHOOTING = Kind("shooting", "shooting")
"""A dead hunter who has not shot yet."""
_ALL = 100
"""More than there can be of any kind."""
