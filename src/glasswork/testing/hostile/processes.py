"""Too many processes, and such as do not want to end."""

from __future__ import annotations

from glasswork.sandbox.base import Limits
from glasswork.testing.hostile.program import SHORT, Program, ends, exits, held, quick

_SPIN = "while True: pass"
PROGRAMS = (
    Program(
        1,
        "fork_bomb",
        "3000 children that sleep",
        "no more than 64",
        "n = count(lambda n: child(lambda: time.sleep(3)), 3000); judge(8 <= n <= 64, n)",
        held,
    ),
    Program(
        2,
        "thread_bomb",
        "3000 threads",
        "no more than 64, and 16 at least",
        """
n = count(lambda n: threading.Thread(target=time.sleep, args=(5,), daemon=True).start(), 3000)
judge(16 <= n <= 64, n); os._exit(0)
""",
        held,
    ),
    Program(10, "cpu_spin", "a loop without end", "stopped by the clock", _SPIN, ends("timeout"), SHORT),
    Program(
        11,
        "sleep_forever",
        "an hour's sleep",
        "stopped by the clock",
        "print('up', flush=True); time.sleep(3600)",
        ends("timeout"),
        SHORT,
    ),
    Program(
        12,
        "ignore_sigterm",
        "ignores every signal that can be ignored",
        "killed all the same",
        f"for number in (1, 2, 3, 15, 20, 24): signal.signal(number, signal.SIG_IGN)\n{_SPIN}",
        ends("timeout"),
        SHORT,
    ),
    Program(
        16,
        "closed_stdout_then_spin",
        "closes its output and runs on",
        "stopped by the clock",
        f"os.close(1); os.close(2)\n{_SPIN}",
        ends("timeout"),
        SHORT,
    ),
    Program(
        17,
        "daemon_past_timeout",
        "a detached grandchild that lives on",
        "dead with the program",
        """
def beat():
    while True: open('heartbeat', 'a').write('x'); time.sleep(0.1)
child(lambda: (os.setsid(), child(beat)))
os._exit(0)
""",
        quick,
    ),
    Program(
        18,
        "daemon_holds_pipe",
        "a detached child that keeps the output open",
        "the result does not wait for it",
        "child(lambda: (os.setsid(), time.sleep(120)))\nos._exit(0)",
        quick,
    ),
    Program(
        19,
        "zombies",
        "2000 children that nobody waits for",
        "no more than 64, and all reaped",
        "n = count(lambda n: child(int), 2000); judge(n <= 64, n)",
        held,
    ),
    Program(
        80,
        "atexit_hang",
        "an exit handler that sleeps an hour",
        "stopped by the clock",
        "import atexit; atexit.register(time.sleep, 3600)",
        ends("timeout"),
        SHORT,
    ),
    Program(
        101,
        "cpu_limit",
        "a loop longer than its processor time",
        "stopped by the kernel before the clock",
        _SPIN,
        lambda result: result.reason == "timeout" and result.seconds < 7,
        Limits(wall_seconds=8, memory_mb=256, cpu_seconds=1),
    ),
    Program(
        102,
        "respawn",
        "processes that replace themselves faster than they can be killed one by one",
        "all dead with the program",
        """
def run():
    while True:
        if os.fork(): os._exit(0)
for _ in range(8): child(run)
time.sleep(0.3); os._exit(0)
""",
        quick,
    ),
    Program(
        103,
        "raise_limits",
        "higher limits for itself",
        "refused",
        """
def more(which):
    top = resource.getrlimit(which)[1]
    return lambda: resource.setrlimit(which, (top + 1, top + 1))
names = ("NPROC", "AS", "FSIZE", "NOFILE", "CORE", "CPU")
judge(all(refused(more(getattr(resource, "RLIMIT_" + name)), OSError, ValueError) for name in names))
""",
        held,
    ),
    Program(
        104,
        "kill_own_group",
        "kills itself and its group",
        "named as a kill, not as memory or time",
        "os.killpg(0, 9)",
        ends("signal:SIGKILL"),
    ),
    Program(
        105,
        "kill_minus_one",
        "kills everybody it can",
        "its supervisor answers",
        "child(lambda: os.kill(-1, 9)); time.sleep(0.3)",
        lambda result: result.reason in {"exit", "signal:SIGKILL"},
    ),
    Program(
        106,
        "deep_process_tree",
        "a chain of children, each the parent of the next, all detached",
        "all dead with the program",
        """
for _ in range(30):
    if os.fork(): time.sleep(0.2); os._exit(0)
    os.setsid()
time.sleep(60)
""",
        exits(0),
    ),
)
