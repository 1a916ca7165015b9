"""What every sandbox promises, as a suite to inherit.

A subclass gives an (async) fixture ``sandbox``; pytest-asyncio must run in its mode ``auto``, or the class be marked::

    class TestMine(SandboxContract):
        @pytest.fixture
        async def sandbox(self):
            sandbox = MySandbox()
            yield sandbox
            await sandbox.aclose()

What no program may get out of a sandbox is in :mod:`glasswork.testing.hostile.suite`.
"""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from glasswork.errors import SandboxError, SandboxUnavailable
from glasswork.sandbox.base import Job, Limits, Network, OnOutput, Result, Sandbox
from glasswork.sandbox.programs import run_tests
from glasswork.testing.claims import BARRIERS, CLAIMS, Claim
from glasswork.testing.hostile.service import serving

SHORT = Limits(wall_seconds=1.0)
_FLOODS = {
    "long lines": "import sys; sys.stdout.write('x' * 900_000); sys.stderr.write('y' * 900_000)",
    "without end": "while True: print('x' * 99)",
    "single bytes": "import os\nfor n in range(40_000): os.write(1, b'x')",
    "from many": """
import os, time
for n in range(8):
    if os.fork() == 0:
        while True: os.write(1, b'x' * 4096); os.write(2, b'x')
time.sleep(9)
""",
}
_GRACE = 5.0
"""Seconds that a sandbox may take to start and to answer, beyond the time a program is given."""
_MISUSES: dict[str, tuple[str, Limits]] = {
    "runs without end": ("while True: pass", Limits(wall_seconds=0.5)),
    "takes all memory": ("held = [bytearray(16 << 20) for _ in range(99)]", Limits(wall_seconds=10, memory_mb=128)),
    "writes without end": ("while True: print('x' * 9999)", Limits(wall_seconds=10)),
    "crashes": ("import ctypes; ctypes.string_at(0)", Limits(wall_seconds=10)),
    "kills its group": ("import os; os.killpg(0, 9)", Limits(wall_seconds=10)),
    "locks its folder": ("import os; os.mkdir('d'); os.chmod('d', 0); os.chmod('.', 0)", Limits(wall_seconds=10)),
    "leaves processes": ("import os, time\nif os.fork() == 0: os.setsid(); time.sleep(60)", Limits(wall_seconds=10)),
    "fills its folder": ("open('x', 'wb').write(bytes(63 << 20))", Limits(wall_seconds=10)),
}


async def python(
    sandbox: Sandbox,
    code: str,
    *,
    limits: Limits | None = None,
    collect: tuple[str, ...] = (),
    on_output: OnOutput | None = None,
) -> Result:
    """Run a Python text as ``main.py``."""
    files = {"main.py": code.encode()}
    job = Job(argv=("python", "main.py"), files=files, limits=limits or Limits(wall_seconds=10), collect=collect)
    return await sandbox.run(job, on_output=on_output)


class Told:
    """What a callback for output was told, and when."""

    def __init__(self) -> None:
        self.whole = {"stdout": b"", "stderr": b""}
        self.times: list[float] = []

    def __call__(self, stream: str, data: bytes) -> None:
        """Take note."""
        self.whole[stream] += data
        self.times.append(time.monotonic())


class SandboxContract:
    """What every sandbox promises, whatever it is made of."""

    @pytest.fixture
    def sandbox(self) -> Sandbox:
        """Override this with a fixture that opens your sandbox, and closes it."""
        raise NotImplementedError("a subclass of SandboxContract gives a fixture called sandbox")

    async def test_a_program_runs_to_its_end(self, sandbox: Sandbox) -> None:
        """Both streams, the exit code and the time come back; the backend names itself."""
        result = await python(sandbox, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
        assert (result.reason, result.exit_code, result.stdout, result.stderr) == ("exit", 3, "out\n", "err\n")
        assert result.backend == sandbox.name
        assert 0 < result.seconds < 10
        assert not result.ok
        assert not result.truncated

    async def test_the_working_folder_holds_the_files_and_nothing_else(self, sandbox: Sandbox) -> None:
        """Names may have folders; nothing of an earlier job is there."""
        await python(sandbox, "open('left.txt', 'w').write('x'); open('/tmp/left.txt', 'w').write('x')")
        show = b"import os; print(sorted(os.listdir()), os.listdir('pkg'), os.listdir('/tmp')); import pkg.mod"
        files = {"main.py": show, "pkg/mod.py": b"print('imported')"}
        result = await sandbox.run(Job(argv=("python", "main.py"), files=files))
        assert result.stdout == "['main.py', 'pkg'] ['mod.py'] []\nimported\n", result.stderr

    async def test_stdin_reaches_the_program(self, sandbox: Sandbox) -> None:
        """All of it, then its end."""
        sent = b"x" * 300_000
        code = b"import sys; print(len(sys.stdin.buffer.read()))"
        result = await sandbox.run(Job(argv=("python", "-c", code.decode()), stdin=sent))
        assert result.stdout == "300000\n"

    async def test_files_come_back(self, sandbox: Sandbox) -> None:
        """Regular files only: folders and links are refused by name, and what is missing is left out."""
        code = """
import os
os.makedirs("a/b"); open("a/b/data.bin", "wb").write(bytes(range(256)))
os.symlink("/etc/passwd", "link"); os.symlink("a", "linked"); os.mkdir("folder")
"""
        asked = ("a/b/data.bin", "missing", "link", "linked/b/data.bin", "folder")
        result = await python(sandbox, code, collect=asked)
        assert result.files == {"a/b/data.bin": bytes(range(256))}
        assert set(result.refused) == {"link", "linked/b/data.bin", "folder"}

    async def test_the_command_is_passed_as_it_is(self, sandbox: Sandbox) -> None:
        """No shell reads it, and ``python`` is a Python 3."""
        words = ("a b", "$HOME", "*", "'", '"', "\n", "--", "ü")
        code = "import sys; print(sys.version_info >= (3, 9), ascii(sys.argv[1:]))"
        result = await sandbox.run(Job(argv=("python", "-c", code, *words)))
        assert result.stdout == f"True {list(words)!a}\n"
        assert (await sandbox.run(Job(argv=("sh", "-c", "echo $0", "named")))).stdout == "named\n"

    async def test_nothing_of_the_host_is_in_the_environment(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither names nor values."""
        monkeypatch.setenv("GLASSWORK_CONTRACT", "told-to-nobody")
        result = await python(sandbox, "import os; print(dict(os.environ))")
        assert result.ok
        assert "GLASSWORK_CONTRACT" not in result.stdout
        assert "told-to-nobody" not in result.stdout

    async def test_names_that_lead_out_are_refused(self, sandbox: Sandbox) -> None:
        """Before anything runs."""
        for name in ("../x", "/etc/x", "a/../../x", "a//b", "", ".", "nul\0"):
            try:
                await sandbox.run(Job(argv=("python", "-c", ""), files={name: b""}))
            except SandboxError:
                continue
            raise AssertionError(f"the name {name!r} was taken")

    async def test_a_program_that_does_not_end_is_stopped(self, sandbox: Sandbox) -> None:
        """At the wall-clock limit, by force, and what it wrote is kept."""
        began = time.monotonic()
        code = "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('here', flush=True)\ntime.sleep(99)"
        result = await python(sandbox, code, limits=SHORT)
        assert (result.reason, result.exit_code, result.stdout) == ("timeout", None, "here\n")
        assert time.monotonic() - began < SHORT.wall_seconds + _GRACE

    async def test_output_is_capped_at_both_ends(self, sandbox: Sandbox) -> None:
        """The first and the last of a stream are kept, and the cut is flagged."""
        result = await python(sandbox, "print('first'); print('x' * 500_000); print('last')")
        assert result.truncated
        assert result.stdout.startswith("first\n")
        assert result.stdout.endswith("last\n")
        assert len(result.stdout) < 300_000

    async def test_any_bytes_may_be_written(self, sandbox: Sandbox) -> None:
        """What is not UTF-8 is shown with backslashes."""
        result = await python(sandbox, r"import sys; sys.stdout.buffer.write(b'\xff\x00\x1b[31m \xe2\x82\xac')")
        assert result.stdout == "\\xff\x00\x1b[31m €"

    async def test_a_crash_is_named(self, sandbox: Sandbox) -> None:
        """By its signal."""
        result = await python(sandbox, "import ctypes; ctypes.string_at(0)")
        assert (result.reason, result.exit_code) == ("signal:SIGSEGV", None)

    async def test_a_missing_program_is_a_result(self, sandbox: Sandbox) -> None:
        """As a shell reports it."""
        result = await sandbox.run(Job(argv=("no-such-program",)))
        assert (result.reason, result.exit_code) == ("exit", 127)
        assert "no-such-program" in result.stderr

    async def test_output_is_told_as_it_comes(self, sandbox: Sandbox) -> None:
        """What is written first arrives while the program still runs; in the end all has arrived."""
        told = Told()
        code = "import time; print('first', flush=True); time.sleep(1.5); print('last')"
        result = await python(sandbox, code, on_output=told)
        ended = time.monotonic()
        assert told.whole["stdout"] == b"first\nlast\n" == result.stdout.encode()
        assert ended - told.times[0] > 1.0
        assert ended - told.times[-1] < 1.0

    async def test_output_is_told_as_bytes(self, sandbox: Sandbox) -> None:
        """Both streams, each in its order, whatever stands in them; the result says the same."""
        told = Told()
        code = r"""
import os, time
for n in range(40):
    os.write(1, b'\xff\x00\x1b[31m\xe2\x82'); os.write(2, b'%d ' % n); time.sleep(0.002)
"""
        result = await python(sandbox, code, on_output=told)
        assert told.whole["stdout"] == b"\xff\x00\x1b[31m\xe2\x82" * 40
        assert told.whole["stderr"] == b"".join(b"%d " % number for number in range(40))
        for stream, text in (("stdout", result.stdout), ("stderr", result.stderr)):
            assert told.whole[stream].decode(errors="backslashreplace") == text

    @pytest.mark.parametrize("flood", _FLOODS)
    async def test_no_more_is_told_than_the_cap(self, sandbox: Sandbox, flood: str) -> None:
        """The stream up to the cap, of which the result keeps the beginning."""
        told, limits = Told(), Limits(wall_seconds=10, output_kb=16)
        result = await python(sandbox, _FLOODS[flood], limits=limits, on_output=told)
        assert result.truncated
        for stream, kept in (("stdout", result.stdout), ("stderr", result.stderr)):
            assert len(told.whole[stream]) <= 16 << 10
            assert told.whole[stream][: 8 << 10] == kept.encode()[: 8 << 10]
        assert len(told.whole["stdout"]) == 16 << 10

    async def test_a_slow_callback_holds_nobody_up(self, sandbox: Sandbox) -> None:
        """The program runs on, its clock too, and the result is whole; the next job is told as usual."""
        began, over = time.monotonic(), threading.Event()
        result = await python(
            sandbox, "for n in range(9): print(n, flush=True)", on_output=lambda *_: over.wait(30) and None
        )
        assert (result.ok, result.stdout) == (True, "0\n1\n2\n3\n4\n5\n6\n7\n8\n")
        assert time.monotonic() - began < 10 + _GRACE
        over.set()
        told = Told()
        await python(sandbox, "print('next')", on_output=told)
        assert told.whole["stdout"] == b"next\n"

    async def test_a_callback_that_raises_loses_nothing(self, sandbox: Sandbox) -> None:
        """It is called no more, and the event loop is told why."""
        raised: list[object] = []

        def broken(_stream: str, _data: bytes) -> None:
            raise ZeroDivisionError

        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: raised.append(type(context.get("exception"))))
        try:
            result = await python(sandbox, "print(1, flush=True); print(2)", on_output=broken)
        finally:
            loop.set_exception_handler(None)
        assert (result.ok, result.stdout, raised) == (True, "1\n2\n", [ZeroDivisionError])

    async def test_what_was_told_before_a_time_out_is_in_the_result(self, sandbox: Sandbox) -> None:
        """And the other way round."""
        told = Told()
        code = "import time\nwhile True: print('x', flush=True); time.sleep(0.01)"
        result = await python(sandbox, code, limits=SHORT, on_output=told)
        assert result.reason == "timeout"
        assert told.whole["stdout"].decode() == result.stdout
        assert result.stdout.startswith("x\nx\n")

    async def test_loopback_is_for_those_to_whom_it_is_granted(self, sandbox: Sandbox) -> None:
        """With a grant a program can serve itself; without, and after one that could, it has no such socket."""
        code = """
import socket
try: server = socket.create_server(('127.0.0.1', 0))
except OSError as problem: print(type(problem).__name__); raise SystemExit
client = socket.create_connection(server.getsockname()); client.sendall(b'x'); print(server.accept()[0].recv(9))
"""
        said = []
        for network in (Network(), Network(loopback=True), Network()):
            job = Job(argv=("python", "-c", code), limits=Limits(wall_seconds=10), network=network)
            try:
                said.append((await sandbox.run(job)).stdout)
            except SandboxUnavailable as problem:
                pytest.skip(f"{sandbox.name} does not grant loopback, and says so: {problem.message}")
        assert said == ["PermissionError\n", "b'x'\n", "PermissionError\n"]

    async def test_others_are_reached_by_the_list_alone(self, sandbox: Sandbox) -> None:
        """By a gateway that the environment names; each time is told; a program without a list has no gateway."""
        code = """
import os, sys, urllib.error, urllib.request
if 'HTTP_PROXY' not in os.environ: print('none'); raise SystemExit
for where in sys.argv[1:]:
    try: print(urllib.request.urlopen(f'http://{where}/').read())
    except urllib.error.HTTPError as problem: print(problem.code)
"""
        with serving(9) as port:
            mine, other = f"127.0.0.1:{port}", "127.0.0.1:9"
            job = Job(argv=("python", "-c", code, mine, other), network=Network(allow=(mine,)))
            try:
                result = await sandbox.run(job)
            except SandboxUnavailable as problem:
                pytest.skip(f"{sandbox.name} does not connect programs, and says so: {problem.message}")
        assert result.stdout == "b'allowed'\n403\n", result.stderr
        told = [(f"{one.host}:{one.port}", one.allowed, one.received > 0) for one in result.connections]
        assert told == [(mine, True, True), (other, False, False)]
        assert "network" in result.limits_enforced
        without = await sandbox.run(job.model_copy(update={"network": Network()}))
        assert (without.stdout, without.connections) == ("none\n", ())

    async def test_memory_is_limited(self, sandbox: Sandbox) -> None:
        """Also where several processes share the load."""
        code = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        held = bytearray(60 << 20); time.sleep(5); os._exit(0)
time.sleep(5)
"""
        result = await python(sandbox, code, limits=Limits(wall_seconds=10, memory_mb=128))
        assert result.reason == "oom"

    @pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
    async def test_what_it_says_holds_does(self, sandbox: Sandbox, claim: Claim) -> None:
        """Each limit and each barrier that the result names as enforced."""
        result = await python(sandbox, claim.code, limits=claim.limits)
        if claim.name not in result.limits_enforced:
            pytest.skip(f"{sandbox.name} does not say that it enforces {claim.name}")
        assert claim.held(result), (result.reason, result.stdout[-300:], result.stderr[-300:])

    async def test_what_does_not_hold_is_told(self, sandbox: Sandbox) -> None:
        """Only known names are enforced; where one of them is not, or not wholly, ``not_contained`` says so."""
        result = await python(sandbox, "")
        known = {*Limits.model_fields, *BARRIERS}
        assert set(result.limits_enforced) <= known
        assert {"wall_seconds", "output_kb"} <= set(result.limits_enforced)
        assert result.not_contained or set(result.limits_enforced) == known
        assert all(gap.strip() and gap.isprintable() for gap in result.not_contained)

    @pytest.mark.parametrize("misuse", _MISUSES)
    async def test_it_works_on_after(self, sandbox: Sandbox, misuse: str) -> None:
        """The next program meets a fresh folder, and can write as much as the first."""
        code, limits = _MISUSES[misuse]
        await python(sandbox, code, limits=limits)
        show = "import os; print(os.listdir()); print(open('x', 'wb').write(bytes(32 << 20)))"
        result = await python(sandbox, show, limits=limits.model_copy(update={"wall_seconds": 20}))
        assert result.stdout == f"['main.py']\n{32 << 20}\n", (result.reason, result.stderr)

    async def test_jobs_queue(self, sandbox: Sandbox) -> None:
        """Several at once all get their own answers."""
        results = await asyncio.gather(*(python(sandbox, f"print({number})") for number in range(4)))
        assert [result.stdout for result in results] == ["0\n", "1\n", "2\n", "3\n"]

    async def test_a_cancelled_job_leaves_the_sandbox_usable(self, sandbox: Sandbox) -> None:
        """The next one runs."""
        running = asyncio.ensure_future(python(sandbox, "while True: pass"))
        await asyncio.sleep(0.5)
        running.cancel()
        await asyncio.wait({running})
        assert running.cancelled()
        assert (await python(sandbox, "print('next')")).stdout == "next\n"

    async def test_ordinary_programs_work(self, sandbox: Sandbox) -> None:
        """Threads, processes, sub-processes, temporary files, a database, an event loop."""
        code = """
import asyncio, multiprocessing, sqlite3, subprocess, tempfile, threading
def square(x): return x * x
async def child():
    process = await asyncio.create_subprocess_exec("sh", "-c", "echo child", stdout=-1)
    return (await process.communicate())[0]
if __name__ == "__main__":
    threads = [threading.Thread(target=square, args=(1,)) for _ in range(16)]
    [thread.start() for thread in threads]; [thread.join() for thread in threads]
    with multiprocessing.Pool(4) as pool: print(pool.map(square, range(4)))
    print(asyncio.run(child()), subprocess.run("echo shell", shell=True, capture_output=True).stdout)
    with tempfile.NamedTemporaryFile() as file: print(sqlite3.connect(file.name).execute("select 1").fetchall())
"""
        result = await python(sandbox, code)
        assert result.stdout == "[0, 1, 4, 9]\nb'child\\n' b'shell\\n'\n[(1,)]\n", result.stderr

    async def test_tests_run(self, sandbox: Sandbox) -> None:
        """The test runner works in it, and says what fails."""
        files = {
            "solution.py": b"def double(x):\n    return x + 2\n",
            "test_it.py": b"from solution import double\n\n\ndef test_two():\n    assert double(2) == 4\n"
            b"\n\ndef test_three():\n    assert double(3) == 6\n",
        }
        report = await run_tests(sandbox, files, "test_it.py", Limits(wall_seconds=10))
        assert (report.passed, report.ran) == (False, 2)
        assert "double(3) is 5" in report.failures[0].message

    async def test_closing_twice_is_harmless(self, sandbox: Sandbox) -> None:
        """And leaves nothing behind."""
        await python(sandbox, "")
        await sandbox.aclose()
        await sandbox.aclose()
