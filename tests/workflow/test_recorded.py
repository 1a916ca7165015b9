"""A workflow from what a run recorded, whatever has become of the files since."""

import hashlib
import json
import subprocess
import sys

import pytest

from glasswork.errors import DefinitionError
from glasswork.library import Library, shipped
from glasswork.workflow.compile import changed_definitions, compile_recorded, compile_workflow

FILES = {
    "workflows/main.yaml": "version: 1\nname: main\nsteps: {a: {agent: writer, task: x}, b: {workflow: parts/inner.yaml, needs: a}}\n",
    "workflows/parts/inner.yaml": "version: 1\nname: inner\nsteps: {c: {agent: writer, task: y}}\n",
    "agents/writer.yaml": "role: person\n",
    "roles/person.md": "---\nname: person\ntitle: Person\n---\nYou are a person.\n",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    for key, text in FILES.items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_text(text)
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "nobody"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def of_run(name_or_path) -> tuple:
    library = Library.discover()
    workflow = compile_workflow(library.workflow(name_or_path), library)
    return workflow, {key: workflow.sources[digest] for key, digest in workflow.digests.items()}


@pytest.mark.parametrize("name", Library.discover(shipped()).names("workflow"))
def test_every_shipped_workflow_comes_out_as_it_went_in(name):
    workflow, texts = of_run(name)
    again = compile_recorded(texts, workflow.key)
    assert (again.name, again.digests, again.definition) == (workflow.name, workflow.digests, workflow.definition)
    for step_id, step in workflow.steps.items():
        other = again.steps[step_id]
        assert (other.definition, other.needs, other.agents, other.task) == (
            step.definition,
            step.needs,
            step.agents,
            step.task,
        )
        assert (other.when, other.until, other.fields, other.given) == (step.when, step.until, step.fields, step.given)
        assert (other.workflow and other.workflow.digests) == (step.workflow and step.workflow.digests)


def test_a_workflow_that_was_named_by_its_path_keeps_its_name(project):
    (project / "demo").mkdir()
    (project / "demo/main.yaml").write_text(
        FILES["workflows/main.yaml"].replace("parts/inner.yaml", "../workflows/parts/inner.yaml")
    )
    workflow, texts = of_run(project / "demo/main.yaml")
    assert (workflow.name, workflow.key) == ("main", "demo/main.yaml")
    assert compile_recorded(texts, workflow.key).name == "main"


WATCHED = """
import json, sys
from glasswork.workflow.compile import compile_recorded
texts, opened = json.load(sys.stdin), []
def watch(event, arguments):
    if event in {"open", "os.listdir", "os.scandir"} and not str(arguments[0]).endswith((".py", ".pyc")):
        opened.append(str(arguments[0]))
import glasswork.reasoning; glasswork.reasoning.strategies.names()  # looks through the installed packages, once
compile_recorded(texts, next(iter(texts)))
sys.addaudithook(watch)
compile_recorded(texts, next(iter(texts)))
assert [path for path in opened if path.endswith((".yaml", ".md"))] == [], opened
"""


def test_no_definition_file_is_read(project):
    """Not those of the project, which say something else by now, nor any others."""
    for key in FILES:
        (project / key).write_text("nonsense")
    ended = subprocess.run(
        [sys.executable, "-c", WATCHED], input=json.dumps(FILES), text=True, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_was_not_recorded_is_missing_even_where_a_file_has_it(project):
    texts = {key: text for key, text in FILES.items() if not key.startswith("roles/")}
    with pytest.raises(DefinitionError, match=r"agents/writer\.yaml \(recorded\):1:7: no role named 'person'"):
        compile_recorded(texts, "workflows/main.yaml")
    with pytest.raises(DefinitionError, match="the run recorded no such file"):
        compile_recorded(texts, "workflows/other.yaml")


def test_keys_that_lead_out_of_a_run_lead_nowhere():
    texts = {"workflows/main.yaml": "version: 1\nname: main\nsteps: {a: {workflow: ../../etc/x.yaml}}\n"}
    with pytest.raises(DefinitionError, match="stays within its project"):
        compile_recorded(
            texts | {"../etc/x.yaml": "version: 1\nname: x\nsteps: {a: {human: ok}}\n"}, "workflows/main.yaml"
        )


def test_digests_are_those_of_the_files(project):
    workflow, texts = of_run("main")
    assert texts == FILES
    for key, digest in workflow.digests.items():
        assert digest == hashlib.sha256((project / key).read_bytes()).hexdigest()


def test_what_has_changed_since(project):
    workflow, texts = of_run("main")
    library, file = Library.discover(), str(workflow.path)
    assert changed_definitions(texts, library, file) == []
    (project / "agents/writer.yaml").write_text("role: person\ndescription: another\n")
    (project / "workflows/parts/inner.yaml").unlink()
    assert changed_definitions(texts, library, file) == ["agents/writer.yaml", "workflows/parts/inner.yaml"]
    (project / "workflows/main.yaml").write_bytes(b"\xff")
    assert "workflows/main.yaml" in changed_definitions(texts, library, file)


def test_a_name_that_another_file_answers_to_by_now_has_changed(project):
    (project / "roles/engineer.md").write_text("---\nname: engineer\ntitle: Ours\n---\nYou.\n")
    text = (shipped() / "roles/engineer.md").read_text(encoding="utf-8")
    assert changed_definitions({"roles/engineer.md": text}, Library.discover(), "") == ["roles/engineer.md"]


def test_the_runs_own_workflow_is_compared_with_the_file_that_it_came_from(project, tmp_path_factory):
    workflow, texts = of_run("main")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "workflows").mkdir()
    (elsewhere / "workflows/main.yaml").write_text("version: 1\nname: main\nsteps: {a: {human: other}}\n")
    changed = changed_definitions(texts, Library.discover(elsewhere), str(workflow.path))
    assert "workflows/main.yaml" not in changed
