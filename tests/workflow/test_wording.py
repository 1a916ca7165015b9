"""What is wrong, in words."""

from __future__ import annotations

from glasswork.workflow.wording import told_once


def test_a_reason_is_given_once():
    same = "a budget of 70 tokens does not hold it"
    failures = [f"x: {same}", f"x2: {same}", "y: the exit status was 3", f"in: in#1.y: {same}", "gone"]
    assert told_once(failures) == (f"x: {same}; x2: the same; y: the exit status was 3; in: in#1.y: the same; gone")
    assert told_once([]) == ""
