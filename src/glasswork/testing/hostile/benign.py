"""Programs that do nothing wrong, near the limits or with unusual means: all of them must go on working."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glasswork.sandbox.base import Limits, Network, Result

NOTHING = Network()
LOOPBACK = Network(loopback=True)
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
    network: Network = NOTHING
    gateway: bool = False
    """Whether it may reach the decoy's service, whose port is its argument."""


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
        "loopback_http",
        """
import http.server, threading, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(self.path.encode())
    def log_message(self, *words): pass
with http.server.ThreadingHTTPServer(('localhost', 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    where = f'http://localhost:{server.server_port}'
    found = [urllib.request.urlopen(f'{where}/{n}').read() for n in range(20)]
print('fine' if found == [b'/%d' % n for n in range(20)] else found)
""",
        network=LOOPBACK,
    ),
    Control(
        "loopback_event_loop",
        """
import asyncio
async def echo(reader, writer):
    writer.write(await reader.readexactly(100_000)); await writer.drain(); writer.close()
async def ask(port, n):
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    writer.write(bytes([n]) * 100_000); writer.write_eof(); said = await reader.read(); writer.close()
    return said == bytes([n]) * 100_000
async def main():
    server = await asyncio.start_server(echo, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    found = await asyncio.gather(*(ask(port, n) for n in range(50)))
    print('fine' if all(found) else found)
asyncio.run(main())
""",
        network=LOOPBACK,
    ),
    Control(
        "loopback_datagrams",
        """
import socket
with socket.socket(type=socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
    server.bind(('127.0.0.1', 0)); client.connect(server.getsockname()); client.send(b'ask')
    data, whence = server.recvfrom(9); server.sendto(data + b'ed', whence); said = client.recv(9)
print('fine' if said == b'asked' else said)
""",
        network=LOOPBACK,
    ),
    Control(
        "loopback_by_its_new_address",
        """
import os, socket
if not os.path.exists('/proc/self/net/if_inet6'): print('fine'); raise SystemExit
with socket.create_server(('::1', 0), family=socket.AF_INET6) as server:
    client = socket.create_connection(server.getsockname()[:2]); client.sendall(b'six')
    print('fine' if server.accept()[0].recv(9) == b'six' else 'wrong')
""",
        network=LOOPBACK,
    ),
    Control(
        "gateway_http",
        """
import sys, threading, urllib.request, urllib.error
where, found = f'http://127.0.0.1:{sys.argv[1]}', []
def fetch(n): found.append(urllib.request.urlopen(f'{where}/{n}').read())
threads = [threading.Thread(target=fetch, args=(n,)) for n in range(30)]
for thread in threads: thread.start()
for thread in threads: thread.join()
sent = urllib.request.urlopen(where, data=bytes(3_000_000)).read()
try: urllib.request.urlopen('http://example.org'); refused = ''
except urllib.error.HTTPError as problem: refused = problem.read().decode()
wanted = ([b'allowed'] * 30, b'3000000', "example.org:80 is not on this program's list\\n")
print('fine' if (found, sent, refused) == wanted else (found, sent, refused))
""",
        also=lambda result: [one.allowed for one in result.connections] == [True] * 31 + [False],
        gateway=True,
    ),
    Control(
        "gateway_tunnel",
        """
import http.client, os, sys
host, port = os.environ['HTTPS_PROXY'].removeprefix('http://').split(':')
way = http.client.HTTPConnection(host, int(port)); way.set_tunnel('127.0.0.1', int(sys.argv[1]))
way.request('GET', '/'); said = way.getresponse().read()
print('fine' if said == b'allowed' else said)
""",
        also=lambda result: [one.allowed for one in result.connections] == [True],
        gateway=True,
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
