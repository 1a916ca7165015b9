"""Attacks on the sandbox's own process, which has the program's uid and must outlive it."""

from __future__ import annotations

from glasswork.testing.hostile.program import Program, held, refuses, system_call

PROGRAMS = (
    refuses(39, "proc_mem_parent", "its parent's memory", "refused(lambda: open(f'/proc/{os.getppid()}/mem', 'rb'))"),
    refuses(57, "kill_parent", "a signal to its parent", "refused(lambda: os.kill(os.getppid(), 15))"),
    refuses(
        58,
        "kill_all",
        "a signal to everybody it sees",
        "all(refused(lambda: os.kill(pid, 0)) for pid in pids() if pid != os.getpid())",
        "nobody can be signalled",
    ),
    refuses(161, "stop_supervisor", "to stop its supervisor", "refused(lambda: os.kill(os.getppid(), signal.SIGSTOP))"),
    refuses(
        162,
        "signal_by_descriptor",
        "a signal to its supervisor by a descriptor of it",
        "refused(lambda: signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 15))",
    ),
    Program(
        163,
        "answer_channel",
        "the line on which its supervisor answers",
        "refused",
        """
found = through({n: (lambda n=n: os.open(f'/proc/{os.getppid()}/fd/{n}', os.O_WRONLY)) for n in range(20)})
judge(not found, found)
""",
        held,
    ),
    Program(
        164,
        "starve_supervisor",
        "limits, priorities and processors of its supervisor",
        "all refused",
        """
boss = os.getppid()
found = through({
    'address space': lambda: resource.prlimit(boss, resource.RLIMIT_AS, (1 << 20, 1 << 20)),
    'open files': lambda: resource.prlimit(boss, resource.RLIMIT_NOFILE, (0, 0)),
    'processor time': lambda: resource.prlimit(boss, resource.RLIMIT_CPU, (1, 1)),
    'priority': lambda: os.setpriority(os.PRIO_PROCESS, boss, 19),
    "all of its uid's": lambda: os.setpriority(os.PRIO_USER, 0, 19),
    'processors': lambda: os.sched_setaffinity(boss, {0}),
}); judge(not found, found)
""",
        held,
    ),
    system_call(165, "process_vm_readv", "310, os.getppid(), None, 0, None, 0, 0"),
    system_call(165, "process_vm_writev", "311, os.getppid(), None, 0, None, 0, 0"),
    system_call(165, "pidfd_getfd", "438, os.pidfd_open(os.getppid()), 1, 0"),
)
