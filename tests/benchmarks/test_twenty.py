"""The benchmark of twenty requests: its checks, which stage it blames, and the files that it makes."""

from __future__ import annotations

import importlib
import io
import re

import pytest


@pytest.fixture
def checks():
    return importlib.import_module("twenty.checks")


@pytest.fixture
def stages():
    return importlib.import_module("twenty.stages")


@pytest.fixture
def cases():
    return {case.name: case for case in importlib.import_module("twenty.cases").CASES}


@pytest.fixture
def files():
    return importlib.import_module("twenty.files")


# --- checks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("It is 5736.79.", 5736.79),
        ("Die Summe ist 5.736,79 Euro", 5736.79),
        ("5 736,79", 5736.79),
        ("It is 1,240", 1240),
        ("It is 1,240", 1.24),
        ("minus -3", -3),
        ("Six times.", 6),
        ("in 2026-11-23", 2026),
    ],
)
def test_numbers_are_read(checks, text, number):
    assert number in set(checks.numbers(text))


def test_digits_of_a_number_are_no_number_of_their_own(checks):
    assert 12 not in set(checks.numbers("There are 123 and 0.5 of 312."))
    assert list(checks.numbers("nothing, somebody and often")) == []


def test_what_must_be_said(checks):
    check = checks.Check(words=("platform 9", "shut|closed"), never=("platform 3",))
    assert check.problem("PLATFORM\n9 is (closed)") == ""
    assert check.problem("platform 90 is closed") == "it does not say 'platform 9'"
    assert check.problem("platform 9 is open") == "it does not say 'shut|closed'"
    assert check.problem("platform 9 is closed, and platform 3") == "it says 'platform 3'"


def test_numbers_have_a_tolerance(checks):
    check = checks.Check(numbers=(6.205,))
    assert check.problem("about 6.2") == ""
    assert check.problem("about 6.3") == "it does not say 6.205"


def test_a_refusal(checks):
    from glasswork.dispatch.answering import NOTHING_FITS

    check = checks.Check(refuses=True)
    assert check.problem(NOTHING_FITS) == ""
    assert check.problem("I'm sorry, I can\u2019t book tables.") == ""
    assert check.problem("Your table is booked.") == "it does not say that this cannot be done"


def test_a_recording_must_be_there(checks, tmp_path, monkeypatch):
    check = checks.Check(spoken="The library is closed on Monday.")
    assert check.problem("here") == "there is no recording"
    monkeypatch.setattr(checks, "heard", lambda path: path.read_text())
    speech = tmp_path / "speech.wav"
    speech.write_text("the library is close on monday")
    assert check.problem("", [speech]) == ""
    speech.write_text("something else is open")
    assert check.problem("", [speech]) == "the recording says 'something else is open'"


# --- stages -----------------------------------------------------------------------------------------------------------


def ended_well(stages, case, **changes):
    """What becomes of a request where all goes well, as far as a test needs it."""
    values = {"ocr": "Heute geschlossen", "ask_model": "Closed today; tomorrow we are back.", "calculate": "114"}
    plan = [
        {"id": f"t{number}", "tool": due.tools[0], "arguments": dict(due.arguments)}
        for number, due in enumerate(case.due, 1)
    ]
    results = [{"task": one["id"], "tool": one["tool"], "state": "done", "value": values[one["tool"]]} for one in plan]
    return stages.Ended(
        **{"said": values["ask_model"], "plan": plan, "results": results, "codes": {"t1": ""}, **changes}
    )


def test_a_right_answer_blames_nobody(stages, cases):
    case = cases["translation"]
    assert stages.judged(case, ended_well(stages, case)) == ("", "")
    assert stages.judged(cases["booking"], stages.Ended(said="None of the tools fits.")) == ("", "")


def test_no_plan(stages, cases):
    failed = stages.Ended(error="no plan holds")
    assert stages.judged(cases["sign"], failed) == ("no plan", "no plan holds")
    assert stages.judged(cases["sign"], stages.Ended(said="none of the tools"))[0] == "no plan"


def test_a_wrong_tool(stages, cases):
    case = cases["translation"]
    ended = ended_well(stages, case, said="Heute geschlossen")
    half = stages.Ended("Heute geschlossen", ended.plan[:1], ended.results[:1])
    assert stages.judged(case, half) == ("wrong tool", "planned ocr; ask_model is missing")
    assert stages.judged(cases["booking"], stages.Ended("booked", ended.plan, ended.results))[0] == "wrong tool"


def test_wrong_arguments(stages, cases):
    case = cases["translation"]
    ended = ended_well(stages, case, said="no")
    alone = {**ended.plan[1], "arguments": {"task": "Translate", "text": "the sign"}}
    stage, why = stages.judged(case, ended_well(stages, case, said="no", plan=[ended.plan[0], alone]))
    assert (stage, why.endswith("does not use t1")) == ("wrong arguments", True)


def test_other_ids_and_an_extra_task_are_no_mistake(stages, cases):
    case = cases["translation"]
    plan = [
        {"id": "t1", "tool": "language", "arguments": {"text": "x"}},
        {"id": "t2", "tool": "ocr", "arguments": {"image": {"from": "schild.png"}}},
        {"id": "t3", "tool": "ask_model", "arguments": {"task": "In English, please", "text": {"from": "t2"}}},
    ]
    values = {"t1": "?", "t2": "Heute geschlossen", "t3": "closed, tomorrow"}
    results = [{"task": one["id"], "tool": one["tool"], "state": "done", "value": values[one["id"]]} for one in plan]
    assert stages.judged(case, stages.Ended("no", plan, results))[0] == "answer"


def test_a_failure_is_blamed_on_own_words_or_on_the_tool(stages, cases):
    case, sql = cases["average"], "SELECT avg(wait) FROM data"
    plan = [{"id": "t1", "tool": "table_question", "arguments": {"table": {"from": "parcels.csv"}, "sql": sql}}]
    results = [{"task": "t1", "tool": "table_question", "state": "failed", "value": None, "reason": "no column wait"}]
    assert stages.judged(case, stages.Ended("", plan, results, codes={"t1": "bad_arguments"}))[0] == "wrong arguments"
    assert stages.judged(case, stages.Ended("", plan, results, codes={"t1": "timeout"}))[0] == "execution"
    plan[0]["arguments"]["sql"] = case.due[0].arguments["sql"]
    assert stages.judged(case, stages.Ended("", plan, results, codes={"t1": "bad_arguments"}))[0] == "execution"


def test_a_wrong_result(stages, cases):
    case = cases["translation"]
    ended = ended_well(stages, case, said="no")
    results = [ended.results[0], {**ended.results[1], "value": "Open all day"}]
    stage, why = stages.judged(case, ended_well(stages, case, said="no", results=results))
    assert (stage, "gave 'Open all day'" in why) == ("execution", True)


def test_badly_chosen(stages, cases):
    case = cases["translation"]
    ended = ended_well(stages, case, said="no")
    results = [{**ended.results[0], "tool": "image_facts"}, ended.results[1]]
    assert stages.judged(case, ended_well(stages, case, said="no", results=results))[0] == "badly chosen"


def test_the_answer_itself(stages, cases):
    case = cases["translation"]
    assert stages.judged(case, ended_well(stages, case, said="no"))[0] == "answer"
    broken = stages.Ended(error="the model did not answer", codes={"t1": ""})
    assert stages.judged(case, broken) == ("answer", "the model did not answer")


# --- requests and files -----------------------------------------------------------------------------------------------


def test_there_are_twenty_with_files_and_tools_that_are_there(cases, files):
    from glasswork.library import Library, Source, shipped
    from glasswork.tools.load import load_tool

    library = Library((Source("shipped", shipped()),))
    assert len(cases) == len({case.request for case in cases.values()}) == 20
    assert {name for case in cases.values() for name in case.files} == set(files.MAKERS)
    for case in cases.values():
        ids = [f"t{number}" for number in range(1, len(case.due) + 1)]
        for number, due in enumerate(case.due):
            assert set(due.sources) <= {*case.files, *ids[:number]}
            assert set(due.arguments) <= set(load_tool(library, due.tools[0]).definition.inputs)


def test_the_expected_numbers_are_those_of_the_files(cases, files):
    weights = [one["weight"] for one in files.parcels()]
    assert cases["average"].check.numbers == (pytest.approx(sum(weights) / len(weights)),)
    assert cases["memo"].check.numbers == (max(weights),)
    assert cases["turku"].check.numbers == (sum(one["town"] == "Turku" for one in files.orders()),)
    assert cases["columns"].check.numbers == (len(files.orders()),)
    assert cases["german"].check.numbers == (pytest.approx(sum(one["betrag"] for one in files.spent())),)
    assert cases["rivers"].check.numbers == (len(re.findall(r"\briver\b", files.STORY)),)


def test_a_pdf_can_be_read(files):
    pypdf = pytest.importorskip("pypdf", reason="needs glasswork[documents]")
    pages = pypdf.PdfReader(io.BytesIO(files.pdf(["One (1)\nTwo \\", "Dre\u00ed"]))).pages
    assert [page.extract_text() for page in pages] == ["One (1)\nTwo \\", "Dre\u00ed"]


# --- the program ------------------------------------------------------------------------------------------------------


def test_the_lines_of_a_result():
    program = importlib.import_module("ask_requests")
    rows = [
        program.Row("a", right=True, calls=2, tokens=10, seconds=1, log="x"),
        program.Row("b", right=False, stage="answer", log="x"),
    ]
    assert list(program.table(rows)) == [
        "right: 1 of 2, 50% [9%, 91%]",
        "went wrong first: answer 1",
        "with the right results: 2 of 2",
        "a request: 1.0 calls, 5 tokens, 0.5 s",
    ]


def test_what_failed_is_no_refusal(tmp_path, monkeypatch):
    """An answer to what was planned in vain names the failure, which is not to say that no tool fits."""
    program = importlib.import_module("ask_requests")
    monkeypatch.setattr(program, "iter_entries", lambda *_, **__: [])
    data = {"log": str(tmp_path), "claims": [], "results": [], "files": [], "state": "done", "reason": ""}
    told = "t1 was not done: it cannot be called here"
    assert program.ended_of(data | {"answer": told, "plan": [{"id": "t1"}]}).said == ""
    assert program.ended_of(data | {"answer": "None of the tools fits.", "plan": []}).said == "None of the tools fits."
    assert (
        program.ended_of(data | {"answer": "", "plan": [], "state": "failed", "reason": "no plan"}).error == "no plan"
    )
