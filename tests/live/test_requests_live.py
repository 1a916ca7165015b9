"""Each of the benchmark's twenty requests can be fulfilled by the shipped tools: its known plan gives what it must."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.live, pytest.mark.tools]
NEEDED = (
    *("PIL", "duckdb", "espeakng_loader", "faster_whisper", "lingua", "magika", "pypdf", "rapidocr", "sympy"),
    *("vaderSentiment", "wordllama"),
)


def test_the_known_plans_give_the_right_results(tmp_path):
    """The model is the random one, so that answers are wrong, and so is the one result that is a model's own."""
    for needed in NEEDED:
        pytest.importorskip(needed, reason="needs glasswork[tools]")
    program = Path(__file__).parents[2] / "benchmarks" / "ask_requests.py"
    command = [sys.executable, str(program), "--planner", "gold", "--model", "random", "--work", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    rows = [json.loads(line) for line in (tmp_path / "random-gold.jsonl").read_text().splitlines()]
    assert len(rows) == 20
    wrong = {row["name"]: row["why"] for row in rows if row["stage"] not in {"", "answer"}}
    assert wrong.keys() == {"translation"}, wrong
    assert {"aloud", "booking"} <= {row["name"] for row in rows if row["right"]}
