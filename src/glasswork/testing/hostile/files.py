"""Files of the host, and files left for the host to stumble over."""

from __future__ import annotations

from glasswork.testing.hostile.program import Program, exits, held, refuses, returns_nothing

PROGRAMS = (
    Program(
        29,
        "write_outside",
        "new files in the system's folders and in one of the host's",
        "all refused",
        """
folders = ('', '/etc', '/usr', '/usr/lib', '/var', '/root', '/home', '/opt', '/dev', '/proc', '/sys', '/run',
    '/glasswork', '/usr/local', '/mnt', '/srv')
found = through({f: (lambda f=f: open(f'{f}/{HOST["mark"]}', 'w')) for f in (*folders, HOST['folder'])})
judge(not found, found)
""",
        held,
    ),
    Program(
        30,
        "symlink_out",
        "results that are links: to a host file, a folder, and out by '..'",
        "none comes back, and each is named",
        """
for n, target in enumerate((HOST['canary'], '/etc', '../../../../etc/passwd')): os.symlink(target, f'result{n}')
""",
        lambda result: returns_nothing(result) and len(result.refused) == 3,
    ),
    refuses(31, "hardlink_out", "a hard link to /etc/passwd", "refused(lambda: os.link('/etc/passwd', 'result0'))"),
    Program(
        32,
        "fifo",
        "a FIFO as a result",
        "refused, or it does not come back and blocks nobody",
        "refused(lambda: os.mkfifo('result0'))",
        returns_nothing,
    ),
    Program(
        32,
        "device",
        "a disk as a result",
        "refused",
        "judge(refused(lambda: os.mknod('result0', 0o60600, os.makedev(254, 0))))",
        lambda result: held(result) and not result.files,
    ),
    Program(
        33,
        "nasty_names",
        "file names with line breaks, terminal codes, wrong UTF-8, options, text that runs backwards",
        "none comes back unasked",
        """
names = (b'a\\nb', b'\\x1b[2J', b'..\\\\..\\\\x', b'-rf', b'\\xff\\xfe', b'n' * 255, b'CON', b' lead')
for name in (*names, 'a\\u202eb'.encode()): open(name, 'w').write('x')
""",
        returns_nothing,
    ),
    Program(
        34,
        "setuid_file",
        "a setuid copy of a shell",
        "EPERM",
        "open('sh', 'w').close(); judge(errno_of(lambda: os.chmod('sh', 0o6755)) == errno.EPERM)",
        held,
    ),
    Program(
        35,
        "proc_sys_write",
        "the kernel's settings",
        "refused",
        """
paths = ('/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger',
    '/proc/sys/vm/drop_caches', '/sys/kernel/uevent_helper', '/sys/fs/cgroup/release_agent',
    '/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/release_agent', '/sys/fs/cgroup/memory/memory.limit_in_bytes')
found = through({path: (lambda path=path: open(path, 'r+b')) for path in paths}); judge(not found, found)
""",
        held,
    ),
    Program(
        121,
        "own_process_write",
        "its own entries in /proc that say who is killed first, and who is who",
        "refused",
        """
paths = [f'/proc/self/{name}' for name in ('oom_score_adj', 'uid_map', 'setgroups', 'coredump_filter', 'mem')]
found = through({path: (lambda path=path: open(path, 'r+b')) for path in paths}); judge(not found, found)
""",
        held,
    ),
    Program(
        122,
        "giant_results",
        "three sparse results of 60 MiB each",
        "no more comes back than a workspace holds, and the rest is named",
        "for n in range(3): os.truncate(os.open(f'result{n}', os.O_CREAT | os.O_RDWR), 60 << 20)",
        lambda result: (
            result.ok
            and sum(map(len, result.files.values())) <= 64 << 20
            and len(result.files) + len(result.refused) == 3
        ),
    ),
    Program(
        123,
        "deep_folders",
        "900 folders within each other, the last one locked",
        "the next program finds nothing of them",
        "for _ in range(900): os.mkdir('d'); os.chdir('d')\nos.chmod('.', 0)",
        exits(0),
    ),
    Program(
        124,
        "lock_the_workspace",
        "takes all rights from the folders that are cleaned after it",
        "the next program can write",
        "for folder in ('/tmp', '/dev/shm', '/work'): refused(lambda: os.chmod(folder, 0))",
        exits(0),
    ),
    Program(
        125,
        "plant_for_the_next",
        "files that the next Python would load by itself, in every folder it can write",
        "the next program does not meet them",
        """
for folder in ('.', '/tmp', '/dev/shm', os.path.expanduser('~')):
    for name in ('sitecustomize.py', 'usercustomize.py', 'json.py', 'kit.py', '.pythonrc', 'x.pth'):
        refused(lambda: open(os.path.join(folder, name), 'w').write('print("poisoned")'))
""",
        exits(0),
    ),
    Program(
        126,
        "own_binary",
        "programs that it wrote: as a file, as a file without a name, in memory",
        "none is started",
        """
binary = open('/bin/true', 'rb').read()
def starts(fd):
    os.write(fd, binary); os.fchmod(fd, 0o755)
    pid = os.fork()
    if pid == 0:
        try: os.execv(f'/proc/self/fd/{os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)}', ['true'])
        except OSError: os._exit(9)
    os.close(fd)
    if os.waitpid(pid, 0)[1] == 9 << 8: raise OSError
found = through({
    'file': lambda: starts(os.open('run', os.O_CREAT | os.O_RDWR)),
    'nameless': lambda: starts(os.open('.', os.O_TMPFILE | os.O_RDWR)),
    'memory': lambda: starts(os.memfd_create('x', 0)),
}); judge(not found, found)
def plain():
    os.execv('./run', ['run'])
judge(refused(plain))
""",
        held,
    ),
)
