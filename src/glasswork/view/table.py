"""A game of hidden roles as scenes: nights and days, what happened in each, and what was thought behind it.

One model for the terminal and for the replay page; it holds what its spectator was shown, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from glasswork.games.werewolf.beliefs import suspicion
from glasswork.games.werewolf.seeing import is_table
from glasswork.places import parse
from glasswork.records import Explained, MatchStarted, Segment, TableHappened, Weighed
from glasswork.view.clean import clean, one_line
from glasswork.view.rounds import Decision, Item, Round
from glasswork.view.table_words import phase_words

SILENT = frozenset({"night", "morning", "dealt", "pack"})
"""What headings and the list of players tell already."""
QUOTE = 60
"""Characters of a cited segment that are shown beside the reason."""


@dataclass(frozen=True)
class Reason:
    """One reason that was stated, and in a few words what it cites."""

    why: str
    cites: str


@dataclass(frozen=True)
class Thought:
    """What a player thought: privately, beside what it did."""

    decision: str
    by: str
    chosen: str = ""
    probability: float | None = None
    """None where nothing was weighed."""
    thinking: str = ""
    because: tuple[Reason, ...] = ()
    confidence: float | None = None
    would_change_if: str = ""
    beliefs: tuple[tuple[str, float], ...] = ()
    """Of whom, and how probable it finds it that this is a werewolf; the most suspected first."""
    failures: int = 0
    """Attempts to get an answer that failed."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.chosen or self.thinking or self.because or self.beliefs or self.failures)


@dataclass(frozen=True)
class Moment:
    """One thing that happened, and the thought that it comes from."""

    happened: TableHappened
    thought: Thought | None = None

    @property
    def public(self) -> bool:
        """Whether everybody at the table knows of it."""
        return self.happened.seen_by is None


@dataclass(frozen=True)
class Aside:
    """What somebody believed at a time when it had nothing to decide."""

    thought: Thought


@dataclass
class Scene:
    """A night, a day, the end."""

    day: int
    phase: str
    moments: list[Moment | Aside] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What it is called."""
        return phase_words(self.day, self.phase)


@dataclass(frozen=True)
class Table:
    """A game, as far as it is told."""

    started: MatchStarted | None
    cards: Mapping[str, str]
    scenes: tuple[Scene, ...]
    pending: tuple[Thought, ...]
    """Thoughts that have not led to anything yet."""

    @property
    def happenings(self) -> tuple[TableHappened, ...]:
        """All that happened, in order."""
        return tuple(each.happened for scene in self.scenes for each in scene.moments if isinstance(each, Moment))


def plays_table(round_: Round) -> bool:
    """Whether a round is a game of hidden roles."""
    return round_.match is not None and is_table(round_.match)


def table_of(round_: Round) -> Table:
    """Make the scenes of a round that is such a game, or of a part of one."""
    decisions = [item for item in round_.items if isinstance(item, Decision)]
    beliefs = _last_beliefs(round_.items, {each.id for each in decisions})
    used = {id(item) for batch in beliefs.values() for item in batch}
    thoughts = {each.id: _thought(each, _player(round_, each.id), beliefs.get(each.id, ())) for each in decisions}
    scenes: list[Scene] = []
    left = dict(thoughts)
    for item in round_.items:
        if isinstance(item, TableHappened):
            _scene(scenes, item).moments.append(Moment(item, left.pop(item.decision, None)))
        elif isinstance(item, Weighed) and item.question == "belief" and id(item) not in used and scenes:
            _add_aside(scenes[-1], item)
    pending = tuple(each for each in left.values() if not each.empty)
    return Table(round_.match, round_.cards, tuple(scenes), pending)


def _last_beliefs(items: Iterable[Item], decisions: set[str]) -> dict[str, list[Weighed]]:
    """Return the beliefs with which each decision was taken: those that were read last before it.

    Beliefs read after a statement are placed at the decision to come, too; they are told where they were read.
    """
    found: dict[str, list[Weighed]] = {}
    for item in items:
        name = parse(item.place).decision if isinstance(item, Weighed) and item.question == "belief" else ""
        if name in decisions and isinstance(item, Weighed):
            batch = found.setdefault(name, [])
            if batch and batch[-1].after != item.after:
                batch.clear()
            batch.append(item)
    return found


def _player(round_: Round, decision: str) -> str:
    names, seat = (round_.match.players if round_.match else ()), parse(decision).turn
    return names[seat - 1] if 0 < seat <= len(names) else decision


def _scene(scenes: list[Scene], event: TableHappened) -> Scene:
    if not scenes or (scenes[-1].day, scenes[-1].phase) != (event.day, event.phase):
        scenes.append(Scene(event.day, event.phase))
    return scenes[-1]


def _add_aside(scene: Scene, event: Weighed) -> None:
    """Put a belief that belongs to no decision behind what has happened, beside others of the same player and time."""
    name = f"{event.by}/{event.after}"
    for place in range(len(scene.moments) - 1, -1, -1):
        before = scene.moments[place]
        if not isinstance(before, Aside):
            break
        if before.thought.decision == name:
            beliefs = _sorted((*before.thought.beliefs, *_beliefs([event])))
            scene.moments[place] = Aside(replace(before.thought, beliefs=beliefs))
            return
    scene.moments.append(Aside(Thought(name, event.by, beliefs=_beliefs([event]))))


def _thought(decision: Decision, by: str, weighed: Iterable[Weighed]) -> Thought:
    planned, explained = decision.planned, decision.explained
    chosen = next((each for each in planned.options if each.label == planned.choice), None) if planned else None
    return Thought(
        decision.id,
        by,
        chosen=one_line(chosen.text) if chosen else "",
        probability=chosen.probability if chosen and planned and planned.orders else None,
        thinking=" ".join(clean(planned.thinking).split()) if planned else "",
        because=_reasons(decision, explained) if explained else (),
        confidence=explained.confidence if explained else None,
        would_change_if=one_line(explained.would_change_if) if explained else "",
        beliefs=_beliefs(weighed),
        failures=len(decision.failures),
    )


def _reasons(decision: Decision, explained: Explained) -> tuple[Reason, ...]:
    segments = {each.id: each for each in decision.started.segments} if decision.started else {}
    return tuple(
        Reason(one_line(each.why), _cited(segments.get(each.segment)) or one_line(each.segment))
        for each in explained.because
    )


def _cited(segment: Segment | None) -> str:
    """Say in a few words what a segment is: by its name where everybody knows what it says, else by its first words."""
    if segment is None:
        return ""
    known = _KNOWN.get(segment.source)
    text = one_line(segment.text)
    return known or f"“{text if len(text) <= QUOTE else f'{text[: QUOTE - 1].rstrip()}…'}”"


_KNOWN = {"werewolf.rules": "the rules", "werewolf.you": "the own card", "werewolf.now": "who is alive"}


def _beliefs(weighed: Iterable[Weighed]) -> tuple[tuple[str, float], ...]:
    return _sorted((each.about, share) for each in weighed if (share := suspicion(each)) is not None)


def _sorted(beliefs: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(beliefs, key=lambda each: (-each[1], each[0])))


def mean_beliefs(thoughts: Iterable[Thought]) -> tuple[tuple[str, float], ...]:
    """Return what several players believe on average."""
    found: dict[str, list[float]] = {}
    for thought in thoughts:
        for about, share in thought.beliefs:
            found.setdefault(about, []).append(share)
    return _sorted((about, sum(shares) / len(shares)) for about, shares in found.items())
