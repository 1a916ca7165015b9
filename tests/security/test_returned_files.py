"""Files that come back from a sandbox: only those that were asked for, only regular ones, never more than was allowed."""

from __future__ import annotations

import asyncio
import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.security.hostile import FORMS

from glasswork.errors import SandboxError
from glasswork.sandbox import exchange
from glasswork.sandbox.base import Job, Limits, Result
from glasswork.sandbox.inside import workspace as collecting
from glasswork.sandbox.inside.wire import pack

LIMITS = Limits(wall_seconds=5, workspace_mb=1, output_kb=1)
HEAD = {
    "reason": "exit",
    "exit_code": 0,
    "seconds": 0.1,
    "truncated": False,
    "enforced": [],
    "files": [],
    "refused": [],
    "clean": True,
}
NAMES = [
    *("../x", "..", "a/../../x", "/etc/passwd", "//x", "a//b", "./a", "a/.", "", "/", "a\0b", "x" * 256),
    *("\\..\\x", "C:\\x", "-rf", "CON", " x", "x ", "a\nb", "\x1b[2J", "\u202egpj.exe", "A", "a/", "a/b"),
    *FORMS.values(),
]
"""Names that a program might give a file; asked for is ``a`` alone."""
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)  # fmt: skip


async def answered(*said: bytes, collect: tuple[str, ...] = ("a",)) -> Result:
    """Hear a launcher that has been taken over and says whatever it likes."""
    reader = asyncio.StreamReader(limit=2**26)
    reader.feed_data(b"".join(said))
    reader.feed_eof()

    async def nothing(_: bytes = b"") -> None:
        pass

    async def complaint() -> str:
        return "it hurts"

    line = exchange.Line(reader, nothing, nothing, complaint)
    job = Job(argv=("python",), limits=LIMITS, collect=collect)
    return (await exchange.converse(line, job, exchange.Terms("fake", ())))[0]


async def test_what_was_asked_for_comes_back():
    assert (await answered(pack(b"R", {**HEAD, "files": ["a"]}, b"", b"", b"1"))).files == {"a": b"1"}
    assert (await answered(pack(b"R", HEAD, b"", b""))).files == {}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
async def test_no_other_name_does(name):
    for said in (
        pack(b"R", {**HEAD, "files": [name]}, b"", b"", b"1"),
        pack(b"R", {**HEAD, "refused": [name]}, b"", b""),
    ):
        with pytest.raises(SandboxError, match="it hurts"):
            await answered(said)


@pytest.mark.parametrize(
    ("files", "contents"),
    [(["a", "a"], [b"1", b"2"]), (["a"], []), ([], [b"1"]), (["a", "A"], [b"1", b"2"]), ("a", [b"1", b"2"]), (7, []), ([[]], [b"1"])],
    ids=["twice", "without content", "without a name", "in another case", "a text", "a number", "no name"],
)  # fmt: skip
async def test_names_and_contents_that_do_not_fit(files, contents):
    with pytest.raises(SandboxError):
        await answered(pack(b"R", {**HEAD, "files": files}, b"", b"", *contents))


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(HEAD, JSON)), st.sampled_from([b"R", b"S", b"E", b"X"]))
def test_a_head_of_any_kind_is_a_result_or_an_error(head, kind):
    try:
        result = asyncio.run(answered(pack(kind, {**HEAD, **head}, b"out", b"err")))
    except SandboxError:
        return
    assert set(result.files) <= {"a"}


@pytest.mark.parametrize(
    "said",
    [
        b"R" + struct.pack(">I", 4) + b"null",
        b"R" + struct.pack(">I", 2) + b"[]",
        b"R" + struct.pack(">I", 13) + b'{"sizes": -1}',
        b"R" + struct.pack(">I", 17) + b'{"sizes": [-1,1]}',
        b"R" + struct.pack(">I", 17) + b'{"sizes": ["1"]} ',
        b"R" + struct.pack(">I", 200_000) + b"[" * 200_000,
        pack(b"R", HEAD),
        pack(b"R", HEAD, b""),
        pack(b"R", {**HEAD, "files": ["a"]}, b"", b"", b"x" * (4 << 20)),
    ],
    ids=["null", "a list", "no sizes", "a negative size", "a size in words", "deep", "no streams", "one stream", "giant"],
)  # fmt: skip
async def test_nonsense_is_an_error(said):
    with pytest.raises(SandboxError):
        await answered(said)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../b", "a//b", "", ".", "..", "a/", "x" * 256, "a\0b", "\udc80"]
)
def test_no_job_asks_for_a_name_that_leads_out(name):
    for job in (Job(argv=("python",), collect=(name,)), Job(argv=("python",), files={name: b""})):
        with pytest.raises(SandboxError):
            exchange.check(job)


@given(st.text() | st.lists(st.sampled_from(["..", ".", "", "a", "\0", "\\", "…"])).map("/".join))
def test_a_name_that_is_taken_stays_below_its_folder(name):
    try:
        exchange.check(Job(argv=("python",), collect=(name,)))
    except SandboxError:
        return
    assert os.path.normpath("/work/" + name) == "/work/" + name


# --- the launcher's half: what lies in the workspace -------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder in place of a sandbox's own, with a secret beside it."""
    (tmp_path / "secret").write_text("a secret of the host")
    (tmp_path / "work" / "sub").mkdir(parents=True)
    monkeypatch.setattr(collecting, "WORK", str(tmp_path / "work"))
    return tmp_path / "work"


def collected(*names: str) -> dict[str, bytes]:
    return collecting.collect_all(list(names), {"file_mb": 1, "workspace_mb": 1})[0]


def test_links_are_not_followed(workspace):
    (workspace / "file").symlink_to("../secret")
    (workspace / "absolute").symlink_to(workspace.parent / "secret")
    (workspace / "folder").symlink_to("..")
    (workspace / "own").symlink_to("kept")
    (workspace / "loop").symlink_to("loop")
    (workspace / "kept").write_text("mine")
    names = ("file", "absolute", "folder/secret", "own", "loop", "kept")
    assert collected(*names) == {"kept": b"mine"}


def test_only_regular_files_come_back_and_nothing_blocks(workspace):
    os.mkfifo(workspace / "fifo")
    os.mkfifo(workspace / "sub" / "fifo")
    (workspace / "device").symlink_to("/dev/zero")
    (workspace / "kept").write_text("mine")
    assert collected("fifo", "sub/fifo", "device", "sub", "missing", "kept/x", "kept") == {"kept": b"mine"}


def test_a_device_is_not_read(workspace):
    try:
        os.mknod(workspace / "zero", 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("making a device takes privileges")
    assert collected("zero") == {}


def test_a_sparse_giant_is_left_where_it_is(workspace):
    with (workspace / "giant").open("wb") as file:
        file.truncate(1 << 40)
    assert collected("giant") == {}


def test_together_they_keep_to_the_limit(workspace):
    for name in "abc":
        (workspace / name).write_bytes(b"x" * 400_000)
    assert list(collected("a", "b", "c")) == ["a", "b"]


def test_names_that_differ_in_case_are_two_files(workspace):
    (workspace / "A").write_text("upper")
    (workspace / "a").write_text("lower")
    assert collected("A", "a") == {"A": b"upper", "a": b"lower"}
