"""``glasswork blame`` from end to end, on the bakery and on traces of others."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from glasswork.errors import Diverged

GLASSWORK = [sys.executable, "-m", "glasswork"]
BAD = "json: {good: false, remark: a crust that sings}"
GOOD = "json: {good: true, remark: a crust that cracks}"


@pytest.fixture
def spoilt(bakery, glasswork):
    """A bakery whose taster was wrong once: the next answer would be right."""
    script = bakery / "answers.yaml"
    healthy = script.read_text().replace("json: {good: true, remark: a crust that sings}", GOOD)
    script.write_text(healthy.replace(GOOD, BAD))
    glasswork("run", "bakery", "a loaf", "-q")
    script.write_text(healthy)
    return bakery


def everything(folder):
    """The digest of every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_act_that_was_wrong_is_found_and_nothing_is_written(spoilt, glasswork):
    before = everything(spoilt)
    said = glasswork("blame", "latest", "--success", "good=true", "--json")
    assert said.status == 0, said.err
    first, *others = said.data["charges"]
    assert (first["suspect"]["agent"], first["suspect"]["stage"], first["suspect"]["step"]) == (
        "taster",
        "act",
        "taste",
    )
    assert (first["flips"], first["placebo_flips"], first["weight"]) == (1, 0, 1)
    assert all(charge["weight"] == 0 for charge in others)
    assert said.data["whole"] is True
    assert everything(spoilt) == before


def test_it_says_what_it_costs_before_and_after(spoilt, glasswork):
    said = glasswork("blame", "--success", "good=true")
    assert "4 stages, 8 trials: about 18 calls" in said.err
    # The recipe comes out the same again, so its two trials of 3 calls each are not made.
    assert re.search(r"^6 trials, 12 calls, [\d,]+ tokens, \d s$", said.out, re.MULTILINE)
    assert "not tried: act of bake#1" in said.out
    assert re.search(r"taster +act +taste#1 +1 of 1 +0 of 1 +\+1.00", said.out)
    assert "A lead, no proof" in said.out


def test_more_seeds_narrow_the_interval(spoilt, glasswork):
    said = glasswork("blame", "--success", "good=true", "--seeds", "6", "--yes")
    assert "act of taste#1: beyond what chance explains." in said.out


def test_much_is_not_started_without_a_word(spoilt, glasswork, monkeypatch):
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        said = glasswork("blame", "--success", "good=true", "--seeds", "9")
    assert (said.status, said.out) == (2, "")
    assert "--yes" in said.err
    said = glasswork("blame", "--success", "good=true", "--seeds", "9", "--top", "1", "--json")
    assert (said.status, said.data["left_out"]) == (0, 3)
    assert {charge["suspect"]["decision"] for charge in said.data["charges"]} == {"taste#1"}


def test_another_model_can_be_asked_for_other_acts(spoilt, glasswork):
    models = spoilt / "models.yaml"
    models.write_text(models.read_text() + "  second: {kind: scripted, file: second.yaml}\n")
    (spoilt / "second.yaml").write_text(
        "answers: [{place: '*/act', text: Buy one.}, {place: '*/act', error: refused}]\n"
    )
    said = glasswork("blame", "--success", "good=true", "--model", "second", "--json")
    assert said.status == 0, said.err
    acts = [one["suspect"] for one in said.data["charges"] if one["suspect"]["stage"] == "act"]
    assert [(act["decision"], act["replacements"]) for act in acts] == [("bake#1", ["Buy one."])]
    assert [one["decision"] for one in said.data["untried"]] == ["taste#1"]
    assert said.data["spent"]["failed_calls"] == 1


def test_a_run_that_failed_needs_no_condition(bakery, glasswork):
    script = bakery / "answers.yaml"
    healthy = script.read_text()
    script.write_text(healthy.replace("json: {good: true, remark: a crust that sings}", "error: refused"))
    assert glasswork("run", "bakery", "a loaf", "-q").status == 1
    script.write_text(healthy)
    said = glasswork("blame", "--json")
    assert said.data["success"] == "the run is done"
    assert "failed step" in {finding["rule"] for finding in said.data["findings"]}
    assert all(charge["placebo_flips"] == charge["placebos"] for charge in said.data["charges"]), "it was bad luck"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "succeeded, so nothing is to blame"),
        (["--success", "good"], "expected OUTPUT=VALUE"),
        (["--success", "god=true"], "did you mean 'good'"),
        (["--success", "good=true"], "succeeded"),
        (["latest", "--from", "x.json"], "not both"),
        (["--from", "missing.json"], "cannot be read"),
        (["nobody"], "nobody"),
    ],
)
def test_mistakes_are_told(bakery, glasswork, words, says):
    glasswork("run", "bakery", "a loaf", "-q")
    said = glasswork("blame", *words)
    assert said.status == 2
    assert says in said.err


def test_a_run_that_stopped_is_to_be_resumed_first(bakery, glasswork, monkeypatch):
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        glasswork("run", "bakery_approved", "a loaf", "-q")
    said = glasswork("blame")
    assert (said.status, "glasswork resume" in said.err) == (2, True)


def test_rules_ask_no_model(spoilt, glasswork):
    (spoilt / "answers.yaml").unlink()
    said = glasswork("blame", "--rules-only")
    assert (said.status, said.err) == (0, "")
    assert said.out == "The rules find no sign.\n"
    assert glasswork("blame", "--rules-only", "--json").data["spent"]["calls"] == 0


def test_what_a_person_had_chosen_in_a_fork_stays_where_it_is_not_in_question(spoilt, glasswork):
    glasswork("fork", "latest", "--at", "bake", "--choose", "B", "-q")
    said = glasswork("blame", "--success", "good=false", "--json")
    assert said.status == 0, said.err
    tried = {(one["suspect"]["decision"], *one["suspect"]["replacements"]) for one in said.data["charges"]}
    assert tried >= {("bake#1", "A"), ("taste#1", "B")}


def test_an_act_that_a_person_wrote_is_tried_against_the_agents_own(spoilt, glasswork):
    (spoilt / "own.txt").write_text("Buy one.")
    glasswork("fork", "latest", "--at", "bake", "--edit", "own.txt", "-q")
    recipe = "Mix flour, water, salt and yeast. Wait. Bake for forty minutes."
    said = glasswork("blame", "--success", f"recipe={recipe}", "--json")
    first, *others = said.data["charges"]
    assert (first["suspect"]["decision"], first["suspect"]["stage"], first["weight"]) == ("bake#1", "act", 1)
    assert (first["flips"], first["placebo_flips"]) == (1, 0)
    assert all(charge["weight"] == 0 for charge in others)


def test_a_resumed_run_can_be_blamed(bakery, glasswork):
    script = bakery / "answers.yaml"
    healthy = script.read_text()
    script.write_text(healthy.replace("json: {good: true, remark: a crust that sings}", BAD))
    assert glasswork("run", "bakery", "a loaf", "-q", "--budget", "calls=5").status == 3
    assert glasswork("resume", "-q", "--budget", "calls=9").status == 0
    script.write_text(healthy)
    said = glasswork("blame", "--success", "good=true", "--json")
    assert said.status == 0, said.err
    assert said.data["charges"][0]["suspect"]["decision"] == "taste#1"
    assert [charge["weight"] for charge in said.data["charges"]] == [1, 0, 0]


def test_ctrl_c_shows_what_is_known(spoilt):
    script = spoilt / "answers.yaml"
    script.write_text(script.read_text().replace('- place: "*/act"', '- place: "*/act"\n    delay: 0.5'))
    words = ["blame", "--success", "good=true", "--seeds", "4", "--yes", "--json"]
    child = subprocess.Popen(
        [*GLASSWORK, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    begun = [""]
    while "3 of 4" not in begun[-1]:
        begun.append(child.stderr.readline())
        assert begun[-1], begun
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=20)
    assert child.returncode == 130, err
    known = json.loads(out)
    assert known["whole"] is False
    assert known["spent"]["trials"] == 8, "two kinds of trial of the first plan; the first act came to nothing else"
    assert [charge["suspect"]["decision"] for charge in known["charges"]] == ["bake#1"]


def test_a_failure_part_way_is_one_json_object(spoilt, glasswork, monkeypatch):
    made = []

    async def rerun(self, trial):
        made.append(trial)
        if len(made) > 3:
            raise Diverged("event 7 is another now")
        return False

    monkeypatch.setattr("glasswork.workflow.trials.Trials.rerun", rerun)
    said = glasswork("blame", "--success", "good=true", "--json")
    assert said.status == Diverged("").exit_status
    assert said.data["whole"] is False
    assert said.data["spent"]["trials"] == 3
    assert said.data["error"]["message"] == "event 7 is another now"


# --- traces of others -------------------------------------------------------------------------------------------------


def test_traces_are_read_and_scored(bakery, glasswork):
    steps = [
        {"name": "human", "role": "user", "content": "How many loaves?"},
        {"name": "baker", "role": "assistant", "content": "I would say there are seven loaves on the shelf."},
        {"name": "taster", "role": "assistant", "content": "Let me look at the shelf again, please."},
        {"name": "baker", "role": "assistant", "content": "I would say there are seven loaves on the shelf."},
    ]
    who_and_when = {"history": steps, "question": "How many?", "mistake_agent": "baker", "mistake_step": "3"}
    (bakery / "one.json").write_text(json.dumps(who_and_when))
    said = glasswork("blame", "--from", "one.json")
    assert said.status == 0, said.err
    assert "repetition" in said.out
    assert re.search(r"first sign of the rules +1 of 1, 100%.* 1 of 1, 100%", said.out)
    assert re.search(r"most active +1 of 1, 100%.* 0 of 1", said.out)
    data = glasswork("blame", "--from", "one.json", "--json").data
    assert data["traces"][0]["guesses"]["most active"] == {"agent": "baker", "step": 1}
    assert data["by_chance"]["step"] == 0.25


def test_traces_without_the_truth_are_not_scored(bakery, glasswork):
    (bakery / "one.json").write_text(json.dumps({"steps": [{"agent": "baker", "text": "Done."}]}))
    said = glasswork("blame", "--from", "one.json")
    assert "nothing is scored" in said.out
    assert glasswork("blame", "--from", "one.json", "--json").data["scores"] == {}
