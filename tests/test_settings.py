"""glasswork.toml and the environment."""

from pathlib import Path

import pytest

from glasswork.errors import DefinitionError
from glasswork.settings import Settings, load_settings

TEXT = """\
[project]
name = "bakery"
[run]
logs = "runs"
model = "big"
[sandbox]
backend = "jail"
max_timeout = 30
max_memory_mb = 256
"""


def written(folder: Path, text: str) -> Path:
    (folder / "glasswork.toml").write_text(text)
    return folder


def test_everything_has_a_default(tmp_path):
    for root in (None, tmp_path, written(tmp_path, "")):
        settings = load_settings(root, {})
        assert settings == Settings(root=root or Path())
        assert settings.logs == (root or Path()) / "logs"
        assert settings.run.model is None


def test_a_file_is_read(tmp_path):
    settings = load_settings(written(tmp_path, TEXT), {})
    assert (settings.project.name, settings.run.model, settings.logs) == ("bakery", "big", tmp_path / "runs")
    assert (settings.sandbox.backend, settings.sandbox.max_timeout, settings.sandbox.max_memory_mb) == ("jail", 30, 256)


def test_the_environment_comes_before_the_file(tmp_path):
    env = {"GLASSWORK_MODEL": "small", "GLASSWORK_LOGS": "/elsewhere"}
    settings = load_settings(written(tmp_path, TEXT), env)
    assert (settings.run.model, settings.logs) == ("small", Path("/elsewhere"))
    assert load_settings(tmp_path, {"GLASSWORK_MODEL": ""}).run.model == "big"


def test_every_problem_is_told_at_once_where_it_stands(tmp_path):
    root = written(
        tmp_path,
        '[proejct]\nname = "x"\n[run]\nlog = "a"\n  model = 3\n[sandbox]\nbackend = "dokcer"\nmax_memory_mb = 1\n',
    )
    with pytest.raises(DefinitionError) as caught:
        load_settings(root, {})
    assert [(p.line, p.column, p.message) for p in caught.value.problems] == [
        (1, 1, "unknown key 'proejct'; did you mean 'project'?"),
        (4, 1, "unknown key 'log'; did you mean 'logs'?"),
        (5, 3, "run.model must be a valid string, but is 3"),
        (7, 1, "sandbox.backend must be 'default', 'docker', 'bubblewrap' or 'jail', but is 'dokcer'"),
        (8, 1, "sandbox.max_memory_mb must be greater than or equal to 64, but is 1"),
    ]


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"[run\n", 1, "this is not TOML"),
        (b"[run]\nlogs = \n", 2, "this is not TOML"),
        (b"\xff", 0, "cannot be read"),
        (b"a = " + b"[" * 50_000, 0, "cannot be read"),
        (b"#" * 200_000, 0, "larger than 100 kB"),
        (b'root = "/"\n', 1, "unknown key 'root'"),
        (b"run = 3\n", 1, "run must be"),
    ],
)
def test_files_that_are_no_settings(tmp_path, data, line, words):
    (tmp_path / "glasswork.toml").write_bytes(data)
    with pytest.raises(DefinitionError) as caught:
        load_settings(tmp_path, {})
    (problem,) = caught.value.problems
    assert words in problem.message
    assert problem.line == line
    assert "Record" not in problem.message


def test_tools_and_mcp_servers(tmp_path):
    text = """
[tools]
network = ["api.example.org:443"]
secrets = ["KEY"]
[mcp.calendar]
command = ["calendar-server", "--read-only"]
env = ["TOKEN"]
[mcp.far]
url = "https://example.org/mcp"
"""
    settings = load_settings(written(tmp_path, text), {})
    assert (settings.tools.network, settings.tools.secrets) == (("api.example.org:443",), ("KEY",))
    assert settings.mcp["calendar"].command == ("calendar-server", "--read-only")
    assert settings.mcp["far"].url == "https://example.org/mcp"


def test_problems_of_mcp_servers(tmp_path):
    text = '[mcp.a]\ncomand = ["x"]\n[mcp.b]\nurl = "x"\n[mcp.c]\n[mcp]\nd = 3\n[tools]\nnetwrok = []\n'
    with pytest.raises(DefinitionError) as caught:
        load_settings(written(tmp_path, text), {})
    found = {problem.line: problem.message for problem in caught.value.problems}
    assert found[2] == "unknown key 'comand'; did you mean 'command'?"
    assert "mcp.b.url must" in found[4]
    assert found[5] == "mcp.c: an MCP server has a 'command' or a 'url'"
    assert found[7] == "mcp.d must be a table of keys and values, but is 3"
    assert found[9] == "unknown key 'netwrok'; did you mean 'network'?"
