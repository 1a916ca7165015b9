"""Creative writing under a rule that a program can check: four paragraphs, each ending with a given sentence.

    python benchmarks/writing.py --model qwen2.5-coder-1.5b --limit 10

The task of Yao et al. 2023 (arXiv 2305.10601, section 4.2): ``io`` writes at once, ``cot`` plans and writes, ``tot``
makes ``--branches`` plans, has them voted on, writes as many passages by the best, and has those voted on. ``io@tot``
and ``cot@tot`` sample until the tokens of the tree are spent. What is measured is the rule alone: the share of the four
paragraphs that end with their sentence, word for word, of the passage handed back, and of the best that there was. How
well a passage reads is not measured here: the paper asked GPT-4 and people, and a judge votes only after it has passed
a gate of its own. The sentences are drawn from a list of ours.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from thinking import Arm, Outcome, Run, measure, parser, samples, written

from glasswork.reasoning.purse import Purse
from glasswork.reasoning.search import Space, breadth_first
from glasswork.reasoning.values import votes
from glasswork.reasoning.web import Idea, Node
from glasswork.records import Completion, Message, Request

Task = tuple[str, ...]
"""Four sentences."""
State = tuple[str, ...]
"""Nothing, a plan, or a plan and a passage."""
LONGEST = 420
"""Tokens of a passage at most."""
SENTENCES = (
    *("The kettle had been cold for hours.", "Nobody asked her why she laughed.", "It was the last train of the year."),
    *("He kept the letter in his shoe.", "The lighthouse went dark at nine.", "She counted the stairs twice."),
    *("There was sand in every drawer.", "The dog knew before anyone else.", "They sold the piano in the spring."),
    *("His map had no names on it.", "Rain fell on one side of the street.", "The clock was right by accident."),
    *("Her brother never learned to whistle.", "We left the window open for the bees.", "The bridge hummed at night."),
    *("Someone had painted the door blue.", "The baker closed without a word.", "It tasted of iron and oranges."),
    *("The snow kept their secret until March.", "He bowed to the empty chairs.", "All the keys were the same."),
    *("The river had moved a little.", "Her coat smelled of smoke and apples.", "The answer was in the footnotes."),
    *(
        "They danced because it was too late to leave.",
        "The ladder reached nothing at all.",
        "He paid for two coffees.",
    ),
    *("The museum lent them its only elephant.", "Somewhere a radio was counting.", "She signed with the wrong hand."),
)


def tasks(seed: int, count: int) -> list[tuple[str, Task]]:
    """Return drawn tasks; the same for the same seed, however many."""
    return [(f"task-{seed}-{n}", tuple(random.Random(f"{seed} {n}").sample(SENTENCES, 4))) for n in range(1, count + 1)]


def kept(text: str, task: Task) -> float:
    """Return the share of the task's sentences that end their paragraph, in order; 0 unless there are as many."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    if len(paragraphs) != len(task):
        return 0.0
    hits = [str(part).endswith(sentence) for part, sentence in zip(paragraphs, task, strict=True)]
    return sum(hits) / len(hits)


def passage_in(text: str) -> str:
    """Return what stands behind ``Passage:``, or all."""
    return text.rpartition("Passage:")[2].strip() if "Passage:" in text else text.strip()


# --- what is asked ----------------------------------------------------------------------------------------------------


def _rule(task: Task) -> str:
    listed = "\n".join(f"{n}. {sentence}" for n, sentence in enumerate(task, 1))
    return (
        "Write a coherent passage of four short paragraphs with a blank line between them. Each paragraph has two to "
        f"four sentences and ends with one of these, word for word, in this order:\n{listed}\n"
    )


def _io(task: Task, seed: int) -> Request:
    return written(f"{_rule(task)}Write only the passage.", seed=seed, most=LONGEST)


def _cot(task: Task, seed: int) -> Request:
    asked = f"{_rule(task)}Write 'Plan:' and a plan of one line for each paragraph; then 'Passage:' and the passage."
    return written(asked, seed=seed, most=LONGEST + 120)


def _plan(task: Task, seed: int) -> Request:
    return written(f"{_rule(task)}Do not write it yet. Write a plan: one line for each paragraph.", seed=seed, most=120)


def _by_plan(task: Task, plan: str, seed: int) -> Request:
    return written(f"{_rule(task)}Follow this plan:\n{plan}\n\nWrite only the passage.", seed=seed, most=LONGEST)


# --- arms -------------------------------------------------------------------------------------------------------------


def plain(ask: Callable[[Task, int], Request], count: int) -> Run[Task]:
    """Return an arm that samples: the first passage, and the one that keeps the rule best."""

    async def run(task: Task, purse: Purse) -> Outcome:
        found = [passage_in(text) for text in await samples(purse, "sample", lambda seed: ask(task, seed), count)]
        scores = [kept(text, task) for text in found] or [0.0]
        return Outcome(scores[0], max(scores), tuple(found[:3]), f"{len(found)} samples")

    return run


def tree(branches: int) -> Run[Task]:
    """Return the arm that plans, votes, writes, votes."""

    async def run(task: Task, purse: Purse) -> Outcome:
        written_: list[str] = []

        async def propose(nodes: Sequence[Node[State]]) -> list[list[Idea[State]] | None]:
            return [await _think_on(purse, task, node, branches, written_) for node in nodes]

        async def evaluate(nodes: Sequence[Node[State]]) -> list[float | None]:
            texts = [node.state[-1] for node in nodes]
            before = [Message(role="user", content=_rule(task))]
            what = "plan" if len(nodes[0].state) == 1 else "passage"
            place = f"vote/{nodes[0].number}"
            return await votes(purse, (place, before, f"Which {what} keeps to the rule and reads best?"), texts)

        space = Space(propose, evaluate, lambda state: len(state) == 2, lambda state: state, relative=True)
        found = await breadth_first(space, (), depth=2, breadth=1)
        handed = [node.state[1] for node in found.results if len(node.state) == 2]
        top = kept(handed[0], task) if handed else 0.0
        return Outcome(top, max([top, *(kept(text, task) for text in written_)]), tuple(handed[:1]), found.ended)

    return run


async def _think_on(
    purse: Purse, task: Task, node: Node[State], branches: int, passages: list[str]
) -> list[Idea[State]] | None:
    """Return plans, or passages by a plan; those are also added to ``passages``."""
    seeds = range(1, branches + 1)
    asked = [_by_plan(task, node.state[0], seed) if node.state else _plan(task, seed) for seed in seeds]
    answers = await purse.all([(f"think/{node.number}/{n}", one) for n, one in enumerate(asked, 1)])
    if None in answers:
        return None
    found = [passage_in(answer.text) for answer in answers if isinstance(answer, Completion)]
    if node.state:
        passages += found
    return [Idea(text, (*node.state, text)) if text else Idea("(nothing)", refused="it is empty") for text in found]


def arms(branches: int) -> list[Arm[Task]]:
    """Return all arms."""
    return [
        Arm("io", plain(_io, 1)),
        Arm("cot", plain(_cot, 1)),
        Arm("tot", tree(branches)),
        Arm("io@tot", plain(_io, 1000), "tot"),
        Arm("cot@tot", plain(_cot, 1000), "tot"),
    ]


def main() -> None:
    """Measure, and print."""
    options = parser(__doc__, "writing")
    options.add_argument("--branches", type=int, default=3, help="plans, and passages; the paper has 5")
    args = options.parse_args()
    measure(args, arms(args.branches), tasks(args.seed, args.limit or 100), rates=True, worst=0.0)
    print("right: the share of paragraphs that end with their sentence; how well they read is not measured")


if __name__ == "__main__":
    main()
