"""A run that is killed after any of its events and then resumed is the run that nobody killed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TRIALS = Path(__file__).with_name("crash_trials.py")


def trials(folder, step):
    done = subprocess.run([sys.executable, TRIALS, folder, str(step)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    whole, *each = [json.loads(line) for line in done.stdout.splitlines()]
    assert whole["status"] == 0
    assert whole["state"] == "done"
    assert whole["steps"]["skipped"] == 1
    assert whole["steps"]["failed"] == 1
    return whole["events"], each


def check(found):
    assert found["killed"] == -9, found
    assert found["resumed"] == 0, found
    assert found["whole"], found
    assert not found["asked_twice"], found
    assert not found["tested_twice"], found
    assert not found["missing"], found
    assert not found["extra"], found
    assert found["outputs"], found


def test_a_run_killed_now_and_then_goes_on(tmp_path):
    events, each = trials(tmp_path, 23)
    assert events > 100
    for found in each:
        check(found)


@pytest.mark.slow
def test_a_run_killed_after_any_event_goes_on(tmp_path):
    events, each = trials(tmp_path, 1)
    assert [found["boundary"] for found in each] == list(range(1, events))
    for found in each:
        check(found)
