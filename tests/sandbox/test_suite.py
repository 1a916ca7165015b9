"""The suite itself: it notices whatever a sandbox lets through."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from glasswork.errors import SandboxError, SandboxUnavailable
from glasswork.sandbox.base import MEMORY_WATCHED, Job, Result
from glasswork.testing.hostile import PROGRAMS, decoy, gateway, loopback, memory
from glasswork.testing.hostile.benign import CONTROLS
from glasswork.testing.hostile.program import Program, held
from glasswork.testing.hostile.run import attack
from glasswork.testing.hostile.suite import HostileContract

TRIES = Program(999, "tries", "something", "HELD", "judge(True)", held)
FINE = "0 ['next.py', 'written'] [] []\n"


class Pretend:
    """A sandbox that runs nothing: it prints what it is told to, and does to the host what a bad one would allow."""

    name = "pretend"

    def __init__(self, harm=lambda job: None, **said: str) -> None:
        self.said = {"attack.py": said.get("attack", "HELD\n"), "next.py": said.get("next", FINE)}
        self.harm = harm

    async def run(self, job: Job, *, on_output=None) -> Result:
        if job.argv[1] == "attack.py":
            self.harm(job)
        return result(stdout=self.said[job.argv[1]])

    async def aclose(self) -> None:
        """Nothing was opened."""


def result(**changes) -> Result:
    usual = {"backend": "pretend", "reason": "exit", "exit_code": 0, "stdout": "", "stderr": "", "truncated": False}
    return Result(**(usual | {"seconds": 0.1} | changes))


async def complaints(sandbox, told, program=TRIES) -> str:
    return "; ".join((await attack(sandbox, told, program)).complaints)


@pytest.fixture
def told():
    with decoy.planted() as planted:
        yield planted


async def test_a_good_sandbox_has_nothing_said_against_it(told):
    assert await complaints(Pretend(), told) == ""


@pytest.mark.parametrize("said", ["OPEN\n", "", "HELD\nOPEN\n"])
async def test_an_outcome_that_was_not_required(told, said):
    assert "wanted: HELD" in await complaints(Pretend(attack=said), told)


async def test_the_secret_in_what_came_back(told):
    assert await complaints(Pretend(attack=f"HELD {told.secret}\n"), told) == "the secret came back in stdout"


def connect(address, family=socket.AF_INET, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as end:
        end.connect(address)
        end.send(b"out")


@pytest.mark.parametrize(
    ("harm", "noticed"),
    [
        (lambda told: told.canary.write_text("changed"), "the secret file was changed"),
        (lambda told: (told.canary.parent / "planted").touch(), "there is a file beside the secret one"),
        (lambda told: os.environ.pop("GLASSWORK_CANARY_API_KEY"), "the environment was changed"),
        (lambda told: connect(told.listeners[0].getsockname()), "AF_INET SOCK_STREAM"),
        (lambda told: connect(told.listeners[1].getsockname(), kind=socket.SOCK_DGRAM), "AF_INET SOCK_DGRAM"),
        (lambda told: connect("\0" + told.abstract, socket.AF_UNIX), "AF_UNIX"),
    ],
)
async def test_harm_to_the_host(told, harm, noticed):
    assert noticed in await complaints(Pretend(lambda job: harm(told)), told)


async def test_a_file_outside(told, monkeypatch, tmp_path):
    monkeypatch.setattr(decoy, "_FOLDERS", (str(tmp_path),))
    said = await complaints(Pretend(lambda job: (tmp_path / told.mark).touch()), told)
    assert said == f"there is a file {tmp_path / told.mark}"


async def test_a_process_that_lives_on(told, monkeypatch):
    monkeypatch.setattr(decoy.living, "__defaults__", (0.1,))
    left = await asyncio.create_subprocess_exec("sh", "-c", "sleep 30; true", told.mark)
    try:
        assert f"still alive: {left.pid}" in await complaints(Pretend(), told)
    finally:
        left.kill()
        await left.wait()


async def test_a_next_program_that_meets_the_last(told):
    assert "the next program found: 1 [" in await complaints(Pretend(next="1 ['next.py'] [] []\n"), told)


async def test_a_sandbox_that_breaks(told):
    def broken(job):
        raise SandboxError("lost")

    assert await complaints(Pretend(broken), told) == "the sandbox broke: lost"


def test_less_is_enough_only_of_those_who_say_so():
    bomb = next(program for program in memory.PROGRAMS if program.name == "mem_bomb_many")
    beyond = {"reason": "oom", "exit_code": None, "stdout": "+16\n" * 40}
    assert not bomb.contained(result(**beyond))
    assert bomb.contained(result(**beyond, not_contained=(MEMORY_WATCHED,)))
    assert bomb.contained(result(**beyond | {"stdout": "+16\n" * 16}))
    assert not bomb.contained(result(not_contained=(MEMORY_WATCHED,)))


async def test_what_a_backend_does_not_grant_is_skipped(told):
    class Mute(Pretend):
        async def run(self, job: Job, *, on_output=None) -> Result:
            if job.network.granted:
                raise SandboxUnavailable("no network here")
            return await super().run(job)

    suite = HostileContract()
    for program in (loopback.PROGRAMS[0], gateway.PROGRAMS[0]):
        with pytest.raises(pytest.skip.Exception, match="no network here"):
            await suite.test_it_gets_nothing(Mute(), told, program)
    for control in (each for each in CONTROLS if each.gateway or each.network.granted):
        with pytest.raises(pytest.skip.Exception, match="no network here"):
            await suite.test_harmless_programs_work(Mute(), told, control)


def test_the_list_is_whole():
    assert set(range(1, 83)) <= {program.number for program in PROGRAMS}
    for names in ([program.name for program in PROGRAMS], [control.name for control in CONTROLS]):
        assert len(names) == len(set(names))
    told = f"{len(PROGRAMS)} hostile programs as data, by theme, with what must happen to each, and {len(CONTROLS)} harmless"
    assert told in (Path(__file__).parents[2] / "sandbox" / "README.md").read_text()
    for program in PROGRAMS:
        compile(program.text(), program.name, "exec")
        assert program.tries
        assert program.must
