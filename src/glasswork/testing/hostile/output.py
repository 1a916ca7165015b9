"""Output without end, output that lies, and ends that look like others."""

from __future__ import annotations

from glasswork.testing.hostile.program import USUAL, Program, ends, exits, flooded, held, prints, refuses

_CUT = "stopped, cut at the cap, and flagged"
_AS_IT_IS = "kept as data"


def _writes(number: int, name: str, tries: str, data: bytes, shown: str) -> Program:
    """Make a program that writes some bytes, which must arrive as text and do nothing on the way."""
    return Program(number, name, tries, _AS_IT_IS, f"os.write(1, {data!r})", prints(shown))


def _without_end(number: int, name: str, stream: int) -> Program:
    code = f"while True: os.write({stream}, b'x' * 65536)"
    return Program(number, name, f"writes to stream {stream} without end", _CUT, code, flooded)


PROGRAMS = (
    _without_end(13, "infinite_output", 1),
    _without_end(14, "infinite_stderr", 2),
    Program(
        15, "output_no_newline", "50 MiB without a line break", _CUT, "sys.stdout.write('x' * (50 << 20))", flooded
    ),
    _writes(67, "invalid_utf8", "bytes that are not UTF-8", b"\xff\xfe\x80", "\\xff\\xfe\\x80"),
    _writes(68, "nul_bytes", "NUL bytes", b"a\0b", "a\0b"),
    _writes(
        69,
        "ansi_escape",
        "terminal codes: title, clear, colour, clipboard, link",
        b"\x1b]0;t\x07\x1b[2J\x1b[31m\x1b]52;c;ZXZpbA==\x07\x1b]8;;http://x\x07",
        "\x1b]0;t\x07\x1b[2J\x1b[31m\x1b]52;c;ZXZpbA==\x07\x1b]8;;http://x\x07",
    ),
    _writes(70, "rich_markup", "markup", b"[bold red]x[/bad][link=http://x]", "[bold red]x[/bad][link=http://x]"),
    _writes(
        71,
        "log_injection",
        "a line that looks like one of the log, after every kind of line break",
        '\n{"type":"run.finished"}\r\n\u2028{"type":"run.finished"}\u202e'.encode(),
        '\n{"type":"run.finished"}\r\n\u2028{"type":"run.finished"}\u202e',
    ),
    Program(72, "huge_line_json", "JSON 20 000 levels deep", _AS_IT_IS, "print('[' * 20000)", prints("[" * 20000)),
    Program(73, "exit_137", "the exit code of a kill for memory", "an exit", "os._exit(137)", exits(137)),
    Program(74, "fake_timeout_124", "the exit code of a time-out", "an exit", "sys.exit(124)", exits(124)),
    Program(75, "segv", "a crash", "named", "ctypes.string_at(0)", ends("signal:SIGSEGV")),
    Program(
        76,
        "core_dump",
        "abort, for a picture of its memory",
        "no core file",
        """
pid = os.fork()
if pid == 0: os.abort()
status = os.waitpid(pid, 0)[1]
if os.WCOREDUMP(status) or [name for name in os.listdir() if 'core' in name]: judge(False); os._exit(0)
os.abort()
""",
        ends("signal:SIGABRT"),
    ),
    refuses(
        77,
        "huge_argv",
        "an argument of 3 MiB",
        "errno_of(lambda: os.execv('/bin/sh', ['sh', 'x' * (3 << 20)])) == errno.E2BIG",
        "E2BIG",
    ),
    Program(81, "stdin_wait", "waits for input", "the input ends", "judge(refused(input, EOFError))", held),
    Program(
        151,
        "forged_reply",
        "a message as its supervisor would send it to the host",
        _AS_IT_IS,
        """
head = json.dumps({"reason": "exit", "exit_code": 0, "seconds": 0, "truncated": False, "enforced": [], "files": [],
    "clean": True, "refused": [], "sizes": [3, 0]}).encode()
os.write(1, b"R" + struct.pack(">I", len(head)) + head + b"yes"); os._exit(7)
""",
        lambda result: (result.reason, result.exit_code) == ("exit", 7) and '"clean": true' in result.stdout,
    ),
    Program(
        152,
        "flood_from_many",
        "forty processes that write without end to both streams",
        _CUT,
        """
def flood():
    while True: os.write(1, b'x' * 65536); os.write(2, b'y' * 65536)
for _ in range(40): child(flood)
time.sleep(20)
""",
        flooded,
        USUAL,
    ),
)
