"""Retrieval: how often what answers is among the first five or ten passages, and whether what is found can be judged.

    python benchmarks/retrieval.py --data stard
    python benchmarks/retrieval.py --data acts

``stard`` (Su et al., EMNLP 2024 Findings; ``oneal2000/STARD``, MIT): questions of laypeople in Chinese, with the
articles that answer them. The corpus is the *gold pool*: the articles that answer one of the questions, each law a text
file that ``glasswork ingest`` reads. It is far smaller than the full corpus of 55,348 articles, so the numbers are
higher than those over it; never set them side by side. ``acts``: the questions of ``acts_questions.jsonl`` over 21
Irish Acts in Markdown, all sections of them.

R@k is the share of a question's articles that are among the first k, averaged over questions. Intervals are the
bootstrap's over questions, 95 %. Then an evaluator is fitted to half of the questions, its thresholds to a quarter, and
both are measured on the last: what it makes of questions that the index answers, and of the same without the articles
that do. No model is asked.

``--carry`` measures how well an evaluator does on documents that it was not fitted to: the documents are dealt to two
halves, one is fitted to the questions on either, and measured on those on the other. ``--ship`` fits one to all
questions by the same rule and writes it to the file that comes with Glasswork, for indexes that nobody has calibrated.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glasswork.knowledge import shipped
from glasswork.knowledge.calibrate import by_features, fitted, grouped, labelled, measured
from glasswork.knowledge.evaluate import Fit, features
from glasswork.knowledge.index import By, Hit, Index, build, embedding
from glasswork.knowledge.ingest import ingest
from glasswork.knowledge.store import Shelf
from glasswork.statistics import bootstrap, mean, share

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
QUESTIONS = Path(__file__).parent / "acts_questions.jsonl"
WAYS: tuple[By, ...] = ("words", "meaning", "fused")
DEPTHS = (1, 5, 10)
BASELINES = (
    "(elsewhere, BM25 with jieba, all 1,543 queries: R@5 34.7, R@10 40.7 among 64,732 articles; R@5 46.7 among the "
    "1,445 that are gold. Neither is this corpus.)"
)
_ARTICLE = re.compile(
    r"(?P<law>.+?)(?P<article>第[〇零一二三四五六七八九十百千\d]+[条條](?:之[一二三四五六七八九十\d]+)?)"
)


@dataclass(frozen=True)
class Bench:
    """A corpus on disk, and questions with the sections that answer them."""

    documents: Path
    golden: dict[str, list[str]]
    about: str
    source: str
    """What an evaluator that is shipped says that it was fitted to."""
    elsewhere: tuple[str, ...] = ()
    """Questions that the corpus does not answer."""


def stard(data: Path, folder: Path) -> Bench:
    """Write each law of the gold pool as a text file; return it with the questions."""
    rows = json.loads((data / "stard" / "queries_even.json").read_text(encoding="utf-8"))
    laws: dict[str, dict[str, str]] = defaultdict(dict)
    golden: dict[str, list[str]] = {}
    for row in rows:
        gold = []
        for name, text in row["相关法规"].items():
            found = _ARTICLE.fullmatch(name)
            assert found is not None, name
            laws[found["law"]][found["article"]] = " ".join(text.split())
            gold.append(f"laws/{found['law']}.txt#{found['article']}")
        golden[row["问题"]] = gold
    out = folder / "laws"
    out.mkdir()
    for law, articles in laws.items():
        lines = [f"{article} {text}" for article, text in sorted(articles.items())]
        (out / f"{law}.txt").write_text("\n\n".join(_marked(lines)), encoding="utf-8")
    pool = sum(map(len, laws.values()))
    about = f"STARD, even queries, gold pool alone: {pool} articles of {len(laws)} laws"
    return Bench(out, golden, f"{about}\n{BASELINES}", "questions on Chinese statutes (STARD)")


def _marked(lines: list[str]) -> list[str]:
    """A law needs three articles to be read as one; the pool holds fewer of some: those get empty ones."""
    return lines + [f"第{filler}条 略。" for filler in ("九百九十八", "九百九十九")] * (len(lines) < 3)


def acts(data: Path, _: Path) -> Bench:
    """Return the Acts, and the questions that were made from them."""
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines() if line.strip()]
    golden = {row["question"]: row["gold"] for row in rows if row["gold"]}
    elsewhere = tuple(row["question"] for row in rows if not row["gold"])
    about = "21 Acts of the Oireachtas, every section; questions made from them"
    return Bench(data / "acts", golden, about, "questions on 21 Irish Acts", elsewhere)


def recall(hits: Sequence[Hit], gold: Sequence[str], depth: int) -> float:
    """Return the share of the gold sections that are among the first so many *sections* found."""
    sections = list(dict.fromkeys(hit.passage.id.rpartition("~")[0] for hit in hits))[:depth]
    return sum(one in sections for one in gold) / len(gold)


def reciprocal(hits: Sequence[Hit], gold: Sequence[str]) -> float:
    """Return 1 over the rank of the first gold section among the first ten, or 0."""
    sections = list(dict.fromkeys(hit.passage.id.rpartition("~")[0] for hit in hits))[:10]
    return next((1 / rank for rank, one in enumerate(sections, start=1) if one in gold), 0.0)


def ranked(index: Index, golden: dict[str, list[str]], way: By) -> dict[str, Any]:
    """Return the measures of one way of ranking."""
    begun = time.perf_counter()
    answers = index.searched(list(golden), 40, way)
    took = time.perf_counter() - begun
    pairs = list(zip(answers, golden.values(), strict=True))
    found = {f"R@{depth}": [recall(hits, gold, depth) for hits, gold in pairs] for depth in DEPTHS}
    found["MRR@10"] = [reciprocal(hits, gold) for hits, gold in pairs]
    row: dict[str, Any] = {"way": way, "ms_per_query": round(1000 * took / len(golden), 2)}
    for name, values in found.items():
        low, high = bootstrap(values, mean, seed=0)
        row[name] = {"value": round(mean(values), 4), "low": round(low, 4), "high": round(high, 4)}
    return row


def told(bench: Bench, index: Index, rows: list[dict[str, Any]], fit: Fit) -> None:
    """Print what was measured."""
    print(f"{bench.about}\n{len(bench.golden)} questions, {len(index.passages)} passages, language {index.language}\n")
    print(
        f"{'ranking':<10}" + "".join(f"{name:>24}" for name in ("R@1", "R@5", "R@10", "MRR@10")) + f"{'ms/query':>10}"
    )
    for row in rows:
        cells = (row[name] for name in ("R@1", "R@5", "R@10", "MRR@10"))
        shown = "".join(_cell(cell) for cell in cells)
        print(f"{row['way']:<10}{shown}{row['ms_per_query']:>10}")
    print(f"\nevaluator without a model: upper {fit.upper:+.3f}, lower {fit.lower:+.3f}, strips {fit.strip:+.3f}")
    print(f"{fit.rule}\nmeasured on {fit.questions[2]} questions held out:")
    _tell_measured(fit.measured)


def _tell_measured(found: dict[str, float]) -> None:
    print("  " + ", ".join(f"{name} {value:g}" for name, value in found.items()))
    for action, which in (("correct", "answerable"), ("incorrect", "unanswerable")):
        right = int(found[f"{action}, {which}"])
        wrong = int(found[f"{action}, {'un' if which == 'answerable' else ''}answerable"])
        print(f"  {action}: right {share(right, right + wrong)}")


def half(bench: Bench, index: Index, which: int) -> Index:
    """Return an index of every other document, in the order of how many questions rest on each."""
    asked = Counter(one.rpartition("#")[0] for gold in bench.golden.values() for one in gold)
    documents = sorted(index.documents, key=lambda one: (-asked[one.name], one.name))[which::2]
    names = {one.name for one in documents}
    passages = [one for one in index.passages if one.document in names]
    embed = None if index.vectors is None else embedding()
    return build(documents, passages, language=index.language, longest=index.longest, embed=embed)


async def carried(bench: Bench, index: Index, sure: float) -> None:
    """Fit an evaluator to the questions on one half of the documents, and print how it does on the other."""
    halves = [half(bench, index, which) for which in (0, 1)]
    asked = []
    for part in halves:
        held = {passage.id.rpartition("~")[0] for passage in part.passages}
        asked.append(grouped(labelled(part, {q: gold for q, gold in bench.golden.items() if held.issuperset(gold)})))
    for here, there in ((0, 1), (1, 0)):
        fit = await fitted(halves[here], asked[here], by_features(halves[here]), source=bench.source, sure=sure)
        other = asked[there]
        scores = [fit.scores(features(halves[there], one.question, one.texts)) for one in other]
        print(f"\nfitted to {len(asked[here])} questions, measured on {len(other)} on other documents:")
        _tell_measured(measured(fit, other, scores, range(len(other)))["measured"])


def ship(index: Index, fit: Fit) -> None:
    """Write an evaluator into the file that comes with Glasswork, in place of the one of its language."""
    path = Path(shipped.__file__).parent / shipped.FILE
    held = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    held[index.language] = fit.model_dump(mode="json")
    path.write_text(json.dumps(held, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _cell(cell: dict[str, float]) -> str:
    text = f"{cell['value']:.1%} [{cell['low']:.1%}, {cell['high']:.1%}]"
    return f"{text:>24}"


def main() -> None:
    """Measure one corpus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=["stard", "acts"], required=True)
    parser.add_argument("--folder", type=Path, default=DATA, help="where the data sets lie")
    parser.add_argument("--longest", type=int, default=1500)
    parser.add_argument("--sure", type=float, default=0.8)
    parser.add_argument("--carry", action="store_true", help="measure an evaluator on documents it was not fitted to")
    parser.add_argument("--ship", action="store_true", help="write the evaluator into the package")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.folder.is_dir():
        raise SystemExit(f"skipped: there is no folder {options.folder}; name yours with --folder")
    with tempfile.TemporaryDirectory() as place:
        bench = {"stard": stard, "acts": acts}[options.data](options.folder, Path(place))
        shelf = Shelf(Path(place) / "shelf")
        ingest(shelf, "bench", [bench.documents], embed=embedding(), longest=options.longest)
        index = shelf.get("bench")
    # an index of Chinese holds no vectors; here they are made all the same, to see what they would do
    index = build(index.documents, index.passages, language=index.language, longest=options.longest, embed=embedding())
    held = {passage.id.rpartition("~")[0] for passage in index.passages}
    missing = [one for gold in bench.golden.values() for one in gold if one not in held]
    assert not missing, missing[:5]
    rows = [ranked(index, bench.golden, way) for way in WAYS]
    judged = index if index.language == "en" else replace(index, vectors=None)
    questions = grouped(labelled(judged, {**bench.golden, **{one: [] for one in bench.elsewhere}}))
    fit = asyncio.run(fitted(judged, questions, by_features(judged), source=bench.source, sure=options.sure))
    if options.json:
        print(json.dumps({"about": bench.about, "rankings": rows, "fit": fit.model_dump(mode="json")}))
    else:
        told(bench, index, rows, fit)
    if options.carry:
        asyncio.run(carried(bench, judged, options.sure))
    if options.ship:
        ship(judged, fit)


if __name__ == "__main__":
    main()
