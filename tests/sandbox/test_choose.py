"""The order of choice, and the refusal at its end."""

from __future__ import annotations

import pytest

from glasswork.errors import NotFound, SandboxError, SandboxUnavailable
from glasswork.sandbox import choose, selftest
from glasswork.sandbox.base import Job, Result

ATTACKS = ("reads a file of the host", "opens a network socket")


class Answering:
    """A sandbox whose programs print one thing."""

    name = "answering"

    def __init__(self, stdout: str, exit_code: int = 0) -> None:
        self.stdout, self.exit_code = stdout, exit_code
        self.closed = 0

    async def run(self, job: Job, *, on_output=None) -> Result:
        return Result(
            backend=self.name,
            reason="exit",
            exit_code=self.exit_code,
            stdout=self.stdout,
            stderr="no python",
            truncated=False,
            seconds=0.0,
        )

    async def aclose(self) -> None:
        self.closed += 1


def backends(monkeypatch, **had: Answering | SandboxError):
    """Make each backend open as said; those not named are not there."""

    def opener(name: str):
        async def open_it(run, tell):
            found = had.get(name, SandboxUnavailable(f"{name} is missing"))
            if isinstance(found, SandboxError):
                raise found
            return found

        return open_it

    monkeypatch.setattr(choose, "_OPEN", {name: opener(name) for name in choose.BACKENDS})


async def test_the_first_that_works_is_taken_and_the_others_are_told(monkeypatch):
    wanted, told = Answering("{}"), []
    backends(monkeypatch, docker=SandboxError("the image cannot be built"), bubblewrap=wanted, jail=Answering("{}"))
    assert await choose.open_sandbox(run="r", on_progress=told.append) is wanted
    assert told == ["no docker sandbox: the image cannot be built"]


async def test_without_any_it_refuses_and_says_what_to_do(monkeypatch):
    backends(monkeypatch)
    with pytest.raises(SandboxUnavailable) as caught:
        await choose.open_sandbox()
    for name in choose.BACKENDS:
        assert f"{name} is missing" in caught.value.message
    assert "bubblewrap" in caught.value.hint


async def test_a_named_backend_has_no_substitute(monkeypatch):
    backends(monkeypatch, jail=Answering("{}"))
    with pytest.raises(SandboxUnavailable, match="docker is missing"):
        await choose.open_sandbox("docker")


async def test_an_unknown_name_is_the_users_mistake():
    with pytest.raises(NotFound, match="did you mean 'docker'"):
        await choose.open_sandbox("dockr")


async def test_one_that_fails_its_self_test_is_closed_and_passed_over():
    leaky = Answering('{"reads a file of the host": true, "has privileges": false}')
    with pytest.raises(SandboxUnavailable, match="reads a file of the host") as caught:
        await choose._tested(leaky)
    assert "privileges" not in caught.value.message
    assert leaky.closed == 1


async def test_one_that_runs_nothing_fails_its_self_test():
    with pytest.raises(SandboxUnavailable, match="no python"):
        await selftest.check(Answering("", exit_code=1))


async def test_the_survey_names_all_and_never_raises(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("PATH", "/nowhere")
    found = choose.survey()
    assert [each.name for each in found] == list(choose.BACKENDS)
    docker, bubblewrap, _ = found
    assert not docker.ok
    assert "Docker" in docker.hint
    assert not bubblewrap.ok
    assert "bubblewrap" in bubblewrap.hint
    assert all(each.hint if not each.ok else each.not_contained for each in found)
