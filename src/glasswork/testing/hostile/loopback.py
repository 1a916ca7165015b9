"""Programs that may use loopback, and want more: the host's loopback, other addresses, other sockets, the next job."""

from __future__ import annotations

from typing import Any

from glasswork.sandbox.base import Limits, Network
from glasswork.testing.hostile.program import USUAL, Program, held, prints

LOOPBACK = Network(loopback=True)
_SLOW = Limits(wall_seconds=25, memory_mb=256)
_LIMIT = USUAL.memory_mb


def _with(number: int, name: str, tries: str, must: str, code: str, **more: Any) -> Program:
    """Make a program that may use loopback; it holds where it says so, if nothing else is said."""
    usual: dict[str, Any] = {"judge": held, "network": LOOPBACK}
    return Program(number, name, tries, must, code, **(usual | more))


_STUFF = """
def stuff():
    kept, n = [], 0
    try:
        while True:
            kept += PAIR()
            kept[-1].setblocking(False)
            try:
                for _ in range(MOST): n += kept[-1].send(bytes(SIZE))
            except BlockingIOError: pass
    except OSError: pass
    for _ in range(n >> 24): os.write(1, b'+16\\n')
    time.sleep(6)
for _ in range(60): child(stuff)
time.sleep(7)
"""
_TCP_PAIR = """
door = socket.create_server(('127.0.0.1', 0), backlog=4096)
def PAIR(): return [socket.create_connection(door.getsockname())]
SIZE, MOST = 65536, 999
"""
_UDP_PAIR = """
def PAIR():
    one, two = socket.socket(2, 2), socket.socket(2, 2)
    one.bind(('127.0.0.1', 0)); two.connect(one.getsockname())
    return [one, two]
SIZE, MOST = 60000, 9
"""


PROGRAMS = (
    _with(
        181,
        "own_loopback_only",
        "a service on the host's loopback, by every way to write that address",
        "nobody there, and nothing arrives",
        """
names = ('127.0.0.1', '127.1.2.3', '0.0.0.0', 'localhost', '::1', '::', '::ffff:127.0.0.1', socket.gethostname())
ways = [(name, port) for name in names for port in (HOST['tcp'], HOST['udp'])]
def reach(way):
    with socket.create_connection(way, 1) as end:
        # An end that was given the very port it calls has called itself.
        if end.getsockname() == end.getpeername(): raise ConnectionRefusedError
found = through({way: (lambda way=way: reach(way)) for way in ways})
judge(not found, found)
""",
        limits=_SLOW,
    ),
    _with(
        182,
        "own_datagrams_only",
        "datagrams to a service on the host's loopback",
        "nothing arrives",
        """
for name in ('127.0.0.1', '127.255.255.255', '255.255.255.255', '224.0.0.1', '0.0.0.0'):
    with socket.socket(2, 2) as end:
        end.setsockopt(1, 6, 1)
        refused(lambda: end.setsockopt(0, 32, socket.inet_aton('127.0.0.1')))
        refused(lambda: end.sendto(b'out', (name, HOST['udp'])))
for name in ('::1', '::ffff:127.0.0.1', 'ff02::1', 'ff02::1%lo'):
    refused(lambda: socket.socket(10, 2).sendto(b'out', (name, HOST['udp'])))
judge(True)
""",
    ),
    _with(
        183,
        "no_other_address",
        "addresses that are not its own: the internet, private networks, a cloud's metadata, a bridge, a name",
        "none can be reached",
        """
four = ('1.1.1.1', '10.0.0.1', '10.0.2.2', '100.64.0.1', '169.254.169.254', '172.17.0.1', '192.168.0.1', '192.0.2.1')
six = ('2606:4700:4700::1111', 'fe80::1', 'fd00::1', '::ffff:1.1.1.1', '64:ff9b::101:101', 'fe80::1%lo')
ways = {('tcp', name): (lambda name=name: socket.create_connection((name, 80), 2)) for name in four + six}
ways |= {('udp', name): (lambda name=name: socket.socket(2, 2).sendto(b'out', (name, 53))) for name in four}
ways |= {('udp', name): (lambda name=name: socket.socket(10, 2).sendto(b'out', (name, 53))) for name in six}
ways |= {name: (lambda name=name: socket.getaddrinfo(name, 80)) for name in ('x.attacker.example', 'example.org')}
found = through(ways); judge(not found, found)
""",
    ),
    _with(
        184,
        "every_port",
        "somebody who listens, on any port",
        "nobody",
        """
def listens(port):
    with socket.socket() as end:
        return end.connect_ex(('127.0.0.1', port)) == 0 and end.getpeername() != end.getsockname()
found = [port for port in range(1, 65536) if listens(port)]
judge(not found, found)
""",
        limits=_SLOW,
    ),
    _with(
        185,
        "plain_sockets_only",
        "sockets of every family, type and protocol: raw, packet, netlink, vsock, ping, MPTCP, SCTP",
        "none but TCP and UDP",
        """
def may(family, kind, protocol): return family == 1 or (family in (2, 10) and kind in (1, 2) and protocol in (0, 6, 17))
every = [(family, kind, protocol) for family in range(48) for kind in (1, 2, 3, 4, 5, 10)
    for protocol in (0, 1, 2, 6, 17, 33, 41, 47, 58, 132, 136, 255, 262)]
found = [what for what in every if not may(*what) and not refused(lambda: socket.socket(*what))]
judge(not found, found)
""",
    ),
    _with(
        186,
        "abstract_sockets_stay_shut",
        "a service of the host on an abstract unix socket",
        "refused",
        "judge(refused(lambda: socket.socket(1).connect('\\0' + HOST['abstract'])))",
    ),
    _with(
        187,
        "network_settings",
        "another address, another route, an interface of its own, wider limits",
        "all refused",
        """
import fcntl
end = socket.socket(2, 2)
def ask(number, name=b'lo', rest=b''): return lambda: fcntl.ioctl(end, number, struct.pack('16s24s', name, rest))
address = struct.pack('=HH4s', 2, 0, bytes([10, 9, 8, 7]))
ways = {'down': ask(0x8914), 'address': ask(0x8916, rest=address), 'new': ask(0x8916, b'lo:1', address),
    'mtu': ask(0x8922), 'bridge': ask(0x89A0, b'br0'), 'rename': ask(0x8923),
    'device': lambda: open('/dev/net/tun', 'wb'),
    'force': lambda: end.setsockopt(1, 33, 1 << 30), 'mark': lambda: end.setsockopt(1, 36, 1),
    'see through': lambda: end.setsockopt(0, 19, 1), 'filter': lambda: end.setsockopt(0, 64, b'x' * 84)}
for name in ('ipv4/ip_forward', 'ipv4/tcp_rmem', 'ipv4/tcp_wmem', 'ipv4/ip_local_port_range', 'core/somaxconn'):
    ways[name] = lambda name=name: open('/proc/sys/net/' + name, 'w').write('1')
found = through(ways); judge(not found, found)
""",
    ),
    _with(
        188,
        "larger_buffers",
        "sockets that hold more than is counted for them",
        "they stay as they were",
        """
found = []
for family, kind in ((1, 1), (1, 2), (2, 1), (2, 2), (10, 1)):
    with socket.socket(family, kind) as end:
        for option in (7, 8):
            before = end.getsockopt(1, option); end.setsockopt(1, option, 64 << 20)
            if end.getsockopt(1, option) != before: found.append((family, kind, option))
judge(not found, found)
""",
    ),
    _with(
        189,
        "a_server_for_the_next",
        "a server that outlives its program, for the next one to meet",
        "it ends with its program",
        """
if os.fork() == 0:
    os.setsid(); signal.signal(15, signal.SIG_IGN)
    doors = [socket.create_server(('127.0.0.1', 0)) for _ in range(9)] + [socket.create_server(('0.0.0.0', 4711))]
    talk = socket.create_connection(doors[0].getsockname()); talk.send(bytes(9999))
    print('listening', flush=True); time.sleep(600)
time.sleep(0.5)
""",
        judge=prints("listening"),
    ),
    _with(
        190,
        "mem_in_connections",
        "memory in the buffers of thousands of TCP connections, which no process maps",
        "stopped for its memory, or few connections",
        _TCP_PAIR + _STUFF,
        judge=lambda result: 16 * result.stdout.count("+16") <= _LIMIT or result.reason == "oom",
    ),
    _with(
        191,
        "mem_in_datagrams",
        "memory in thousands of UDP sockets that nobody reads",
        "stopped for its memory, or few sockets",
        _UDP_PAIR + _STUFF,
        judge=lambda result: 16 * result.stdout.count("+16") <= _LIMIT or result.reason == "oom",
    ),
    _with(
        192,
        "connection_storm",
        "connections that are opened and closed as fast as it goes, from many processes, until it is stopped",
        "stopped in time",
        """
door = socket.create_server(('127.0.0.1', 0), backlog=4096)
def storm():
    while True:
        with socket.socket() as end: end.setblocking(False); end.connect_ex(door.getsockname())
for _ in range(20): child(storm)
while True: door.accept()[0].close()
""",
        judge=lambda result: result.reason in {"timeout", "oom"} or (result.reason == "exit" and result.exit_code != 0),
        limits=Limits(wall_seconds=3, memory_mb=256),
    ),
)
