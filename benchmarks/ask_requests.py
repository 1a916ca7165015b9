"""Twenty requests with real files, end to end: how many are answered right, and which stage went wrong first.

    python benchmarks/ask_requests.py --model qwen2.5-coder-1.5b
    python benchmarks/ask_requests.py --model qwen2.5-coder-1.5b --planner stepwise --only sign,average
    python benchmarks/ask_requests.py --planner gold --model random

Each request goes through ``glasswork ask`` itself, in a project whose workflow ``ask`` names the planner; its run is
kept under ``--work``, for ``glasswork log``. ``--planner gold`` plans what is known to fulfil the request, so that
choosing, executing and answering alone are measured: the ceiling. ``alone`` is the model without tools, which is given
the request, the names of the files, and the text of those that are text; it stands beside every other planner.
``twenty/`` has the requests, makes their files, and checks the answers. Every row is written to ``--out`` as it is
done; started again with the same file, the rows that are there are not made again. Needs ``glasswork[tools]``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml
from twenty.cases import CASES, Case
from twenty.files import made
from twenty.stages import STAGES, Ended, Stage, judged

from glasswork.cli.main import main as glasswork
from glasswork.definitions import ModelsDef, RetryDef
from glasswork.dispatch import Planning, TaskGraph, planners
from glasswork.dispatch.graph import as_data, from_data, line
from glasswork.errors import ModelError
from glasswork.library import shipped
from glasswork.log.reader import iter_entries
from glasswork.models.pool import Models
from glasswork.models.wrap import asking
from glasswork.records import Message, Request
from glasswork.statistics import mean, share
from glasswork.tools import Blob, MediaStore

TIMEOUT = 600.0
"""Seconds for the one answer of the model alone."""
_HOW = "Do this yourself, and answer in one to three sentences. If you cannot do it, say so."


@dataclass
class Row:
    """What became of one request."""

    name: str
    right: bool
    stage: Stage = ""
    why: str = ""
    said: str = ""
    plan: list[str] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    log: str = ""


# --- with tools -------------------------------------------------------------------------------------------------------


async def gold(planning: Planning) -> TaskGraph:
    """Plan what is known to fulfil the request."""
    due = next(case.due for case in CASES if case.request == planning.request)
    graph = from_data([{"tool": one.tools[0], "arguments": one.arguments} for one in due])
    told = "\n".join(line(task) for task in graph.tasks) or "none of the tools fits"
    decision = planning.desk.sit("planner", "gold", planning.segments(planning.candidates))
    decision.settle(told)
    decision.act(told, as_data(graph))
    return graph


def project(folder: Path, planner: str) -> None:
    """Make a project whose workflow ``ask`` is the shipped one with another planner."""
    workflow = yaml.safe_load((shipped() / "workflows" / "ask.yaml").read_text(encoding="utf-8"))
    workflow["steps"]["ask"]["dispatch"]["planner"] = planner
    (folder / "workflows").mkdir(parents=True, exist_ok=True)
    (folder / "workflows" / "ask.yaml").write_text(yaml.safe_dump(workflow, sort_keys=False), encoding="utf-8")


def asked(case: Case, model: str, files: Mapping[str, Path]) -> Row:
    """Have ``glasswork ask`` fulfil a request, in the project of the working folder."""
    given = [word for name in case.files for word in ("--file", str(files[name]))]
    out, err, began = io.StringIO(), io.StringIO(), time.monotonic()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.suppress(SystemExit):
        glasswork(["ask", case.request, *given, "--model", model, "--json"])
    if not out.getvalue().strip():  # nothing ran: a model, or a tool, cannot be opened
        raise SystemExit(f"{case.name}: {err.getvalue().strip()}")
    data = json.loads(out.getvalue())
    if data["state"] == "interrupted":
        raise SystemExit(f"{case.name}: interrupted")
    ended = ended_of(data)
    stage, why = judged(case, ended)
    return Row(
        case.name,
        not stage,
        stage,
        why,
        data["answer"],
        [line(task) for task in from_data(data["plan"]).tasks],
        data["results"],
        data["calls"],
        data["tokens"],
        round(time.monotonic() - began, 1),
        data["log"],
    )


def ended_of(data: Mapping[str, Any]) -> Ended:
    """Return what the JSON of ``glasswork ask`` and its log say."""
    log = Path(data["log"])
    codes: dict[str, str] = {}
    for entry in iter_entries(log, only={"tool.answered"}):
        parts = entry.event.place.split("/") if entry.event.type == "tool.answered" else []
        if len(parts) == 3 and parts[1] != "file":
            codes[parts[1]] = entry.event.error if entry.event.type == "tool.answered" else ""
    claims = " ".join(one["says"] for one in data["claims"])
    return Ended(
        said=claims if data["plan"] else data["answer"],  # and not what failed, which the answer tells, too
        plan=data["plan"],
        results=data["results"],
        files=[Path(one["path"]) for one in data["files"]],
        codes=codes,
        error="" if data["state"] == "done" else data["reason"] or data["state"],
        media=log / "media",
    )


# --- without ----------------------------------------------------------------------------------------------------------


class Alone:
    """The model without tools."""

    def __init__(self, model: str, media: Path) -> None:
        self._models = Models(ModelsDef(version=1), base_dir=Path.cwd(), override=model)
        self._store = MediaStore(media)

    async def row(self, case: Case, files: Mapping[str, Path]) -> Row:
        """Ask it once."""
        began = time.monotonic()
        ask = asking(await self._models.get("default"), retry=RetryDef(max=0), timeout=TIMEOUT, record=lambda _: None)
        blobs = [self._store.take(files[name]) for name in case.files]
        prompt = "\n\n".join([*map(_shown, blobs), case.request, _HOW])
        try:
            answer = await ask(f"alone/{case.name}", Request(messages=(Message(role="user", content=prompt),)))
        except ModelError as error:
            return Row(case.name, right=False, stage="answer", why=error.message)
        why = case.check.problem(answer.text)
        spent = round(time.monotonic() - began, 1)
        return Row(
            case.name,
            not why,
            "answer" if why else "",
            why,
            answer.text,
            calls=1,
            tokens=answer.usage.total,
            seconds=spent,
        )

    async def aclose(self) -> None:
        """Close the model."""
        await self._models.aclose()


def _shown(blob: Blob) -> str:
    """Return a file as the model alone is given it: by its name, with its text where it is text."""
    text = blob.path.read_text(encoding="utf-8") if blob.media_type.startswith("text/") else ""
    return f"File: {blob}" + f"\n{text}" * bool(text)


async def alone(cases: Sequence[Case], model: str, files: Mapping[str, Path], out: Path) -> None:
    """Write the rows of the model without tools."""
    one = Alone(model, out.parent / "alone-media")
    try:
        for case in cases:
            _written(await one.row(case, files), out)
    finally:
        await one.aclose()


# --- all of them ------------------------------------------------------------------------------------------------------


def measured(args: argparse.Namespace, planner: str, cases: Sequence[Case], out: Path) -> list[Row]:
    """Return a row for each request; those in the file are not made again."""
    todo = [case for case in cases if case.name not in _rows(out)]
    if todo:
        print(f"{planner} on {args.model}", flush=True)
        files = made(args.work / "files", sorted({name for case in todo for name in case.files}))
        if planner == "alone":
            asyncio.run(alone(todo, args.model, files, out))
        else:
            project(args.work / planner, planner)
            with contextlib.chdir(args.work / planner):
                for case in todo:
                    _written(asked(case, args.model, files), out)
    found = _rows(out)
    return [found[case.name] for case in cases]


def _rows(out: Path) -> dict[str, Row]:
    lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
    return {row.name: row for row in (Row(**json.loads(one)) for one in lines)}


def _written(row: Row, out: Path) -> None:
    with out.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    told = "right" if row.right else f"{row.stage}: {row.why}"
    print(f"  {row.name}: {told} ({row.calls} calls, {row.seconds:.0f} s)", flush=True)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a result."""
    right = sum(row.right for row in rows)
    told = share(right, len(rows))
    yield f"right: {right} of {len(rows)}, {told.value:.0%} [{told.low:.0%}, {told.high:.0%}]"
    if any(row.log for row in rows):
        yield from _stages(rows)
    calls, tokens, seconds = (mean([getattr(row, part) for row in rows]) for part in ("calls", "tokens", "seconds"))
    yield f"a request: {calls:.1f} calls, {tokens:.0f} tokens, {seconds:.1f} s"


def _stages(rows: Sequence[Row]) -> Iterator[str]:
    first = Counter(row.stage for row in rows if not row.right)
    yield "went wrong first: " + (", ".join(f"{stage} {first[stage]}" for stage in STAGES if first[stage]) or "nothing")
    enough = sum(row.right or row.stage == "answer" for row in rows)
    yield f"with the right results: {enough} of {len(rows)}"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--planner", default="listed", help="'gold' and 'alone' besides those that there are")
    parser.add_argument("--limit", type=int, default=0, help="the first so many requests; 0: all")
    parser.add_argument("--only", default="", help="the requests of these names, comma between them")
    parser.add_argument("--work", type=Path, default=Path("ask-requests"), help="folder for files, projects and runs")
    parser.add_argument("--out", type=Path, help="rows, one a line; default: WORK/MODEL-PLANNER.jsonl")
    args = parser.parse_args()
    args.work = args.work.absolute()
    args.work.mkdir(parents=True, exist_ok=True)
    names = [name for name in args.only.split(",") if name]
    if unknown := set(names) - {case.name for case in CASES}:
        raise SystemExit(f"--only: there is no request {', '.join(sorted(unknown))}")
    cases = [case for case in CASES if not names or case.name in names][: args.limit or None]
    model = args.model.replace("/", "_").replace(":", "_")
    planners.register("gold")(gold)
    for planner in dict.fromkeys((args.planner, *(() if args.model == "random" else ("alone",)))):
        own = args.out.absolute() if args.out and planner == args.planner else None
        rows = measured(args, planner, cases, own or args.work / f"{model}-{planner}.jsonl")
        print(f"\n{planner} on {args.model}\n" + "\n".join(table(rows)) + "\n", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("COLUMNS", "200")
    main()
