"""Text that is shown while it is written: no secret, and no beginning of one, is on the screen at any moment."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.cli.cleaned import Cleaner, CleanModel, CleanSandbox, Passing
from glasswork.log.redact import Redactor
from glasswork.records import Completion, Message, Request
from glasswork.sandbox.base import Job, Result

KEY, LOGIN = "canary-k3y-51f0c2-and-more", "p4ss wörd/with=signs"
JWT = "eyJ" + "hbGciOi" * 3 + "." + "eyJzdWIi" * 60 + "." + "SflKxwRJ" * 4
FORMS = {
    "key": KEY,
    "login": LOGIN,
    "login in a URL": "p4ss%20w%C3%B6rd%2Fwith%3Dsigns",
    "jwt": JWT,
    "openai": "sk-" + "abcdefghij" * 3 + "7K2",
    "github": "ghp_" + "a1B2c3D4e5" * 4,
    "in a header": "7f3a9c2e5b8d1f4a6c0e",
    "in an assignment": "hunter2hunter2",
    "private": "MIIEvQIBADANBgkqhkiG9w0BAQ" * 40,
    "in an address": "s3cr3tpass",
}
AROUND = {
    "in a header": "Authorization: Bearer {}",
    "in an assignment": "client_secret = '{}' ",
    "private": "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    "in an address": "postgres://somebody:{}@host/db",
}
CLEAN = Cleaner(Redactor({"MY_KEY": KEY, "MY_LOGIN": LOGIN}))
WORDS = st.sampled_from(
    ["plain words ", "\n", "a", "s", "sk", "the secret of ", "token", "api", "can", "canary-", "http://x.org/ ", "e", "p4", "-----"]
)  # fmt: skip


def written(name: str) -> str:
    return AROUND.get(name, "{}").format(FORMS[name])


def shown(pieces: list[str]) -> list[str]:
    """Return what is on the screen after each piece, and after the end."""
    screen: list[str] = [""]
    passing = Passing(CLEAN, lambda text: screen.append(screen[-1] + text))
    after = []
    for piece in pieces:
        passing(piece)
        after.append(screen[-1])
    passing.end()
    return [*after, screen[-1]]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 1000, 100_000])
@pytest.mark.parametrize("name", FORMS)
def test_no_secret_shows_however_it_is_split(name, size):
    text = f"It says: {written(name)} and so on. " + "More plain text follows. " * 20
    screens = shown([text[start : start + size] for start in range(0, len(text), size)])
    secret = FORMS[name]
    assert screens[-1] == CLEAN(text) or name == "private"  # of which the last line may stay
    assert "[redacted:" in screens[-1]
    for screen in screens:
        assert not any(secret[at : at + 8] in screen for at in range(0, len(secret) - 8, 4))


@settings(deadline=None, max_examples=50)
@given(st.lists(WORDS | st.sampled_from([written(name) for name in FORMS]), max_size=12), st.integers(1, 40))
def test_any_text_is_shown_at_last_and_nothing_before_its_time(words, size):
    text = "".join(words)
    screens = shown([text[start : start + size] for start in range(0, len(text), size)])
    for screen in screens:
        assert KEY not in screen
        assert LOGIN not in screen
    for before, after in pairwise(screens):
        assert after.startswith(before)


@given(st.text(alphabet="xyz 123,\n"), st.integers(1, 9))
def test_plain_text_is_hardly_held_back(text, size):
    screens = shown([text[start : start + size] for start in range(0, len(text), size)])
    assert screens[-1] == text
    for number, screen in enumerate(screens[:-1], start=1):
        assert len(screen) >= min(number * size, len(text)) - 32


class Chatty:
    """A model that writes a key, bit by bit."""

    name, context = "chatty", 4096

    async def complete(self, request, *, place="", on_text=None):
        for char in KEY:
            on_text(char)
        return Completion(text=KEY, finish_reason="stop")

    async def aclose(self):
        pass


async def test_a_model_that_writes_a_key():
    pieces: list[str] = []
    request = Request(messages=(Message(role="user", content="?"),))
    answer = await CleanModel(Chatty(), CLEAN).complete(request, on_text=pieces.append)
    assert "".join(pieces) == answer.text == CLEAN(KEY)


class Printing:
    """A sandbox whose program prints a key, bit by bit."""

    name = "printing"

    async def run(self, job, *, on_output=None):
        for byte in (KEY + " ü").encode():
            on_output("stderr", bytes([byte]))
            on_output("stdout", b".")
        return Result(backend="x", reason="exit", exit_code=0, stdout="", stderr=KEY, truncated=False, seconds=0)


async def test_a_program_that_prints_a_key():
    told: dict[str, bytes] = {"stdout": b"", "stderr": b""}

    def tell(stream, data):
        told[stream] += data

    result = await CleanSandbox(Printing(), CLEAN).run(Job(argv=("x",)), on_output=tell)
    assert told == {"stdout": b"." * len((KEY + " ü").encode()), "stderr": (CLEAN(KEY) + " ü").encode()}
    assert result.stderr == CLEAN(KEY)
