"""The legal opinion: what it cites, what it makes up, and when it says that the corpus holds no answer.

    python benchmarks/legal.py --model qwen2.5-coder-1.5b --out legal.jsonl

The questions of ``acts_questions.jsonl`` over 21 Irish Acts; those whose section is known, and those that no Act of the
corpus answers. The evaluator of the correction is fitted to half of them and its thresholds to a quarter; asked are
those of the last quarter, to which nothing was fitted (``--all`` asks all: then the rows with correction know them).

Three ways: ``bare``, the question alone, answered in prose; ``found``, the opinion on what was found, as it was found;
``corrected``, the shipped workflow. Measured, with Wilson's 95 % intervals:

* citation precision: of the claims that stand, how many cite a section that answers the question;
* struck: of the claims that were made, how many quote words that are not in the passage they name;
* invented: of the Acts, and of the sections of Acts, that the model names by title and year in its own words, how many
  the corpus does not have (an Act that it does not have may exist elsewhere: look at the rows), and, apart, how many of
  the sections that it has were not among what the model was given;
* answered, and not: of questions that the corpus answers, and of those that it does not.

Rows are written to ``--out`` as they are done; started again with the same file, those that are there are not made
again.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from glasswork.definitions import ModelsDef
from glasswork.errors import GlassworkError
from glasswork.knowledge.calibrate import by_features, fitted, grouped, labelled, part_of, write_fit
from glasswork.knowledge.index import Index, embedding
from glasswork.knowledge.ingest import ingest
from glasswork.knowledge.store import Shelf
from glasswork.library import Library
from glasswork.models.pool import Models
from glasswork.records import Message, Request
from glasswork.statistics import share
from glasswork.workflow.compile import CompiledWorkflow, compile_workflow
from glasswork.workflow.engine import run_workflow
from glasswork.workflow.inputs import resolve_inputs

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
QUESTIONS = Path(__file__).parent / "acts_questions.jsonl"
WAYS = ("bare", "found", "corrected")
_BARE = (
    "Answer this question of Irish law in a few sentences. Name the section and the Act that you rest on.\n\n{question}"
)
_WORD = r"(?:[A-Z][\w&'-]*,?|\([^)]*\))"
_ACT = (
    rf"(?:[Tt]he\s+|Irish\s+)*(?P<act>{_WORD}(?:\s+(?:{_WORD}|of|and|for|the|to|in|on|at))*?\s+Act),?\s*"
    r"(?P<year>(?:19|20)\d\d)"
)
_NAMED = re.compile(_ACT)
_MENTION = re.compile(r"[Ss]ection\s+(?P<number>\d+[A-Z]{0,2})(?:\s*\([^)]*\))*\s+of\s+" + _ACT)


class Supply:
    """The indexes of this benchmark; no tools, no files."""

    def __init__(self, folder: Path) -> None:
        self.media, self.shelf = folder / "media", Shelf(folder / "knowledge")

    def clean(self, data: Any) -> Any:
        """Return data as it is."""
        return data

    def open(self, found: Any) -> Any:
        """Refuse: no step has tools."""
        raise AssertionError(found)

    def take(self, path: str) -> Any:
        """Refuse: no step takes files."""
        raise AssertionError(path)


def workflows(folder: Path) -> dict[str, CompiledWorkflow]:
    """Return the shipped workflow as it is, and without its correction."""
    shipped = (ROOT / "workflows" / "legal_opinion.yaml").read_text(encoding="utf-8")
    found = shipped.replace("correct: features", "correct: no").replace("name: legal_opinion", "name: found")
    (folder / "workflows").mkdir()
    for name, text in (("found", found), ("corrected", shipped.replace("name: legal_opinion", "name: corrected"))):
        (folder / "workflows" / f"{name}.yaml").write_text(text, encoding="utf-8")
    library = Library.discover(folder)
    return {way: compile_workflow(library.workflow(way), library) for way in WAYS[1:]}


async def prepared(supply: Supply, data: Path, rows: Sequence[dict[str, Any]]) -> Index:
    """Take the Acts in and fit the evaluator; return the index."""
    ingest(supply.shelf, "law", [data / "acts"], embed=embedding())
    index = supply.shelf.get("law")
    pairs = labelled(index, {row["question"]: row["gold"] for row in rows})
    write_fit(supply.shelf, "law", await fitted(index, grouped(pairs), by_features(index), source=QUESTIONS.name))
    return index


async def answered(
    workflow: CompiledWorkflow, row: dict[str, Any], models: Models, supply: Supply, folder: Path
) -> dict[str, Any]:
    """Ask one question in one way."""
    texts: list[str] = []

    def record(event: Any) -> None:
        if event.type == "decision.started" and event.agent != "retriever":
            texts.extend(f"{segment.source}\n{segment.text}" for segment in event.segments)

    begun = time.monotonic()
    outcome = await run_workflow(
        workflow,
        resolve_inputs(workflow, {"question": row["question"]}),
        run="bench",
        models=models,
        record=record,
        open_sandbox=_nothing,
        ask_human=_nothing,
        files=folder / "files",
        tools=supply,
    )
    return {
        "state": outcome.state,
        "reason": outcome.reason,
        "seconds": round(time.monotonic() - begun, 1),
        "tokens": outcome.usage.total,
        "given": "\n\n".join(texts),
        **outcome.outputs,
    }


async def answered_bare(row: dict[str, Any], models: Models) -> dict[str, Any]:
    """Ask the model the question, and nothing else."""
    begun = time.monotonic()
    prompt = Message(role="user", content=_BARE.format(question=row["question"]))
    said = await (await models.get("default")).complete(Request(messages=(prompt,), max_tokens=400, seed=1))
    seconds = round(time.monotonic() - begun, 1)
    return {"state": "done", "seconds": seconds, "tokens": said.usage.total, "given": "", "opinion": said.text}


async def _nothing(*_: object) -> Any:
    raise AssertionError("no step asks for it")


def own_words(row: dict[str, Any]) -> str:
    """Return what the model wrote itself: what it quotes is the corpus's."""
    if row["way"] == "bare":
        return str(row["opinion"])
    return "\n".join([*(one["says"] for one in row["claims"]), *row["own_knowledge"]])


def mentions(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield number, title and year of every section that a text names."""
    for match in _MENTION.finditer(text):
        yield match["number"], *_title(match)


def acts(text: str) -> Iterator[tuple[str, str]]:
    """Yield title and year of every Act that a text names."""
    return map(_title, _NAMED.finditer(text))


def _title(match: re.Match[str]) -> tuple[str, str]:
    return " ".join(match["act"].split()).lower(), match["year"]


def known_sections(index: Index) -> set[tuple[str, str, str]]:
    """Return number, title and year of every section of the corpus."""
    found = set()
    for passage in index.passages:
        title = re.fullmatch(r"(?P<act>.+?Act)\s*,?\s*(?P<year>\d{4})", " ".join(passage.title.split()))
        number = passage.id.rpartition("~")[0].rpartition("#")[2]
        if title is not None:
            found.add((number, title["act"].lower().rstrip(" ,"), title["year"]))
    return found


def told(rows: Sequence[dict[str, Any]], known: set[tuple[str, str, str]]) -> None:
    """Print what the rows come to."""
    held = {(title, year) for _, title, year in known}
    for way in WAYS:
        mine = [row for row in rows if row["way"] == way and row["state"] == "done"]
        failed = sum(row["way"] == way and row["state"] != "done" for row in rows)
        print(f"\n{way}: {len(mine)} answers, {failed} runs failed")
        if not mine:
            continue
        titles = [one for row in mine for one in acts(own_words(row))]
        print(f"  invented Acts: {share(sum(one not in held for one in titles), len(titles))}")
        named = [(one, row) for row in mine for one in mentions(own_words(row))]
        print(f"  invented sections: {share(sum(one not in known for one, _ in named), len(named))}")
        _shares(mine, known, named)


def _shares(
    mine: Sequence[dict[str, Any]],
    known: set[tuple[str, str, str]],
    named: Sequence[tuple[tuple[str, str, str], dict[str, Any]]],
) -> None:
    if mine[0]["way"] == "bare":
        return
    claims = [(one, row["gold"]) for row in mine for one in row["claims"]]
    struck = sum(len(row["struck"]) for row in mine)
    right = sum(one["passage"].rpartition("~")[0] in gold for one, gold in claims)
    print(f"  citation precision: {share(right, len(claims))}")
    print(f"  struck: {share(struck, struck + len(claims))}")
    ungiven = sum(not re.search(rf"#{one[0]}~", row["given"]) for one, row in named if one in known)
    print(f"  sections of the corpus that were not given: {share(ungiven, len(named))}")
    which: dict[str, Callable[[dict[str, Any]], bool]] = {
        "answerable": lambda row: bool(row["gold"]),
        "not answerable": lambda row: not row["gold"],
    }
    for name, chosen in which.items():
        some = [row for row in mine if chosen(row)]
        print(f"  {name}: answered {share(sum(row['answered'] for row in some), len(some))}")


async def measured(options: argparse.Namespace) -> None:
    """Ask every question in every way, then print."""
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines() if line.strip()]
    done = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.is_file() else []
    held = {(row["way"], row["question"]) for row in done}
    room = asyncio.Semaphore(options.parallel)
    chosen = [row for row in rows if options.all or part_of(row["question"]) == 2]
    asked = sorted(chosen, key=lambda row: hashlib.sha256(row["question"].encode()).digest())[: options.limit]
    models = Models(ModelsDef(version=1), base_dir=Path.cwd(), override=options.model)
    with tempfile.TemporaryDirectory() as place:
        supply = Supply(Path(place))
        index = await prepared(supply, options.folder, rows)
        ways = workflows(Path(place))

        async def ask(way: str, row: dict[str, Any]) -> None:
            async with room:
                try:
                    if way == "bare":
                        said = await answered_bare(row, models)
                    else:
                        said = await answered(ways[way], row, models, supply, Path(place))
                except GlassworkError as error:
                    said = {"state": "failed", "reason": error.message}
            done.append({"way": way, **row, "model": options.model, **said})
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(done[-1], ensure_ascii=False) + "\n")

        todo = [(way, row) for row in asked for way in options.ways if (way, row["question"]) not in held]
        try:
            await asyncio.gather(*(ask(way, row) for way, row in todo))
        finally:
            await models.aclose()
    told(done, known_sections(index))


def main() -> None:
    """Read the options, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--out", type=Path, required=True, help="rows, as JSON lines")
    parser.add_argument("--folder", type=Path, default=DATA, help="where the data sets lie")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--parallel", type=int, default=1, help="questions under way at once")
    parser.add_argument("--all", action="store_true", help="ask those that the evaluator was fitted to, too")
    options = parser.parse_args()
    if not options.folder.is_dir():
        raise SystemExit(f"skipped: there is no folder {options.folder}; name yours with --folder")
    asyncio.run(measured(options))


if __name__ == "__main__":
    main()
