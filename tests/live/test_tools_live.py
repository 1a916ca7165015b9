"""The shipped tool models with weights, each through its own process, on real files that are made here."""

from __future__ import annotations

import io

import pytest

from glasswork.library import Library, Source, shipped
from glasswork.tools import Given, MediaStore, Tools

pytestmark = [pytest.mark.live, pytest.mark.tools]


@pytest.fixture
def media(tmp_path) -> MediaStore:
    return MediaStore(tmp_path / "media")


@pytest.fixture
async def call(media):
    """Call a shipped tool: ``await call("ocr", image=blob)``; skips where its extra is not installed."""
    pool = Tools(Library((Source("shipped", shipped()),)), Given(media))

    async def made(name: str, **arguments):
        health = await pool.get(name).health()
        if not health.ok:
            pytest.skip(f"{health.why}; {health.hint}")
        return await pool.get(name).call(arguments)

    yield made
    await pool.aclose()


@pytest.fixture
def sign(media):
    """A picture with text on it."""
    image = pytest.importorskip("PIL.Image", reason="needs glasswork[images]")
    from PIL import ImageDraw, ImageFont

    drawn = image.new("RGB", (640, 200), "white")
    words = "FRESH BREAD\nopen 7:30 to 18:00"
    ImageDraw.Draw(drawn).text((30, 30), words, fill="black", font=ImageFont.load_default(48))
    stream = io.BytesIO()
    drawn.save(stream, "PNG")
    return media.add(stream.getvalue(), "sign.png")


async def test_a_sign_is_read(call, sign):
    assert await call("ocr", image=sign) == "FRESH BREAD\nopen 7:30 to 18:00"


async def test_a_picture_without_text_has_none(call, media):
    image = pytest.importorskip("PIL.Image", reason="needs glasswork[images]")
    stream = io.BytesIO()
    image.new("RGB", (200, 200), "white").save(stream, "PNG")
    assert await call("ocr", image=media.add(stream.getvalue(), "blank.png")) == ""


async def test_what_is_said_is_written_down(call):
    said = "Please open the door and turn on the light."
    assert (await call("text_to_speech", text=said)).size > 50_000
    recording = await call("text_to_speech", text=said, language="en-us")
    assert (recording.media_type, recording.name) == ("audio/wav", "speech.wav")
    assert recording.size > 50_000
    assert await call("speech_to_text", audio=recording) == said


async def test_a_broken_recording_is_told(call, media):
    from glasswork.errors import ToolFailed

    with pytest.raises(ToolFailed):
        await call("speech_to_text", audio=media.add(b"RIFF\x00\x00\x00\x00WAVE and no more", "a.wav"))


@pytest.mark.parametrize(
    ("text", "code"),
    [("Guten Morgen, wie geht es dir?", "de"), ("Where is the station?", "en"), ("La casa es roja y grande", "es")],
)
async def test_languages_are_told_apart(call, text, code):
    assert (await call("language", text=text))["code"] == code


async def test_a_long_text_and_a_choice_of_languages(call):
    assert (await call("language", text="Il gatto dorme sul divano. " * 10))["code"] == "it"
    assert (await call("language", text="bonjour", among="en, fr"))["code"] == "fr"


async def test_files_are_known_by_their_content(call, media, sign):
    found = await call("file_type", file=sign)
    assert (found["type"], found["media_type"]) == ("png", "image/png")
    program = media.add(b"import os\n\ndef main():\n    print(os.getcwd())\n\nmain()\n" * 5, "notes.txt")
    assert (await call("file_type", file=program))["type"] == "python"


async def test_meaning_is_compared(call):
    near = await call("similarity", text="The cat sat on the mat", other="A kitten rests on a rug")
    far = await call("similarity", text="The cat sat on the mat", other="Interest rates rose again")
    assert near > far + 0.2
    vector = await call("embed", text="The cat sat on the mat")
    assert len(vector) == 256
    assert sum(one * one for one in vector) == pytest.approx(1, abs=0.01)


async def test_a_program_runs_in_a_sandbox(media):
    from glasswork.errors import SandboxUnavailable, ToolFailed
    from glasswork.sandbox.choose import open_sandbox

    try:
        sandbox = await open_sandbox()
    except SandboxUnavailable as error:
        pytest.skip(error.message)

    async def opened(_):
        return sandbox

    pool = Tools(Library((Source("shipped", shipped()),)), Given(media, open_sandbox=opened))
    try:
        file = media.add(b"a,b\n1,2\n", "x.csv")
        code = "import csv; print(sum(map(int, list(csv.reader(open(FILE)))[1])))"
        assert await pool.get("run_code").call({"code": code, "file": file}) == "3"
        with pytest.raises(ToolFailed, match="ZeroDivisionError"):
            await pool.get("run_code").call({"code": "1/0"})
    finally:
        await pool.aclose()
        await sandbox.aclose()


async def test_the_quick_ones_work_in_their_process_too(call, media, sign):
    table = media.add(b"town,price\nOslo,3.5\nRome,4\n", "prices.csv")
    assert (await call("table_question", table=table, sql="SELECT max(price) FROM data"))["value"] == 4
    assert (await call("table_facts", table=table))["rows"] == 2
    assert (await call("image_facts", image=sign))["width"] == 640
    assert (await call("sentiment", text="What a lovely day!"))["label"] == "positive"
