"""Pictures of workflows."""

import re
from pathlib import Path

import pytest

from glasswork.library import Library
from glasswork.workflow.compile import compile_recorded, compile_workflow
from glasswork.workflow.graph import layers, mermaid

WORKFLOW = """\
version: 1
name: shown
inputs: {x: {}}
steps:
  end: {agent: worker, task: x, when: "inputs.x != '\\"]; -->|<b>`#&%%{init: {}}%%\\\\\\\\'"}
  graph: {agent: worker, needs: end, task: x}
  fix: {loop: {steps: [end, graph], until: "'ok' in steps.graph.text", max: 2}}
  class: {human: "ok?", needs: fix, when: steps.fix.done}
  talk: {team: {kind: selector, agents: [worker, other]}, needs: [fix, class], join: any, task: x}
"""


@pytest.fixture
def workflow(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "config"))
    for folder in ("agents", "roles", "workflows"):
        (tmp_path / folder).mkdir()
    (tmp_path / "roles/person.md").write_text("---\nname: person\ntitle: Person\n---\nYou.\n")
    for name in ("worker", "other"):
        Path(tmp_path / f"agents/{name}.yaml").write_text("role: person\n")
    (tmp_path / "workflows/shown.yaml").write_text(WORKFLOW)
    library = Library.discover(tmp_path)
    return compile_workflow(library.workflow("shown"), library)


def test_layers(workflow):
    assert layers(workflow) == [["end"], ["graph"], ["fix"], ["class"], ["talk"]]


def test_mermaid(workflow):
    assert mermaid(workflow).splitlines() == [
        "flowchart TD",
        "    step_end[\"end<br/>worker<br/>when inputs.x != '#quot;]; --#gt;|#lt;b#gt;#96;#35;#amp;#37;#37;{init: {}}#37;#37;#92;#92;'\"]",
        '    step_graph["graph<br/>worker"]',
        '    step_fix{{"fix<br/>at most 2 more"}}',
        '    step_class(["class<br/>a person decides"])',
        '    step_talk[["talk<br/>selector: worker, other<br/>after any of them"]]',
        "    step_end --> step_graph",
        "    step_end --> step_fix",
        "    step_graph --> step_fix",
        "    step_fix -. \"until 'ok' in steps.graph.text\" .-> step_end",
        '    step_fix -- "when steps.fix.done" --> step_class',
        "    step_fix --> step_talk",
        "    step_class --> step_talk",
    ]


NESTED = """\
version: 1
name: outer
inputs: {files: {type: list}}
steps:
  first: {agent: worker, for_each: inputs.files, parallel: 2, task: "{{ item }}", on_error: continue}
  check: {workflow: inner, needs: first, on_error: skip}
  last: {human: "ok?", needs: check}
"""
INNER = "version: 1\nname: inner\nsteps: {end: {agent: other, task: x}, stop: {human: ok, needs: end}}\n"


def test_workflows_are_boxes_and_lists_are_labels(tmp_path, monkeypatch):
    texts = {
        "roles/person.md": "---\nname: person\ntitle: Person\n---\nYou.\n",
        "agents/worker.yaml": "role: person\n",
        "agents/other.yaml": "role: person\n",
        "workflows/outer.yaml": NESTED,
        "workflows/inner.yaml": INNER,
    }
    assert mermaid(compile_recorded(texts, "workflows/outer.yaml")).splitlines() == [
        "flowchart TD",
        '    step_first["first<br/>worker<br/>for each of inputs.files, 2 at once"]',
        '    subgraph step_check["check<br/>workflow inner<br/>counts as skipped if it fails"]',
        '        step_check_IN_end["end<br/>other"]',
        '        step_check_IN_stop(["stop<br/>a person decides"])',
        "        step_check_IN_end --> step_check_IN_stop",
        "    end",
        '    step_last(["last<br/>a person decides"])',
        "    step_first --> step_check",
        '    step_first -. "also if it fails" .-> step_check',
        "    step_check --> step_last",
    ]


def test_labels_hold_nothing_that_mermaid_or_a_browser_would_read(workflow):
    for label in re.findall(r'"([^"]*)"', mermaid(workflow)):
        assert not re.search(r"[`%\\]|<(?!br/>)|&", label)
        assert re.fullmatch(r"([^#]|#(\d+|\w+);)*", label)
