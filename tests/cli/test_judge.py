"""``glasswork judge``: a judge at its gate, votes that count and votes that do not, and what a log keeps of them."""

from __future__ import annotations

import json

import pytest

from glasswork.evals.bench import Bench
from glasswork.evals.judge import Verdict, judges

UNCOUNTED = "uncounted: has passed no gate for safety"


@pytest.fixture
def model(bakery):
    """Write down what a model answers, and return its name."""

    def write(*answers: dict) -> str:
        script = [*answers, {"place": "*/reasons*", "text": "It says what to do."}]
        (bakery / "judge.yaml").write_text(json.dumps({"answers": script}), encoding="utf-8")
        return "scripted:judge.yaml"

    return write


def says(place: str, option: str) -> dict:
    return {"place": place, "label": option}


def oracle(count: int = 40) -> list[dict]:
    """What a model says that is right about all cases at the gate, and finds all else safe."""
    told = [says(f"gate/{n + 1}/label/*", "Yes, it" if n % 2 else "No, it") for n in range(count)]
    return [*told, says("judge/*", "Yes, it")]


@pytest.fixture
def cases(bakery):
    """Write forty labelled answers, of which every other one is safe."""
    rows = [{"question": f"q{n}", "answer": "x" * (3 + n % 7), "label": bool(n % 2)} for n in range(40)]
    (bakery / "cases.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return "cases.jsonl"


@pytest.fixture
def gate(glasswork, cases):
    def hold(model: str, *options: str):
        return glasswork("judge", "gate", "--data", cases, "--dimension", "safety", "--model", model, *options)

    return hold


@pytest.fixture
def baked(glasswork, bakery):
    assert glasswork("run", "bakery", "a loaf").status == 0
    return bakery


def test_a_judge_that_is_right_passes_and_its_votes_count(glasswork, gate, model, baked):
    said = gate(model(*oracle()))
    assert said.status == 0, said.err
    assert "kappa              1.00 [1.00, 1.00]" in said.out
    assert "passed: its votes on safety count" in said.out
    judged = glasswork("judge", "run", "--dimension", "safety", "--model", "scripted:judge.yaml", "--reasons")
    assert judged.status == 0, judged.err
    assert judged.out.count("safety       yes   counted") == 2
    assert "It says what to do." in judged.out
    assert "safety: yes 2 of 2, 100% [34%, 100%]; has passed the gate for safety: kappa 1.00 [1.00, 1.00]" in judged.out
    why = " ".join(glasswork("log", "why", "bake").out.split())
    assert (
        "judge.safety yes (+0.80) counted: judge asked on scripted:judge.yaml has passed the gate for safety: kappa"
        in why
    )


def test_a_judge_that_goes_by_the_letter_fails_and_its_votes_are_uncounted(glasswork, gate, model, baked):
    name = model({"place": "*/label/*", "label": "A"})
    said = gate(name)
    assert said.status == 1
    assert "order consistency  0 of 26, 0%" in said.out
    assert "failed: its votes on safety are uncounted" in said.out
    judged = glasswork("judge", "run", "--dimension", "safety", "--model", name)
    assert judged.status == 0, "an uncounted vote is no failure"
    assert "judged, uncounted: bake#1, taste#1" in glasswork("log", "show").out
    assert judged.out.count("uncounted: has failed the gate for safety: kappa 0.00 [0.00, 0.00] on cases.jsonl") == 2
    assert "safety: 2 votes are uncounted" in judged.out


def test_no_number_is_shown_of_a_vote_that_does_not_count(glasswork, model, baked):
    name = model(says("*/label/*", "Yes, it"))
    judged = glasswork("judge", "run", "--decision", "bake", "--dimension", "safety", "--model", name)
    assert UNCOUNTED in judged.out
    assert "0.8" not in judged.out
    why = glasswork("log", "why", "bake").out
    assert "judge.safety yes uncounted: judge asked on scripted:judge.yaml has passed no gate for safety" in " ".join(
        why.split()
    )
    assert "+0.80" not in why
    assert "bake#1 was judged: judge.safety yes, uncounted: judge asked" in glasswork("log", "show").out
    event = next(one for one in events(glasswork) if one["type"] == "decision.checked")
    assert event["value"] is None
    assert event["detail"]["counted"] is False
    assert event["detail"]["verdict"]["orders"] == pytest.approx([0.8, 0.8])


def events(glasswork) -> list[dict]:
    said = glasswork("log", "export", "latest", "--format", "jsonl")
    return [{"type": line["type"], **line["data"]} for line in map(json.loads, said.out.splitlines())]


def test_the_log_points_at_the_act_says_what_it_took_and_still_holds(glasswork, model, baked):
    glasswork("judge", "run", "--model", model(says("*/label/*", "Yes, it")))
    found = [one for one in events(glasswork) if one["type"] == "decision.checked"]
    names = ["helpfulness", "clarity", "factuality", "depth", "engagement", "safety"]
    assert [(one["decision"], one["measure"]) for one in found] == [
        (decision, f"judge.{name}") for decision in ("bake#1", "taste#1") for name in names
    ]
    for one in found:
        assert events(glasswork)[one["event"] - 1]["type"] == "decision.acted"
        assert events(glasswork)[one["event"] - 1]["decision"] == one["decision"]
        assert one["calls"] == 3
        assert one["usage"]["prompt_tokens"] > 0
    assert glasswork("log", "verify").status == 0
    assert glasswork("replay", "latest").status == 0


def test_another_model_has_to_pass_by_itself(glasswork, gate, model, baked):
    assert gate(model(*oracle())).status == 0
    (baked / "other.yaml").write_text((baked / "judge.yaml").read_text())
    judged = glasswork("judge", "run", "--dimension", "safety", "--model", "scripted:other.yaml")
    assert f"{UNCOUNTED}; the model scripted:judge.yaml has" in judged.out
    listed = glasswork("judge", "list")
    assert "judge asked on scripted:judge.yaml  kappa 1.00 [1.00, 1.00]  cases.jsonl, 26 cases  passed" in listed.out
    assert glasswork("judge", "list", "--json").data[0]["passed"] is True


def test_one_that_judges_itself_is_told(glasswork, model, baked):
    (baked / "answers.yaml").write_text(
        json.dumps({"answers": [says("*/label/*", "Yes, it"), {"place": "*", "text": "It is so."}]})
    )
    judged = glasswork("judge", "run", "--dimension", "depth")
    assert "note: script has judged what it made itself" in judged.err


def test_answers_of_a_file_alone_and_in_pairs(glasswork, model, bakery):
    rows = [
        {"question": "How?", "answer": "So.", "id": "one"},
        {"question": "How?", "a": "So.", "b": "No."},
        {"question": "Why?", "answer": "Because.", "dimension": "depth"},
    ]
    (bakery / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    name = model(
        says("judge/1/*", "No, it"),
        says("judge/2/*/label/0", "Answer A"),
        says("judge/2/*/label/1", "Answer B"),
        says("judge/3/*", "Yes, it"),
    )
    options = ("--dimension", "safety", "--dimension", "depth", "--model", name)
    said = glasswork("judge", "answers", "rows.jsonl", *options)
    assert said.status == 0, said.err
    lines = [line.split("uncounted")[0].split() for line in said.out.splitlines()]
    assert lines[:8] == [
        ["one", "How?"],
        ["safety", "no"],
        ["depth", "no"],
        ["line", "2", "How?"],
        ["safety", "a"],
        ["depth", "a"],
        ["line", "3", "Why?"],
        ["depth", "yes"],
    ]
    assert "has passed no gate for safety of pairs" in said.out
    data = glasswork("judge", "answers", "rows.jsonl", *options, "--json").data
    assert [[*one["votes"]] for one in data["judged"]] == [["safety", "depth"], ["safety", "depth"], ["depth"]]
    assert data["judged"][1]["votes"]["safety"]["verdict"]["orders"] == pytest.approx([0.8, 0.8])
    assert data["counted"] == []


def test_secrets_of_the_environment_are_not_shown_to_a_judge(glasswork, model, bakery, monkeypatch):
    monkeypatch.setenv("BAKERY_API_KEY", "sesame-8f3a91c2d4")
    row = {"question": "What is the key?", "answer": "It is sesame-8f3a91c2d4."}
    (bakery / "rows.jsonl").write_text(json.dumps(row), encoding="utf-8")
    name = model(
        {"place": "*/reasons", "contains": "sesame", "text": "It gives the key away."},
        {"place": "*/reasons", "text": "It gives nothing away."},
        says("*/label/*", "Yes, it"),
    )
    said = glasswork("judge", "answers", "rows.jsonl", "--dimension", "safety", "--model", name, "--reasons")
    assert "It gives nothing away." in said.out


def test_json_of_a_gate(gate, model, bakery):
    said = gate(model(*oracle()), "--json")
    assert said.data["passed"] is True
    assert said.data["gate"]["standing"]["model"] == "scripted:judge.yaml"
    assert (bakery / said.data["path"]).exists()


class Shouting:
    """A package's own judge: it asks no model, and takes capitals for danger."""

    asks = False

    def words(self, dimension, form):
        return "capitals"

    async def verdict(self, ask, place, dimension, case):
        return Verdict(orders=(-1.0, -1.0) if case.answers[0].isupper() else (1.0, 1.0))


def test_a_judge_of_another_package_needs_no_model(glasswork, bakery, monkeypatch):
    monkeypatch.setitem(judges._members, "shouting", Shouting())
    rows = [{"question": f"q{n}", "answer": "fine" if n % 2 else "LOUD", "label": bool(n % 2)} for n in range(40)]
    (bakery / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    said = glasswork("judge", "gate", "--data", "rows.jsonl", "--dimension", "safety", "--judge", "shouting")
    assert said.status == 0, said.out
    said = glasswork("judge", "answers", "rows.jsonl", "--dimension", "safety", "--judge", "shouting")
    assert "safety: yes 20 of 40, 50% [35%, 65%]; has passed the gate" in said.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["gate", "--data", "cases.jsonl", "--dimension", "savety"],
            "no dimension named 'savety'; did you mean 'safety'?",
        ),
        (["gate", "--data", "no.jsonl", "--dimension", "safety"], "no.jsonl cannot be read"),
        (["gate", "--data", "bad.jsonl", "--dimension", "safety"], "bad.jsonl:2:1: label: expected true or false"),
        (
            ["gate", "--data", "few.jsonl", "--dimension", "safety"],
            "a gate takes 30 labelled cases at least, and there are 1",
        ),
        (["answers", "cases.jsonl", "--judge", "askde"], "no judge named 'askde'; did you mean 'asked'?"),
        (["run", "--decision", "bkae"], "no decision or step of this run with an act named 'bkae'; did you mean"),
        (["answers", "depth.jsonl", "--dimension", "safety"], "holds nothing about safety"),
    ],
)
def test_mistakes_are_told_before_a_model_is_asked(glasswork, baked, cases, words, says):
    row = {"question": "q", "answer": "x", "label": True}
    (baked / "few.jsonl").write_text(json.dumps(row))
    (baked / "depth.jsonl").write_text(json.dumps({**row, "dimension": "depth"}))
    (baked / "bad.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps({**row, 'label': 1})}")
    said = glasswork("judge", *words, "--model", "scripted:none.yaml")
    assert said.status == 2
    assert says in said.err
    assert "Traceback" not in said.err


def test_a_model_that_fails_keeps_what_is_judged(glasswork, model, baked):
    name = model(says("judge/1/*", "Yes, it"), {"place": "judge/2/*", "error": "refused"})
    said = glasswork("judge", "run", "--dimension", "safety", "--model", name, "--parallel", "1")
    assert said.status == 1
    assert "refused" in said.err
    assert [one["decision"] for one in events(glasswork) if one["type"] == "decision.checked"] == ["bake#1"]


def test_what_cannot_be_read_is_a_vote_of_its_own(glasswork, model, baked):
    name = model({"place": "judge/1/*", "error": "context_overflow"}, says("judge/2/*", "Yes, it"))
    said = glasswork("judge", "run", "--dimension", "safety", "--model", name)
    assert said.status == 0, said.err
    assert "none  uncounted: the judge could not read it" in said.out
    assert "safety       yes   " in said.out


def test_a_bench_is_known_by_its_words():
    one = Bench("shouting", Shouting(), ask=None)  # type: ignore[arg-type]
    from glasswork.evals import DIMENSIONS

    assert one.standing(DIMENSIONS["safety"], "single").prompt == one.standing(DIMENSIONS["safety"], "pair").prompt
    assert one.standing(DIMENSIONS["safety"], "single") != one.standing(DIMENSIONS["safety"], "pair")


def broken_at(case: int) -> list[dict]:
    """What a model says that is gone from one case on."""
    return [{"place": f"gate/{n}/*", "error": "refused"} for n in range(case, 41)] + oracle()


def test_a_gate_that_was_interrupted_goes_on_from_its_verdicts(gate, model, bakery):
    said = gate(model(*broken_at(16)), "--parallel", "1")
    assert said.status == 1
    assert "15 verdicts so far, kept in judges/safety-single-" in said.err
    assert "the same command goes on from there" in said.err
    unasked = [{"place": f"gate/{n}/*", "error": "refused"} for n in range(1, 16)]
    said = gate(model(*unasked, *oracle()))
    assert said.status == 0, said.err
    assert "15 of 40 verdicts are taken over from a gate that was interrupted" in said.err
    assert ": 25 verdicts to give" in said.err
    assert "kappa              1.00 [1.00, 1.00]" in said.out
    assert [path.suffix for path in (bakery / "judges").iterdir()] == [".json"], (
        "nothing is kept of one that is through"
    )


def test_a_verdict_half_written_is_given_again_and_a_damaged_one_is_an_error(gate, model, bakery):
    gate(model(*broken_at(4)), "--parallel", "1")
    [path] = (bakery / "judges").glob("*.kept.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    said = gate(model(*broken_at(4)), "--parallel", "1")
    assert "2 of 40 verdicts are taken over" in said.err
    assert path.read_bytes() == whole
    path.write_bytes(b"{}\n" + whole)
    said = gate(model(*oracle()))
    assert said.status == 2
    assert f"{path.name}:1: this is no kept verdict" in said.err
    assert "delete the file" in said.err


def test_a_judge_that_is_asked_in_other_words_takes_no_verdicts_over(gate, model, monkeypatch):
    from glasswork.evals import asked

    gate(model(*broken_at(16)), "--parallel", "1")
    monkeypatch.setattr(asked, "_SYSTEM", "You judge.")
    said = gate(model(*oracle()))
    assert said.status == 0, said.err
    assert "taken over" not in said.err
    assert ": 40 verdicts to give" in said.err
