"""Word problems in arithmetic: every strategy of the product, each beside plain chains at the tokens that it took.

    python benchmarks/arithmetic.py --model qwen2.5-coder-1.5b --limit 20
    python benchmarks/arithmetic.py --data gsm8k_test.jsonl        # problems in the format of GSM8K

A problem is a decision with five fixed options, one of them right, the others the results of slips (a step left out, a
sum for a difference). So the arms are the strategies as agents' files select them, choice and all: ``direct``,
``chain``, ``two_stage``, ``self_consistency``, ``debate``, ``tree``, ``graph``; with ``best_of`` at the budget of each
that asks more than once (``best_of@tree``, …). ``open_cot`` and ``open_sc`` answer without options, as the literature
does (Cobbe et al. 2021, arXiv 2110.14168; Wang et al. 2022, arXiv 2203.11171), scored by the last number written.

Without ``--data`` problems are made from templates of ours, so that no model has met them; numbers are drawn, answers
computed. With it, problems and answers are read from the file (``question``, and ``answer`` with the result behind
``####``), and the slips are drawn from the numbers in the problem.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from thinking import Arm, Outcome, Run, drawn, measure, most_common, parser, samples, written

from glasswork.definitions import PlanDef
from glasswork.models.choice import choose
from glasswork.reasoning import Planning, strategies
from glasswork.reasoning.chains import chain_job, first_instruction
from glasswork.reasoning.purse import Purse
from glasswork.reasoning.thinking import Thinking
from glasswork.records import Completion, Message, Request

INSTRUCTION = "Solve the problem, and say which answer is right."
_ROLE = Message(role="system", content="You are careful with numbers.")


@dataclass(frozen=True)
class Problem:
    """A question, its answer, and what slips would come to."""

    text: str
    answer: int
    slips: tuple[int, ...]

    def options(self, seed: int) -> tuple[str, ...]:
        """Return five options in a drawn order."""
        options = [str(each) for each in (self.answer, *self.slips[:4])]
        return tuple(random.Random(f"{seed} {self.text}").sample(options, len(options)))


# --- problems ---------------------------------------------------------------------------------------------------------

Made = tuple[str, int, tuple[int, ...]]


def _bakery(draw: random.Random) -> Made:
    trays, buns, price, given = draw.randint(3, 9), draw.randint(6, 24), draw.randint(2, 6), draw.randint(5, 15)
    sold = trays * buns - given
    text = (
        f"A baker fills {trays} trays with {buns} buns each. She gives away {given} buns and sells all others for "
        f"{price} euros each. How many euros does she take?"
    )
    return text, sold * price, (trays * buns * price, sold, (sold + 2 * given) * price, trays * buns - given * price)


def _journey(draw: random.Random) -> Made:
    fast, slow, hours, more = draw.randint(60, 110), draw.randint(20, 55), draw.randint(2, 6), draw.randint(2, 5)
    missing = draw.randint(12, 95)
    text = (
        f"A lorry drives {hours} hours at {fast} km/h, then {more} hours at {slow} km/h. It was to drive "
        f"{fast * hours + slow * more + missing} km. How many km are missing?"
    )
    driven = fast * hours + slow * more
    return text, missing, (driven, missing + fast * hours, missing + slow * more, driven + missing)


def _savings(draw: random.Random) -> Made:
    start, week, weeks, spent = draw.randint(20, 90), draw.randint(5, 25), draw.randint(4, 12), draw.randint(10, 60)
    text = (
        f"Mara has {start} euros. Each week she saves {week} euros, for {weeks} weeks, and then spends {spent} euros "
        "on a lamp and twice as much on a chair. How many euros are left?"
    )
    whole = start + week * weeks
    return text, whole - 3 * spent, (whole - spent, whole - 2 * spent, whole, week * weeks - 3 * spent)


def _orchard(draw: random.Random) -> Made:
    rows, trees, apples, bad = draw.randint(4, 12), draw.randint(5, 15), draw.randint(20, 60), draw.randint(2, 9)
    text = (
        f"An orchard has {rows} rows of {trees} trees. Each tree bears {apples} apples, and of those of each tree "
        f"{bad} are bad. How many good apples are there?"
    )
    count = rows * trees
    return (
        text,
        count * (apples - bad),
        (count * apples, count * apples - bad, count * (apples + bad), trees * (apples - bad)),
    )


def _classes(draw: random.Random) -> Made:
    classes, pupils, each, boxes = draw.randint(3, 8), draw.randint(18, 30), draw.randint(2, 5), draw.randint(8, 14)
    needed = classes * pupils * each
    packs = -(-needed // boxes)
    text = (
        f"Each of {classes} classes has {pupils} pupils, and each pupil needs {each} pencils. Pencils come in boxes of "
        f"{boxes}. How many boxes have to be bought?"
    )
    return text, packs, (needed, needed // boxes + 2, -(-(classes * pupils) // boxes), packs * boxes)


def _ages(draw: random.Random) -> Made:
    child, times, years = draw.randint(5, 12), draw.randint(3, 5), draw.randint(4, 15)
    text = (
        f"Ola is {child} years old. Her grandfather is {times} times as old as she will be in {years} years. How old "
        "was he ten years ago?"
    )
    old = times * (child + years)
    return text, old - 10, (old, times * child - 10, times * child + years - 10, old + 10)


TEMPLATES: tuple[Callable[[random.Random], Made], ...] = (_bakery, _journey, _savings, _orchard, _classes, _ages)


def made(seed: int, count: int) -> list[tuple[str, Problem]]:
    """Return drawn problems, the templates in turn; the same for the same seed, however many."""
    found = []
    for n in range(count):
        draw = random.Random(f"{seed} {n}")
        text, answer, slips = TEMPLATES[n % len(TEMPLATES)](draw)
        found.append((f"made-{seed}-{n}", Problem(text, answer, _distinct(answer, slips, draw))))
    return found


def read(path: Path) -> list[tuple[str, Problem]]:
    """Return the problems of a file in the format of GSM8K whose answers are whole numbers.

    Raises:
        SystemExit: a line is not of that format.
    """
    found = []
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            data = json.loads(line)
            text, result = data["question"], data["answer"].rpartition("####")[2].strip().replace(",", "")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SystemExit(f"{path}:{n}: expected an object with 'question' and 'answer'") from None
        if re.fullmatch(r"-?\d+", result):
            draw, numbers = random.Random(text), [int(each) for each in re.findall(r"\d+", text)][:6]
            slips = [int(result) + draw.choice((-1, 1)) * number for number in numbers]
            found.append((f"line-{n}", Problem(text, int(result), _distinct(int(result), slips, draw))))
    return found


def _distinct(answer: int, slips: Sequence[int], draw: random.Random) -> tuple[int, ...]:
    """Return four wrong results, the slips first, then neighbours."""
    found = [slip for slip in dict.fromkeys(slips) if slip != answer][:4]
    while len(found) < 4:
        near = answer + draw.choice((-1, 1)) * draw.randint(1, 9 + abs(answer) // 5)
        found += [near] if near != answer and near not in found else []
    return tuple(found)


# --- arms -------------------------------------------------------------------------------------------------------------


def strategy(name: str, **settings: Any) -> Run[Problem]:
    """Return the arm that is a strategy of the product, with the choice that an agent would make."""

    async def run(problem: Problem, purse: Purse) -> Outcome:
        options = problem.options(0)
        given: dict[str, Any] = {"choose_from": options, "instruction": INSTRUCTION}

        async def ask(place: str, request: Request) -> Completion:
            return await purse.one(place, request)

        context = (_ROLE, Message(role="user", content=f"The problem: {problem.text}"))
        planning = Planning(ask, "sum#1/plan", context, PlanDef(strategy="self_consistency", **given), seed=1)
        if purse.tokens is not None:  # a strategy never passes its budget, and a control is to spend all of it
            _, chain = chain_job(Thinking(planning), 1, "chain/1", first_instruction(planning))
            given["budget"] = purse.tokens + purse.most(chain)
        proposal = await strategies.get(name)(replace(planning, settings=PlanDef(strategy=name, **given, **settings)))
        choice = proposal.choice or await choose(
            ask, "sum#1/choose", proposal.transcript, options, question="Which answer is right?", seed=1
        )
        hit = float(options[choice.chosen] == str(problem.answer))
        return Outcome(hit, hit, (options[choice.chosen],), proposal.read)

    return run


def opened(count: int) -> Run[Problem]:
    """Return the arm that writes chains without options, and takes the number that most of them end with."""

    async def run(problem: Problem, purse: Purse) -> Outcome:
        asked = f"{problem.text}\nThink step by step, briefly, and end with a line 'Answer:' and the number alone."
        heat = 0.7 if count > 1 else 0.0
        ask = lambda seed: written(asked, seed=seed, most=260, temperature=heat)  # noqa: E731 - in a line
        found = [last_number(text) for text in await samples(purse, "chain", ask, count)]
        hits = [each == str(problem.answer) for each in found]
        handed = most_common(found)
        return Outcome(float(handed == str(problem.answer)), float(any(hits)), tuple(found), f"{len(found)} chains")

    return run


def last_number(text: str) -> str:
    """Return the last whole number in a text; empty where there is none."""
    found = re.findall(r"-?\d+(?:\.\d+)?", text.replace(",", ""))
    return found[-1].removesuffix(".0").removesuffix(".00") if found else ""


def arms(samples_: int) -> list[Arm[Problem]]:
    """Return all arms."""
    asking_more: dict[str, dict[str, Any]] = {
        "self_consistency": {"samples": samples_},
        "debate": {"debaters": 3, "rounds": 2},
        "tree": {"depth": 2, "breadth": 2, "branches": 3},
        "graph": {},
    }
    return [
        *(Arm(name, strategy(name)) for name in ("direct", "chain", "two_stage")),
        *(Arm(name, strategy(name, **settings)) for name, settings in asking_more.items()),
        *(Arm(f"best_of@{name}", strategy("best_of"), name) for name in ("two_stage", *asking_more)),
        Arm("open_cot", opened(1)),
        Arm("open_sc", opened(samples_)),
    ]


def main() -> None:
    """Measure, and print."""
    options = parser(__doc__, "arithmetic")
    options.add_argument("--data", type=Path, help="problems in the format of GSM8K; default: made from templates")
    options.add_argument("--samples", type=int, default=5, help="chains of self_consistency and of open_sc")
    args = options.parse_args()
    if args.data is not None and not args.data.is_file():
        raise SystemExit(f"skipped: there is no {args.data}")
    cases = drawn(read(args.data), args) if args.data else made(args.seed, args.limit or 200)
    measure(args, arms(args.samples), cases, rates=True, worst=0.0)
    print("of five options one is right: chance is 20 %")


if __name__ == "__main__":
    main()
