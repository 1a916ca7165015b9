"""Thoughts as they come about in a search: numbered, with what they were made of, what they are worth, what became of
them. A tree, or a graph where a thought is made of several.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

S = TypeVar("S")
Fate = Literal["kept", "dropped", "left"]

BUDGET = "the budget was spent"


@dataclass(frozen=True)
class Idea(Generic[S]):
    """What was proposed: a state, or a text that is none, and why it is not."""

    text: str
    state: S | None = None
    refused: str = ""


@dataclass(frozen=True, eq=False)
class Node(Generic[S]):
    """A thought that can be thought on from. The root, number 0, is the situation itself."""

    number: int
    state: S
    text: str = ""
    parents: tuple[int, ...] = ()
    depth: int = 0
    operation: str = ""


@dataclass(frozen=True)
class Settled:
    """A thought whose fate is settled."""

    number: int
    parents: tuple[int, ...]
    operation: str
    text: str
    score: float | None
    fate: Fate
    why: str


Note = Callable[[Settled], None]
"""Is told of each thought once, when its fate is settled."""


@dataclass(frozen=True)
class Found(Generic[S]):
    """What a search came to."""

    results: tuple[Node[S], ...]
    """The best first; none where nothing was proposed that can be used."""
    scores: tuple[float | None, ...]
    """Of the results."""
    whole: bool
    """Whether the results are what was looked for; else they are as far as the search came."""
    ended: str
    """Why it went no further."""
    thoughts: int
    """How many there were, refused ones with them."""


def silent(settled: Settled) -> None:
    """Tell nobody."""


class Web(Generic[S]):
    """Numbers thoughts, remembers their scores, and tells of each once."""

    def __init__(self, root: S, note: Note = silent) -> None:
        """Begin with the situation itself."""
        self.root: Node[S] = Node(0, root)
        self.nodes: list[Node[S]] = []
        self.scores: dict[int, float] = {}
        self.count = 0
        self._open: dict[int, Node[S]] = {}
        self._note = note

    def add(self, ideas: Sequence[Idea[S]], parents: Sequence[Node[S]], operation: str) -> list[Node[S]]:
        """Take in what was made of ``parents``; return what can be thought on from.

        What was refused is told at once.
        """
        above = tuple(parent.number for parent in parents if parent.number)
        depth = 1 + max((parent.depth for parent in parents), default=0)
        made = list[Node[S]]()
        for idea in ideas:
            self.count += 1
            if idea.state is None:
                self._note(Settled(self.count, above, operation, idea.text, None, "dropped", idea.refused))
            else:
                made.append(Node(self.count, idea.state, idea.text, above, depth, operation))
        self.nodes += made
        self._open |= {node.number: node for node in made}
        return made

    def settle(self, node: Node[S], fate: Fate, why: str = "") -> None:
        """Tell what became of a thought. Only the first word counts, and the root is no thought."""
        if self._open.pop(node.number, None) is not None:
            score = self.scores.get(node.number)
            self._note(Settled(node.number, node.parents, node.operation, node.text, score, fate, why))

    def settle_rest(self, why: str) -> None:
        """Drop all whose fate is open."""
        for node in list(self._open.values()):
            self.settle(node, "dropped", why)

    def ranked(self, nodes: Sequence[Node[S]]) -> list[Node[S]]:
        """Return thoughts, the best first; of equals the one that came first."""
        return sorted(nodes, key=lambda node: (-self.scores.get(node.number, float("-inf")), node.number))

    def found(self, results: Sequence[Node[S]], ended: str, *, whole: bool = True) -> Found[S]:
        """Return results as a search hands them back."""
        scores = tuple(self.scores.get(node.number) for node in results)
        return Found(tuple(results), scores, whole and bool(results), ended, self.count)
