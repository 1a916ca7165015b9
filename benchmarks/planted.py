"""Do attributions find a driver that is known? Planted decisions, a real model, and what costs nothing beside it.

    python benchmarks/planted.py --model smollm2-135m --cases 10 [--json]
    python benchmarks/planted.py --model smollm2-135m --white-box CHECKPOINT --white-box-python PYTHON

For each decision: does the model follow the driver (the dictated option is the most probable, averaged over the
orders), and no longer so when it is gone? Then hit@1 (the driver has the highest score), LDS (rank correlation with
held-out sets) and the margin lost with the highest segment, of leave-one-out and Lasso, beside random scores, length in
characters, and position. A model that does not follow the driver was not driven by it: hit@1 is told of the decisions
where it follows, and of all. Shares carry Wilson intervals, means bootstrap intervals over decisions, both of 95 %.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from glasswork.definitions import RetryDef
from glasswork.explain.attribution import Method, attribute, questions, top
from glasswork.explain.case import Case
from glasswork.explain.planted import planted
from glasswork.explain.ranking import held_out, lds, top_drop
from glasswork.explain.reading import Reading, live_reader
from glasswork.explain.surgery import prompt_of
from glasswork.models.pieces import pieces
from glasswork.models.pool import Models
from glasswork.models.wrap import asking
from glasswork.records import Ask, Record
from glasswork.statistics import Share, bootstrap, mean, share, spearman

Scores = dict[str, float]
FITTED: tuple[Method, ...] = ("leave-one-out", "lasso")


class Row(Record):
    """What one decision came to."""

    case: str
    follows: bool
    follows_without: bool
    scores: dict[str, Scores]
    """By method."""
    drops: dict[str, float]
    """Margin lost with the segment that scores highest, in nats, by method."""
    causal: dict[str, tuple[str, ...]] = {}
    """By method, where the noise floor was measured."""
    floors: dict[str, float] = {}
    held: tuple[tuple[tuple[str, ...], float], ...]
    """Held-out sets, and the margin with each."""
    calls: int
    tokens: int
    cached: int
    seconds: float


def free_scores(case: Case, seed: int) -> dict[str, Scores]:
    """Return the scores that need no model."""
    generator = random.Random(f"{seed} {case.id}")
    ids = [segment.id for segment in case.segments]
    return {
        "random": {one: generator.random() for one in ids},
        "length": {segment.id: float(len(segment.text)) for segment in case.segments},
        "first": {one: float(-index) for index, one in enumerate(ids)},
        "last": {one: float(index) for index, one in enumerate(ids)},
    }


async def measure(case: Case, ask: Ask, options: argparse.Namespace, *, whole: bool) -> Row:
    """Attribute one decision: by leaving out alone, or in every way, with the noise floor."""
    started = time.perf_counter()
    read = live_reader(case, ask, orders=options.orders, parallel=options.parallel)
    everything = frozenset(segment.id for segment in case.segments)
    single = {segment.id: everything - {segment.id} for segment in case.segments}
    full, *without = await read([everything, *single.values()])
    scores = {"leave-one-out": {one: full.margin - left.margin for one, left in zip(single, without, strict=True)}}
    fitted = {
        method: await attribute(read, case, method=method, seed=options.seed, masks=options.masks)
        for method in (FITTED if whole else ())
    }
    scores |= {method: found.scores for method, found in fitted.items()} | free_scores(case, options.seed)
    held = await read(held_out(case, count=options.held_out, seed=options.seed))
    return Row(
        case=case.id,
        follows=full.first,
        follows_without=without[list(single).index(case.driver)].first,
        scores=scores,
        drops={method: await top_drop(read, case, each) for method, each in scores.items()},
        causal={method: found.causal for method, found in fitted.items()},
        floors={method: found.floor.value for method, found in fitted.items()},
        held=tuple((tuple(sorted(reading.kept)), reading.margin) for reading in held),
        calls=read.calls,
        tokens=read.usage.total,
        cached=read.usage.cached_tokens or 0,
        seconds=time.perf_counter() - started,
    )


async def study(cases: Sequence[Case], options: argparse.Namespace) -> list[Row]:
    """Measure every decision, one after the other, but for those that ``--rows`` holds already."""
    rows = {row.case: row for row in _kept(options.rows)}
    models = Models(None, base_dir=Path.cwd(), on_progress=lambda line: print(line, file=sys.stderr))
    try:
        for number, case in enumerate(cases):
            if case.id in rows:
                continue
            ask = asking(await models.get(options.model), retry=RetryDef(), timeout=600, record=lambda _: None)
            whole = options.whole is None or number < options.whole
            row = rows[case.id] = await measure(case, ask, options, whole=whole)
            print(f"{case.id}: {row.seconds:.1f} s, {row.calls} questions", file=sys.stderr)
            if options.rows:
                with options.rows.open("a", encoding="utf-8") as file:
                    file.write(row.model_dump_json() + "\n")
    finally:
        await models.aclose()
    return [rows[case.id] for case in cases]


def _kept(path: Path | None) -> list[Row]:
    lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
    return [Row.model_validate_json(line) for line in lines]


# --- the inside of a model ------------------------------------------------------------------------------------------


def white_box(cases: Sequence[Case], options: argparse.Namespace) -> dict[str, dict[str, Scores]]:
    """Return what the insides say, by method and decision: as they were kept, or from torch; empty without torch."""
    if options.insides and options.insides.exists():
        return dict(json.loads(options.insides.read_text(encoding="utf-8")))
    program = Path(__file__).with_name("white_box.py")
    prompts = json.dumps([_for_white_box(case, options.orders) for case in cases[: options.inside]])
    command = [options.white_box_python, str(program), options.white_box, str(options.captum)]
    done = subprocess.run(command, input=prompts, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == 3:
        return {}
    done.check_returncode()
    found: dict[str, dict[str, Scores]] = {}
    for case, by_method in json.loads(done.stdout).items():
        for method, scores in by_method.items():
            found.setdefault(method, {})[case] = scores
    if options.insides:
        options.insides.write_text(json.dumps(found), encoding="utf-8")
    return found


def _for_white_box(case: Case, orders: int) -> dict[str, Any]:
    prompt = prompt_of(case)
    labels = [option.label for option in case.options]
    chosen = labels.index(case.choice)
    everything = frozenset(segment.id for segment in case.segments)
    asked = [
        {
            "messages": [message.model_dump() for message in prompt.request(everything, shift).messages],
            "labels": labels,
            "chosen": labels[(chosen - shift) % len(labels)],
        }
        for shift in range(orders)
    ]
    return {"id": case.id, "orders": asked, "pieces": {one.id: pieces([one]) for one in case.segments}}


# --- what it comes to -----------------------------------------------------------------------------------------------


def summary(
    cases: Sequence[Case], rows: Sequence[Row], inside: dict[str, dict[str, Scores]], options: argparse.Namespace
) -> dict[str, Any]:
    """Return everything that is told, as plain data."""
    drivers = {case.id: case.driver for case in cases}
    methods: dict[str, dict[str, Scores]] = {}
    for row in rows:
        for name, scores in row.scores.items():
            methods.setdefault(name, {})[row.case] = scores
    followed = [row for row in rows if row.follows]
    return {
        "model": options.model,
        "cases": len(rows),
        "seed": options.seed,
        "orders": options.orders,
        "masks": options.masks,
        "follows": _share(share(len(followed), len(rows))),
        "follows_without_driver": _share(share(sum(row.follows_without for row in rows), len(rows))),
        "methods": {name: _method(name, scores, rows, drivers) for name, scores in (methods | inside).items()},
        "causal": {name: found for name in FITTED if (found := _causal(name, followed, drivers))},
        "agreement": _agreement(methods["leave-one-out"], inside.get("captum", {})),
        "questions_for_leave_one_out": questions(cases[0], "leave-one-out", orders=options.orders),
        "calls": sum(row.calls for row in rows),
        "tokens": sum(row.tokens for row in rows),
        "cached_tokens": sum(row.cached for row in rows),
        "seconds": sum(row.seconds for row in rows),
    }


def _method(name: str, scores: dict[str, Scores], rows: Sequence[Row], drivers: dict[str, str]) -> dict[str, Any]:
    scored = [row for row in rows if row.case in scores]
    values = [value for row in scored if (value := lds(scores[row.case], _readings(row))) is not None]
    return {
        "hit_at_1_where_followed": _share(_hits(scores, [row for row in scored if row.follows], drivers)),
        "hit_at_1": _share(_hits(scores, scored, drivers)),
        "lds": _mean(values),
        "top_1_drop": _mean([row.drops[name] for row in scored if name in row.drops]),
    }


def _readings(row: Row) -> list[Reading]:
    return [Reading(frozenset(kept), (margin,)) for kept, margin in row.held]


def _hits(scores: dict[str, Scores], rows: Sequence[Row], drivers: dict[str, str]) -> Share:
    return share(sum(top(scores[row.case]) == (drivers[row.case],) for row in rows), len(rows))


def _causal(method: str, rows: Sequence[Row], drivers: dict[str, str]) -> dict[str, Any]:
    """Tell how often the driver is found causal, and how often something else is; of rows with a noise floor."""
    found = [(row, set(row.causal[method])) for row in rows if method in row.causal]
    if not found:
        return {}
    others = sum(len(causal - {drivers[row.case]}) for row, causal in found)
    return {
        "driver": _share(share(sum(drivers[row.case] in causal for row, causal in found), len(found))),
        "others": _share(share(others, sum(len(row.scores[method]) - 1 for row, _ in found))),
        "floor": _mean([row.floors[method] for row, _ in found]),
    }


def _agreement(ours: dict[str, Scores], captum: dict[str, Scores]) -> dict[str, Any]:
    """Tell how our effects, read on the served model, rank beside those that captum finds within the checkpoint."""
    values = [
        value
        for case, theirs in captum.items()
        if case in ours and (value := spearman([ours[case][one] for one in theirs], [*theirs.values()])) is not None
    ]
    return _mean(values)


def _share(value: Share) -> dict[str, Any]:
    return value.model_dump() | {"value": value.value}


def _mean(values: Sequence[float]) -> dict[str, Any]:
    if not values:
        return {"value": None, "low": None, "high": None, "of": 0}
    low, high = bootstrap(values, mean, seed=0)
    return {"value": mean(values), "low": low, "high": high, "of": len(values)}


def table(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a report."""
    yield f"{found['model']}: {found['cases']} decisions, {found['orders']} orders each, {found['masks']} masks"
    gone = _told(found["follows_without_driver"])
    yield f"follows the driver: {_told(found['follows'])}; with the driver gone: {gone}"
    yield ""
    yield f"{'':18}{'hit@1, followed':26}{'hit@1, all':26}{'LDS':26}{'top-1 drop, nats'}"
    for name, each in found["methods"].items():
        cells = (each["hit_at_1_where_followed"], each["hit_at_1"], each["lds"], each["top_1_drop"])
        yield f"{name:18}" + "".join(f"{_told(cell):26}" for cell in cells).rstrip()
    yield ""
    for name, each in found["causal"].items():
        yield (
            f"{name}: the driver is causal in {_told(each['driver'])} of followed decisions, "
            f"other segments {_told(each['others'])}; floor {_told(each['floor'])} nats"
        )
    if found["agreement"]["of"]:
        yield f"rank correlation of leave-one-out with captum's feature ablation: {_told(found['agreement'])}"
    yield (
        f"{found['calls']} questions, {found['tokens']:,} tokens ({found['cached_tokens']:,} from the cache), "
        f"{found['seconds']:.0f} s; leave-one-out alone asks {found['questions_for_leave_one_out']} a decision"
    )


def _told(cell: dict[str, Any]) -> str:
    if cell["value"] is None:
        return "-"
    return f"{cell['value']:.2f} [{cell['low']:.2f}, {cell['high']:.2f}] n={cell['of']}"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m", help="a name that 'glasswork models' knows")
    parser.add_argument("--cases", type=int, default=120)
    parser.add_argument("--orders", type=int, choices=range(1, 5), default=4, help="rotations of the options asked")
    parser.add_argument("--masks", type=int, default=32, help="random sets that the Lasso is fitted to")
    parser.add_argument("--held-out", type=int, default=24, help="random sets that the LDS is taken over")
    parser.add_argument("--parallel", type=int, default=1, help="questions at once; many on vLLM")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--whole", type=int, metavar="N", help="measure floor and Lasso of the first N decisions only")
    parser.add_argument("--rows", type=Path, metavar="FILE", help="keep what is measured here, and go on from it")
    parser.add_argument("--insides", type=Path, metavar="FILE", help="the same for what the insides say")
    parser.add_argument("--inside", type=int, metavar="N", help="open the model for the first N decisions only")
    parser.add_argument("--captum", type=int, default=0, metavar="N", help="cross-check the first N with captum")
    parser.add_argument("--white-box", metavar="CHECKPOINT", help="score by gradient and attention too")
    parser.add_argument("--white-box-python", metavar="PYTHON", default=sys.executable, help="one that has torch")
    parser.add_argument("--json", action="store_true", help="print numbers for a program")
    options = parser.parse_args()
    cases = planted(options.cases, seed=options.seed)
    rows = asyncio.run(study(cases, options))
    inside = white_box(cases, options) if options.white_box else {}
    found = summary(cases, rows, inside, options)
    print(json.dumps(found, indent=2) if options.json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
