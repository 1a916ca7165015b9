"""A package with builtins of its own, as somebody else would offer them; a place for files; a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasswork.library import Library, Source, shipped
from glasswork.tools import Given, MediaStore, Tools

PACKAGE = """
import os, sys, time
from glasswork.tools import Media
from glasswork.tools.callables import Builtin

def shout(text, times=1):
    print("a library that prints")
    return text.upper() * int(times)

def sleep(seconds):
    time.sleep(seconds)
    return "slept"

def crash(text):
    print("the last words", file=sys.stderr, flush=True)
    os._exit(3)

def broken(text):
    raise KeyError(text)

def wrong(text):
    return 7

def picture(name):
    return Media(b"\\x89PNG\\r\\n\\x1a\\n and so on", name)

def size(file):
    return len(file.path.read_bytes())

def same(value):
    return value

def process(text):
    return os.getpid()

def variable(name):
    return os.environ.get(name, "unset")

def greedy(text):
    return len(bytearray(2 << 30))

needing = Builtin(shout, extra="ocr", needs=("a_module_that_nobody_has",))
keyed = Builtin(variable, environment=("GLASSWORK_TEST_KEY",))
hungry = Builtin(greedy, memory_mb=1024)
"""
NAMES = [line.split()[1].partition("(")[0] for line in PACKAGE.splitlines() if line.startswith("def ")]
NAMES += ["needing", "keyed", "hungry"]


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """A package on the path of this process, and of those it starts."""
    folder = tmp_path / "packages"
    about = folder / "loud_tools-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "loud_tools.py").write_text(PACKAGE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: loud-tools\nVersion: 1.0\n")
    entries = "".join(f"{name} = loud_tools:{name}\n" for name in NAMES)
    (about / "entry_points.txt").write_text(f"[glasswork.tools]\n{entries}")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    from glasswork.tools.callables import builtins

    yield folder
    for name in NAMES:
        builtins._members.pop(name, None)


@pytest.fixture
def media(tmp_path) -> MediaStore:
    return MediaStore(tmp_path / "media")


@pytest.fixture
def project(tmp_path) -> Path:
    folder = tmp_path / "project"
    (folder / "tools").mkdir(parents=True)
    return folder


@pytest.fixture
def define(project):
    """Write a definition: ``define("shout", "description: …")``."""

    def write(name: str, text: str) -> None:
        (project / "tools" / f"{name}.yaml").write_text(text)

    return write


@pytest.fixture
def library(project) -> Library:
    return Library((Source("project", project), Source("shipped", shipped())))


@pytest.fixture
async def tools(library, media):
    pool = Tools(library, Given(media))
    yield pool
    await pool.aclose()


@pytest.fixture
def pdf(media, pdf_bytes):
    """Make a PDF with one text a page: ``pdf("first page", "second page")``."""
    return lambda *pages: media.add(pdf_bytes(*pages), "document.pdf")
