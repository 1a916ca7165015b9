"""What the host knows and the program must not: files, environment, processes, sockets."""

from __future__ import annotations

from glasswork.testing.hostile.program import Program, held, refuses


def _reads(number: int, name: str, tries: str, path: str) -> Program:
    """Make a program that prints what it could read; the secret is looked for in all that it prints."""
    code = f"found = read({path}); judge(not found, found[:99])"
    return Program(number, name, tries, "refused, or not there", code, held)


def _lists(number: int, name: str, tries: str, paths: str) -> Program:
    """Make a program that lists folders."""
    code = f"found = through({{p: (lambda p=p: os.listdir(p)) for p in {paths}}}); judge(not found, found)"
    return Program(number, name, tries, "refused, or not there", code, held)


PROGRAMS = (
    _reads(20, "read_host_secret", "a secret file of the host", "HOST['canary']"),
    _reads(21, "read_etc_shadow", "the host's passwords", "'/etc/shadow'"),
    _lists(22, "read_root_home", "the folder of the host's root", "('/root',)"),
    _lists(
        22, "read_host_home", "the folders of the host's users, and where the secret lies", "('/home', HOST['folder'])"
    ),
    refuses(
        23,
        "env_leak",
        "names in its environment that sound secret",
        "not [name for name in os.environ if any(word in name for word in ('KEY', 'TOKEN', 'SECRET'))]",
        "none",
    ),
    Program(
        24,
        "parent_environ",
        "the secret in the environment of any process it sees",
        "not found",
        """
found = [pid for pid in pids() if HOST['stem'].encode() in read(f'/proc/{pid}/environ')]
judge(not found, [read(f'/proc/{pid}/environ') for pid in found])
""",
        held,
    ),
    Program(
        25,
        "see_host_procs",
        "the command lines of the host's processes",
        "none visible",
        """
seen = [line for pid in pids() if pid != os.getpid() for line in [read(f'/proc/{pid}/cmdline')]]
found = [line for line in seen if b'pytest' in line or b'dockerd' in line]
judge(not found and f'{HOST["pid"]}' not in os.listdir('/proc'), found)
""",
        held,
    ),
    refuses(
        26,
        "inherited_fds",
        "open files that it was left",
        "set(os.listdir('/proc/self/fd')) <= {'0', '1', '2', '3'}",
        "none but its three streams",
    ),
    Program(
        27,
        "docker_sock",
        "the sockets of Docker and containerd at their usual places",
        "not there",
        """
paths = ('/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock', '/run/podman/podman.sock')
found = through({path: (lambda path=path: socket.socket(socket.AF_UNIX).connect(path)) for path in paths})
judge(not found and not [path for path in paths if os.path.exists(path)], found)
""",
        held,
    ),
    refuses(
        28,
        "abstract_unix_socket",
        "a service of the host on an abstract unix socket",
        "refused(lambda: socket.socket(socket.AF_UNIX).connect('\\0' + HOST['abstract']))",
    ),
    _reads(36, "proc_kcore", "the kernel's memory", "'/proc/kcore'"),
    Program(
        131,
        "ways_out_by_proc",
        "the secret by the roots, folders and open files of other processes, and by folders above its own",
        "not reached",
        """
ways = [f'/proc/{pid}/{way}' for pid in pids() for way in ('root', 'cwd', *(f'fd/{n}' for n in range(12)))]
ways += ['..', '../..', '/proc/self/fd/3/..', '/proc/self/fd/7/../../..', '/proc/self/fd/8/../../..']
found = [way for way in ways if read(way + HOST['canary'])]; judge(not found, found)
""",
        held,
    ),
    Program(
        132,
        "names_of_the_host",
        "the host's name, and its user's",
        "not told",
        """
told = ' '.join([os.uname().nodename, *os.environ.values()])
judge(HOST['name'] not in told.split(), told)
""",
        held,
    ),
)
