"""What the command line does to a workflow before it runs, it does to those within it."""

from glasswork.cli.bounds import bounded
from glasswork.cli.load import models_used
from glasswork.settings import SandboxSettings
from glasswork.workflow.compile import compile_recorded

FILES = {
    "roles/person.md": "---\nname: person\ntitle: Person\n---\nYou.\n",
    "agents/coder.yaml": "role: person\nmodel: small\nact: {produces: code, tools: [python]}\n",
    "agents/talker.yaml": "role: person\n",
    "workflows/outer.yaml": """\
version: 1
name: outer
defaults: {model: house}
steps:
  one: {workflow: inner}
  two: {agent: coder, task: x, model: big}
""",
    "workflows/inner.yaml": """\
version: 1
name: inner
steps:
  make: {agent: coder, task: x, sandbox: {timeout: 100, memory_mb: 4096}}
  talk: {team: {agents: [coder, talker], model: scheduler}, task: x}
""",
}


def test_every_model_is_opened_before_the_run():
    """Those of agents in teams and in workflows within too; an inner workflow has the outer one's default."""
    assert models_used(compile_recorded(FILES, "workflows/outer.yaml")) == ["big", "house", "scheduler", "small"]


def test_no_sandbox_is_above_the_settings():
    settings = SandboxSettings(backend="jail", max_timeout=5, max_memory_mb=128)
    workflow = bounded(compile_recorded(FILES, "workflows/outer.yaml"), settings, None)
    use = workflow.steps["one"].workflow.steps["make"].definition.sandbox
    assert (use.backend, use.timeout, use.memory_mb) == ("jail", 5, 128)
    other = bounded(workflow, settings, "docker").steps["one"].workflow.steps["make"].definition.sandbox
    assert other.backend == "docker"
