"""Programs that do nothing wrong, near the limits or with unusual means: all of them must go on working."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glasswork.sandbox.base import Limits, Result

ROOMY = Limits(wall_seconds=20)
ABSENT = "ABSENT"
"""What a control prints where the sandbox lacks a package that it needs."""


@dataclass(frozen=True)
class Control:
    """A harmless program and what it must print."""

    name: str
    code: str
    prints: str = "fine\n"
    limits: Limits = ROOMY
    also: Callable[[Result], bool] = lambda result: not result.truncated


CONTROLS = (
    Control(
        "threads",
        """
import threading
seen = []
threads = [threading.Thread(target=seen.append, args=(n,)) for n in range(32)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print('fine' if sorted(seen) == list(range(32)) else seen)
""",
    ),
    Control(
        "subprocesses",
        """
import subprocess, sys
shell = subprocess.run('echo one | cat', shell=True, capture_output=True, text=True).stdout
own = subprocess.run([sys.executable, '-c', 'print(input() * 2)'], input='two', capture_output=True, text=True).stdout
print('fine' if (shell, own) == ('one\\n', 'twotwo\\n') else (shell, own))
""",
    ),
    Control(
        "multiprocessing",
        """
import multiprocessing
def square(x): return x * x
if __name__ == '__main__':
    with multiprocessing.Pool(4) as pool: print('fine' if pool.map(square, range(100))[-1] == 9801 else 'wrong')
""",
    ),
    Control(
        "shared_memory",
        """
from multiprocessing import Process, Queue
from multiprocessing.shared_memory import SharedMemory
def work(name, queue):
    held = SharedMemory(name); held.buf[0] = 7; held.close(); queue.put('done')
if __name__ == '__main__':
    held, queue = SharedMemory(create=True, size=1 << 20), Queue()
    child = Process(target=work, args=(held.name, queue)); child.start(); queue.get(); child.join()
    print('fine' if held.buf[0] == 7 else held.buf[0]); held.close(); held.unlink()
""",
    ),
    Control(
        "event_loop",
        """
import asyncio
async def main():
    child = await asyncio.create_subprocess_exec('sh', '-c', 'echo child', stdout=-1)
    said = (await child.communicate())[0]
    await asyncio.gather(*(asyncio.sleep(0.01) for _ in range(500)))
    print('fine' if said == b'child\\n' else said)
asyncio.run(main())
""",
    ),
    Control(
        "unix_sockets",
        """
import os, socket, tempfile
one, two = socket.socketpair(); one.sendall(b'pair'); pair = two.recv(9)
with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
    server.bind('\\0own'); server.listen(); client.connect('\\0own')
    there, _ = server.accept(); client.sendall(b'own'); own = there.recv(9)
print('fine' if (pair, own) == (b'pair', b'own') else (pair, own))
""",
    ),
    Control("much_output", "import sys; sys.stdout.write(('x' * 79 + '\\n') * 3200)", ("x" * 79 + "\n") * 3200),
    Control(
        "more_output_than_is_kept",
        "for _ in range(100_000): print('x' * 39)\nprint('fine')",
        "fine\n",
        also=lambda result: result.truncated,
    ),
    Control("utf8", "print('grüße, 世界 🌍')", "grüße, 世界 🌍\n"),
    Control(
        "big_files",
        """
with open('big', 'wb') as file:
    for _ in range(56): file.write(bytes(1 << 20))
import os; print('fine' if os.path.getsize('big') == 56 << 20 else 'short')
""",
    ),
    Control(
        "many_files",
        """
import os
for n in range(3000): open(f'{n}', 'w').write('x')
print('fine' if len(os.listdir()) > 3000 else 'few')
""",
    ),
    Control("much_memory", "held = bytearray(300 << 20); print('fine')"),
    Control(
        "files",
        """
import os, sqlite3, tempfile
with tempfile.TemporaryDirectory() as folder:
    os.rename(tempfile.mkstemp(dir=folder)[1], folder + '/moved'); os.chmod(folder + '/moved', 0o600)
    with sqlite3.connect(folder + '/base') as base:
        base.execute('create table t (x)'); base.executemany('insert into t values (?)', [(n,) for n in range(99)])
        total = base.execute('select sum(x) from t').fetchone()[0]
print('fine' if total == 4851 else total)
""",
    ),
    Control(
        "a_program_it_wrote",
        """
import subprocess, sys
open('next.py', 'w').write('print("fine")')
subprocess.run([sys.executable, 'next.py'])
""",
    ),
    Control(
        "unittest",
        """
import sys, unittest
class Case(unittest.TestCase):
    def test(self): self.assertEqual(1 + 1, 2)
print('fine' if unittest.main(exit=False, argv=['x']).result.wasSuccessful() else 'failed')
""",
    ),
    Control(
        "no_network_is_said_at_once",
        """
import socket
try: socket.create_connection(('127.0.0.1', 80), 5)
except PermissionError: print('fine')
""",
    ),
    Control(
        "numpy",
        f"""
try: import numpy
except ModuleNotFoundError: print('{ABSENT}: NumPy'); raise SystemExit
product = numpy.ones((300, 300)) @ numpy.ones((300, 300))
print('fine' if product.sum() == 300.0 ** 3 and len(numpy.linalg.svd(product)[1]) == 300 else 'wrong')
""",
    ),
)
"""What programs may do. ``numpy`` tells apart a sandbox that lacks it from one that breaks it."""
