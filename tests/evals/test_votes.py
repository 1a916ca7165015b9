"""A vote counts where exactly this judge has passed a gate for exactly this; the files of gates."""

from __future__ import annotations

import json

import pytest
from test_gate import SINGLE, oracle, singles, verdict

from glasswork.errors import UserError
from glasswork.evals import gated, vote
from glasswork.evals.votes import read_gates, write_gate

ROWS = singles()
PASSED = gated(SINGLE, ROWS, [oracle(row) for row in ROWS], source="xs.jsonl")
FAILED = gated(SINGLE, ROWS, [verdict(0.8, -0.8) for _ in ROWS], source="xs.jsonl")


def test_one_that_has_passed_counts_by_the_fitted_threshold():
    shifted = gated(SINGLE, ROWS, [verdict(oracle(row).lean / 4 + 0.7) for row in ROWS], source="xs.jsonl")
    found = vote(verdict(0.6), SINGLE, [shifted])
    assert (found.said, found.counted, found.kappa) == ("no", True, shifted.kappa)
    assert found.why == "has passed the gate for safety: kappa 1.00 [1.00, 1.00] on xs.jsonl"
    assert vote(verdict(0.6), SINGLE, []).said == "yes"


def test_one_that_has_failed_does_not_count_and_says_what_it_lacks():
    found = vote(verdict(0.6), SINGLE, [FAILED])
    assert (found.counted, found.kappa) == (False, FAILED.kappa)
    assert found.why.startswith(
        "has failed the gate for safety: kappa 0.00 [0.00, 0.00] on xs.jsonl; kappa must be 0.4"
    )
    assert "order consistency must be 80%" in found.why


def test_one_that_went_to_no_gate_does_not_count():
    found = vote(verdict(0.6), SINGLE, [])
    assert (found.counted, found.kappa, found.why) == (False, None, "has passed no gate for safety")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"model": "other"}, "has passed no gate for safety; the model m has"),
        ({"prompt": "other"}, "has passed no gate for safety; this model, asked in other words, has"),
        ({"judge": "other"}, "has passed no gate for safety; the judge asked has"),
        ({"dimension": "depth"}, "has passed no gate for depth"),
        ({"form": "pair"}, "has passed no gate for safety of pairs"),
    ],
)
def test_one_that_has_changed_has_to_pass_again(changed, why):
    found = vote(verdict(0.6), SINGLE.model_copy(update=changed), [PASSED])
    assert (found.counted, found.why) == (False, why)


def test_what_was_not_read_does_not_count():
    found = vote(None, SINGLE, [PASSED])
    assert (found.said, found.counted, found.verdict) == ("none", False, None)


def test_gates_are_kept_one_a_standing(tmp_path):
    folder = tmp_path / "judges"
    assert read_gates(folder) == []
    path = write_gate(folder, FAILED)
    assert write_gate(folder, PASSED) == path
    other = PASSED.model_copy(update={"standing": SINGLE.model_copy(update={"model": "other"})})
    assert write_gate(folder, other) != path
    assert sorted(read_gates(folder), key=lambda one: one.standing.model) == [PASSED, other]


def test_whoever_writes_passed_into_a_file_has_not_passed(tmp_path):
    path = write_gate(tmp_path, FAILED)
    path.write_text(path.read_text().replace('"passed": false', '"passed": true'))
    assert not read_gates(tmp_path)[0].passed


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 1, "gate": {}}', '{"version": 2, "gate": {}}'])
def test_a_damaged_file_is_told(tmp_path, text):
    (tmp_path / "safety.json").write_text(text)
    with pytest.raises(UserError, match=r"safety\.json cannot be used"):
        read_gates(tmp_path)


def test_a_gate_says_who_and_on_what(tmp_path):
    data = json.loads(write_gate(tmp_path, PASSED).read_text())
    assert data["passed"] is True
    assert data["gate"]["standing"] == SINGLE.model_dump()
    assert data["gate"]["data"] == PASSED.data
