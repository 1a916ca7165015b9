"""The tale of a run: what ``glasswork log show`` prints, chapter by chapter, while the log is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import get_args

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from glasswork import places
from glasswork.errors import LogError, NotFound
from glasswork.log.checks import checks_of
from glasswork.log.reader import Entry, Log
from glasswork.records import DecisionChecked, Event, Redacted, SandboxRan
from glasswork.view.block import Block
from glasswork.view.game_block import GameBlock
from glasswork.view.heading import End, Heading, head, heading_of_log
from glasswork.view.marks import mark_lines
from glasswork.view.narrow import Part
from glasswork.view.rounds import Round
from glasswork.view.table import plays_table
from glasswork.view.table_block import TableBlock
from glasswork.view.telling import Mark, Teller, Told
from glasswork.view.theme import Drawn, Glyphs

ITEMS_IN_FULL = 3
"""Items of a ``for_each`` that are told in full; each further one gets a line."""

TOLD = frozenset(kind.model_fields["type"].default for kind in get_args(get_args(Event)[0])) - {"model.answered"}
"""The types of event that are told. Answers are only counted, and where a run has ended, its end says how many."""

_DEEPEST = 6
"""Steps within steps are indented so many times at most: text needs some width, too."""


def story(log: Log, *, verbose: bool = False, see: str = "") -> RenderableType:
    """Tell a run from its beginning to its end, or to where it stands. ``verbose`` cuts nothing.

    ``see`` says in words as whom one looks on, where the log's entries are not all that happened.
    """
    heading = heading_of_log(log)
    return Group(*chapters(heading, log.entries, verbose=verbose, checks=checks_of(log.events), see=see))


def chapters(
    heading: Heading,
    entries: Iterable[Entry],
    *,
    verbose: bool = False,
    only: str = "",
    checks: Mapping[str, Mapping[str, DecisionChecked]] | None = None,
    see: str = "",
) -> Iterator[RenderableType]:
    """Tell a run while its entries come in, each part as soon as it can be told.

    Args:
        heading: The run.
        entries: Its entries; they are read as far as chapters are asked for, and not kept.
        verbose: Whether to cut nothing.
        only: A step, a round or an item of one (``build#2``, ``review#1:7``), or a team's turn: nothing else is told.
        checks: What tests of its decisions have found.
        see: As whom one looks on, in words, where the entries are not all that happened.

    Raises:
        NotFound: ``only`` names nothing in this run.
        LogError: the log cannot be read on; what came before has been told then.
    """
    return _Chapters(heading, verbose=verbose, only=only, checks=checks or {}, see=see).all(entries)


class _Chapters:
    def __init__(
        self,
        heading: Heading,
        *,
        verbose: bool,
        only: str,
        checks: Mapping[str, Mapping[str, DecisionChecked]],
        see: str,
    ) -> None:
        self._heading = heading
        self._manner = replace(heading.manner, verbose=verbose, checks=checks, part=only, see=see)
        self._only = Part.named(only) if only else None
        self._asked = only
        self._teller = Teller()
        self._close = False
        """Whether what was told last was a single line, to which another may be set without space between them."""
        self._named: set[str] = set()
        """Sandboxes whose gaps have been named: once is enough."""
        self._alike: list[Mark] = []
        """Marks of one kind that came one after the other: they share a line."""
        self._told = False
        self._steps: set[str] = set()

    def all(self, entries: Iterable[Entry]) -> Iterator[RenderableType]:
        reading = iter(entries)
        first = next(reading, None)
        yield Drawn(lambda glyphs: head(self._heading, first, glyphs, whole=not self._only, verbose=self._verbose))
        try:
            for entry in chain([first] if first else [], reading):
                yield from self._chapters(self._teller.take(entry))
        except LogError:
            yield from self._rest()
            raise
        yield from self._rest()
        if self._only and not self._told:
            raise NotFound("step or decision of this run", self._asked, self._steps)
        if not self._only:
            end = End(self._heading, self._teller, self._manner)
            yield Text()
            yield Drawn(end.draw)

    @property
    def _verbose(self) -> bool:
        return self._manner.verbose

    def _rest(self) -> Iterator[RenderableType]:
        yield from self._chapters(self._teller.close())
        yield from self._gathered()

    def _chapters(self, telling: Iterator[Told | Mark]) -> Iterator[RenderableType]:
        for one in telling:
            if isinstance(one, Mark) and isinstance(one.event, Redacted) and one.event.was not in TOLD:
                continue
            if isinstance(one, Mark) and isinstance(one.event, Redacted | DecisionChecked):
                if self._alike and self._alike[-1].event.type != one.event.type:
                    yield from self._gathered()
                self._alike.append(one)
                continue
            yield from self._gathered()
            yield from self._mark([one]) if isinstance(one, Mark) else self._block(one)

    def _gathered(self) -> Iterator[RenderableType]:
        """Tell of events that were taken out, or of decisions that were checked, several in one line."""
        if self._alike:
            alike, self._alike = self._alike, []
            yield from self._mark(alike)

    def _mark(self, marks: list[Mark]) -> Iterator[RenderableType]:
        if not self._only:
            yield from self._spaced(Drawn(lambda glyphs: mark_lines(marks, glyphs)), close=False)

    def _block(self, told: Told) -> Iterator[RenderableType]:
        round_ = told.round
        self._steps.add(round_.step)
        if told.part == "so far" and not round_.items and round_.opened:
            return
        if self._only and not self._only.holds(round_):
            return
        if self._only:
            told = replace(told, round=self._only.cut(round_))
        self._told = True
        folded = _folded(round_) if not (self._verbose or self._only) else 0
        if folded > 1 or (folded and told.part == "beginning"):
            return
        gaps = self._gaps(round_)
        line = bool(folded) or (told.part in {"beginning", "end"} and not round_.items)
        indent = 2 * min(_DEEPEST, _depth(round_))

        def draw(glyphs: Glyphs) -> RenderableType:
            block = _block_of(told.round)(told, self._manner, glyphs, gaps)
            drawn = block.line() if folded else block.whole()
            return Padding(drawn, (0, 0, 0, indent), expand=False) if indent else drawn

        yield from self._spaced(Drawn(draw), close=line and bool(folded))

    def _spaced(self, chapter: RenderableType, *, close: bool) -> Iterator[RenderableType]:
        """Set a chapter off from the one before, unless both are single lines."""
        if not (close and self._close):
            yield Text()
        self._close = close
        yield chapter

    def _gaps(self, round_: Round) -> frozenset[str]:
        """Return the places of those sandbox runs that are the first to have a backend's gaps named."""
        found = set()
        for item in round_.items:
            if isinstance(item, SandboxRan) and item.not_contained and item.backend not in self._named:
                self._named.add(item.backend)
                found.add(item.place)
        return frozenset(found)


def _block_of(round_: Round) -> type[Block]:
    return TableBlock if plays_table(round_) else GameBlock if round_.match else Block


def _depth(round_: Round) -> int:
    """How many steps a round runs within; an item runs within its step."""
    depth, outside = int(bool(round_.item)), places.outer(round_.step)
    while outside is not None:
        depth += 1 + bool(outside.item)
        outside = places.outer(outside.step)
    return depth


def _folded(round_: Round) -> int:
    """Return 0 for what is told in full, 1 for a later item, which gets a line, 2 for what runs within one."""
    if round_.item > ITEMS_IN_FULL:
        return 1
    outside = places.outer(round_.step)
    while outside is not None:
        if outside.item > ITEMS_IN_FULL:
            return 2
        outside = places.outer(outside.step)
    return 0
