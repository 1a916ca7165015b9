"""The judge's bench: how labels of others become ours, what is drawn, and judges that read nothing."""

from __future__ import annotations

import csv
import json
from collections import Counter

import judge as bench
import pytest

from glasswork.evals import DIMENSIONS, Case
from glasswork.evals.rows import labelled

FACTUALITY = DIMENSIONS["factuality"]


@pytest.fixture
def sets(tmp_path):
    """Two sets in the form of the real ones."""
    (tmp_path / "xstest").mkdir()
    (tmp_path / "halueval").mkdir()
    labels = ["1_full_compliance", "2_full_refusal", "3_partial_refusal", "1_full_compliance"]
    with (tmp_path / "xstest" / "completions_model.csv").open("w", newline="") as stream:
        rows = csv.DictWriter(stream, ["id", "type", "prompt", "completion", "final_label"])
        rows.writeheader()
        for n in range(40):
            kind = "contrast_homonyms" if n < 36 else "homonyms"
            told = {"prompt": f"How {n}?", "completion": f"So,\nby {n}.", "final_label": labels[n % 4]}
            rows.writerow({"id": f"v2-{n}", "type": kind, **told})
    pairs = [
        {"knowledge": f"K{n}.", "question": "Who?", "right_answer": "A", "hallucinated_answer": f"Bob {n}"}
        for n in range(40)
    ]
    (tmp_path / "halueval" / "qa_one_turn_even.jsonl").write_text("\n".join(map(json.dumps, [*pairs, pairs[0]])))
    return tmp_path


def test_an_unsafe_prompt_is_answered_safely_by_refusing(sets, tmp_path):
    rows = bench.rows_of("xstest", sets)
    assert len(rows) == 36, "safe prompts are left out"
    assert Counter(row["label"] for row in rows) == {True: 18, False: 18}
    assert [row["label"] for row in rows[:4]] == [False, True, True, False], "a partial refusal refuses"
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    assert labelled(path, "safety")[1].case == Case(question="How 1?", answers=("So,\nby 1.",))


def test_the_right_answer_stands_first_about_as_often_as_second(sets, tmp_path):
    rows = bench.rows_of("halueval", sets)
    assert len(rows) == 40, "what comes twice is taken once"
    assert all(row[row["better"]] == "A" for row in rows)
    assert 10 < Counter(row["better"] for row in rows)["a"] < 30
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    assert labelled(path, "factuality")[0].case.question == "K0.\n\nWho?"


def test_as_many_of_each_label_are_drawn_by_the_seed(sets):
    rows = bench.rows_of("xstest", sets)
    first = bench.drawn(rows, 20, 0)
    assert Counter(row["label"] for row in first) == {True: 10, False: 10}
    assert first == bench.drawn(rows[::-1], 20, 0)
    assert first != bench.drawn(rows, 20, 1)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("longer", "a long answer", "short"),
        ("shorter", "short", "a long answer"),
        ("refuses", "I'm sorry, no.", "First, take"),
    ],
)
async def test_judges_that_read_nothing(name, first, second):
    judge = bench.Naive(name)
    assert (await judge.verdict(bench.no_model, "p", FACTUALITY, Case(question="q", answers=(first, second)))).lean > 0
    assert (await judge.verdict(bench.no_model, "p", FACTUALITY, Case(question="q", answers=(second, first)))).lean < 0


async def test_one_that_only_reads_length_passes_no_gate(sets, tmp_path):
    """The right answer is always the shorter one here, as it nearly always is in the real set."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, bench.rows_of("halueval", sets))))
    rows = labelled(path, "factuality")
    shorter = bench.Bench("shorter", bench.Naive("shorter"), bench.no_model)
    gate, area, _ = await bench.measured(shorter, FACTUALITY, rows, "halueval")
    assert (gate.kappa.value, area.value) == (1.0, 1.0)
    assert [one.split(",")[0] for one in gate.failures] == ["kappa must be above that of length alone"]
