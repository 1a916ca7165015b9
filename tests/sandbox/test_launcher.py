"""The parts of the launcher that can be judged from outside: its filter, its messages, its caps, its refusal."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sandbox.conftest import opened

from glasswork.errors import SandboxError
from glasswork.sandbox import exchange, jail
from glasswork.sandbox.base import Job
from glasswork.sandbox.inside import confine, launcher, wire
from glasswork.sandbox.inside.confine import Reach
from glasswork.sandbox.inside.watch import Kept

ALLOW, KILL = confine.ALLOW, confine.KILL
PLAIN, LOOPBACK, GATEWAY = Reach(), Reach(loopback=True), Reach(gateway=4711)


def answer(machine: str, number: int, *args: int, audit: int | None = None, reach: Reach = PLAIN) -> int:
    """Run the filter on one system call, as the kernel would."""
    own = confine.MACHINES[machine][1]
    data = {0: number, 4: own if audit is None else audit}
    data |= {16 + 8 * place: value & 0xFFFFFFFF for place, value in enumerate(args)}
    program, at, held = confine.seccomp_program(machine, reach), 0, 0
    while True:
        code, yes, no, value = program[at]
        if code == confine.RETURN:
            return value
        if code == confine.LOAD:
            held = data.get(value, 0)
            at += 1
            continue
        if code == confine.AND:
            held &= value
            at += 1
            continue
        test = {confine.EQUAL: held == value, confine.GREATER: held > value, confine.BITS: bool(held & value)}[code]
        at += 1 + (yes if test else no)


def refused(code: int) -> int:
    return confine.ERROR | code


@pytest.mark.parametrize("machine", confine.MACHINES)
@given(number=st.integers(0, 2**32 - 1))
def test_every_call_is_answered_as_the_tables_say(machine, number):
    column = confine.MACHINES[machine][0]
    forbidden, absent = (confine.numbers(table, column) for table in (confine.FORBIDDEN, confine.ABSENT))
    socket, socketpair = {"x86_64": (41, 53), "aarch64": (198, 199)}[machine]
    if number > confine.NEWEST_KNOWN or number in absent:
        assert answer(machine, number) == refused(errno.ENOSYS)
    elif number in forbidden:
        assert answer(machine, number) == refused(errno.EPERM)
    elif number == socket:
        assert answer(machine, number, 1) == ALLOW
    elif number == socketpair:
        assert answer(machine, number) == refused(errno.EACCES)
    else:
        assert answer(machine, number) == ALLOW


@pytest.mark.parametrize("machine", confine.MACHINES)
def test_all_listed_calls_are_refused(machine):
    column = confine.MACHINES[machine][0]
    for table, code in ((confine.FORBIDDEN, errno.EPERM), (confine.ABSENT, errno.ENOSYS)):
        numbers = confine.numbers(table, column)
        assert len(numbers) == len(set(numbers))
        assert {answer(machine, number) for number in numbers} == {refused(code)}


def test_foreign_machine_code_is_killed():
    assert answer("x86_64", 20, audit=0x40000003) == KILL


@given(family=st.integers(0, 60))
def test_only_unix_sockets_are_had(family):
    assert answer("x86_64", 41, family) == (ALLOW if family == 1 else refused(errno.EACCES))


@given(
    family=st.sampled_from([0, 1, 2, 3, 10, 16, 17, 40]),
    kind=st.sampled_from([1, 2, 3, 4, 5, 10]),
    flags=st.sampled_from([0, 0x80000, 0x80800]),
    protocol=st.sampled_from([0, 1, 6, 17, 33, 132, 136, 255, 262]),
)
@pytest.mark.parametrize("machine", confine.MACHINES)
def test_a_grant_is_for_plain_tcp_and_udp(machine, family, kind, flags, protocol):
    number = {"x86_64": 41, "aarch64": 198}[machine]
    plain = protocol in {0, 6, 17}
    may = {
        PLAIN: family == 1,
        LOOPBACK: family == 1 or (family in {2, 10} and kind in {1, 2} and plain),
        GATEWAY: family == 1 or (family == 2 and kind == 1 and plain),
    }
    for reach, allowed in may.items():
        got = answer(machine, number, family, kind | flags, protocol, reach=reach)
        assert got == (ALLOW if allowed else refused(errno.EACCES)), reach


@given(level=st.integers(0, 50), option=st.integers(0, 50))
@pytest.mark.parametrize("machine", confine.MACHINES)
def test_buffers_cannot_be_made_larger(machine, level, option):
    number = {"x86_64": 54, "aarch64": 208}[machine]
    nothing_done = confine.ERROR  # the call is answered with 0, and not made
    assert answer(machine, number, 3, level, option) == (nothing_done if level == 1 and option in {7, 8} else ALLOW)


@given(mode=st.integers(0, 0o7777))
def test_no_file_becomes_setuid(mode):
    wanted = refused(errno.EPERM) if mode & 0o6000 else ALLOW
    assert answer("x86_64", 90, 0, mode) == answer("x86_64", 268, 0, 0, mode) == wanted


def test_namespaces_come_with_no_clone():
    assert answer("x86_64", 56, 0x3D0F00) == ALLOW  # what a thread asks for
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert answer("x86_64", 56, flag | 17) == refused(errno.EPERM)


def test_an_unknown_machine_has_no_filter():
    with pytest.raises(wire.Broken, match="riscv64"):
        confine.seccomp_program("riscv64")


@given(chunks=st.lists(st.binary(max_size=40)), half=st.integers(1, 30))
def test_both_ends_of_a_stream_are_kept(chunks, half):
    kept = Kept(2 * half)
    for chunk in chunks:
        kept.add(chunk)
    whole = b"".join(chunks)
    assert kept.truncated == (len(whole) > 2 * half)
    if kept.truncated:
        assert kept.bytes().startswith(whole[:half])
        assert kept.bytes().endswith(whole[-half:])
    else:
        assert kept.bytes() == whole


@given(head=st.dictionaries(st.text(), st.integers()), blobs=st.lists(st.binary(max_size=50)))
def test_messages_survive_the_way(head, blobs):
    stream = io.BytesIO(wire.pack(b"J", head, *blobs))
    found, contents = wire.read_job(stream)
    assert contents == blobs
    assert found == {**head, "sizes": [len(blob) for blob in blobs]}
    assert stream.read() == b""


@given(name=st.text(alphabet="ab./\\\0é", max_size=12))
def test_a_safe_name_stays_inside(name):
    try:
        parts = wire.safe_parts(name)
    except wire.Broken:
        return
    assert "/".join(parts) == name
    assert not {"", ".", ".."} & set(parts)


def test_it_refuses_to_run_outside_a_sandbox():
    command = [part.replace(wire.HOME, str(Path(launcher.__file__).parents[1])) for part in wire.COMMAND]
    ended = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "only inside a sandbox" in ended.stderr


@pytest.mark.parametrize(
    ("layer", "change"),
    [
        ("system-call table", ("MACHINES = {", "MACHINES = {} and {")),
        ("seccomp", ("PR_SET_SECCOMP, PR_SET_CHILD", "PR_SET_SECCOMP_, PR_SET_CHILD")),
        ("Landlock", ("LIBC.syscall(446,", "LIBC.syscall(447000,")),
    ],
)
async def test_a_missing_layer_is_a_failure(monkeypatch, tmp_path, layer, change):
    sandbox = await opened("jail")
    name = f"{wire.HOME}/inside/confine.py"
    text = exchange.INSIDE[name].read_text()
    assert text.count(change[0]) == 1
    broken = tmp_path / "confine.py"
    broken.write_text(text.replace(*change))
    monkeypatch.setattr(jail, "INSIDE", {**exchange.INSIDE, name: broken})
    with pytest.raises(SandboxError, match="could not run") as caught:
        await sandbox.run(Job(argv=("python", "-c", "print('ran')")))
    assert "ran" not in caught.value.message
