"""Takes secrets out of text before it is hashed and written.

Two nets: the exact values of environment variables whose names speak of keys, and the forms in which well-known
services write theirs. Both are linear in the text. They work on whole strings: of a text that
arrives in pieces, :meth:`Redactor.settled` says how much of it is whole.

An entropy test is not among them: a log is full of hashes, and it would take every one for a key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Values with fewer characters than this are too likely to be ordinary words."""

_SPEAKS_OF_SECRETS = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)
_WORD = r"A-Za-z0-9_-"

# Possessive quantifiers and bounds keep every pattern linear. Where a pattern has a group, the group is the secret.
_START = rf"(?<![{_WORD}])"
_SIGN = r"[\"']?\s{0,3}+[:=]\s{0,3}+[\"']?"
_NAMES = "password|passwd|pwd|secret|api[_-]?key|access[_-]?token|client[_-]?secret"


class _Form(NamedTuple):
    kind: str
    hints: tuple[str, ...]
    """The pattern is tried only where one of these stands in the lower-cased text: finding them is cheap."""
    pattern: re.Pattern[str]


def _form(kind: str, hints: str, *pattern: str) -> _Form:
    return _Form(kind, tuple(hints.split()), re.compile("".join(pattern)))


_FORMS = (
    _form(
        "private_key",
        "-----begin",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----",
        r"[A-Za-z0-9+/=\s\\]*+(?:-----END [A-Z0-9 ]{0,40}-----)?",
    ),
    _form("jwt", "eyj", rf"(?<![.{_WORD}])eyJ[{_WORD}]{{8,}}+\.[{_WORD}]{{8,}}+\.[{_WORD}]{{8,}}+"),
    _form("api_key", "sk-", rf"{_START}sk-(?=[A-Za-z_-]*+[0-9])[{_WORD}]{{20,}}+"),
    _form("github_token", "ghp_ gho_ ghu_ ghs_ ghr_", rf"{_START}gh[pousr]_[A-Za-z0-9]{{30,}}+"),
    _form("github_token", "github_pat_", rf"{_START}github_pat_[A-Za-z0-9_]{{22,}}+"),
    _form("gitlab_token", "glpat-", rf"{_START}glpat-[{_WORD}]{{20,}}+"),
    _form("huggingface_token", "hf_", rf"{_START}hf_[A-Za-z0-9]{{30,}}+"),
    _form("aws_key", "akia asia", rf"{_START}A(?:KIA|SIA)[A-Z0-9]{{16}}(?![{_WORD}])"),
    _form("google_key", "aiza", rf"{_START}AIza[{_WORD}]{{35}}(?![{_WORD}])"),
    _form("slack_token", "xox", rf"{_START}xox[abeoprs]-[{_WORD}]{{10,}}+"),
    _form("url_password", "://", r"://[^\s:/@\"']{0,80}+:([^\s/@\"'\[]{1,200}+)@"),
    _form(
        "authorization",
        "authorization",
        rf"(?i:\bauthorization{_SIGN}(?:basic|bearer|token)\s{{1,3}}+)",
        r"(?=[A-Za-z+/=._~-]{0,200}+[0-9])([A-Za-z0-9+/=._~-]{8,}+)",
    ),
    _form("bearer", "bearer", r"\b[Bb]earer\s{1,3}+(?=[A-Za-z+/._~-]{0,200}+[0-9])([A-Za-z0-9+/=._~-]{20,}+)"),
    _form(  # only a literal with a digit in it: programs say `password = getpass()`, and are not to be harmed
        "password",
        "passw pwd secret api token",
        rf"(?i:\b(?:{_NAMES}){_SIGN})",
        r"(?=[A-Za-z_+/=!#$%^&*~-]{0,100}+[0-9])([A-Za-z0-9_+/=!#$%^&*~-]{6,200}+)(?=[\s\"',;&}\\]|$)",
    ),
)

_HINTS = tuple(hint for form in _FORMS for hint in form.hints)
_REACH = 300
"""Characters behind a hint within which its form is recognised, where it is one."""
_BEFORE = 20
"""Characters before a hint that may belong to its form."""
_START_OF_FORM = 4
"""Characters by which a secret that is on its way is told from other text."""
_OPENINGS = (*_HINTS, "client", "access")
"""What a form may begin with: its hint, or the word before that."""
_LONGEST_OPENING = max(map(len, _OPENINGS))
_PARTS = frozenset(each[:n] for each in _OPENINGS for n in range(1, len(each)))


class Redactor:
    """Replaces secrets by ``[redacted:kind:sha8]``; ``sha8``, the start of the SHA-256, tells two secrets apart."""

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        """``secrets`` maps a kind, such as a variable's name, to the value to take out."""
        found = {
            form: mark(kind, value)
            for kind, value in (secrets or {}).items()
            for form in written_forms(value)
            if len(form) >= SHORTEST
        }
        self._exact = sorted(found.items(), key=lambda item: len(item[0]), reverse=True)
        self._starts = {form[:_START_OF_FORM]: len(form) for form, _ in reversed(self._exact)}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], also: Iterable[str] = ()) -> Redactor:
        """Take the values of all variables whose names say that they are secret, and of those named in ``also``."""
        named = frozenset(also)
        return cls(
            {
                name: value
                for name, value in environ.items()
                if (name in named or _SPEAKS_OF_SECRETS.search(name)) and len(value) >= SHORTEST
            }
        )

    def text(self, text: str) -> str:
        """Return ``text`` without secrets."""
        if len(text) >= SHORTEST:
            for secret, replacement in self._exact:
                if secret in text:
                    text = text.replace(secret, replacement)
        lower = text.lower()
        if not _any_of(_HINTS, lower):
            return text
        for form in _FORMS:
            if _any_of(form.hints, lower):
                text = form.pattern.sub(partial(_hide, form.kind), text)
        return text

    def settled(self, text: str) -> int:
        """Return how many characters of a text on its way can be shown: none of them may turn out to be of a secret.

        What is held back is what looks like the beginning of one: at most a few hundred characters, unless they are
        of one secret, or of one long word.
        """
        lower, last_word = text.lower(), max(text.rfind(" "), text.rfind("\n")) + 1
        reach = max(0, min(len(text) - _REACH, last_word))
        forms = [at - _BEFORE for each in _OPENINGS if (at := lower.find(each, reach)) >= 0]
        forms += [len(text) - n - _BEFORE for n in range(1, _LONGEST_OPENING) if lower[-n:] in _PARTS]
        exact = [at for start, most in self._starts.items() if (at := text.find(start, max(0, len(text) - most))) >= 0]
        cut = max(0, min([*forms, *exact, len(text) - _START_OF_FORM + 1]))
        # A secret that is there already, whole or as far as it has come, is not cut in two.
        return cut if self.text(text[:cut]) + self.text(text[cut:]) == self.text(text) else 0

    def data(self, value: Any) -> Any:
        """Return JSON data with every string in it, keys included, without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.data(item) for key, item in value.items()}
        return [self.data(item) for item in value] if isinstance(value, list) else value


def mark(kind: str, secret: str) -> str:
    """Return what stands in a text where ``secret`` stood."""
    return f"[redacted:{kind}:{hashlib.sha256(secret.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}]"


def _hide(kind: str, match: re.Match[str]) -> str:
    group = match.re.groups
    before, after = match.start(group) - match.start(), match.end(group) - match.start()
    return match[0][:before] + mark(kind, match[group]) + match[0][after:]


def _any_of(hints: tuple[str, ...], text: str) -> bool:
    for hint in hints:  # noqa: SIM110 - every new text passes here, and a generator costs more than the search
        if hint in text:
            return True
    return False


def written_forms(value: str) -> set[str]:
    """Return the value as it stands, and as it looks in JSON, in JSON within JSON, in a URL and in base64."""
    raw = value.encode("utf-8", "surrogateescape")
    in_json = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    twice = {json.dumps(form)[1:-1] for form in in_json}
    in_base64 = {form for shift in range(3) for form in _in_base64(raw, shift) if len(form) >= SHORTEST}
    return {value, quote(raw, safe=""), quote_plus(raw)} | in_json | twice | in_base64


def _in_base64(raw: bytes, shift: int) -> Iterable[str]:
    """Return the characters that ``raw`` alone decides where it stands ``shift`` bytes into a longer base64 text."""
    first = -(-shift * 8 // 6)
    last = (shift + len(raw)) * 8 // 6
    padded = bytes(shift) + raw
    return base64.b64encode(padded).decode()[first:last], base64.urlsafe_b64encode(padded).decode()[first:last]
