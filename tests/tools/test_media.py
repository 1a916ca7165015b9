"""Files as values: known by their bytes, kept once, named harmlessly."""

from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.definitions import MEDIA
from glasswork.errors import UserError
from glasswork.tools import media as module
from glasswork.tools import plain, shown
from glasswork.tools.media import clean_name, fits, media_type_of, suffix_of

HEADS = [
    (b"\x89PNG\r\n\x1a\n....", "a.png", "image/png", "image"),
    (b"\xff\xd8\xff\xe0", "a.jpg", "image/jpeg", "image"),
    (b"RIFF....WAVEfmt ", "a.wav", "audio/wav", "audio"),
    (b"RIFF....WEBPVP8 ", "a.webp", "image/webp", "image"),
    (b"%PDF-1.7", "a.pdf", "application/pdf", "document"),
    (b"PK\x03\x04....word/document.xml", "a.docx", None, "document"),
    (b"a,b\n1,2\n", "a.csv", "text/csv", "table"),
    (b"a,b\n1,2\n", "a.txt", "text/plain", "table"),
    (b"hello", "a", "text/plain", "document"),
    (b"\x00\x01\x02", "a.png", "application/octet-stream", "file"),
    (b"\x7fELF\x02", "a.csv", "application/octet-stream", "file"),
]


@pytest.mark.parametrize(("head", "name", "media_type", "kind"), HEADS)
def test_a_file_is_what_its_bytes_say(head, name, media_type, kind):
    found = media_type_of(head, name)
    assert media_type is None or found == media_type
    assert fits(found, kind)
    assert fits(found, "file")


def test_no_name_makes_a_picture_of_a_program():
    assert not any(fits(media_type_of(b"\x7fELF\x02", "a.png"), kind) for kind in MEDIA - {"file"})


def test_text_is_text_also_where_a_character_is_cut():
    whole = ("é" * 4000).encode()
    assert module.is_text(whole[:4096])
    assert module.is_text((b"x" + whole)[:4096])
    assert not module.is_text(b"caf\xc3")
    assert not module.is_text((b"\xff" + whole)[:4096])


def test_content_is_kept_once(media):
    first, second = media.add(b"hello", "a.txt"), media.add(b"hello", "b.txt")
    assert (first.name, second.name) == ("a.txt", "b.txt")
    assert first.path == second.path
    assert first.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert first.path.read_bytes() == b"hello"
    assert [path.name for path in media.folder.iterdir()] == [f"{first.sha256}.txt"]


def test_a_file_is_taken_as_a_copy(media, tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("before")
    blob = media.take(path)
    path.write_text("after")
    assert blob.name == "note.txt"
    assert blob.path.read_text() == "before"


def test_what_is_no_file_is_refused(media, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "pipe"):
        with pytest.raises(UserError, match="cannot be read"):
            media.take(path)


def test_what_is_too_large_is_refused(media, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 1 << 20)
    path = tmp_path / "large"
    path.write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(UserError, match="1 MiB at most"):
        media.take(path)


def test_prompts_show_a_file_without_its_bytes(media):
    blob = media.add(b"\x89PNG\r\n\x1a\n" + bytes(34_000), "photo.png")
    assert shown(blob) == "photo.png (image/png, 34 kB)"
    assert "path" not in plain(blob)
    assert plain(blob)["blob"] == blob.sha256


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (2.0, "2"), (2.5, "2.5"), (True, "true"), ({"a": [1, "é"]}, '{"a": [1, "é"]}'), (None, "null")],
)
def test_values_are_shown(value, text):
    assert shown(value) == text


@given(st.text(max_size=200))
def test_names_are_harmless(name):
    clean = clean_name(name)
    assert clean
    assert clean.isprintable()
    assert "/" not in clean
    assert clean not in {".", ".."}
    assert len(clean) <= 100


def test_suffixes():
    assert suffix_of("audio/wav") == ".wav"
    assert suffix_of("application/x-of-nobody") == ".bin"
