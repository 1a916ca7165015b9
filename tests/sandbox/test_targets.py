"""Hosts and ports are written in one way, and an address is public only where all that it stands for is."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from glasswork.sandbox.base import Network
from glasswork.sandbox.targets import Target, public, target


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("example.org:443", ("example.org", 443)),
        ("EXAMPLE.org:80", ("example.org", 80)),
        ("a_b-c.example:1", ("a_b-c.example", 1)),
        ("127.0.0.1:65535", ("127.0.0.1", 65535)),
        ("[::1]:80", ("::1", 80)),
        ("[0:0::0001]:080", ("::1", 80)),
        ("[::FFFF:1.2.3.4]:80", ("::ffff:1.2.3.4", 80)),
    ],
)
def test_it_is_read(text, read):
    found = target(text)
    host = str(ipaddress.ip_address(read[0])) if found.is_address else read[0]
    assert found == (host, read[1])
    assert target(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "example.org",
        "example.org:",
        ":443",
        "*.example.org:443",
        ".example.org:1",
        "example.org.:1",
        "a..b:1",
        "-a.b:1",
        "a-.b:1",
        "http://a.b:1",
        "a.b:1/x",
        "a.b:0",
        "a.b:65536",
        "a.b:-1",
        "a.b:+1",
        "a.b:1:2",
        "a.b:\uff11",
        "ü.example:1",
        "x@a.b:1",
        "[a.b]:1",
        "[127.0.0.1]:1",
        "::1:80",
        "[::1]",
        "[::1%lo]:1",
        "[fe80::1%25lo]:1",
        "127.1:1",
        "2130706433:1",
        "0x7f.1:1",
        "0x7f000001:1",
        "0177.0.0.1:1",
        "1.2.3.4.5:1",
        "127.000.000.001:1",
        "1.2.3.999:1",
        "a.1:1",
        "a.0x:1",
    ],
)
def test_it_is_refused(text):
    with pytest.raises(ValueError, match=r"is not written|brackets|neither"):
        target(text)


@pytest.mark.parametrize(
    "text", ["", " a.b:1", "a.b:1 ", "a.b :1", "a\0.b:1", "a.b:1\n", "a.b\n:1", "a" * 64 + ".b:1", "a." * 200 + "b:1"]
)
def test_blanks_and_lengths_are_refused(text):
    with pytest.raises(ValueError, match=r"HOST:PORT|neither"):
        target(text)


@given(text=st.text(alphabet="a0x.:[]-1%@#/ \0é*", max_size=20))
def test_what_is_read_is_written_back(text):
    try:
        found = target(text)
    except ValueError:
        return
    assert target(str(found)) == found


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "not-an-address",
    ],
)
def test_private_addresses(address):
    assert not public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_public_addresses(address):
    assert public(address)


@given(st.ip_addresses(v=4))
def test_no_way_to_write_it_makes_an_address_public(address):
    number = int(address)
    ways = (f"::ffff:{address}", str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))))
    ways += (str(ipaddress.IPv6Address((0x64FF9B << 96) | number)),)
    assert public(str(address)) or not any(map(public, ways))


def test_a_list_is_checked_when_it_is_written():
    assert Network(allow=("EXAMPLE.org:443", "[0::1]:80")).allow == ("example.org:443", "[::1]:80")
    assert not Network().granted
    assert Network(loopback=True).granted
    assert Network(allow=("a.example:1",)).granted
    for allow in ("example.org", "*.example.org:443", "127.1:80"):
        with pytest.raises(ValidationError):
            Network(allow=(allow,))


@pytest.mark.parametrize("mine", ["localhost:1", "127.0.0.2:1", "[::1]:1", "0.0.0.0:1", "x.localhost:1"])
def test_loopback_is_the_programs_or_the_hosts(mine):
    with pytest.raises(ValidationError, match="which is meant"):
        Network(loopback=True, allow=(mine,))
    assert Network(loopback=True, allow=("example.org:443",)).granted
    assert str(target(mine)) == mine
    assert isinstance(target(mine), Target)
