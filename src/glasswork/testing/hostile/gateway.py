"""Programs that may reach one service by their gateway, and want others, or to wear it out."""

from __future__ import annotations

from typing import Any

from glasswork.sandbox.base import Limits, Network, Result
from glasswork.testing.hostile.program import Program, ends, held

_LIMITS = Limits(wall_seconds=12, memory_mb=256)
_FEW = Network(connections=40, megabytes=4)


def _with(number: int, name: str, tries: str, must: str, code: str, **more: Any) -> Program:
    """Make a program that has a gateway; it holds where it says so, if nothing else is said."""
    usual: dict[str, Any] = {"judge": held, "limits": _LIMITS, "gateway": True}
    return Program(number, name, tries, must, code, **(usual | more))


def _nothing_else(result: Result) -> bool:
    """It holds, and the host counted no connection as allowed but those to the allowed service."""
    allowed = {(one.host, one.port) for one in result.connections if one.allowed}
    return held(result) and len(allowed) <= 1 and all(host == "127.0.0.1" for host, _ in allowed)


def _told_enough(result: Result) -> bool:
    """It ended, and what is told of its connections is no longer than it may be."""
    return result.reason == "exit" and 40 <= len(result.connections) <= 41 and "HELD" in result.stdout


def _cut_off(result: Result) -> bool:
    """It ended, and not much more went to and fro than it may."""
    passed = sum(one.sent + one.received for one in result.connections)
    return held(result) and passed < 5 << 20 and any("cut off" in one.why for one in result.connections)


PROGRAMS = (
    _with(
        201,
        "gateway_other_port",
        "another service at an address that it may reach",
        "403, and nothing arrives",
        """
found = {port: tunnels(f"127.0.0.1:{port}") for port in (HOST['tcp'], HOST['udp'], 22, 80, 1, 65535)}
plain = {port: ask(f"GET http://127.0.0.1:{port}/ HTTP/1.1\\r\\n\\r\\n")[9:12] for port in (HOST['tcp'], 80)}
judge(set(found.values()) == {'403'} and set(plain.values()) == {b'403'}, (found, plain))
""",
        judge=_nothing_else,
    ),
    _with(
        202,
        "gateway_other_host",
        "the internet, private networks, a cloud's metadata, a name that carries data out",
        "403",
        """
names = ('1.1.1.1', '10.0.0.1', '169.254.169.254', '172.17.0.1', 'example.org', 'secret-data.attacker.example',
    '[2606:4700:4700::1111]', '[fe80::1]', HOST['name'])
found = {name: tunnels(f"{name}:{HOST['port']}") for name in names}
judge(set(found.values()) <= {'403', '400'}, found)
""",
        judge=_nothing_else,
    ),
    _with(
        203,
        "gateway_other_spellings",
        "the host's loopback by other ways to write an address",
        "none is taken for it",
        """
names = ('localhost', 'LOCALHOST', 'localhost.', '127.1', '127.0.0.1.', '127.0.0.2', '2130706433', '0x7f.0.0.1',
    '0x7f000001', '0177.0.0.1', '127.000.000.001', '0.0.0.0', '0', '[::1]', '[::]', '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]', '[127.0.0.1]', '127.0.0.1%00', '127.0.0.1%lo', 'x@127.0.0.1', '127.0.0.1:80',
    '\\uff11\\uff12\\uff17.0.0.1')
ways = [f'{name}:{port}' for name in names for port in (HOST['port'], HOST['tcp'])]
ways += [f"127.0.0.1:{HOST['port'] + (1 << 16)}", f"127.0.0.1:0{HOST['tcp']}", f"127.0.0.1:+{HOST['port']}"]
found = [way for way in ways if tunnels(way.encode().decode('latin-1')) not in ('403', '400')]
judge(not found, found)
""",
        judge=_nothing_else,
        limits=Limits(wall_seconds=30, memory_mb=256),
    ),
    _with(
        204,
        "gateway_name_for_a_private_address",
        "a listed name that leads to the host's own loopback",
        "403, and nothing arrives",
        "found = tunnels(f\"localhost:{HOST['tcp']}\"); judge(found == '403', found)",
        judge=_nothing_else,
    ),
    _with(
        205,
        "gateway_smuggling",
        "requests that can be read in two ways, one of them forbidden",
        "only the allowed service is reached",
        """
may, not_ = f"127.0.0.1:{HOST['port']}", f"127.0.0.1:{HOST['tcp']}"
get, end = f'GET http://{not_}/ HTTP/1.1', '\\r\\n\\r\\n'
heads = [f'CONNECT {may} HTTP/1.1\\r\\nHost: {not_}{end}', f'CONNECT {may}\\r\\nCONNECT {not_} HTTP/1.1{end}',
    f'CONNECT {may} HTTP/1.1\\nCONNECT {not_} HTTP/1.1{end}', f'CONNECT {may} {not_} HTTP/1.1{end}',
    f'CONNECT {not_}\\t{may} HTTP/1.1{end}', f'CONNECT {may}\\0{not_} HTTP/1.1{end}',
    f'CONNECT {not_}#{may} HTTP/1.1{end}',
    f'CONNECT {not_}/{may} HTTP/1.1{end}', f'CONNECT {may},{not_} HTTP/1.1{end}', f'\\r\\n{get}{end}', f' {get}{end}',
    f'GET http://{may}@{not_}/ HTTP/1.1{end}', f'GET http://{not_}#@{may}/ HTTP/1.1{end}',
    f'GET http://{not_}\\\\@{may}/ HTTP/1.1{end}', f'GET http://{may}\\r\\nX: http://{not_}/ HTTP/1.1{end}',
    f'GET //{not_}/ HTTP/1.1\\r\\nHost: {may}{end}', f'GET / HTTP/1.1\\r\\nHost: {not_}{end}',
    f'GET http://{may}/ HTTP/1.1\\r\\nHost: {not_}\\r\\nConnection: keep-alive{end}{get}{end}',
    f'GET http://{may}/ HTTP/1.1\\r\\nContent-Length: 0\\r\\nTransfer-Encoding: chunked{end}0{end}{get}{end}',
    f'GET http://{may}/ HTTP/1.1\\r\\nX: 1\\r\\n {get}{end}',
    f'GET http://{may}/ HTTP/1.1\\nHost: {not_}\\n\\n{get}{end}',
    f'GET http://{may}/ HTTP/0.9{end}{get}{end}', f'GET https://{not_}/ HTTP/1.1{end}',
    f'GET ftp://{not_}/ HTTP/1.1{end}',
    f'OPTIONS * HTTP/1.1\\r\\nHost: {not_}{end}', f'CONNECT {may} HTTP/1.1{end}CONNECT {not_} HTTP/1.1{end}',
    f'GET http://{may}/ HTTP/1.1\\r\\nUpgrade: h2c\\r\\nProxy-Connection: keep-alive{end}{get}{end}']
for head in heads: ask(head, 1.5)
judge(True)
""",
        judge=_nothing_else,
        limits=Limits(wall_seconds=60, memory_mb=256),
    ),
    _with(
        206,
        "gateway_redirection",
        "a redirection by the allowed service to another",
        "403, and nothing arrives",
        """
import urllib.request, urllib.error
try: urllib.request.urlopen(f"http://127.0.0.1:{HOST['port']}/away"); judge(False)
except urllib.error.HTTPError as problem: judge(problem.code == 403, problem)
""",
        judge=_nothing_else,
    ),
    _with(
        207,
        "gateway_huge_heads",
        "heads of megabytes: one long line, many short ones, no end",
        "refused early",
        """
may = f"127.0.0.1:{HOST['port']}"
first = f'GET http://{may}/ HTTP/1.1\\r\\n'
long = 'x' * (8 << 20)
heads = [long, f'GET http://{may}/{long} HTTP/1.1\\r\\n\\r\\n', first + f'X: {long}\\r\\n\\r\\n',
    first + 'X: y\\r\\n' * (1 << 20) + '\\r\\n', '\\r\\n' * 9, f'CONNECT {"[" * 9999} HTTP/1.1\\r\\n\\r\\n']
found = [said[9:12] for said in map(ask, heads)]
judge(not {b'200'} & set(found), found)
""",
        limits=Limits(wall_seconds=40, memory_mb=256),
    ),
    _with(
        208,
        "gateway_thousands",
        "thousands of connections, more than it may have",
        "refused after as many as it may have, and told of no more",
        """
def storm():
    for _ in range(300): ask(f"CONNECT 127.0.0.1:{HOST['tcp']} HTTP/1.1\\r\\n\\r\\n", 1)
workers = [child(storm) for _ in range(20)]
for pid in workers: os.waitpid(pid, 0)
judge(refused(lambda: socket.create_connection(gateway(), 2)))
""",
        judge=_told_enough,
        network=_FEW,
        limits=Limits(wall_seconds=30, memory_mb=256),
    ),
    _with(
        209,
        "gateway_slow_heads",
        "connections that send a byte at a time and hold the others up",
        "stopped in time",
        """
def slowly():
    end = socket.create_connection(gateway())
    for byte in b'GET http://127.0.0.1/' * 99: end.send(bytes([byte])); time.sleep(0.2)
for _ in range(40): child(slowly)
time.sleep(60)
""",
        judge=ends("timeout"),
        limits=Limits(wall_seconds=1.5, memory_mb=256),
    ),
    _with(
        210,
        "gateway_half_closed",
        "connections closed by half, or broken off, at every moment",
        "a result as soon as it ends, and the gateway works on",
        """
may = f"127.0.0.1:{HOST['port']}"
for head in ('', 'GET', f'GET http://{may}/ HTTP/1.1\\r\\n\\r\\n', f'CONNECT {may} HTTP/1.1\\r\\n\\r\\n',
        f'CONNECT {may} HTTP/1.1\\r\\n\\r\\nGET /mute HTTP/1.1\\r\\n\\r\\n',
        f'GET http://{may}/endless HTTP/1.1\\r\\n\\r\\n'):
    for way in (socket.SHUT_WR, socket.SHUT_RD, socket.SHUT_RDWR, None, 'reset'):
        end = socket.create_connection(gateway(), 3); end.sendall(head.encode())
        if way == 'reset': end.setsockopt(1, 13, struct.pack('ii', 1, 0))
        elif way is not None: end.shutdown(way)
        time.sleep(0.02); end.close()
said = ask(f'GET http://{may}/ HTTP/1.1\\r\\n\\r\\n'); judge(said.endswith(b'allowed'), said)
""",
        judge=_nothing_else,
        limits=Limits(wall_seconds=40, memory_mb=256),
    ),
    _with(
        211,
        "gateway_flood",
        "to send and to fetch without end",
        "cut off at what it may pass",
        """
may = f"127.0.0.1:{HOST['port']}"
got = ask(f'GET http://{may}/endless HTTP/1.1\\r\\n\\r\\n')
sent = ask(b'POST http://%s/ HTTP/1.1\\r\\nContent-Length: 99999999\\r\\n\\r\\n' % may.encode() + bytes(90 << 20))
judge(len(got) < 5 << 20, len(got))
""",
        judge=_cut_off,
        network=_FEW,
        limits=Limits(wall_seconds=30, memory_mb=512),
    ),
    _with(
        212,
        "gateway_left_open",
        "to end in the middle of sixteen transfers, none of which it reads",
        "a result as soon as it ends",
        """
ends = [socket.create_connection(gateway(), 3) for _ in range(16)]
for end in ends: end.sendall(f"GET http://127.0.0.1:{HOST['port']}/endless HTTP/1.1\\r\\n\\r\\n".encode())
time.sleep(0.5); os._exit(5)
""",
        judge=lambda result: (result.reason, result.exit_code) == ("exit", 5) and result.seconds < 8,
    ),
    _with(
        213,
        "gateway_other_languages",
        "to speak SOCKS, TLS, HTTP/2 and nonsense to the gateway",
        "refused, and it works on",
        """
may = f"127.0.0.1:{HOST['port']}"
port = struct.pack('>H', HOST['tcp'])
said = [b'\\x05\\x01\\x00', b'\\x04\\x01' + port + bytes([127, 0, 0, 1, 0]),
    b'\\x16\\x03\\x01\\x02\\x00' + bytes(512),
    b'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n',
    bytes(range(256)) * 64, b'\\xff' * 20000, b'D\\x00\\x00\\x00\\x02{}', b'!']
found = [ask(words, 1)[9:12] for words in said]
end = ask(f'GET http://{may}/ HTTP/1.1\\r\\n\\r\\n')
judge(b'200' not in found and end.endswith(b'allowed'), (found, end))
""",
        judge=_nothing_else,
        limits=Limits(wall_seconds=30, memory_mb=256),
    ),
    _with(
        214,
        "gateway_and_nothing_else",
        "any other socket than one to its gateway",
        "all refused",
        """
kinds = ((2, 2), (10, 1), (10, 2), (2, 3, 1), (16, 3), (17, 3), (40, 1))
places = [('127.0.0.1', port) for port in (HOST['port'], HOST['tcp'], 80)]
places += [(name, gateway()[1]) for name in ('1.1.1.1', '10.0.0.1')]
ways = {kind: (lambda kind=kind: socket.socket(*kind)) for kind in kinds}
ways |= {place: (lambda place=place: socket.create_connection(place, 2)) for place in places}
ways['server'] = lambda: socket.create_server(('127.0.0.1', 0))
ways['abstract'] = lambda: socket.socket(1).connect('\\0' + HOST['abstract'])
found = through(ways); judge(not found, found)
""",
    ),
    _with(
        215,
        "gateway_for_all_memory",
        "connections by the hundred that are never read, for what the gateway and the host keep of them",
        "little is kept",
        """
def hold():
    ends = []
    for _ in range(20):
        end = socket.create_connection(gateway(), 2); ends.append(end); end.settimeout(0.2)
        try:
            while True: end.sendall(b'X' * 65536)
        except OSError: pass
    time.sleep(9)
for _ in range(10): child(hold)
time.sleep(60)
""",
        judge=ends("timeout", "oom"),
        limits=Limits(wall_seconds=4, memory_mb=256),
    ),
    _with(
        216,
        "gateway_broken_off",
        "connections that are broken off as soon as they are made, thousands of them",
        "refused after as many as it may have, and told of no more",
        """
def storm():
    for _ in range(500):
        try: end = socket.create_connection(gateway(), 2)
        except OSError: continue
        end.setsockopt(1, 13, struct.pack('ii', 1, 0)); end.close()
for pid in [child(storm) for _ in range(8)]: os.waitpid(pid, 0)
time.sleep(0.5); judge(refused(lambda: socket.create_connection(gateway(), 2)))
""",
        judge=_told_enough,
        network=_FEW,
        limits=Limits(wall_seconds=30, memory_mb=256),
    ),
)
