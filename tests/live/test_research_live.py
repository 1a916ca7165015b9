"""The shipped research workflow on the default model: whatever it claims, no number of the report is the model's."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys

import pytest

from glasswork.knowledge.numbers import unborne
from glasswork.models.catalogue import weights_path

pytestmark = [pytest.mark.live, pytest.mark.embedded]
WEIGHTS = "qwen2.5-coder-1.5b"


def glasswork(folder, *words):
    command = [sys.executable, "-m", "glasswork", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=3000, check=False)


def test_a_question_about_a_table_is_answered_by_computing(tmp_path):
    pytest.importorskip("xllamacpp")
    if weights_path(WEIGHTS) is None:
        pytest.skip(f"needs weights: glasswork models pull {WEIGHTS}")
    drawn = random.Random(7)
    rows = [(n, drawn.choice(["yes", "no"])) for n in range(200)]
    with (tmp_path / "plots.csv").open("w", newline="") as stream:
        made = [(*row, round(4 + 1.2 * (row[1] == "yes") + drawn.gauss(0, 1), 2)) for row in rows]
        csv.writer(stream).writerows([("plot", "mulch", "kg"), *made])
    (tmp_path / "workflows").mkdir()
    question = "Do plots with mulch yield more than plots without?"
    glasswork(tmp_path, "run", "research", question, "-i", "data=plots.csv", "--model", WEIGHTS, "--json")
    said = glasswork(tmp_path, "log", "report", "--json")
    assert said.returncode == 0, said.stderr
    report = json.loads(said.stdout)["reports"]["report"]
    results = {one["name"]: one["again"] for one in report["experiment"]["results"]}
    for section in report["sections"]:
        for claim in section.get("claims", ()):
            assert unborne(claim["says"], results, [claim.get("quote", ""), *claim.get("results", ())]) == []
    assert report["experiment"]["passed"] == bool(results)
    assert report["agrees"] == bool(results)
