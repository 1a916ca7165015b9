"""Calls into the kernel that no program here needs, and ways around those who refuse them."""

from __future__ import annotations

from glasswork.testing.hostile.program import Program, ends, held, refuses, system_call

PROGRAMS = (
    Program(
        37,
        "dmesg",
        "the kernel's messages",
        "EPERM",
        "judge(libc.klogctl(3, ctypes.create_string_buffer(4096), 4096) < 0 and ctypes.get_errno() == errno.EPERM)",
        held,
    ),
    Program(
        38,
        "ptrace",
        "to trace its own child",
        "EPERM",
        "pid = child(lambda: time.sleep(2)); judge(call(101, 0x4206, pid, 0, 0) == errno.EPERM); os.kill(pid, 9)",
        held,
        machine="x86_64",
    ),
    Program(
        40,
        "unshare_userns",
        "a user namespace of its own",
        "EPERM",
        "judge(libc.unshare(0x10000000) < 0 and ctypes.get_errno() == errno.EPERM)",
        held,
    ),
    Program(
        41,
        "clone3_userns",
        "a user namespace by the newer call, whose flags a filter cannot read",
        "ENOSYS",
        "judge(call(435, struct.pack('QQQQQQQQ', 0x10000000, 0, 0, 0, 17, 0, 0, 0), 64) == errno.ENOSYS)",
        held,
        machine="x86_64",
    ),
    refuses(
        42,
        "mount",
        "to mount something",
        "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) < 0 and ctypes.get_errno() == errno.EPERM",
        "EPERM",
    ),
    refuses(43, "chroot", "to change its root", "errno_of(lambda: os.chroot('.')) == errno.EPERM", "EPERM"),
    system_call(44, "init_module", "175, None, 0, b''"),
    system_call(44, "finit_module", "313, 0, b'', 0"),
    system_call(45, "bpf", "321, 0, bytes(72), 72"),
    system_call(46, "perf_event_open", "298, bytes(128), 0, -1, -1, 0"),
    system_call(47, "io_uring_setup", "425, 8, ctypes.create_string_buffer(120)", "ENOSYS"),
    system_call(48, "userfaultfd", "323, 0"),
    system_call(49, "keyctl", "250, 0, -3, 1"),
    system_call(50, "open_by_handle_at", "304, -100, bytes(64), 0"),
    system_call(51, "reboot", "169, 0xfee1dead, 672274793, 0, 0"),
    system_call(51, "kexec_load", "246, 0, 0, None, 0"),
    system_call(52, "clock_settime", "227, 0, bytes(16)"),
    system_call(53, "sethostname", "170, b'x', 1"),
    refuses(
        54,
        "nice_rt",
        "to run before everybody",
        "errno_of(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))) == errno.EPERM",
        "EPERM",
    ),
    refuses(55, "setuid0", "to be root", "os.getuid() != 0 and refused(lambda: os.setuid(0))"),
    Program(
        56,
        "caps",
        "to have capabilities",
        "none, no new privileges, and a filter in force",
        """
status = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)
none = all(int(status[name], 16) == 0 for name in ('CapEff', 'CapPrm', 'CapInh', 'CapBnd', 'CapAmb'))
judge(none and status['NoNewPrivs'] == '1' and status['Seccomp'] == '2')
""",
        held,
    ),
    Program(
        78,
        "tiocsti",
        "to type on a terminal",
        "no terminal, and EPERM",
        """
import fcntl
found = through({'tty': lambda: os.open('/dev/tty', 2)})
codes = {errno_of(lambda: fcntl.ioctl(fd, 0x5412, b'x')) for fd in (0, 1, 2)}
judge(not found and codes == {errno.EPERM}, codes)
""",
        held,
    ),
    Program(
        82,
        "int80_syscall",
        "a 32-bit call, whose numbers mean others",
        "killed",
        """
import mmap
page = mmap.mmap(-1, 4096, prot=7); page.write(b"\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3")
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
""",
        ends("signal:SIGSYS"),
        machine="x86_64",
    ),
    system_call(171, "newer_call", "467, 0", "ENOSYS"),
    system_call(172, "x32_call", "0x40000000 + 39", "ENOSYS"),
    system_call(173, "shmget", "29, 77, 1 << 20, 0o1666", "ENOSYS"),
    system_call(173, "memfd_create", "319, b'x', 0", "ENOSYS"),
    system_call(174, "seccomp", "317, 1, 0, bytes(16)"),
    system_call(174, "setns", "308, os.open('/proc/self/ns/net', 0), 0"),
    Program(
        175,
        "clone_userns",
        "a child in a user namespace",
        "EPERM",
        """
if (got := call(56, 0x10000000 | 17, 0, 0, 0, 0)) == 0 and os.getpid() == 1: os._exit(0)
judge(got == errno.EPERM, got)
""",
        held,
        machine="x86_64",
    ),
    Program(
        176,
        "loosen_the_filter",
        "a filter of its own that allows all",
        "the first one holds on",
        """
step = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x7fff0000))
libc.prctl(22, 2, ctypes.c_char_p(struct.pack('HxxxxxxQ', 1, ctypes.addressof(step))), 0, 0)
libc.prctl(38, 0, 0, 0, 0)
judge(call(165, b'none', b'/tmp', b'tmpfs', 0, None) == errno.EPERM and libc.prctl(39, 0, 0, 0, 0) == 1)
""",
        held,
        machine="x86_64",
    ),
)
