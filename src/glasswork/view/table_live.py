"""A game of hidden roles while it is played, line by line: what happened, and beside it what was thought."""

from __future__ import annotations

from glasswork.games.werewolf.seeing import is_table
from glasswork.places import parse
from glasswork.records import (
    Acted,
    DecisionStarted,
    Event,
    Explained,
    MatchFinished,
    MatchStarted,
    Planned,
    TableHappened,
    Weighed,
)
from glasswork.view.clean import one_line
from glasswork.view.table_words import happening_words, phase_words, table_words

_UNSEEN = frozenset({"night", "morning", "dealt", "pack", "bid"})


class TableLines:
    """Takes a run's events one by one, and says in lines what those of a game mean. Of many games: how each ended."""

    def __init__(self) -> None:
        self._steps: set[str] = set()
        self._scene: tuple[str, int, int, str] = ("", 0, 0, "")
        self._plans: dict[str, Planned] = {}
        """Plans whose acts have not happened yet, by decision."""
        self._acts: dict[str, str] = {}
        """Who decided what has happened and is not explained yet, by decision."""

    def take(self, event: Event) -> tuple[str, ...] | None:
        """Return the lines of an event; None of one that is of no game."""
        match event:
            case MatchStarted() if is_table(event):
                self._steps.add(event.step)
                return () if event.match else (f"{event.step}: {table_words(event)}",)
            case MatchFinished() if event.step in self._steps:
                game = f"game {event.match}, " if event.match else ""
                return (f"{event.step}: {game}{table_words(event)}",)
            case TableHappened():
                return () if event.match else tuple(self._happened(event))
            case DecisionStarted() | Planned() | Acted() | Explained() | Weighed():
                return self._decided(event)
        return None

    def _happened(self, event: TableHappened) -> list[str]:
        scene = (event.step, event.match, event.day, event.phase)
        lines = []
        if scene != self._scene and event.phase in {"night", "day"}:
            lines.append(f"{event.step}: {phase_words(event.day, event.phase).lower()}")
        self._scene = scene
        if event.what not in _UNSEEN:
            lines.append(f"  {happening_words(event)}")
        planned = self._plans.pop(event.decision, None)
        if planned is not None:
            self._acts[event.decision] = event.by
            lines.append(f"    {one_line(event.by)} thinks: {thought_words(planned)}")
        return lines

    def _decided(self, event: DecisionStarted | Planned | Acted | Explained | Weighed) -> tuple[str, ...] | None:
        name = event.place if isinstance(event, Weighed) else event.decision
        place = parse(name)
        if place.step not in self._steps:
            return None
        if isinstance(event, Planned) and not place.item:
            self._plans[event.decision] = event
        if isinstance(event, Explained) and event.because:
            by = self._acts.pop(event.decision, "")
            return (f"    {one_line(by)}, because: {one_line(event.because[0].why)}",) if by else ()
        return ()


def thought_words(planned: Planned) -> str:
    """Say in one line what somebody was up to, how probable that was, and what it thought before."""
    chosen = next((each for each in planned.options if each.label == planned.choice), None)
    text = one_line(chosen.text) if chosen else ""
    if chosen is not None and planned.orders:
        text += f" {chosen.probability:.0%}"
    return "; ".join(filter(None, (text, one_line(planned.thinking))))
