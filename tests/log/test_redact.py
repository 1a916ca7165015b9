"""Secrets go; hashes, prose and programs stay."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.log.redact import Redactor

PLAIN = Redactor()
BASE = "Ab3dEf6hIj9kLm2nOp5q"


@pytest.mark.parametrize(
    ("kind", "text", "secret"),
    [
        ("api_key", "key sk-proj-{}", f"sk-proj-{BASE}"),
        ("api_key", "{}", f"sk-ant-api03-{BASE}"),
        ("github_token", "token={}.", "ghp_" + "a1B2c3D4e5" * 4),
        ("github_token", "{}", "github_pat_11ABCDEFG0" + BASE),
        ("gitlab_token", "{}", f"glpat-{BASE}"),
        ("huggingface_token", "use {} now", "hf_" + "aBcDeFgHiJ" * 4),
        ("aws_key", '"{}"', "AKIAIOSFODNN7EXAMPLE"),
        ("google_key", "{}", "AIza" + "b" * 35),
        ("slack_token", "{}", "xoxb-1234567890-abcdef"),
        ("jwt", "Authorization: Bearer {}", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27u"),
        ("authorization", "Authorization: Basic {}", "dXNlcjpodW50ZXIy"),
        ("bearer", "bearer {}", BASE + "x7"),
        ("url_password", "postgres://ada:{}@db.example/x", "hunter2"),
        ("password", "password: {}", "hunter2"),
        ("password", '{{"api_key": "{}"}}', "9f8e7d6c"),
        ("password", "client_secret={};", "9f8e7d6c-x"),
    ],
)
def test_known_forms(kind: str, text: str, secret: str) -> None:
    secret = secret.removeprefix("sk-proj-") if "sk-proj" in text else secret
    cleaned = PLAIN.text(text.format(secret))
    assert secret not in cleaned
    assert f"[redacted:{kind}:" in cleaned
    assert PLAIN.text(cleaned) == cleaned


def test_a_private_key_goes_whole_or_cut() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA\n" * 20 + "-----END RSA PRIVATE KEY-----"
    assert PLAIN.text(f"a {key} b").startswith("a [redacted:private_key:")
    assert PLAIN.text(f"a {key} b").endswith("] b")
    assert "MIIE" not in PLAIN.text(key[:100])
    assert "MIIE" not in PLAIN.text(json.dumps(key))


@pytest.mark.parametrize(
    "bait",
    [
        hashlib.sha256(b"x").hexdigest(),
        str(uuid.UUID(int=7)),
        base64.b64encode(bytes(range(256))).decode(),
        "The password is asked for on the first run; authorization: required by the basic principles of law.",
        "password = getpass.getpass()",
        "def login(password: str, api_key: Optional[str] = None) -> Token:",
        'api_key = os.environ["OPENAI_API_KEY"]',
        "password = hash256(salt)",
        "see https://example.org:8080/path?x=1 and http://[::1]:80/",
        "run task-force-one-two-three-four sk-learn-is-a-library-for-python",
        "[redacted:jwt:00000000]",
        "std::vector<int> a; b://c",
        "data.eyJoYXNo",
    ],
)
def test_ordinary_text_stays(bait: str) -> None:
    assert PLAIN.text(bait) == bait


def test_values_of_the_environment_go_in_every_form() -> None:
    secret = 'p"ä/ss w+rd'
    redactor = Redactor.from_environment({"MY_TOKEN": secret, "SHORT_KEY": "abc", "PATH": "/usr/bin:/bin"})
    forms = [secret, json.dumps(secret), quote(secret, safe="")]
    forms += [base64.b64encode(b"u" * n + secret.encode()).decode() for n in range(6)]
    forms += [base64.urlsafe_b64encode(b"u" * n + secret.encode() + b"xyz").decode() for n in range(6)]
    for form in forms:
        assert "[redacted:MY_TOKEN:" in redactor.text(f"a {form} b"), form
    assert redactor.text("abc /usr/bin:/bin") == "abc /usr/bin:/bin"


def test_one_secret_has_one_mark() -> None:
    redactor = Redactor({"A_KEY": "first-secret", "B_KEY": "other-secret"})
    one, two = redactor.text("first-secret"), redactor.text("other-secret")
    assert one == f"[redacted:A_KEY:{hashlib.sha256(b'first-secret').hexdigest()[:8]}]"
    assert one != two


def test_data_is_cleaned_through_and_through() -> None:
    redactor = Redactor({"K": "first-secret"})
    assert "first-secret" not in json.dumps(
        redactor.data({"first-secret": ["first-secret", {"a": "x first-secret"}, 1]})
    )


@given(st.text())
def test_any_text_can_be_redacted_twice(text: str) -> None:
    assert PLAIN.text(PLAIN.text(text)) == PLAIN.text(text)


@pytest.mark.parametrize(
    "unit",
    [
        "eyJ",
        "eyJ-",
        "sk-a",
        "-----BEGIN ",
        "-----BEGIN A PRIVATE KEY-----",
        "://",
        "://a:",
        "bearer ",
        "password: a",
        "a",
    ],
)
def test_long_hostile_text_takes_linear_time(unit: str) -> None:
    text = unit * (300_000 // len(unit))
    began = time.process_time()
    PLAIN.text(text)
    assert time.process_time() - began < 1
