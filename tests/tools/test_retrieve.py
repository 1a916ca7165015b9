"""Candidates for a task: found by words and types."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from glasswork.definitions import ToolInput, ToolOutput
from glasswork.knowledge.ranking import static_embeddings
from glasswork.knowledge.words import words
from glasswork.library import Library, Source, shipped
from glasswork.tools import Candidates, Given, MediaStore, Spec, Tools
from glasswork.tools.retrieve import callable_with, gives


@pytest.fixture(scope="module")
def specs():
    pool = Tools(Library((Source("shipped", shipped()),)), Given(MediaStore(Path("nowhere"))))
    return pool.specs()


TASKS = [
    ("read the text in the photo", "ocr"),
    ("what does the sign say", "ocr"),
    ("transcribe the recording", "speech_to_text"),
    ("read this sentence out loud", "text_to_speech"),
    ("what is 15 percent of 80", "calculate"),
    ("solve the equation x^2 = 9", "calculate"),
    ("in which language is this written", "language"),
    ("what kind of file is this", "file_type"),
    ("is the review positive", "sentiment"),
    ("average price in the CSV table", "table_question"),
    ("which columns does the table have", "table_facts"),
    ("how large is the picture in pixels", "image_facts"),
    ("extract the text of the PDF", "pdf_text"),
    ("how similar are the two texts", "similarity"),
]


@pytest.mark.parametrize(("task", "name"), TASKS)
def test_shipped_tools_are_found_by_what_they_do(specs, task, name):
    assert name in [one.spec.name for one in Candidates(specs).find(task, limit=3)]


def test_a_percent_sign_is_a_word(specs):
    assert words("17.5% of 1240") == ["17", "5", "percent", "1240"]
    found = Candidates(specs).find("What is 17.5% of 1240, and how many pixels high is photo.png?", have={"image"})
    assert "calculate" in [one.spec.name for one in found]


@pytest.mark.parametrize("task", ["What does the sign say, in Chinese?", "Say in English what the sign says"])
def test_what_translates_is_found_by_a_language(specs, task):
    assert "ask_model" in [one.spec.name for one in Candidates(specs).find(f"{task} image sign.png", have={"image"})]


def spec(name: str, output: str = "text", **inputs: str) -> Spec:
    given = {key: ToolInput(type=kind.rstrip("?"), required=not kind.endswith("?")) for key, kind in inputs.items()}
    return Spec(name=name, description="Does it.", inputs=given, output=ToolOutput(type=output))


def test_types_rule_out_what_cannot_be_called():
    image, text = spec("image", picture="image", note="text"), spec("text", note="text", picture="image?")
    assert callable_with(image, {"image"})
    assert not callable_with(image, {"audio"})
    assert not callable_with(image, set())
    assert callable_with(image, None)
    assert callable_with(text, set())
    assert callable_with(spec("any", file="file"), {"audio"})
    document = spec("document", document="document")
    assert [callable_with(document, {kind}) for kind in ("document", "table", "file")] == [True, True, True]
    assert not callable_with(document, {"image", "audio"})
    found = Candidates([image, text]).find("do it", have=set())
    assert [one.spec.name for one in found] == ["text"]


@pytest.mark.parametrize(
    ("output", "want", "right"),
    [
        ("text", None, True),
        ("text", "text", True),
        ("json", "text", True),
        ("number", "text", True),
        ("audio", "text", False),
        ("text", "number", False),
        ("audio", "file", True),
        ("text", "json", True),
        ("audio", "json", False),
        ("text", "image", False),
    ],
)
def test_types_rule_out_what_is_not_wanted(output, want, right):
    assert gives(spec("x", output), want) is right


def test_a_task_without_a_known_word_gets_what_its_types_allow():
    found = Candidates([spec("one"), spec("two", "audio")]).find("zzz", want="audio")
    assert [(one.spec.name, one.score) for one in found] == [("two", 0.0)]
    assert Candidates([]).find("anything") == ()


def test_a_second_ranking_is_fused():
    known = {"alpha": (1.0, 0.0), "beta": (0.0, 1.0)}

    def embed(texts):
        return np.array([next((v for k, v in known.items() if k in text), (0.0, 1.0)) for text in texts])

    tools = [spec("alpha"), spec("beta")]
    assert next(one.spec.name for one in Candidates(tools, embed=embed).find("unknown words")) == "beta"
    assert next(one.spec.name for one in Candidates(tools).find("unknown words")) == "alpha"


def test_hundreds_of_tools_are_searched_in_milliseconds():
    many = [
        Spec(
            name=f"tool_{number}",
            description=f"Does the thing number {number} with files and words of kind {number % 7}.",
        )
        for number in range(800)
    ]
    index = Candidates(many)
    begun = time.perf_counter()
    found = index.find("the thing number 77")
    assert time.perf_counter() - begun < 0.25
    assert "tool_77" in [one.spec.name for one in found]


@pytest.mark.live
@pytest.mark.tools
@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("a voice message", "speech_to_text"),
        ("signboard", "ocr"),
        ("happy or angry", "sentiment"),
        ("spreadsheet", "table_facts"),
    ],
)
def test_static_embeddings_find_other_words(specs, task, name):
    embed = static_embeddings()
    if embed is None:
        pytest.skip("needs glasswork[embed]")
    assert [one.spec.name for one in Candidates(specs, embed=embed).find(task, limit=1)] == [name]


def test_the_logging_of_the_process_is_left_as_it_is():
    """WordLlama sets logging up for everybody as it is imported."""
    pytest.importorskip("wordllama", reason="needs glasswork[embed]")
    program = (
        "import logging\n"
        "from glasswork.knowledge.ranking import static_embeddings\n"
        "root = logging.getLogger()\n"
        "before = root.level, list(root.handlers)\n"
        "assert len(static_embeddings()(['a sign'])[0]) == 256\n"
        "assert (root.level, root.handlers) == before, root.handlers\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
