"""Routing: which tools, in which order, with which arguments, or none; a planner on a model, beside naive baselines.

    python benchmarks/routing.py --data bfcl --model qwen2.5-coder-0.5b --planner listed --limit 20
    python benchmarks/routing.py --data ultratool --model qwen2.5-coder-0.5b --planner listed --limit 20

``bfcl`` (Patil et al., ICML 2025; ``ShishirPatil/gorilla``): AST accuracy for each category; of ``irrelevance``, how
often no call is planned. ``ultratool`` (``WxxShirley/GNN4TaskPlan``): node F1, edge F1, exact plans, invented tools;
260 tools, of which a planner is shown a few that match the request.

Planners: ``raw`` (one prompt in the form that models are trained on, free text, nothing made good: what the model does
by itself), ``listed`` and ``stepwise``. Scores are strict: what cannot be read, or does not hold together, is wrong.
Shares have Wilson's interval, means the bootstrap's, 95 %. Every row is written to ``--out`` as it is done; started
again with the same file, the rows that are there are not made again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from glasswork.definitions import ModelsDef, RetryDef, ToolInput, ToolOutput, ToolType
from glasswork.dispatch import Bounds, Desk, Planning, TaskGraph, planners
from glasswork.dispatch.finding import candidates
from glasswork.dispatch.graph import told
from glasswork.dispatch.score import Accepted, Call, edge_f1, exact, invented, node_f1, wrong_calls
from glasswork.errors import ModelError, PlanFailed
from glasswork.library import Library
from glasswork.models.pool import Models
from glasswork.models.wrap import asking
from glasswork.records import Event, Recorder
from glasswork.statistics import bootstrap, mean, share
from glasswork.tools.base import Spec

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
CATEGORIES = (
    *("simple_python", "multiple", "parallel", "parallel_multiple", "irrelevance", "live_simple"),
    "live_parallel_multiple",
)
_TYPES: dict[str, ToolType] = {
    **dict.fromkeys(("integer", "float", "number"), "number"),
    "string": "text",
    "boolean": "boolean",
}
_SCHEMA = {"dict": "object", "float": "number", "tuple": "array", "any": None}
_KEPT = ("description", "enum", "items", "properties", "required")


@dataclass(frozen=True)
class Case:
    """One request, with the tools it may use, and what is right."""

    id: str
    category: str
    request: str
    specs: Mapping[str, Spec]
    schemas: Mapping[str, Mapping[str, dict[str, Any]]] = field(default_factory=dict)
    calls: tuple[Accepted, ...] = ()
    nodes: tuple[str, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()


@dataclass
class Row:
    """What a planner made of one case."""

    id: str
    category: str
    right: bool | None = None
    wrong: str = ""
    node_f1: float | None = None
    edge_f1: float | None = None
    exact: bool | None = None
    invented: float | None = None
    planned: list[Any] = field(default_factory=list)
    error: str = ""
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0


# --- cases ------------------------------------------------------------------------------------------------------------


def bfcl(folder: Path, categories: Sequence[str]) -> Iterator[Case]:
    """Yield the cases of some categories."""
    for category in categories:
        answers = folder / f"{category}.answers.jsonl"
        right = {one["id"]: one["ground_truth"] for one in _lines(answers)} if answers.exists() else {}
        for one in _lines(folder / f"{category}.jsonl"):
            functions = [_function(each) for each in one["function"]]
            yield Case(
                id=one["id"],
                category=category,
                request="\n".join(each["content"] for turn in one["question"] for each in turn),
                specs={spec.name: spec for spec, _ in functions},
                schemas={spec.name: schemas for spec, schemas in functions},
                calls=tuple(right.get(one["id"], ())),
            )


def _function(function: Mapping[str, Any]) -> tuple[Spec, dict[str, dict[str, Any]]]:
    """Return a function as a tool model, and the schemas of its arguments."""
    properties, needed = function["parameters"]["properties"], function["parameters"].get("required", ())
    inputs = {
        name: ToolInput(type=_TYPES.get(one["type"], "json"), description=_told(one)[:300], required=name in needed)
        for name, one in properties.items()
    }
    spec = Spec(name=function["name"], description=function["description"][:1000], inputs=inputs)
    return spec, {name: _schema(one) for name, one in properties.items()}


def _told(one: Mapping[str, Any]) -> str:
    values = f" One of: {', '.join(map(str, one['enum']))}." if one.get("enum") else ""
    return f"{one.get('description', '')}{values}"


def _schema(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a parameter's schema in JSON's words."""
    kind = _SCHEMA.get(one["type"], one["type"])
    found: dict[str, Any] = {"type": kind} if kind else {"type": ["string", "number", "boolean"]}
    found |= {key: one[key] for key in _KEPT if key in one and key != "description"}
    if "properties" in found:
        found["properties"] = {name: _schema(each) for name, each in found["properties"].items()}
        found["additionalProperties"] = False
    if "items" in found:
        found["items"] = _schema(found["items"])
        found["maxItems"] = 20
    if kind == "string" and "enum" not in found:
        found["maxLength"] = 300
    return found


def ultratool(folder: Path) -> Iterator[Case]:
    """Yield the development plans; the tools take no arguments, and their order counts."""
    nodes = json.loads((folder / "tool_desc.json").read_text())["nodes"]
    specs = {
        one["id"]: Spec(name=one["id"], description=one["desc"], output=ToolOutput(), idempotent=False) for one in nodes
    }
    for one in _lines(folder / "dev_plans.jsonl"):
        yield Case(
            id=one["id"],
            category="ultratool",
            request=one["user_request"].strip(),
            specs=specs,
            nodes=tuple(each["task"] for each in one["task_nodes"]),
            edges=tuple((each["source"], each["target"]) for each in one["task_links"]),
        )


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


# --- one case ---------------------------------------------------------------------------------------------------------


class Bench:
    """One planner on one model."""

    def __init__(self, models: Models, planner: str, bounds: Bounds) -> None:
        self.models, self.planner, self.bounds = models, planner, bounds

    async def row(self, case: Case) -> Row:
        """Plan one request and score it."""
        began, row, graph = time.monotonic(), Row(case.id, case.category), None

        def count(event: Event) -> None:
            if event.type == "model.answered":
                row.calls += 1
                row.tokens += event.completion.usage.total

        try:
            graph = await self._graph(case, count)
        except (PlanFailed, ModelError) as error:
            row.error = error.message[:300]
        self._scored(case, row, graph)
        row.seconds = round(time.monotonic() - began, 2)
        return row

    async def _graph(self, case: Case, record: Recorder) -> TaskGraph:
        ask = asking(await self.models.get("default"), retry=RetryDef(max=0), timeout=900, record=record)
        names = candidates(case.request, {}, case.specs, self.bounds.candidates)
        shown = tuple(case.specs[name] for name in names)
        desk = Desk(ask, record, "route")
        planning = Planning(desk, case.request, {}, case.specs, shown, self.bounds, case.schemas)
        return await planners.get(self.planner)(planning)

    @staticmethod
    def _scored(case: Case, row: Row, graph: TaskGraph | None) -> None:
        calls = None
        if graph is not None:
            given = [{name: told(one) for name, one in task.arguments.items()} for task in graph.tasks]
            calls = [Call(task.tool, arguments) for task, arguments in zip(graph.tasks, given, strict=True)]
            row.planned = [asdict(call) for call in calls]
        if case.nodes:
            tools = None if graph is None else [task.tool for task in graph.tasks]
            edges = [] if graph is None else [(graph[a].tool, graph[b].tool) for a, b in graph.edges]
            _score_graph(row, tools, edges, case)
        else:
            needed = {name: spec.required for name, spec in case.specs.items()}
            row.wrong = wrong_calls(calls, case.calls, needed)
            row.right = not row.wrong


def _score_graph(row: Row, tools: list[str] | None, edges: list[tuple[str, str]], case: Case) -> None:
    row.node_f1 = node_f1(tools, case.nodes).f1
    row.edge_f1 = edge_f1(None if tools is None else edges, case.edges).f1
    row.exact = exact(tools, edges, case.nodes, case.edges)
    row.invented = invented(tools, list(case.specs))


# --- all of them ------------------------------------------------------------------------------------------------------


async def measured(args: argparse.Namespace, cases: Sequence[Case]) -> list[Row]:
    """Return a row for each case; those in the file are not made again."""
    done = {one["id"]: Row(**one) for one in _lines(args.out)} if args.out.exists() else {}
    found = Library.discover().models()
    models = Models(found.definition if found else ModelsDef(version=1), base_dir=Path.cwd(), override=args.model)
    bench = Bench(models, args.planner, Bounds(candidates=args.candidates))
    slots = asyncio.Semaphore(args.parallel)

    async def made(case: Case) -> None:
        async with slots:
            done[case.id] = await bench.row(case)
        with args.out.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(done[case.id]), ensure_ascii=False) + "\n")
        print(f"  {case.id}: {_short(done[case.id])}", flush=True)

    try:
        await asyncio.gather(*(made(case) for case in cases if case.id not in done))
    finally:
        await models.aclose()
    return [done[case.id] for case in cases]


def _short(row: Row) -> str:
    what = f"node F1 {row.node_f1:.2f}" if row.node_f1 is not None else row.wrong or "right"
    return f"{what} ({row.calls} calls, {row.seconds:.0f} s)" + (f"; {row.error}" if row.error else "")


def table(rows: Sequence[Row], cases: Sequence[Case]) -> Iterator[str]:
    """Yield the lines of the result, baselines beside it."""
    by = defaultdict(list)
    for row in rows:
        by[row.category].append(row)
    for category, found in by.items():
        if found[0].node_f1 is None:
            told = share(sum(bool(row.right) for row in found), len(found))
            yield f"{category:24} {told.value:.1%} [{told.low:.1%}, {told.high:.1%}]  n={len(found)}"
            yield f"{'':24} never calling: {float(category == 'irrelevance'):.0%}"
        else:
            yield from _means(found)
            yield from _baselines([case for case in cases if case.category == category])
    seconds, calls, tokens = (mean([getattr(row, part) for row in rows]) for part in ("seconds", "calls", "tokens"))
    without = sum(bool(row.error) for row in rows)
    yield f"a request: {calls:.1f} calls, {tokens:.0f} tokens, {seconds:.1f} s; without a plan: {without}"


def _means(rows: Sequence[Row]) -> Iterator[str]:
    for name in ("node_f1", "edge_f1", "exact", "invented"):
        values = [float(getattr(row, name)) for row in rows]
        low, high = bootstrap(values, mean, seed=1)
        yield f"{name:24} {mean(values):.1%} [{low:.1%}, {high:.1%}]  n={len(values)}"


def _baselines(cases: Sequence[Case]) -> Iterator[str]:
    """Yield what needs no model: the best matches, told how many there are to be; and always the most frequent tool."""
    found = [candidates(case.request, {}, case.specs, len(case.nodes)) for case in cases]
    scores = [node_f1(names, case.nodes).f1 for names, case in zip(found, cases, strict=True)]
    yield f"{'baseline: retrieval@k':24} {mean(scores):.1%} node F1, k known"
    often = Counter(tool for case in cases for tool in case.nodes).most_common(1)[0][0]
    yield f"{'baseline: most frequent':24} {mean([node_f1([often], case.nodes).f1 for case in cases]):.1%} node F1"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=("bfcl", "ultratool"), required=True)
    parser.add_argument("--folder", type=Path, default=DATA, help="where the folders bfcl and ultratool lie")
    parser.add_argument("--categories", default=",".join(CATEGORIES), help="of bfcl")
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--planner", default="listed")
    parser.add_argument("--candidates", type=int, default=8, help="tools that a planner is shown")
    parser.add_argument("--limit", type=int, default=20, help="cases of each category; 0: all")
    parser.add_argument("--skip", type=int, default=0, help="of each category, first: what is measured is not tuned on")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--parallel", type=int, default=1, help="requests at once; more make each take longer")
    parser.add_argument("--out", type=Path, help="rows, one a line; default: routing-DATA-MODEL-PLANNER.jsonl")
    args = parser.parse_args()
    args.out = args.out or Path(f"routing-{args.data}-{args.model}-{args.planner}.jsonl")
    if not (args.folder / args.data).is_dir():
        raise SystemExit(f"skipped: there is no {args.folder / args.data}")
    cases = list(_sample(args))
    rows = asyncio.run(measured(args, cases))
    print(f"\n{args.planner} on {args.model}")
    print("\n".join(table(rows, cases)))


def _sample(args: argparse.Namespace) -> Iterator[Case]:
    folder = args.folder / args.data
    every = ultratool(folder) if args.data == "ultratool" else bfcl(folder, args.categories.split(","))
    by = defaultdict(list)
    for case in every:
        by[case.category].append(case)
    for category, cases in by.items():
        drawn = random.Random(f"{args.seed} {category}").sample(cases, len(cases))
        yield from drawn[args.skip :][: args.limit or None]


if __name__ == "__main__":
    main()
