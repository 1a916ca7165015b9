"""A workflow asks for limits; the project's file says how far it may go; what neither names cannot be raised at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.security.hostile import Liar
from tests.security.injections import Obedient

from glasswork.cli.bounds import _step, bounded
from glasswork.cli.load import load_workflow
from glasswork.definitions import AgentStep, SandboxUse
from glasswork.errors import DefinitionError
from glasswork.log.reader import read
from glasswork.log.runs import find_run
from glasswork.records import SandboxRan, SandboxStarted
from glasswork.sandbox.base import Connection, Limits
from glasswork.settings import SandboxSettings, load_settings
from glasswork.workflow.compiled import CompiledStep

FILES = {
    "roles/somebody.md": "---\nname: somebody\ntitle: Somebody\n---\nYou write.\n",
    "agents/coder.yaml": "role: somebody\nplan: {choose_from: [plain, clever]}\nact: {produces: code, tools: [python]}\n",
    "models.yaml": "version: 1\ndefault: any\nmodels: {any: {kind: random}}\n",
    "workflows/inner.yaml": "version: 1\nname: inner\nsteps:\n  code: {agent: coder, task: Write it., sandbox: {USE}}\n",
    "workflows/outer.yaml": "version: 1\nname: outer\nsteps:\n  code: {agent: coder, task: Write it., sandbox: {USE}}\n  sub: {workflow: inner, needs: code}\n",
}
ASKED = {"wall_seconds", "cpu_seconds", "memory_mb"}
FIXED = {name: value for name, value in Limits().model_dump().items() if name not in ASKED}
"""What no file can ask for."""
STRENGTH = ["default", "jail", "bubblewrap", "docker"]


@pytest.fixture
def project(alone):
    """A workflow, and one that runs it as a step; both ask for the same sandbox."""

    def write(use: str, settings: str = ""):
        (alone / "glasswork.toml").write_text(settings, encoding="utf-8")
        for name, content in FILES.items():
            (alone / name).parent.mkdir(parents=True, exist_ok=True)
            (alone / name).write_text(content.replace("{USE}", use), encoding="utf-8")
        return alone

    return write


def uses(workflow) -> list[SandboxUse]:
    """Return every sandbox of a workflow, those of its sub-workflows too."""
    found = []
    for step in workflow.steps.values():
        if step.workflow is not None:
            found += uses(step.workflow)
        elif getattr(step.definition, "sandbox", None) is not None:
            found.append(step.definition.sandbox)
    return found


@pytest.mark.parametrize(
    ("asked", "settings", "gets"),
    [
        ("{timeout: 30, memory_mb: 256}", "", (30, 256)),
        ("{timeout: 30, memory_mb: 256}", "max_timeout = 30\nmax_memory_mb = 256", (30, 256)),
        ("{timeout: 30.5, memory_mb: 257}", "max_timeout = 30\nmax_memory_mb = 256", (30, 256)),
        ("{timeout: 24h, memory_mb: 4096}", "max_timeout = 0.5\nmax_memory_mb = 64", (0.5, 64)),
        ("{timeout: 24h, memory_mb: 4096}", "", (600, 4096)),
        ("{timeout: 24h, memory_mb: 4096}", "max_timeout = 86400\nmax_memory_mb = 65536", (86400, 4096)),
        ("{timeout: 1ms, memory_mb: 64}", "max_timeout = 60", (0.001, 64)),
        ("{}", "max_timeout = 5", (5, 512)),
    ],
)
def test_a_step_gets_what_it_asks_for_within_what_the_project_allows(project, asked, settings, gets):
    folder = project(asked, f"[sandbox]\n{settings}\n")
    workflow, _ = load_workflow("outer")
    found = uses(bounded(workflow, load_settings(folder, {}).sandbox, None))
    assert [(use.timeout, use.memory_mb) for use in found] == [gets, gets], "the sub-workflow's step, too"


@given(
    st.tuples(st.floats(0.001, 86_400), st.integers(64, 4096), st.sampled_from(STRENGTH)),
    st.tuples(st.floats(0.001, 86_400), st.integers(64, 65_536), st.sampled_from(STRENGTH)),
)
def test_never_above_never_weaker(asked, allowed):
    (timeout, memory, backend), (most_time, most_memory, least) = asked, allowed
    use = SandboxUse(backend=backend, timeout=timeout, memory_mb=memory)
    step = CompiledStep(id="x", kind="agent", needs=(), definition=AgentStep(agent="coder", task="x", sandbox=use))
    settings = SandboxSettings(backend=least, max_timeout=most_time, max_memory_mb=most_memory)
    got = _step(step, settings, None).definition.sandbox
    assert got.timeout <= min(timeout, most_time)
    assert got.memory_mb <= min(memory, most_memory)
    assert STRENGTH.index(got.backend) >= max(STRENGTH.index(backend), STRENGTH.index(least))
    assert _step(step, settings, "jail").definition.sandbox.backend == "jail", "the command line's word counts"


@pytest.mark.parametrize("settings", ["", "[sandbox]\nmax_timeout = 2\nmax_memory_mb = 100\nbackend = 'bubblewrap'\n"])
def test_what_a_sandbox_is_given_and_what_the_log_says_of_it(project, glasswork, monkeypatch, settings):
    folder = project("{timeout: 24h, memory_mb: 4096, backend: jail}", settings)
    model, sandbox, opened = Obedient(), Liar("x"), []

    async def open_sandbox(backend, **_):
        opened.append(backend)
        return sandbox

    async def get(*_, **__):
        return model

    monkeypatch.setattr("glasswork.sandbox.choose.open_sandbox", open_sandbox)
    monkeypatch.setattr("glasswork.models.pool.Models.get", get)
    glasswork("run", "outer")
    seconds, memory = (2, 100) if settings else (600, 4096)
    most = {"wall_seconds": float(seconds), "cpu_seconds": seconds, "memory_mb": memory}
    log = read(find_run(folder / "logs", "latest"))
    ran = [event for event in log.events if isinstance(event, SandboxRan)]
    assert [dict(event.limits) for event in ran] == [FIXED | most] * 2
    assert [job.limits.model_dump() for job in sandbox.jobs] == [FIXED | most] * 2
    assert opened == (["bubblewrap"] if settings else ["jail"])


ASKS = '{backend: jail, run: program, network: {loopback: true, allow: ["Example.org:443"]}}'


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ("", "example.org:443"),
        ("network = ['other.org:443']\nloopback = true", "Example.org:443"),
        ("network = ['example.org:80']\nloopback = true", "Example.org:443"),
        ("network = ['example.org:443']", "loopback"),
        ("network = ['*.org:443']\nloopback = true", "is not written HOST:PORT"),
    ],
)
def test_a_network_that_the_project_does_not_allow_is_refused_before_anything_runs(
    project, glasswork, settings, refused
):
    folder = project(ASKS, f"[sandbox]\n{settings}\n")
    for name in ("inner", "outer"):
        said = glasswork("run", name)
        assert said.status == 2
        assert refused.lower() in said.err.lower()
        assert "Traceback" not in said.err
    assert not [*folder.glob("logs/*")], "nothing was begun"


def test_a_network_within_what_the_project_allows_reaches_the_sandbox_and_the_log(project, glasswork, monkeypatch):
    folder = project(ASKS, "[sandbox]\nnetwork = ['example.org:443', 'b.org:80']\nloopback = true\n")
    model, sandbox = Obedient(), Liar("x")
    sandbox.connections = (Connection(host="evil.org", port=80, allowed=False, why="not on the list"),)

    async def open_sandbox(_backend, **_):
        return sandbox

    async def get(*_, **__):
        return model

    monkeypatch.setattr("glasswork.sandbox.choose.open_sandbox", open_sandbox)
    monkeypatch.setattr("glasswork.models.pool.Models.get", get)
    glasswork("run", "inner")
    (job,) = sandbox.jobs
    assert job.network.allow == ("example.org:443",), "what was asked for, and no more"
    assert job.network.loopback
    log = read(find_run(folder / "logs", "latest"))
    (ran,) = [event for event in log.events if isinstance(event, SandboxRan)]
    assert (ran.network["allow"], ran.network["loopback"]) == (["example.org:443"], True)
    assert ran.connections[0]["host"] == "evil.org"
    (began,) = [event for event in log.events if isinstance(event, SandboxStarted)]
    assert not began.idempotent, "others remember what it did"
    shown = glasswork("log", "show", "--no-pager").out
    assert "evil.org:80" in shown
    assert "its own loopback, example.org:443" in shown


def test_without_a_grant_nothing_is_asked_of_a_sandbox(project, glasswork, monkeypatch):
    project("jail")
    model, sandbox = Obedient(), Liar("x")

    async def open_sandbox(_backend, **_):
        return sandbox

    async def get(*_, **__):
        return model

    monkeypatch.setattr("glasswork.sandbox.choose.open_sandbox", open_sandbox)
    monkeypatch.setattr("glasswork.models.pool.Models.get", get)
    glasswork("run", "inner")
    assert not any(job.network.granted for job in sandbox.jobs)


@pytest.mark.parametrize("said", ["{allow: [example.org]}", "{allow: ['*:443']}", "{allow: ['a.org:99999']}", "{loopback: true, allow: ['127.0.0.1:80']}"])  # fmt: skip
def test_a_network_that_cannot_be_is_told_with_its_place(project, glasswork, said):
    project(f"{{network: {said}}}")
    told = glasswork("validate", "workflows/inner.yaml")
    assert told.status != 0
    assert "inner.yaml:4:" in told.out + told.err


@pytest.mark.parametrize("name", ["output_kb", "processes", "open_files", "file_mb", "workspace_mb", "cpu_seconds", "networks", "env", "environment", "mounts", "volumes", "docker_sock", "privileged", "user", "image", "limits", "hosts"])  # fmt: skip
def test_what_no_workflow_can_ask_for(project, glasswork, name):
    project(f"{{{name}: 1}}")
    said = glasswork("run", "inner")
    assert said.status == 2
    assert "inner.yaml:4:" in said.err
    assert f"unknown key '{name}'" in said.err


@pytest.mark.parametrize(
    ("use", "says"),
    [
        ("{timeout: 0}", "more than 0"),
        ("{timeout: -1}", "more than 0"),
        ("{timeout: 25h}", "86400"),
        ("{timeout: .inf}", ""),
        ("{timeout: .nan}", ""),
        ("{timeout: forever}", "duration"),
        ("{memory_mb: 63}", "64"),
        ("{memory_mb: 4097}", "4096"),
        ("{memory_mb: 1e9}", ""),
        ("{memory_mb: true}", ""),
        ("{backend: none}", "jail"),
        ("{backend: host}", "jail"),
    ],
)
def test_what_no_workflow_can_set_is_told_with_its_line(project, glasswork, use, says):
    project(use)
    said = glasswork("run", "inner")
    assert said.status == 2, said.both
    assert "inner.yaml:4:" in said.err
    assert says in said.err


@pytest.mark.parametrize("key", ["max_timeout", "max_memory_mb", "backend"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "1e99", "'60'", "true", "[]", "{}", "99999999999999999999"])
def test_what_a_project_cannot_allow_is_told_with_its_line(project, glasswork, key, value):
    folder = project("{}", f"# ours\n[sandbox]\n{key} = {value}\n")
    with pytest.raises(DefinitionError) as caught:
        load_settings(folder, {})
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (3, 1)
    assert problem.message.startswith(f"sandbox.{key} ")
    said = glasswork("run", "inner")
    assert said.status == 2
    assert "glasswork.toml:3:1: " in said.err


@pytest.mark.parametrize("name", ["max_output_kb", "max_processes", "networks", "env", "mounts", "docker_sock"])
def test_a_project_allows_nothing_else(project, name):
    with pytest.raises(DefinitionError, match=f"unknown key '{name}'"):
        load_settings(project("{}", f"[sandbox]\n{name} = 1\n"), {})


@pytest.mark.parametrize(("asked", "seconds"), [("60s", 60), ("1ms", 1), ("1500ms", 2), ("20s", 20), ("1h", 90)])
def test_seconds_of_the_processor_follow_the_clock(project, glasswork, monkeypatch, asked, seconds):
    project(f"{{timeout: {asked}}}", "[sandbox]\nmax_timeout = 90\n")
    sandbox = Liar("x")

    async def open_sandbox(*_, **__):
        return sandbox

    async def get(*_, **__):
        return Obedient()

    monkeypatch.setattr("glasswork.sandbox.choose.open_sandbox", open_sandbox)
    monkeypatch.setattr("glasswork.models.pool.Models.get", get)
    glasswork("run", "inner")
    assert [job.limits.cpu_seconds for job in sandbox.jobs] == [seconds]
