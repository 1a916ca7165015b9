"""Why a program was stopped, and what did not come back of it, is told: in the run, and in its line."""

from __future__ import annotations

import pytest

from glasswork.records import StepFinished, StepStarted
from glasswork.view.lines import line
from glasswork.view.story import story

WORDS = {
    "timeout": "out of time",
    "oom": "out of memory or files",
    "output": "too much output",
    "signal:SIGSEGV": "killed by SIGSEGV",
}


def told(make, show, **changes) -> str:
    ran = make.sandbox("test#1/sandbox", 1, "test_it: it was stopped").model_copy(update=changes)
    events = [StepStarted(step="test", kind="agent", agent="t"), ran, StepFinished(step="test", state="done")]
    return show(story(make.log_of(events)), width=120)


@pytest.mark.parametrize("reason", WORDS)
def test_why_it_was_stopped(make, show, reason):
    text = told(make, show, reason=reason, exit_code=None)
    assert f"stopped: {WORDS[reason]}" in text
    assert "test_it: it was stopped" in text
    event = make.sandbox("test#1/sandbox", 1, "").model_copy(update={"reason": reason, "exit_code": None})
    assert line(event) == f"test#1/sandbox: ran in docker: failed, stopped: {WORDS[reason]}"


def test_what_was_cut_and_what_did_not_come_back(make, show):
    text = told(make, show, truncated=True, refused=("link", "\x1b[2Jtwo\u202e"), limits={"output_kb": 256})
    assert "its output was cut to 256 kB a stream" in text
    assert "not taken back: link, " in text
    assert "two" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_nothing_is_said_of_one_that_ended_by_itself(make, show):
    text = told(make, show)
    assert not [word for word in ("stopped:", "was cut", "not taken back") if word in text]
