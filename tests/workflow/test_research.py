"""Tables, experiments and reports: what a table tells, what a program leaves, and which numbers a report may hold."""

import json
from pathlib import Path

import pytest

from glasswork.errors import DefinitionError
from glasswork.tools import MediaStore
from glasswork.view.lines import line
from glasswork.view.research_report import research_html, research_markdown
from glasswork.workflow.graph import mermaid
from glasswork.workflow.reporting import literals
from glasswork.workflow.tables import facts_of

TABLE = "plot,mulch,kg\n" + "".join(f"{n},{'yes' if n % 2 else 'no'},{4 + n % 2 + n / 100}\n" for n in range(40))
GOOD = 'import lab\nlab.compare(lab.read("data.csv"), number="kg", by="mulch")\n'
HEAD = "inputs: {data: {type: file, required: true}, ask: {type: string, default: 'More with mulch?'}}"
STEPS = """
look: {table: "{{ inputs.data }}"}
plan: {agent: writer, needs: look, task: "{{ inputs.ask }}\\n\\n{{ steps.look.text }}"}
trial_run: {agent: coder, needs: plan, task: "{{ steps.look.text }}", on_repeat: "{{ previous.trial_run.report }}", sandbox: {run: experiment, files: {data.csv: look}}}
fix: {loop: {steps: [trial_run], until: steps.trial_run.passed, max: 1}}
say: {agent: sayer, needs: fix, task: "{{ inputs.ask }}\\n\\n{{ steps.trial_run.results }}"}
report:
  needs: [fix, say]
  join: all_done
  report: {title: "{{ inputs.ask }}", experiment: trial_run, sections: {Found: steps.say.claims, Plan: steps.plan.text, Data: steps.look.text}}
"""
OUT = "\noutputs: {agrees: steps.report.agrees, struck: steps.report.struck, text: steps.report.text, claims: steps.report.claims}"


class Supply:
    def __init__(self, folder):
        self.media, self.store = folder / "media", MediaStore(folder / "media")
        self.taken = 0

    def clean(self, data):
        return json.loads(json.dumps(data).replace("SECRET", "***"))

    def take(self, path):
        self.taken += 1
        return self.store.take(Path(path))


@pytest.fixture
def supply(trial):
    (trial.folder / "agents" / "sayer.yaml").write_text(
        "role: writer\nplan: {choose_from: [yes, no]}\nact: {produces: cited, max_items: 3}\n".replace(
            "yes, no", "a, b"
        )
    )
    (trial.folder / "plots.csv").write_text(TABLE)
    return Supply(trial.folder)


def program(text):
    return f"```python\n{text}```"


def claims(*said):
    return {"claims": [{"says": says, "results": list(results)} for says, results in said], "own": []}


def path(trial):
    return str(trial.folder / "plots.csv")


async def research(trial, supply, acts, **settings):
    model = trial.model_with(acts=acts)
    return await trial.run(STEPS, model, head=HEAD + OUT, inputs={"data": path(trial)}, tools=supply, **settings)


FINE = {
    "trial_run#*/act": program(GOOD),
    "say#*/act": claims(("With mulch it was 5.2 kg, and 4.19 without.", ["mean_kg_yes", "mean_kg_no"])),
}


# --- from the table to the report -----------------------------------------------------------------------------------


async def test_every_number_of_a_report_was_computed_twice(trial, supply):
    outcome = await research(
        trial, supply, {**FINE, "plan#*/act": "I expect more fruit. I guess 17 kg. There are 40 rows."}
    )
    assert outcome.state == "done", outcome.reason
    assert outcome.outputs["agrees"] is True
    assert outcome.outputs["claims"] == ["With mulch it was 5.2 kg, and 4.19 without."]
    assert outcome.outputs["struck"] == ["I guess 17 kg."]
    assert outcome.outputs["text"].endswith("Computed again: all 10 results agree.")
    first, second = trial.of("sandbox.ran")
    assert (first.place, second.place) == ("trial_run#1/sandbox", "report#1/sandbox")
    assert first.results == second.results
    assert first.results["mean_kg_yes"] == pytest.approx(5.2)
    assert first.files == second.files == ("data.csv", "trial_run.py")
    assert first.figures[0]["kind"] == "bars"
    report = next(event.output["report"] for event in trial.of("step.finished") if event.step == "report")
    assert [section["kind"] for section in report["sections"]] == ["claims", "text", "text"]
    assert report["sections"][1]["text"] == "I expect more fruit. There are 40 rows."
    assert report["sections"][0]["claims"][0]["ran"] == "trial_run#1/sandbox"
    assert supply.taken == 1


async def test_an_agent_sees_results_and_no_table(trial, supply):
    await research(trial, supply, FINE)
    started = {event.decision: event for event in trial.of("decision.started")}
    assert ("trial_run#1/sandbox/n_no", "n_no = 20") in [(one.source, one.text) for one in started["say#1"].segments]
    look = started["plan#1"].segments[1].text
    assert "The table has 40 rows and 3 columns." in look
    assert "- mulch: text, 2 different, mostly 'no' (20), 'yes' (20)" in look
    assert "plot = 3" not in look
    assert "tells at least one number: the value of a result" in trial.model.prompts["say#1/act"]


async def test_invented_numbers_are_asked_again_then_struck(trial, supply):
    invented = ("It rose by 25 %.", ["mean_kg_yes"])
    acts = {**FINE, "say#*/act*": claims(invented, ("It was 5.2 kg.", ["mean_kg_yes"]))}
    outcome = await research(trial, supply, {key: value for key, value in acts.items() if key != "say#*/act"})
    assert "25 % is not in the results that it names" in trial.model.prompts["say#1/act~1"]
    assert outcome.outputs["claims"] == ["It was 5.2 kg."]
    assert outcome.outputs["struck"] == ["It rose by 25 %."]
    report = next(event.output["report"] for event in trial.of("step.finished") if event.step == "report")
    assert report["sections"][0]["struck"][0]["why"] == "25 % is not in the results that it names"


async def test_what_is_supposed_besides_stands_apart(trial, supply):
    said = {**claims(("It was 5.2 kg.", ["mean_kg_yes"])), "own": ["Perhaps it was the rain."]}
    await research(trial, supply, {**FINE, "say#*/act": said})
    acted = next(event for event in trial.of("decision.acted") if event.decision == "say#1")
    assert acted.text.endswith("Not from the results, and not checked:\n- Perhaps it was the rain.")


async def test_a_section_of_which_nothing_stands_says_so(trial, supply):
    acts = {**FINE, "say#*/act*": claims(("More with mulch.", ["mean_kg_yes"]))}
    outcome = await research(trial, supply, {key: value for key, value in acts.items() if key != "say#*/act"})
    assert "change these claims (it tells no number of the results that it names: 'More with mulch.': write in it what it rests on, mean_kg_yes = 5.2" in trial.model.prompts["say#1/act~1"]  # fmt: skip
    assert outcome.outputs["struck"] == ["More with mulch."]
    report = next(event.output["report"] for event in trial.of("step.finished") if event.step == "report")
    assert (report["sections"][0]["heading"], report["sections"][0]["claims"]) == ("Found", [])
    for written in (research_markdown(report, ["a.svg"]), research_html(report)):
        told = " ".join(written.replace("\\_", "_").split())
        assert "each was struck. What was computed stands under Results: mean_kg_no = " in told
        assert "it tells no number of the results that it names" in written


async def test_what_comes_out_otherwise_the_second_time_is_struck(trial, supply):
    drawn = 'import lab, random\nlab.result("fixed", 7)\nlab.result("drawn", round(random.random() / 1e6 + 1, 12))\n'
    said = claims(("It is 7.", ["fixed"]), ("It is 1.00.", ["drawn"]))
    outcome = await research(trial, supply, {"trial_run#*/act": program(drawn), "say#*/act": said})
    assert outcome.state == "done"
    assert outcome.outputs["agrees"] is False
    assert outcome.outputs["claims"] == ["It is 7."]
    assert outcome.outputs["struck"] == ["It is 1.00."]
    assert outcome.outputs["text"].endswith("Computed again: 1 of 2 results differ (drawn).")


async def test_a_number_that_stands_in_the_program_was_not_computed(trial, supply):
    made_up = (
        'import lab\nlab.result("gain", 77.5)\nlab.result("loss", -12)\nlab.result("rows", len(lab.read("data.csv")))\n'
    )
    said = claims(("It gains 77.5.", ["gain"]), ("It loses 12.", ["loss"]), ("There are 40.", ["rows"]))
    outcome = await research(trial, supply, {"trial_run#*/act": program(made_up), "say#*/act": said})
    assert outcome.outputs["claims"] == ["There are 40."]
    assert outcome.outputs["struck"] == ["It gains 77.5.", "It loses 12."]
    report = next(event.output["report"] for event in trial.of("step.finished") if event.step == "report")
    assert report["sections"][0]["struck"][0]["why"] == "gain stands in the program as it is, and was not computed"


def test_literals_of_a_program():
    assert literals("x = 1.5 + f(20, -30, 2, True, '7.5')\n") == {1.5, 20.0, 30.0}
    assert literals("x = ") == set()
    assert literals("(" * 10_000) == set()


async def test_a_program_is_repaired_with_what_was_wrong(trial, supply):
    acts = {**FINE, "trial_run#1/act": program("import lab\nlab.compare(lab.read(), 'kilos', 'mulch')\n")}
    acts = {"trial_run#1/act": acts.pop("trial_run#1/act"), **acts}
    outcome = await research(trial, supply, acts)
    assert outcome.outputs["agrees"] is True
    repair = next(event for event in trial.of("decision.started") if event.decision == "trial_run#2")
    assert "there is no column 'kilos'; there are 'plot', 'mulch', 'kg'" in repair.segments[0].text


@pytest.mark.parametrize(
    ("code", "why"),
    [("print(5)\n", "left no results.json"), ('open("results.json", "w").write("{}")\n', "1 to 200 named numbers")],
)
async def test_an_experiment_without_numbers_has_failed_and_the_report_says_so(trial, supply, code, why):
    outcome = await research(trial, supply, {"trial_run#*/act": program(code)})
    assert outcome.state == "failed"
    assert trial.states()["report"] == "done"
    assert why in trial.of("sandbox.ran")[0].report
    report = next(event.output["report"] for event in trial.of("step.finished") if event.step == "report")
    assert report["experiment"]["passed"] is False
    assert report["experiment"]["results"] == []
    assert report["agrees"] is False
    assert len(trial.of("sandbox.ran")) == 2, "nothing is run again that failed"


# --- running again --------------------------------------------------------------------------------------------------


async def test_a_replay_needs_neither_the_table_nor_a_sandbox(trial, supply):
    await research(trial, supply, FINE)
    before, boxes = list(trial.events), len(trial.sandboxes)
    (trial.folder / "plots.csv").unlink()
    for media in (trial.folder / "media").iterdir():
        media.unlink()
    outcome = await trial.again(
        STEPS, trial.model_with(acts=FINE), live=False, head=HEAD + OUT, inputs={"data": path(trial)}
    )
    assert outcome.state == "done", outcome.reason
    assert trial.new == []
    assert trial.events == before
    assert len(trial.sandboxes) == boxes


async def test_a_table_that_changes_meanwhile_changes_nothing(trial, supply):
    await research(trial, supply, FINE)
    cut = next(n for n, event in enumerate(trial.events) if event.type == "sandbox.started")
    trial.events = trial.events[:cut]
    (trial.folder / "plots.csv").write_text("plot,mulch,kg\n1,yes,1\n2,no,2\n")
    outcome = await trial.again(
        STEPS, trial.model_with(acts=FINE), head=HEAD + OUT, inputs={"data": path(trial)}, tools=supply
    )
    assert outcome.outputs["claims"] == ["With mulch it was 5.2 kg, and 4.19 without."]
    assert supply.taken == 1


# --- tables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [("plot\n", "plots.csv: the table has no rows"), ("a,a\n1,2\n", "two columns of the table are called 'a'")],
)
async def test_what_is_no_table_fails_the_step(trial, supply, text, why):
    (trial.folder / "plots.csv").write_text(text)
    await research(trial, supply, FINE)
    (ended,) = [event for event in trial.of("step.finished") if event.step == "look"]
    assert ended.state == "failed"
    assert why in ended.reason


async def test_secrets_of_a_table_do_not_reach_the_log(trial, supply):
    (trial.folder / "plots.csv").write_text(TABLE.replace("yes", "SECRET"))
    drawn = 'import lab\nlab.bars("SECRET", {"a": 1})\nlab.result("SECRET", 1)\n'
    await research(trial, supply, {"trial_run#*/act": program(drawn.replace('"SEC', '"SE" "C')), "say#*/act": claims()})
    assert "SECRET" not in "".join(event.model_dump_json() for event in trial.events)


def test_facts_are_short_whatever_the_table_is():
    rows = [{f"c{n}": "x" * 500 if n % 2 else n for n in range(200)} for _ in range(50)]
    facts = facts_of(rows)
    assert len(facts["text"]) < 20_000
    assert "and 140 more columns" in facts["text"]
    assert facts_of([{"a": None}])["text"].splitlines()[1] == "- a: empty"


# --- what is checked before a run -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("data.csv: look", "data.csv: lok", "there is no step 'lok'; did you mean 'look'"),
        ("data.csv: look", "data.csv: plan", "the step 'plan' takes no table in; known: look"),
        ("data.csv: look", "lab.py: look", "'lab.py' lies beside every experiment already"),
        ("needs: plan, task", "task", "uses"),
        ("run: experiment,", "run: experiment, network: {allow: ['a.example:443']},", "it talks to nobody"),
        ("experiment: trial_run", "experiment: plan", "the step 'plan' is no experiment"),
        ("experiment: trial_run", "experiment: trial_ru", "there is no step 'trial_ru'; did you mean 'trial_run'"),
        ("Found: steps.say.claims", "Found: steps.say.claim", "step 'say' has no field 'claim'; did you mean 'claims'"),
        ("Data: steps.look.text", "Data: steps.fix.text", "step 'fix' has no field 'text'"),
        ('table: "{{ inputs.data }}"', 'table: "{{ inputs.date }}"', "there is no input 'date'; did you mean 'data'"),
    ],
)
def test_mistakes_in_the_file_are_told_before_it_runs(trial, supply, old, new, wrong):
    assert old in STEPS
    with pytest.raises(DefinitionError) as raised:
        trial.compile(STEPS.replace(old, new), HEAD)
    assert wrong in "\n".join(map(str, raised.value.problems))


def test_a_table_is_never_named_by_a_model(trial, supply):
    steps = 'name: {agent: writer, task: x}\nlook: {needs: name, table: "{{ steps.name.text }}"}'
    with pytest.raises(DefinitionError, match=r"not by what a step makes: steps\.name\.text"):
        trial.compile(steps)


def test_it_can_be_drawn(trial, supply):
    drawn = mermaid(trial.compile(STEPS, HEAD))
    assert 'step_look[("look<br/>a table")]' in drawn
    assert 'step_report["report<br/>a report on trial_run<br/>' in drawn


async def test_the_facts_of_a_table_are_told_in_a_line(trial, supply):
    await research(trial, supply, FINE)
    told = [line(event) for event in trial.of("tool.answered")]
    assert [one.partition(" in ")[0] for one in told] == [
        f"look#1/file/{path(trial)}: file gave plots.csv (text/csv, {len(TABLE)} bytes)",
        "look#1/facts: facts of a table gave 40 rows, 3 columns",
    ]
