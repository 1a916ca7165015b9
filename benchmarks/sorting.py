"""Sorting 32 or 64 digits: a graph of thoughts (split, sort, merge, refine) beside plain prompts and a tree.

    python benchmarks/sorting.py --length 32 --model qwen2.5-coder-1.5b --limit 20

Besta et al. 2023, Graph of Thoughts (arXiv 2308.09687). What is counted is theirs: for each digit by how many times it
comes too often or too seldom, and one for each place where a larger number stands before a smaller; 300 where the
answer is no list. As there, the graph and the tree rank thoughts by that very count, taken from the true input: an
oracle that no agent has. So two numbers a row: the errors of the first answer, and those of the best by the count. For
the graph and the tree both are the answer that the oracle led to. The controls ``io@got`` and ``cot@got`` sample until
the tokens of the graph are spent, and are to be read in the second column: the same oracle picks the best of them.

Their graph for 64 digits asks 71 times (a split, 4 x 5 sorts, 2 x 10 merges, 2 x 5 refinements, then 10 and 10).
``--branches`` sets how often each sort is asked for here (3); merges and refinements are asked for twice as often.
Data: the first 50 lists of each length, ``sorting_032_first50.csv`` and ``sorting_064_first50.csv``
(``spcl/graph-of-thoughts``, examples/sorting).
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from thinking import DATA, Arm, Outcome, Run, drawn, measure, parser, samples, written

from glasswork.reasoning.operations import Aggregate, Generate, KeepBest, Operation, Refine, Score, carry_out
from glasswork.reasoning.purse import Answer, Purse
from glasswork.reasoning.search import Space, breadth_first
from glasswork.reasoning.web import Found, Idea, Node
from glasswork.records import Completion, Request

UNREADABLE = 300
"""Errors of an answer that is no list, as the published program counts it."""
PART = 16
"""Digits that are sorted at once by the graph."""
Digits = tuple[int, ...]
_LIST = re.compile(r"\[[\d,\s]*\]")
_EXAMPLE = "[3, 7, 0, 2, 8, 1, 2, 2, 2, 4, 7, 8]"
_SORTED = "[0, 1, 2, 2, 2, 2, 3, 4, 7, 7, 8, 8]"


@dataclass(frozen=True)
class State:
    """A list on its way, and the digits that it is to hold in order."""

    digits: Digits
    given: Digits
    part: int = 0
    """Where in the whole list this part begins."""


Ask = Callable[[Sequence[Node[State]], int], Request]
"""Makes the question for some thoughts and a seed."""


def digits_in(text: str) -> Digits | None:
    """Return the last list in a text; None where there is none."""
    found = _LIST.findall(text)
    return tuple(json.loads(re.sub(r",\s*\]", "]", found[-1]))) if found else None


def errors(digits: Digits | None, given: Digits) -> int:
    """Return in how many ways a list is not the sorted one of ``given``; 0 where it is."""
    if digits is None:
        return UNREADABLE
    have, want = Counter(digits), Counter(given)
    miscounted = sum(abs(have[digit] - want[digit]) for digit in {*have, *want})
    return miscounted + sum(a > b for a, b in pairwise(digits))


# --- what is asked ----------------------------------------------------------------------------------------------------


def _room(digits: Digits) -> int:
    """Tokens that a list takes at most, and some."""
    return 4 * len(digits) + 40


def _sort(digits: Digits, seed: int) -> Request:
    rule = "Sort the list of numbers in ascending order. Output only the sorted list.\nInput: "
    return written(f"{rule}{list(digits)}", seed=seed, most=_room(digits), shots=[(f"{rule}{_EXAMPLE}", _SORTED)])


def _reasoned(digits: Digits, seed: int) -> Request:
    rule = (
        "Sort the list of numbers in ascending order. First count how often each digit from 0 to 9 comes, in one line; "
        "then write 'Output:' and the sorted list.\nInput: "
    )
    shot = (f"{rule}{_EXAMPLE}", f"Counts: 0: 1, 1: 1, 2: 4, 3: 1, 4: 1, 7: 2, 8: 2\nOutput: {_SORTED}")
    return written(f"{rule}{list(digits)}", seed=seed, most=_room(digits) + 80, shots=[shot])


def _merge(one: Digits, other: Digits, seed: int) -> Request:
    rule = (
        "Merge two sorted lists into one sorted list that holds each number of both. Output only the merged list.\n"
        "Input: "
    )
    shot = (f"{rule}[0, 1, 2, 2, 4] and [2, 3, 7]", "[0, 1, 2, 2, 2, 3, 4, 7]")
    asked = f"{rule}{list(one)} and {list(other)}"
    return written(asked, seed=seed, most=_room((*one, *other)), shots=[shot])


def _mend(state: State, seed: int) -> Request:
    rule = (
        "The list below is a sorted version of the input, but numbers may be missing, too many, or in a wrong place. "
        "Output only the corrected list.\nInput: "
    )
    shot = (f"{rule}{_EXAMPLE}\nIncorrectly sorted: [0, 1, 2, 2, 2, 3, 4, 7, 7, 8, 8, 8]", _SORTED)
    asked = f"{rule}{list(state.given)}\nIncorrectly sorted: {list(state.digits)}"
    return written(asked, seed=seed, most=_room(state.given), shots=[shot])


# --- arms -------------------------------------------------------------------------------------------------------------


def plain(reasoned: bool, count: int) -> Run[Digits]:
    """Return an arm that samples: the first answer, and the best by the count of errors."""
    ask = _reasoned if reasoned else _sort

    async def run(given: Digits, purse: Purse) -> Outcome:
        texts = await samples(purse, "sample", lambda seed: ask(given, seed), count)
        found = [digits_in(text) for text in texts]
        counts = [errors(each, given) for each in found] or [UNREADABLE]
        return Outcome(
            counts[0], min(counts), tuple(str(list(each or ())) for each in found[:5]), f"{len(texts)} samples"
        )

    return run


class Sorter:
    """Asks a model to sort, merge and mend, each ``branches`` times."""

    def __init__(self, purse: Purse, branches: int) -> None:
        self.purse = purse
        self.branches = branches

    async def split(self, groups: Sequence[Sequence[Node[State]]]) -> list[list[Idea[State]]]:
        """Cut the input into parts; no model is needed for that."""
        given = groups[0][0].state.given
        parts = [(n, given[n : n + PART]) for n in range(0, len(given), PART)]
        return [[Idea(str(list(part)), State(part, part, n)) for n, part in parts]]

    async def sort(self, groups: Sequence[Sequence[Node[State]]]) -> list[list[Idea[State]] | None]:
        """Sort each."""
        return await self._each(groups, "sort", lambda nodes, seed: _sort(nodes[0].state.given, seed), self.branches)

    async def merge(self, groups: Sequence[Sequence[Node[State]]]) -> list[list[Idea[State]] | None]:
        """Merge each pair; what has no other stays as it is."""
        pairs = [group for group in groups if len(group) == 2]
        made = iter(await self._each(pairs, "merge", _merged, 2 * self.branches))
        return [next(made) if len(group) == 2 else [Idea(group[0].text, group[0].state)] for group in groups]

    async def mend(self, groups: Sequence[Sequence[Node[State]]]) -> list[list[Idea[State]] | None]:
        """Have each corrected; what has no error is left alone."""
        wrong = [group for group in groups if errors(group[0].state.digits, group[0].state.given)]
        ask = lambda nodes, seed: _mend(nodes[0].state, seed)  # noqa: E731 - as the others, in a line
        made = iter(await self._each(wrong, "mend", ask, 2 * self.branches))
        return [next(made) if group in wrong else [] for group in groups]

    async def think_on(self, nodes: Sequence[Node[State]]) -> list[list[Idea[State]] | None]:
        """For a tree: sort the input, or mend what was sorted."""
        groups = [[node] for node in nodes]
        return await (self.mend(groups) if nodes[0].number else self.sort(groups))

    async def score(self, nodes: Sequence[Node[State]]) -> list[float | None]:
        """Value each by its errors, by the true input: 1 for none, less for more."""
        return [1 / (1 + errors(node.state.digits, node.state.given)) for node in nodes]

    async def _each(
        self, groups: Sequence[Sequence[Node[State]]], name: str, ask: Ask, count: int
    ) -> list[list[Idea[State]] | None]:
        jobs = [
            (f"{name}/{'-'.join(str(node.number) for node in group)}/{n}", ask(group, n))
            for group in groups
            for n in range(1, count + 1)
        ]
        answers = await self.purse.all(jobs)
        return [_ideas(answers[n * count : (n + 1) * count], group) for n, group in enumerate(groups)]


def _merged(nodes: Sequence[Node[State]], seed: int) -> Request:
    return _merge(nodes[0].state.digits, nodes[1].state.digits, seed)


def _ideas(answers: Sequence[Answer], group: Sequence[Node[State]]) -> list[Idea[State]] | None:
    """Read lists that were made of a group: they are to hold what all of it was to hold."""
    given = tuple(digit for node in group for digit in node.state.given)
    if any(answer is None for answer in answers):
        return None
    texts = [answer.text for answer in answers if isinstance(answer, Completion)]
    return [_idea(text, given, group[0].state.part) for text in texts]


def _idea(text: str, given: Digits, part: int) -> Idea[State]:
    digits = digits_in(text)
    if digits is None:
        return Idea(" ".join(text.split())[:200] or "(nothing)", refused="it is no list")
    return Idea(str(list(digits)), State(digits, given, part))


def _part(node: Node[State]) -> int:
    return node.state.part


def _pairs(nodes: Sequence[Node[State]]) -> list[Sequence[Node[State]]]:
    return [nodes[n : n + 2] for n in range(0, len(nodes), 2)]


def graph(length: int, branches: int, purse: Purse) -> dict[str, Operation[State]]:
    """Return the operations: split, sort each part, merge pair by pair, each time the best; then mend."""
    one = Sorter(purse, branches)
    made: dict[str, Operation[State]] = {
        "parts": Generate(one.split, name="split"),
        "sorts": Generate(one.sort, ("parts",), name="sort"),
        "sorted": Score(one.score, ("sorts",)),
        "best_0": KeepBest(1, ("sorted",), by=_part),
    }
    parts, level = -(-length // PART), 0
    while parts > 1:
        made |= {
            f"merges_{level}": Aggregate(one.merge, (f"best_{level}",), _pairs),
            f"merged_{level}": Score(one.score, (f"merges_{level}",)),
            f"top_{level}": KeepBest(1, (f"merged_{level}",), by=_part),
            f"mends_{level}": Refine(one.mend, (f"top_{level}",), beside=True),
            f"mended_{level}": Score(one.score, (f"mends_{level}",)),
            f"best_{level + 1}": KeepBest(1, (f"mended_{level}",), by=_part),
        }
        parts, level = -(-parts // 2), level + 1
    return made


def got(length: int, branches: int) -> Run[Digits]:
    """Return the arm that is a graph of thoughts."""

    async def run(given: Digits, purse: Purse) -> Outcome:
        return _outcome(await carry_out(graph(length, branches, purse), State(given, given)), given)

    return run


def tot(levels: int, branches: int) -> Run[Digits]:
    """Return the arm that is a tree: sort so often, keep the best, have it mended so often, and again."""

    async def run(given: Digits, purse: Purse) -> Outcome:
        one = Sorter(purse, branches)
        space: Space[State] = Space(
            one.think_on, one.score, lambda state: errors(state.digits, state.given) == 0, lambda state: state.digits
        )
        return _outcome(await breadth_first(space, State(given, given), depth=levels, breadth=1), given)

    return run


def _outcome(found: Found[State], given: Digits) -> Outcome:
    counts = [errors(node.state.digits, given) for node in found.results if len(node.state.given) == len(given)]
    top = counts[0] if counts else UNREADABLE
    return Outcome(top, min(counts, default=UNREADABLE), tuple(node.text for node in found.results[:1]), found.ended)


def arms(length: int, branches: int) -> list[Arm[Digits]]:
    """Return all arms."""
    return [
        Arm("io", plain(reasoned=False, count=5)),
        Arm("cot", plain(reasoned=True, count=5)),
        Arm("tot", tot(4, 2 * branches)),
        Arm("got", got(length, branches)),
        Arm("io@got", plain(reasoned=False, count=1000), "got"),
        Arm("cot@got", plain(reasoned=True, count=1000), "got"),
        Arm("io@tot", plain(reasoned=False, count=1000), "tot"),
    ]


def lists(path: Path) -> list[tuple[str, Digits]]:
    """Return the lists of a file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [(f"list-{row['ID']}", tuple(json.loads(row["Unsorted"]))) for row in csv.DictReader(stream)]


def main() -> None:
    """Measure, and print."""
    options = parser(__doc__, "sorting")
    options.add_argument("--folder", type=Path, default=DATA / "sorting", help="where the lists lie")
    options.add_argument("--length", type=int, choices=(32, 64), default=32)
    options.add_argument("--branches", type=int, default=3, help="how often each part is sorted")
    args = options.parse_args()
    args.bench = f"sorting-{args.length}"
    path = args.folder / f"sorting_{args.length:03}_first50.csv"
    if not path.is_file():
        raise SystemExit(f"skipped: there is no {path}")
    measure(args, arms(args.length, args.branches), drawn(lists(path), args), rates=False, worst=UNREADABLE)


if __name__ == "__main__":
    main()
