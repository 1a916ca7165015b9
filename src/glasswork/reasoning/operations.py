"""A graph of operations on thoughts, carried out. It knows nothing of models: all it does is done by functions it is
given, so that an agent's plan and a bench think with the same code.

Besta et al. 2023, Graph of Thoughts, arXiv 2308.09687, whose published program has nine operations. Here ``Generate``
and ``KeepBest`` work on all thoughts of an operation at once, each with its own, which makes ``Selector`` unnecessary;
``Refine`` is its ``Improve``, ``Validate`` its ``ValidateAndImprove`` and ``KeepValid``. Its ``GroundTruth`` measures,
and belongs to a bench.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from glasswork.reasoning.web import BUDGET, Found, Idea, Node, Note, S, Web, silent

Make = Callable[[Sequence[Sequence[Node[S]]]], Awaitable[Sequence[Sequence[Idea[S]] | None]]]
"""Makes thoughts, of each group of thoughts; None: the budget does not hold the question."""


@dataclass(frozen=True)
class Generate(Generic[S]):
    """New thoughts from each."""

    make: Make[S]
    needs: tuple[str, ...] = ()
    name: str = "generate"


@dataclass(frozen=True)
class Score(Generic[S]):
    """Value each; None: the budget does not hold the question."""

    value: Callable[[Sequence[Node[S]]], Awaitable[Sequence[float | None]]]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class KeepBest(Generic[S]):
    """Keep the ``keep`` best of all, of what was made of each, or of those alike ``by`` something; drop the others."""

    keep: int
    needs: tuple[str, ...]
    each: bool = False
    by: Callable[[Node[S]], Hashable] | None = None


@dataclass(frozen=True)
class Aggregate(Generic[S]):
    """New thoughts from groups of thoughts: of all together, where ``groups`` does not say otherwise."""

    make: Make[S]
    needs: tuple[str, ...]
    groups: Callable[[Sequence[Node[S]]], Sequence[Sequence[Node[S]]]] = lambda nodes: [nodes]


@dataclass(frozen=True)
class Refine(Generic[S]):
    """Better versions of each, beside it where ``beside``, else in its place."""

    make: Make[S]
    needs: tuple[str, ...]
    beside: bool = False


@dataclass(frozen=True)
class Validate(Generic[S]):
    """Have those mended that do not hold, up to ``tries`` times; drop what still does not."""

    check: Callable[[Sequence[Node[S]]], Awaitable[Sequence[str | None]]]
    """What is wrong with each, empty where nothing is; None: the budget does not hold the question."""
    mend: Make[S]
    needs: tuple[str, ...]
    tries: int = 1


Operation = Generate[S] | Score[S] | KeepBest[S] | Aggregate[S] | Refine[S] | Validate[S]


async def carry_out(operations: Mapping[str, Operation[S]], root: S, *, note: Note = silent) -> Found[S]:
    """Carry out operations, each after those that it needs.

    Where the budget does not hold a question, that is the end; the results are the thoughts that were open then.

    Args:
        operations: By name, in an order in which each comes after those that it needs.
        root: The situation: what the operations begin with that need nothing.
        note: Is told what became of each thought.

    Raises:
        ValueError: an operation needs one that has not been carried out before it, or is to keep the best of what
            nobody has scored.
    """
    graph = _Graph(Web(root, note))
    after = dict[str, list[Node[S]]]()
    latest: list[Node[S]] = []
    for name, operation in operations.items():
        unknown = [need for need in operation.needs if need not in after]
        if unknown:
            raise ValueError(f"{name!r} needs {unknown[0]!r}, which does not come before it")
        taken = [node for need in operation.needs for node in after[need]] or [graph.web.root]
        if operation.needs and taken == [graph.web.root]:
            after[name] = []
            continue
        after[name] = await graph.carry_out(operation, taken)
        latest = after[name] or latest
        if graph.short:
            break
    web = graph.web
    needed = {need for operation in operations.values() for need in operation.needs}
    last = latest if graph.short else [node for name, nodes in after.items() if name not in needed for node in nodes]
    results = web.ranked([node for node in dict.fromkeys(last) if node.number and node.number not in graph.dropped])
    for node in sorted(web.nodes, key=lambda one: one.number):
        web.settle(node, "kept")
    emptied = next((f"; nothing was left after {name!r}" for name, nodes in after.items() if not nodes), "")
    ended = BUDGET if graph.short else f"all operations were carried out{emptied}"
    return web.found(results, ended, whole=not graph.short)


class _Graph(Generic[S]):
    """Operations, as far as they have been carried out."""

    def __init__(self, web: Web[S]) -> None:
        self.web = web
        self.short = False
        self.dropped: set[int] = set()

    async def carry_out(self, operation: Operation[S], nodes: list[Node[S]]) -> list[Node[S]]:
        """Return the thoughts after one operation."""
        match operation:
            case Generate():
                return await self._made(operation.make, [[node] for node in nodes], operation.name)
            case Aggregate():
                return await self._made(operation.make, operation.groups(nodes), "aggregate")
            case Refine():
                made = await self._made(operation.make, [[node] for node in nodes], "refine")
                return list(dict.fromkeys([*nodes, *made])) if operation.beside or self.short else made
            case Score():
                return await self._scored(operation, nodes)
            case KeepBest():
                return self._best(operation, nodes)
            case Validate():
                return await self._valid(operation, nodes)

    async def _made(self, make: Make[S], groups: Sequence[Sequence[Node[S]]], name: str) -> list[Node[S]]:
        made = list[Node[S]]()
        for group, ideas in zip(groups, await make(groups), strict=True):
            if ideas is None:
                self.short = True
                made += [node for node in group if node.number]  # as far as it came
            else:
                made += self.web.add(ideas, group, name)
        return made

    async def _scored(self, operation: Score[S], nodes: list[Node[S]]) -> list[Node[S]]:
        for node, value in zip(nodes, await operation.value(nodes), strict=True):
            if value is None:
                self.short = True
            else:
                self.web.scores[node.number] = value
        return nodes

    def _best(self, operation: KeepBest[S], nodes: list[Node[S]]) -> list[Node[S]]:
        unscored = [node.number for node in nodes if node.number not in self.web.scores]
        if unscored:
            raise ValueError(f"the best are to be kept of thoughts that are not scored: {unscored}")
        families = dict[Hashable, list[Node[S]]]()
        for node in nodes:
            family = operation.by(node) if operation.by else node.parents if operation.each else ()
            families.setdefault(family, []).append(node)
        kept = [node for family in families.values() for node in self.web.ranked(family)[: operation.keep]]
        for node in nodes:
            if node not in kept:
                self._drop(node, f"not among the best {operation.keep}")
        return kept

    async def _valid(self, operation: Validate[S], nodes: list[Node[S]]) -> list[Node[S]]:
        """Check each, mend it, and check again, within bounds. What mended it comes in its place."""
        held, open_ = list[Node[S]](), nodes
        for left in range(operation.tries, -1, -1):
            wrong = list[Node[S]]()
            for node, problem in zip(open_, await operation.check(open_) if open_ else (), strict=True):
                if problem is None:
                    self.short = True
                    held.append(node)
                elif not problem:
                    held.append(node)
                else:
                    wrong.append(node)
                    self._drop(node, problem)
            if self.short or not left or not wrong:
                break
            open_ = await self._made(operation.mend, [[node] for node in wrong], "refine")
            if self.short:
                break
        return sorted(dict.fromkeys(held), key=lambda node: node.number)

    def _drop(self, node: Node[S], why: str) -> None:
        self.dropped.add(node.number)
        self.web.settle(node, "dropped", why)
