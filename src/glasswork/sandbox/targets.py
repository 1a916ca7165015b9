"""Hosts and ports as people write them, and which addresses are nobody's business from inside a sandbox."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

_TARGET = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253})):([0-9]{1,5})")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Target(NamedTuple):
    """Somebody to connect to."""

    host: str
    """A name in lower case, or an address in its one canonical form, without brackets."""
    port: int

    @property
    def is_address(self) -> bool:
        """Whether the host is an address, and no name that must be looked up."""
        return _address(self.host) is not None

    def __str__(self) -> str:
        """As it is written: ``example.org:443``, ``[::1]:8000``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def target(text: str) -> Target:
    """Read ``HOST:PORT``, the one way to write a host and a port.

    Raises:
        ValueError: it is written otherwise, with a wildcard for instance, or with numbers that only look like a name.
    """
    found = _TARGET.fullmatch(text)
    if found is None or not 1 <= int(found[3]) <= 65535:
        raise ValueError(f"{text[:80]!r} is not written HOST:PORT, as in example.org:443 or [::1]:8000")
    host = (found[1] or found[2]).lower()
    address = _address(host)
    if (found[1] is not None) != isinstance(address, ipaddress.IPv6Address):
        raise ValueError(f"{text[:80]!r} has brackets around something else than an address of version 6, or none")
    labels = host.split(".")
    if address is None and (not all(map(_LABEL.fullmatch, labels)) or _NUMBER.fullmatch(labels[-1])):
        raise ValueError(f"{text[:80]!r} is neither the name of a host nor an address")
    return Target(str(address or host), int(found[3]))


def public(text: str) -> bool:
    """Whether an address is one of the public internet, and so are all that it may stand for."""
    address = _address(text)
    if address is None or address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return all(inner.is_global and not inner.is_multicast for inner in _within(address))


def loopback(host: str) -> bool:
    """Whether a host is this machine itself, by name or by address."""
    address = _address(host)
    return (
        address.is_loopback or address.is_unspecified if address else host == "localhost" or host.endswith(".localhost")
    )


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _within(address: _Address) -> list[ipaddress.IPv4Address]:
    """Return the addresses of version 4 that one of version 6 is a way to: mapped, tunnelled or translated."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _TRANSLATED:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [inner for inner in found if inner is not None]
