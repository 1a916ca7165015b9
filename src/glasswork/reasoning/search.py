"""Searching a tree of thoughts, breadth first or depth first. It knows nothing of models: all it does is done by
functions it is given, so that an agent's plan and a bench search with the same code.

Yao et al. 2023, Tree of Thoughts, arXiv 2305.10601 (algorithms 1 and 2). Otherwise than its published program:
what was proposed is held against the rules before anybody values it, equal states are valued once and alike and take
one place, what is worth how much is remembered within one search only, and a question that no budget holds ends the
search with what it has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic

from glasswork.reasoning.web import BUDGET, Found, Idea, Node, Note, S, Web, silent

_LATE = "nobody had valued it when the budget was spent"


@dataclass(frozen=True)
class Space(Generic[S]):
    """What is searched: functions over many thoughts at once, whose answers come in the order of the thoughts."""

    propose: Callable[[Sequence[Node[S]]], Awaitable[Sequence[Sequence[Idea[S]] | None]]]
    """What could come next, for each; None: the budget does not hold the question."""
    evaluate: Callable[[Sequence[Node[S]]], Awaitable[Sequence[float | None]]]
    """What each is worth, 0 at least; None: the budget does not hold the question."""
    done: Callable[[S], bool]
    """Whether a state is whole, and nothing can come after it."""
    key: Callable[[S], Hashable]
    """Equal for states that are the same."""
    relative: bool = False
    """Whether a value says something only beside those it was given with, as votes do."""


async def breadth_first(
    space: Space[S], root: S, *, depth: int, breadth: int, look_ahead: int = 0, note: Note = silent
) -> Found[S]:
    """Search level by level, and keep the ``breadth`` best of each.

    Args:
        space: What is searched.
        root: The situation.
        depth: Levels at most.
        breadth: Thoughts of one level that are thought on from, at most.
        look_ahead: A thought is worth what the best of those is that come so many levels after it.
        note: Is told what became of each thought.
    """
    search = _Search(space, root, note)
    frontier, finished, ended = [search.web.root], list[Node[S]](), "all levels were searched"
    for level in range(1, depth + 1):
        families = await search.children(frontier)
        candidates = await search.valued(families, min(look_ahead, depth - level))
        kept = search.web.ranked(candidates)[:breadth]
        for node in sorted(candidates, key=lambda one: one.number):
            search.web.settle(
                node, "kept" if node in kept else "dropped", "" if node in kept else f"not among the best {breadth}"
            )
        if not kept:
            ended = BUDGET if search.short else "nothing could be thought on from"
            break
        finished += [node for node in kept if space.done(node.state)]
        frontier = [node for node in kept if not space.done(node.state)]
        if search.short or not frontier:
            ended = BUDGET if search.short else "nothing was left open"
            break
    search.web.settle_rest("it was looked ahead to only")
    results = search.web.ranked([*finished, *(node for node in frontier if node.number)])
    dead = ended == "nothing could be thought on from" and not finished
    return search.web.found(results, ended, whole=not dead and not search.short)


async def depth_first(
    space: Space[S],
    root: S,
    *,
    depth: int,
    threshold: float,
    wanted: int = 1,
    look_ahead: int = 0,
    note: Note = silent,
) -> Found[S]:
    """Follow the best thought to its end, and go back where nothing under it is worth ``threshold``.

    Args:
        space: What is searched.
        root: The situation.
        depth: Thoughts in a row at most.
        threshold: A thought of less value is not followed.
        wanted: The search ends with so many whole results.
        look_ahead: A thought is worth what the best of those is that come so many levels after it.
        note: Is told what became of each thought.
    """
    search = _Depth(_Search(space, root, note), depth, threshold, wanted, look_ahead)
    await search.under(search.search.web.root, 1)
    web, results = search.search.web, search.results
    web.settle_rest("the search had ended")
    if search.search.short:
        ended = BUDGET
    else:
        ended = "enough was found" if len(results) >= wanted else "all that was worth it was searched"
    if results:
        return web.found(web.ranked(results), ended)
    furthest = sorted(web.nodes, key=lambda node: (-node.depth, -web.scores.get(node.number, -1.0), node.number))
    valued = [node for node in furthest if node.number in web.scores]
    return web.found(valued[:wanted], f"{ended}; nothing whole was found", whole=False)


class _Search(Generic[S]):
    """What both searches do: think on, and value, each once."""

    def __init__(self, space: Space[S], root: S, note: Note) -> None:
        self.space = space
        self.web = Web(root, note)
        self.short = False
        """Whether the budget did not hold a question."""
        self._children: dict[int, list[Node[S]]] = {}
        self._values: dict[Hashable, float] = {}

    async def children(self, nodes: Sequence[Node[S]]) -> list[Node[S]]:
        """Return what comes after these, one family after the other; each is asked about once."""
        new = [node for node in nodes if node.number not in self._children]
        for node, ideas in zip(new, await self.space.propose(new) if new else (), strict=True):
            if ideas is None:
                self.short = True
            else:
                self._children[node.number] = self.web.add(ideas, (node,), "propose")
        return [child for node in nodes for child in self._children.get(node.number, ())]

    async def valued(self, nodes: Sequence[Node[S]], look_ahead: int) -> list[Node[S]]:
        """Value thoughts; return those that could be, less those that are the same as one before."""
        first = dict[Hashable, Node[S]]()
        for node in nodes:
            first.setdefault(self.space.key(node.state), node)
        await self._look(list(first.values()), look_ahead)
        for node in nodes:
            original = first[self.space.key(node.state)]
            if original.number not in self.web.scores:
                self.web.settle(node, "dropped", _LATE)
            elif node is not original:
                self.web.scores[node.number] = self.web.scores[original.number]
                self.web.settle(node, "dropped", f"the same as {original.number}")
        return [node for node in first.values() if node.number in self.web.scores]

    async def _look(self, nodes: Sequence[Node[S]], levels: int) -> None:
        """Score thoughts: by themselves, or by the best of those that come ``levels`` after them."""
        layers, last = [list(nodes)], list[Node[S]]()
        for _ in range(levels):
            last += [node for node in layers[-1] if self.space.done(node.state)]
            layers.append(await self.children([node for node in layers[-1] if not self.space.done(node.state)]))
        await self._ask([*last, *layers[-1]])
        for layer in reversed(layers[:-1]):
            for node in layer:
                if not self.space.done(node.state):
                    self._back_up(node)

    def _back_up(self, node: Node[S]) -> None:
        below = self._children.get(node.number)
        if below is None:
            return  # the budget did not hold the look ahead
        scores = [self.web.scores[child.number] for child in below if child.number in self.web.scores]
        if scores or not below:
            self.web.scores[node.number] = max(scores, default=0.0)

    async def _ask(self, nodes: Sequence[Node[S]]) -> None:
        """Value states, each once: in the search, or, where values are relative, among these."""
        known = dict[Hashable, float]() if self.space.relative else self._values
        asked = dict[Hashable, Node[S]]()
        for node in nodes:
            if self.space.key(node.state) not in known:
                asked.setdefault(self.space.key(node.state), node)
        answers = await self.space.evaluate(list(asked.values())) if asked else ()
        for key, value in zip(asked, answers, strict=True):
            if value is None:
                self.short = True
            else:
                known[key] = value
        self.web.scores |= {
            node.number: known[self.space.key(node.state)] for node in nodes if self.space.key(node.state) in known
        }


class _Depth(Generic[S]):
    """A search depth first, as far as it has come."""

    def __init__(self, search: _Search[S], depth: int, threshold: float, wanted: int, look_ahead: int) -> None:
        self.search = search
        self.results: list[Node[S]] = []
        self._depth = depth
        self._threshold = threshold
        self._wanted = wanted
        self._look_ahead = look_ahead
        self._visited: dict[Hashable, int] = {}

    @property
    def over(self) -> bool:
        """Whether nothing more is to be asked."""
        return self.search.short or len(self.results) >= self._wanted

    async def under(self, node: Node[S], level: int) -> None:
        """Search what is under a thought, the best of it first."""
        space, web = self.search.space, self.search.web
        fresh = self._unvisited(await self.search.children([node]))
        candidates = await self.search.valued(fresh, min(self._look_ahead, self._depth - level))
        for child in web.ranked(candidates):
            if self.over:
                web.settle(child, "dropped", BUDGET if self.search.short else "enough was found before its turn")
            elif web.scores[child.number] < self._threshold:
                web.settle(child, "dropped", f"worth less than {self._threshold:g}")
            elif space.done(child.state) or level == self._depth:
                self.results.append(child)
                web.settle(child, "kept")
            else:
                await self._follow(child, level)

    async def _follow(self, child: Node[S], level: int) -> None:
        before = len(self.results)
        self._visited[self.search.space.key(child.state)] = child.number
        await self.under(child, level + 1)
        if len(self.results) > before:
            self.search.web.settle(child, "kept")
        else:
            why = f"{BUDGET} before its end" if self.search.short else "nothing under it was worth it: back"
            self.search.web.settle(child, "left", why)

    def _unvisited(self, nodes: Sequence[Node[S]]) -> list[Node[S]]:
        fresh = list[Node[S]]()
        for node in nodes:
            before = self._visited.get(self.search.space.key(node.state))
            if before is None:
                fresh.append(node)
            else:
                self.search.web.scores[node.number] = self.search.web.scores[before]
                self.search.web.settle(node, "dropped", f"the same as {before}, which was followed")
        return fresh
