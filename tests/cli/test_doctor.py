"""``glasswork doctor`` on sandboxes: which there are, which one is taken, what they do not contain, how to get others."""

from __future__ import annotations

import pytest

from glasswork.sandbox.choose import Availability

GAPS = ("the host's kernel is shared", "\x1b[2Jmemory")
DOCKER = Availability(name="docker", ok=False, why="Docker is not running", hint="start Docker")
BWRAP = Availability(name="bubblewrap", ok=True, why="passed its self-test", not_contained=GAPS)
JAIL = Availability(name="jail", ok=True, why="passed its self-test", not_contained=GAPS[:1])


@pytest.fixture
def doctor(glasswork, bakery, monkeypatch):
    def run(*backends: Availability, words=()):
        monkeypatch.setattr("glasswork.sandbox.choose.survey", lambda: backends)
        return glasswork("doctor", *words)

    return run


def test_each_says_what_it_is_good_for(doctor):
    lines = doctor(DOCKER, BWRAP, JAIL).out.splitlines()
    at = next(number for number, line in enumerate(lines) if "sandbox docker" in line)
    told = [" ".join(line.split()) for line in lines[at : at + 7]]
    assert told[:6] == [
        "✗ sandbox docker Docker is not running",
        "start Docker",
        "✓ sandbox bubblewrap passed its self-test; it is what 'default' takes here",
        "not contained: the host's kernel is shared",
        "memory",
        "✓ sandbox jail passed its self-test",
    ]


def test_for_programs(doctor):
    found = {each["about"]: each for each in doctor(DOCKER, BWRAP, JAIL, words=["--json"]).data["findings"]}
    assert found["sandbox jail"]["not_contained"] == ["the host's kernel is shared"]
    assert found["sandbox docker"]["fix"] == "start Docker"


def test_none_at_all_is_said_at_the_end(doctor):
    said = doctor(DOCKER)
    assert said.status == 0
    assert "but none of its programs: there is no sandbox" in said.out
    assert doctor(DOCKER, JAIL).out.splitlines()[-1] == "A workflow can be run."
