"""Where a run can be left for another: the exact events that a fork keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from glasswork.errors import NotFound, UserError
from glasswork.log.reader import Entry
from glasswork.places import decision_named, parse
from glasswork.records import Acted, DecisionChecked, DecisionStarted, Event, ModelAnswered, ModelFailed, Planned

Change = Literal["choose", "edit", "model"]


class ForkPoint(NamedTuple):
    """A fork keeps the events 1 to ``upto``. ``option`` is the label that is to be chosen, for ``choose``."""

    decision: str
    upto: int
    option: str = ""


def fork_point(entries: Sequence[Entry], name: str, change: Change, *, option: str = "") -> ForkPoint:
    """Return where a run is left.

    Args:
        entries: The run's log.
        name: A decision (``build#1``), or a step: then its last decision.
        change: What becomes another: the choice (all that led to it is kept), the act (the plan is kept, too), or the
            model (everything of this decision and after it is asked anew).
        option: For ``choose``: the label or the text of an option.

    Raises:
        NotFound: there is no such decision, or no such option.
        UserError: the decision did not come that far, or the option was chosen anyway.
    """
    decision = _decision(entries, name)
    if change == "model":
        return ForkPoint(decision, _first(entries, decision, DecisionStarted) - 1)
    planned = next((e for e in entries if isinstance(e.event, Planned) and e.event.decision == decision), None)
    if planned is None:
        raise UserError(f"the run was cut off before {decision} was planned, so there is nothing to change in it")
    assert isinstance(planned.event, Planned)
    if change == "choose":
        return ForkPoint(decision, planned.seq - 1, _label(planned.event, option))
    return ForkPoint(decision, _before_act(entries, decision))


def late_explanations(entries: Iterable[Entry], upto: int) -> list[ModelAnswered | DecisionChecked]:
    """Return explanations that were still being written at a fork's point, of what was decided and done before it; and
    what the tests found of them that the workflow demands.

    A fork changes one thing; what another decision said of itself is not to be asked again for it.
    """
    acted, found = set[str](), list[ModelAnswered | DecisionChecked]()
    for entry in entries:
        event = entry.event
        if isinstance(event, Acted) and entry.seq <= upto:
            acted.add(event.decision)
        elif isinstance(event, ModelAnswered) and entry.seq > upto:
            place = parse(event.place)
            if place.stage.partition("~")[0] == "explain" and place.decision in acted:
                found.append(event)
        elif isinstance(event, DecisionChecked) and entry.seq > upto and event.decision in acted:
            found += [] if event.at_least is None else [event]
    return found


def _decision(entries: Iterable[Entry], name: str) -> str:
    known = [entry.event.decision for entry in entries if isinstance(entry.event, DecisionStarted)]
    found = decision_named(name, known)
    if found is None:
        raise NotFound("decision", name, known)
    return found


def _first(entries: Iterable[Entry], decision: str, kind: type[DecisionStarted]) -> int:
    return next(e.seq for e in entries if isinstance(e.event, kind) and e.event.decision == decision)


def _label(planned: Planned, option: str) -> str:
    found = [one.label for one in planned.options if option in {one.label, one.text}]
    found = found or [one.label for one in planned.options if option.casefold() == one.text.casefold()]
    if not found:
        words = [f"{one.label} ({one.text})" for one in planned.options]
        raise UserError(f"{planned.decision} has no option {option!r}; its options: {', '.join(words)}")
    if found[0] == planned.choice:
        raise UserError(f"{planned.decision} chose {found[0]} anyway; name another option")
    return found[0]


def _before_act(entries: Sequence[Entry], decision: str) -> int:
    def acts(event: Event) -> bool:
        if isinstance(event, Acted):
            return event.decision == decision
        if not isinstance(event, ModelAnswered | ModelFailed):
            return False
        place = parse(event.place)
        return place.decision == decision and place.stage.partition("~")[0] == "act"

    return next((entry.seq - 1 for entry in entries if acts(entry.event)), entries[-1].seq)
