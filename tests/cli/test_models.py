"""``glasswork models`` and ``doctor``, without a network; a live test keeps a real server up."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from glasswork.cli.models import known
from glasswork.library import Library
from glasswork.models import download
from glasswork.sandbox import choose
from glasswork.sandbox.choose import Availability


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A folder that is no project, on a machine without weights or sandboxes."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GLASSWORK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "nobody"))
    monkeypatch.delenv("GLASSWORK_MODEL", raising=False)
    none = Availability(name="docker", ok=False, why="no engine answers", hint="start it")
    monkeypatch.setattr(choose, "survey", lambda: (none,))
    return folder


def test_models_list(bakery, glasswork):
    said = glasswork("models", "list", "--json")
    rows = {row["name"]: row for row in said.data}
    assert rows["script"]["origin"] == "project"
    assert "answers.yaml" in rows["default"]["description"]
    assert "not pulled" in rows["smollm2-135m"]["description"] or rows["smollm2-135m"]["path"]
    assert "random" in glasswork("models", "list").out


def test_a_model_of_the_projects_own_comes_before_the_catalogues(bakery):
    text = "version: 1\nmodels: {smollm2-135m: {kind: random}}\n"
    (bakery / "models.yaml").write_text(text, encoding="utf-8")
    rows = [row for row in known(Library.discover()) if row["name"] == "smollm2-135m"]
    assert [row["origin"] for row in rows] == ["project"]


def test_glasswork_model_names_the_default(bakery, glasswork, monkeypatch):
    monkeypatch.setenv("GLASSWORK_MODEL", "dice")
    assert glasswork("models", "list", "--json").data[0]["description"].startswith("dice: random")


def test_pull_says_how_it_goes_on(empty, glasswork, monkeypatch, tmp_path):
    def pull(name, on_progress):
        for part in range(5):
            on_progress(part * 25, 100, f"part {part + 1} of 5")
        on_progress(100, 100, "checking the hash")
        return tmp_path / f"{name}.gguf"

    monkeypatch.setattr(download, "pull", pull)
    said = glasswork("models", "pull", "smollm2-135m")
    assert said.out == f"{tmp_path / 'smollm2-135m.gguf'}\n"
    assert [line for line in said.err.splitlines() if "%" in line][-1].startswith("smollm2-135m: 100%")
    assert "checking the hash" in said.err
    assert "qwen2.5-coder-1.5b" in glasswork("models", "pull").out


def test_pull_of_what_nobody_knows(empty, glasswork):
    said = glasswork("models", "pull", "smollm")
    assert said.status == 2
    assert "smollm2-135m" in said.err


def test_serve_needs_a_server(bakery, glasswork):
    said = glasswork("models", "serve", "dice")
    assert said.status == 2
    assert "no server to keep up" in said.err


def test_run_without_weights_says_how_to_get_them(empty, glasswork):
    said = glasswork("run", "software_team", "a program")
    assert said.status != 0
    assert "glasswork models pull" in said.err or "glasswork[embedded]" in said.err
    assert not (empty / "logs").exists()


def test_doctor_where_nothing_can_run(empty, glasswork):
    said = glasswork("doctor")
    assert said.status == 1
    assert "glasswork models pull qwen2.5-coder-1.5b" in said.out or "glasswork[embedded]" in said.out
    assert "start it" in said.out
    data = glasswork("doctor", "--json").data
    assert data["able"] is False
    assert {"Python", "model default", "sandbox docker", "disk", "terminal"} <= {
        one["about"] for one in data["findings"]
    }


def test_doctor_where_a_model_is_ready(bakery, glasswork, monkeypatch):
    monkeypatch.setattr(choose, "survey", tuple)
    said = glasswork("doctor")
    assert said.status == 0
    assert "A workflow can be run." in said.out


@pytest.mark.live
@pytest.mark.embedded
def test_serve_keeps_a_server_up_until_interrupted(tmp_path):
    command = [sys.executable, "-u", "-m", "glasswork", "models", "serve", "smollm2-135m"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert child.stdout
    address = re.search(r"http://\S+?(?=;)", child.stdout.readline())
    key = child.stdout.readline().rsplit(": ", 1)[1].strip()
    assert address
    request = urllib.request.Request(f"{address[0]}/models", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert json.load(answer)["data"]
    child.send_signal(signal.SIGINT)
    child.stdout.close()
    assert child.wait(timeout=30) == 130
