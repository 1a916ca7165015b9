"""The parts of the launcher that can be judged from outside: its filter, its messages, its caps, its refusal."""

from __future__ import annotations

import errno
import io
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sandbox.conftest import opened

from glasswork.errors import SandboxError
from glasswork.sandbox import jail, launcher
from glasswork.sandbox.base import Job

ALLOW, KILL = launcher.ALLOW, launcher.KILL


def answer(machine: str, number: int, *args: int, audit: int | None = None) -> int:
    """Run the filter on one system call, as the kernel would."""
    own = launcher.MACHINES[machine][1]
    data = {0: number, 4: own if audit is None else audit}
    data |= {16 + 8 * place: value & 0xFFFFFFFF for place, value in enumerate(args)}
    program, at, held = launcher.seccomp_program(machine), 0, 0
    while True:
        code, yes, no, value = program[at]
        if code == launcher.RETURN:
            return value
        if code == launcher.LOAD:
            held = data.get(value, 0)
            at += 1
            continue
        test = {launcher.EQUAL: held == value, launcher.GREATER: held > value, launcher.BITS: bool(held & value)}[code]
        at += 1 + (yes if test else no)


def refused(code: int) -> int:
    return launcher.ERROR | code


@pytest.mark.parametrize("machine", launcher.MACHINES)
@given(number=st.integers(0, 2**32 - 1))
def test_every_call_is_answered_as_the_tables_say(machine, number):
    column = launcher.MACHINES[machine][0]
    forbidden, absent = (launcher.numbers(table, column) for table in (launcher.FORBIDDEN, launcher.ABSENT))
    socket = {"x86_64": 41, "aarch64": 198}[machine]
    if number > launcher.NEWEST_KNOWN or number in absent:
        assert answer(machine, number) == refused(errno.ENOSYS)
    elif number in forbidden:
        assert answer(machine, number) == refused(errno.EPERM)
    elif number == socket:
        assert answer(machine, number, 1) == ALLOW
    else:
        assert answer(machine, number) == ALLOW


@pytest.mark.parametrize("machine", launcher.MACHINES)
def test_all_listed_calls_are_refused(machine):
    column = launcher.MACHINES[machine][0]
    for table, code in ((launcher.FORBIDDEN, errno.EPERM), (launcher.ABSENT, errno.ENOSYS)):
        numbers = launcher.numbers(table, column)
        assert len(numbers) == len(set(numbers))
        assert {answer(machine, number) for number in numbers} == {refused(code)}


def test_foreign_machine_code_is_killed():
    assert answer("x86_64", 20, audit=0x40000003) == KILL


@given(family=st.integers(0, 60))
def test_only_unix_sockets_are_had(family):
    assert answer("x86_64", 41, family) == (ALLOW if family == 1 else refused(errno.EACCES))


@given(mode=st.integers(0, 0o7777))
def test_no_file_becomes_setuid(mode):
    wanted = refused(errno.EPERM) if mode & 0o6000 else ALLOW
    assert answer("x86_64", 90, 0, mode) == answer("x86_64", 268, 0, 0, mode) == wanted


def test_namespaces_come_with_no_clone():
    assert answer("x86_64", 56, 0x3D0F00) == ALLOW  # what a thread asks for
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert answer("x86_64", 56, flag | 17) == refused(errno.EPERM)


def test_an_unknown_machine_has_no_filter():
    with pytest.raises(launcher.Broken, match="riscv64"):
        launcher.seccomp_program("riscv64")


@given(chunks=st.lists(st.binary(max_size=40)), half=st.integers(1, 30))
def test_both_ends_of_a_stream_are_kept(chunks, half):
    kept = launcher.Kept(2 * half)
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
    stream = io.BytesIO(launcher.pack(b"J", head, *blobs))
    found, contents = launcher.read_job(stream)
    assert contents == blobs
    assert found == {**head, "sizes": [len(blob) for blob in blobs]}
    assert stream.read() == b""


@given(name=st.text(alphabet="ab./\\\0é", max_size=12))
def test_a_safe_name_stays_inside(name):
    try:
        parts = launcher.safe_parts(name)
    except launcher.Broken:
        return
    assert "/".join(parts) == name
    assert not {"", ".", ".."} & set(parts)


def test_it_refuses_to_run_outside_a_sandbox():
    ended = subprocess.run([sys.executable, "-I", "-S", launcher.__file__], capture_output=True, text=True, check=False)
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
    text = jail.LAUNCHER.read_text()
    assert text.count(change[0]) == 1
    broken = tmp_path / "launcher.py"
    broken.write_text(text.replace(*change))
    monkeypatch.setattr(jail, "LAUNCHER", broken)
    with pytest.raises(SandboxError, match="could not run") as caught:
        await sandbox.run(Job(argv=("python", "-c", "print('ran')")))
    assert "ran" not in caught.value.message
