"""A request is read in one way or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.sandbox.proxying import Refused, read_request


def read(head: str):
    return read_request(f"{head}\r\n\r\n".encode("latin-1"))


def test_a_tunnel_sends_nothing_of_its_request():
    assert read("CONNECT example.org:443 HTTP/1.1\r\nHost: other:1\r\nProxy-Authorization: x") == (
        ("example.org", 443),
        b"",
    )


@pytest.mark.parametrize(
    ("uri", "where", "line"),
    [
        ("http://a.example", "a.example", b"GET / HTTP/1.1\r\nHost: a.example\r\n"),
        ("HTTP://A.example:80/x?y", "a.example", b"GET /x?y HTTP/1.1\r\nHost: a.example\r\n"),
        ("http://a.example?q=http://b/", "a.example", b"GET /?q=http://b/ HTTP/1.1\r\nHost: a.example\r\n"),
        ("http://[::1]:80/", "::1", b"GET / HTTP/1.1\r\nHost: [::1]\r\n"),
        ("http://[::1]/", "::1", b"GET / HTTP/1.1\r\nHost: [::1]\r\n"),
    ],
)
def test_a_plain_request_is_written_anew(uri, where, line):
    asked = read(f"GET {uri} HTTP/1.1")
    assert asked.target == (where, 80)
    assert asked.first == line + b"Connection: close\r\n\r\n"


def test_only_the_target_says_who_is_meant_and_the_connection_serves_no_other():
    headers = (
        "Host: other\r\nhost: third\r\nConnection: keep-alive\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nX-Own: kept"
    )
    asked = read(f"POST http://a.example:8080/ HTTP/1.0\r\n{headers}\r\nContent-Length: 3")
    wanted = b"POST / HTTP/1.1\r\nHost: a.example:8080\r\nX-Own: kept\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
    assert asked.first == wanted


@pytest.mark.parametrize(
    "head",
    [
        "",
        "GET / HTTP/1.1\r\nHost: a.example",
        "GET //a.example/ HTTP/1.1",
        "GET https://a.example/ HTTP/1.1",
        "GET file:///etc/passwd HTTP/1.1",
        "GET http:///x HTTP/1.1",
        "GET http://u:p@a.example/ HTTP/1.1",
        "GET http://a.example#@b.example/ HTTP/1.1",
        "GET http://a.example\\@b.example/ HTTP/1.1",
        "GET http://a.example/#x HTTP/1.1",
        "GET http://a.example: HTTP/1.1",
        "GET http://a.example/ x HTTP/1.1",
        "GET\thttp://a.example/ HTTP/1.1",
        "GET  http://a.example/ HTTP/1.1",
        "get http://a.example/ HTTP/1.1",
        "GET http://a.example/ HTTP/2",
        "GET http://a.example/",
        "GET http://a.example/ HTTP/1.1\nX: y",
        "GET http://a.example/ HTTP/1.1\r\nX: y\nZ: z",
        "GET http://a.example/ HTTP/1.1\r\nX: y\r\n folded: z",
        "GET http://a.example/ HTTP/1.1\r\nX : y",
        "GET http://a.example/ HTTP/1.1\r\nno colon",
        "GET http://a.example/ HTTP/1.1\r\nX: \0",
        "GET http://a.example/\x7f HTTP/1.1",
        "GET http://a.example/\xe9 HTTP/1.1",
        "CONNECT a.example HTTP/1.1",
        "CONNECT http://a.example:1/ HTTP/1.1",
        "CONNECT a.example:1/x HTTP/1.1",
        "CONNECT a.example:1 b.example:1 HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "PRI * HTTP/2.0",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(head):
    with pytest.raises(Refused) as caught:
        read(head)
    answer = caught.value.answer()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.split(b"\r\n\r\n")[1].decode().strip() == caught.value.why


_PARTS = [
    "GET",
    "CONNECT",
    " ",
    "http://",
    "a.example",
    ":80",
    ":443",
    "/",
    "?",
    "#",
    "@",
    "HTTP/1.1",
    "\r\n",
    "\n",
    "Host: b",
    ":",
    "\0",
    "x",
]


@given(parts=st.lists(st.sampled_from(_PARTS), max_size=12))
def test_it_is_refused_or_has_one_host_and_no_line_of_somebody_elses(parts):
    try:
        asked = read("".join(parts))
    except Refused:
        return
    assert asked.target.host in {"a.example", "x", "xx", "xxx", "xxxx"} or "x" in asked.target.host
    lines = asked.first.split(b"\r\n")
    assert sum(line.lower().startswith(b"host:") for line in lines) == (1 if asked.first else 0)
    assert b"\n" not in b"".join(lines)


@given(head=st.binary(max_size=200))
def test_nonsense_is_refused(head):
    with pytest.raises(Refused):
        read_request(head + b"\r\n\r\n")
