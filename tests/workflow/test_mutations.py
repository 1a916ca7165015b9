"""Definition files with anything wrong in them are told about, and never end in a traceback."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest

from glasswork.errors import GlassworkError
from glasswork.library import Library, shipped
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.cost import charges, worst
from glasswork.workflow.graph import mermaid

KINDS = {"workflows": ".yaml", "agents": ".yaml", "roles": ".md", "tools": ".yaml"}
NASTY = [
    *"[]{}:,-?!|>&*#%@`'\"\\\t\r\n\x00\x1b\x85\u2028\u202e\ufeff",
    *("{{", "}}", "{{ item }}", "{{ previous.a.b }}", "&a", "*a", "<<: *a", "!!python/object/apply:os.system", "%YAML 1.1"),
    *("---", "...", "'''", "0x10", "010", "1e999", "-1", ".inf", ".nan", "null", "~", "true", "NO", "12:30:45"),
    *("9" * 20, "9" * 5000, "1e-400", "[" * 200, "{a: " * 200, "- " * 200, " " * 3000, "x" * 30_000, "ä" * 70, "\U0001f600"),
]  # fmt: skip
KEYS = [
    "for_each",
    "workflow",
    "with",
    "needs",
    "when",
    "join",
    "loop",
    "budget",
    "steps",
    "human",
    "task",
    "nosuchkey",
    "game",
    "players",
    "seats",
    "tournament",
]


def lines(draw: random.Random, text: bytes) -> bytes:
    """Take lines out, say them twice, or exchange them."""
    found = text.splitlines(keepends=True) or [b"\n"]
    one, other = draw.randrange(len(found)), draw.randrange(len(found))
    match draw.randrange(3):
        case 0:
            del found[min(one, other) : min(one, other) + draw.randint(1, 3)]
        case 1:
            found.insert(one, found[other])
        case _:
            found[one], found[other] = found[other], found[one]
    return b"".join(found)


def tokens(draw: random.Random, text: bytes) -> bytes:
    """Put one word in place of another: of the same file, or a nasty one."""
    words = list(re.finditer(rb"[\w.]+|[^\w\s]", text))
    if not words:
        return text
    place, other = draw.choice(words), draw.choice(words)[0]
    word = other if draw.random() < 0.6 else draw.choice(NASTY).encode("utf-8", "surrogatepass")
    return text[: place.start()] + word + text[place.end() :]


def spoil(draw: random.Random, text: bytes) -> bytes:
    """Put in bytes that belong nowhere, at a random place."""
    place = draw.randrange(len(text) + 1)
    what = draw.randbytes(draw.randint(1, 8)) if draw.random() < 0.5 else draw.choice(NASTY).encode()
    return text[:place] + what + text[place + draw.randrange(3) :]


def indent(draw: random.Random, text: bytes) -> bytes:
    """Move a line to the left or to the right."""
    found = text.splitlines(keepends=True) or [b"\n"]
    place = draw.randrange(len(found))
    line = found[place]
    found[place] = draw.choice([b" ", b"  ", b"\t", b"        "]) + line if draw.random() < 0.6 else line.lstrip(b" ")
    return b"".join(found)


def key(draw: random.Random, text: bytes) -> bytes:
    """Add a key that does not belong there, at some depth, with some value."""
    found = text.splitlines(keepends=True) or [b"\n"]
    place = draw.randrange(len(found) + 1)
    value = draw.choice([*NASTY, "x", "[a, b]", "{a: b}", "steps.a.text", "", "9" * 19])
    line = f"{' ' * draw.choice([0, 2, 4, 6])}{draw.choice(KEYS)}: {value}\n"
    found.insert(place, line.encode("utf-8", "surrogatepass"))
    return b"".join(found)


def cut(draw: random.Random, text: bytes) -> bytes:
    """Cut a file off, or a piece out of it."""
    begin = draw.randrange(len(text) + 1)
    return text[:begin] if draw.random() < 0.5 else text[:begin] + text[begin + draw.randint(1, 40) :]


WAYS = [lines, tokens, tokens, spoil, indent, key, cut]


EVERYTHING = """\
version: 1
name: everything
description: |
  Every key that there is.
inputs: {idea: {required: true, description: x}, files: {type: list, default: [a, b]}, n: {type: number, default: 1.5}}
defaults: {model: default, timeout: 2m, retry: {max: 1, on: [timeout]}}
budget: {tokens: 1000, calls: 10, seconds: 1h, money: 0.5}
steps:
  split: {agent: analyst, task: "{{ inputs.idea }}", model: big, timeout: 90s, retry: {max: 0}}
  each:
    agent: engineer
    for_each: steps.split.items
    parallel: 2
    needs: [split]
    task: |
      Item {{ index }}:
      {{ item }}
    on_repeat: "{{ previous.each.code }} {{ item }}"
    save: part.py
    on_error: continue
    budget: {calls: 5, seconds: 30s}
  test: {agent: tester, needs: each, task: "{{ steps.each.code }}", sandbox: {backend: jail, run: program, timeout: 5, memory_mb: 64, idempotent: false}}
  inner: {workflow: second_opinion, needs: test, with: {text: "{{ steps.test.report }}", background: "{{ previous.ask.note }}"}}
  ask: {human: "{{ steps.inner.verdict }}?", needs: inner, when: "steps.each.failed == 0 and 'x' in steps.each.text or not steps.test.passed"}
  again: {loop: {steps: [each, test, inner, ask], until: "steps.ask.approved", max: 2}, on_error: skip}
  talk: {team: {kind: selector, agents: [analyst, critic], turns: 3, model: big}, needs: [again, split], join: any, task: talk, for_each: inputs.files}
  play:
    game: {preset: prisoners_dilemma, actions: [J, F]}
    players: {ada: {agent: player, model: big}, bob: {strategy: joss}, eve: {axelrod: Tit For Tat}, me: human}
    tournament: {repetitions: 2, self_play: true, both_ways: false}
    rounds: 5
    noise: 0.1
    story: x
  goods: {game: {players: 3, endowment: 4, multiplier: 1.5, step: 2}, players: {a: {agent: player}, b: human, c: {strategy: random}}, ends: 0.2, told: false, seats: [a, b, c]}
  look: {dispatch: {request: "{{ inputs.idea }}", tools: [ocr, run_code], only: inputs.files, files: ["{{ inputs.files }}"], planner: stepwise, attempts: 3, timeout: 5s}}
outputs: {program: steps.each.code, talk: steps.talk.transcript}
"""


class Project:
    """The shipped files and those of the tests, in one project of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for source in (shipped(), Path(__file__).parents[1] / "cli" / "project"):
            for folder, suffix in KINDS.items():
                (root / folder).mkdir(exist_ok=True)
                for path in (source / folder).rglob(f"*{suffix}"):
                    if path.name != "README.md":
                        copy = root / folder / path.relative_to(source / folder)
                        copy.parent.mkdir(exist_ok=True)
                        shutil.copy(path, copy)
        shutil.copy(shipped() / "tools" / "run_code.py", root / "tools")
        (root / "workflows/everything.yaml").write_text(EVERYTHING)
        self.library = Library.discover(root)
        self.users: dict[str, list[str]] = {}
        """The workflows that rest on a file, by its key."""
        for name in self.library.names("workflow"):
            for used in self.compile(name).digests:
                self.users.setdefault(used, []).append(name)

    def compile(self, name: str):
        return compile_workflow(self.library.workflow(name), self.library)

    def survives(self, used: str, text: bytes) -> bool:
        """Tell whether what rests on a file still holds together with another text in it; raise what is no answer."""
        path = self.root / used
        before, said = path.read_bytes(), None
        path.write_bytes(text)
        try:
            for name in self.users[used]:
                workflow = self.compile(name)
                assert mermaid(workflow).startswith("flowchart")
                assert worst(charges(workflow)).calls >= 0
        except GlassworkError as error:
            said = str(error)
        finally:
            path.write_bytes(before)
        assert said != "", "an error says what is wrong"
        return said is None


@pytest.fixture
def project(tmp_path, monkeypatch) -> Project:
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "nobody"))
    return Project(tmp_path)


def try_all(project: Project, seeds: range) -> int:
    survived = 0
    for seed in seeds:
        draw = random.Random(seed)
        used = draw.choice(sorted(project.users))
        text = (project.root / used).read_bytes()
        for way in draw.choices(WAYS, k=draw.randint(1, 3)):
            text = way(draw, text)
        try:
            survived += project.survives(used, text)
        except Exception as error:
            raise AssertionError(f"seed {seed}, {used}: {error!r}\n{text!r}") from error
    return survived


def test_mutated_files_never_end_in_a_traceback(project):
    survived = try_all(project, range(100))
    assert 3 < survived < 97, "the mutations are too wild, or too tame, to show anything"


@pytest.mark.slow
def test_ten_thousand_mutated_files_never_end_in_a_traceback(project):
    assert try_all(project, range(100, 10_100)) > 300
