"""Taking in: what comes out is what went in, twice is once, ids stay, and a damaged index says so."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasswork.errors import MissingExtra, NotFound, UserError
from glasswork.knowledge import ingest as module
from glasswork.knowledge.index import language_of
from glasswork.knowledge.ingest import ingest
from glasswork.knowledge.passages import Read, Section, passages_of
from glasswork.knowledge.store import Shelf, packed


def take(shelf, *paths, **more):
    return ingest(shelf, "law", [Path(path) for path in paths], embed=None, **more)


def ids(shelf):
    return [passage.id for passage in shelf.get("law").passages]


def test_a_folder_becomes_passages(shelf, corpus):
    report = take(shelf, corpus)
    assert (report.added, report.other, report.passages) == (["docs/note.txt", "docs/rest.md"], 1, 4)
    index = shelf.get("law")
    assert index.language == "en"
    assert [one.partition("~")[0] for one in ids(shelf)] == [
        "docs/note.txt#",
        "docs/rest.md#1",
        "docs/rest.md#2",
        "docs/rest.md#3",
    ]
    (document,) = [one for one in index.documents if one.name == "docs/rest.md"]
    assert document.facts["last_updated"] == "2022-07-27"
    assert index.passages[2].label == "Rest Act 1999, Rest Act > 2. Daily rest."


def test_search_finds_by_words_with_scores(shelf, corpus):
    take(shelf, corpus)
    hits = shelf.get("law").search("How many hours of rest in a day?", 2)
    assert hits[0].passage.id.startswith("docs/rest.md#2~")
    assert hits[0].score >= hits[1].score > 0
    assert hits[0].words > 0
    assert hits[0].meaning is None
    assert shelf.get("law").search("zzz") == ()


def test_what_is_unchanged_is_not_read_again(shelf, corpus, monkeypatch):
    take(shelf, corpus)
    before = shelf.path("law").read_bytes()
    monkeypatch.setattr(Path, "read_bytes", _only(shelf.path("law")))
    report = take(shelf, corpus)
    assert (report.unchanged, report.added, report.changed) == (["docs/note.txt", "docs/rest.md"], [], [])
    assert shelf.path("law").read_bytes() == before


def _only(path, read=Path.read_bytes):
    def read_bytes(self):
        assert self == path, f"{self} was read"
        return read(self)

    return read_bytes


def test_a_touched_file_is_unchanged_all_the_same(shelf, corpus, monkeypatch):
    take(shelf, corpus)
    os.utime(corpus / "rest.md", (1, 1))
    monkeypatch.setattr(module, "read", lambda *_: pytest.fail("it was taken apart again"))
    assert take(shelf, corpus).unchanged == ["docs/note.txt", "docs/rest.md"]
    monkeypatch.setattr(Path, "read_bytes", _only(shelf.path("law")))
    take(shelf, corpus)


def test_what_changed_is_replaced_and_all_else_keeps_its_ids(shelf, corpus, law):
    take(shelf, corpus)
    before = ids(shelf)
    (corpus / "rest.md").write_text(law.replace("four weeks", "five weeks"))
    report = take(shelf, corpus)
    assert (report.changed, report.unchanged) == (["docs/rest.md"], ["docs/note.txt"])
    assert ids(shelf)[:3] == before[:3]
    assert ids(shelf)[3] != before[3]
    assert ids(shelf)[3].startswith("docs/rest.md#3~")


def test_what_is_gone_from_a_folder_goes(shelf, corpus):
    take(shelf, corpus)
    (corpus / "note.txt").unlink()
    assert take(shelf, corpus / "rest.md").removed == []
    assert take(shelf, corpus).removed == ["docs/note.txt"]
    assert {one.name for one in shelf.get("law").documents} == {"docs/rest.md"}


def test_a_file_that_cannot_be_read_is_named_and_what_was_known_of_it_stays(shelf, corpus):
    take(shelf, corpus)
    (corpus / "rest.md").write_bytes(b"\xff\xfe broken")
    (corpus / "new.md").write_bytes(b"  ")
    report = take(shelf, corpus)
    assert set(report.unreadable) == {str(corpus / "rest.md"), str(corpus / "new.md")}
    assert "UTF-8" in report.unreadable[str(corpus / "rest.md")]
    assert sum(one.startswith("docs/rest.md#") for one in ids(shelf)) == 3


def test_what_is_not_installed_stops_it(shelf, corpus, monkeypatch):
    (corpus / "a.html").write_text("<p>text")

    def missing(*_):
        raise MissingExtra("bs4", "knowledge")

    monkeypatch.setattr(module, "read", missing)
    with pytest.raises(MissingExtra):
        take(shelf, corpus)
    assert shelf.names() == ()


def test_nothing_makes_no_index(shelf, tmp_path):
    (tmp_path / "photo.png").write_bytes(b"x")
    with pytest.raises(UserError, match=r"nothing was taken in, so there is no index 'law'") as wrong:
        take(shelf, tmp_path)
    assert "md, pdf" in wrong.value.hint
    for number in range(5):
        (tmp_path / f"{number}.txt").write_bytes(b"\xff")
    with pytest.raises(UserError, match=r"0\.txt is not UTF-8 text .*convert it.*; 2 more like it"):
        take(shelf, tmp_path)
    assert shelf.names() == ()


def test_an_empty_question_finds_nothing_to_ask(shelf, corpus):
    take(shelf, corpus)
    with pytest.raises(UserError, match="the question is empty"):
        shelf.get("law").search(" \n")


def test_a_mistake_changes_nothing(shelf, corpus, tmp_path):
    take(shelf, corpus)
    before = shelf.path("law").read_bytes()
    other = tmp_path / "other" / "docs"
    other.mkdir(parents=True)
    (other / "note.txt").write_text("Another note.")
    for wrong, paths, more in (
        ("no such file", [corpus / "nothing.md"], {}),
        ("would both be the document 'docs/note.txt'", [other], {}),
        ("has the length of passages 1500, which cannot become 300", [corpus], {"longest": 300}),
        ("has the language en, which cannot become zh", [corpus], {"language": "zh"}),
    ):
        with pytest.raises(UserError, match=wrong):
            take(shelf, *paths, **more)
    with pytest.raises(UserError, match="is no name for an index"):
        ingest(shelf, "../law", [corpus], embed=None)
    assert shelf.path("law").read_bytes() == before


def test_a_folder_that_moved_is_the_same_folder(shelf, corpus, tmp_path):
    take(shelf, corpus)
    before = ids(shelf)
    moved = tmp_path / "elsewhere" / "docs"
    moved.parent.mkdir()
    corpus.rename(moved)
    assert take(shelf, moved).unchanged == ["docs/note.txt", "docs/rest.md"]
    assert ids(shelf) == before


def test_two_processes_do_not_write_one_index(shelf, corpus):
    with shelf.writing("law"), pytest.raises(UserError, match="another process is writing"):
        take(shelf, corpus)


# --- properties -----------------------------------------------------------------------------------------------------

WORD = st.sampled_from(["rest", "leave", "pay", "wages", "hours", "notice", "week", "day", "night", "young"])
BODY = st.lists(WORD, min_size=1, max_size=8).map(" ".join)
SECTIONS = st.lists(st.tuples(st.integers(1, 30), BODY), min_size=1, max_size=6, unique_by=lambda one: one[0])
FOLDER = st.dictionaries(st.sampled_from(["a.md", "b.md", "c.txt"]), SECTIONS, min_size=1)


def written(folder, files):
    folder.mkdir(exist_ok=True)
    for name, sections in files.items():
        (folder / name).write_text("\n\n".join(f"# {number}. Section\n\n{body}" for number, body in sections))
    return [folder / name for name in files]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(FOLDER, st.randoms(use_true_random=False))
def test_the_order_of_paths_and_sections_does_not_count(tmp_path_factory, files, random):
    place = tmp_path_factory.mktemp("order")
    paths = written(place / "docs", files)
    one, other = Shelf(place / "one"), Shelf(place / "other")
    take(one, *paths)
    shuffled = random.sample(paths, len(paths))
    take(other, *shuffled)
    assert packed(one.get("law")) == packed(other.get("law"))
    before = set(ids(one))
    written(place / "docs", {name: random.sample(sections, len(sections)) for name, sections in files.items()})
    take(one, *paths)
    if all(name.endswith(".md") for name in files):
        assert set(ids(one)) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(FOLDER)
def test_twice_is_once_and_nothing_is_lost(tmp_path_factory, files):
    place = tmp_path_factory.mktemp("twice")
    paths = written(place / "docs", files)
    shelf = Shelf(place / "shelf")
    take(shelf, *paths)
    before = shelf.path("law").read_bytes()
    report = take(shelf, *paths)
    assert shelf.path("law").read_bytes() == before
    assert len(report.unchanged) == len(paths)
    index = shelf.get("law")
    for name, sections in files.items():
        text = " ".join(one.text for one in index.passages if one.document == name)
        assert all(body in text for _, body in sections)
    assert len({one.id for one in index.passages}) == len(index.passages)


@settings(deadline=None)
@given(SECTIONS, st.integers(20, 60))
def test_ids_name_document_section_and_words(sections, longest):
    read = Read("T", tuple(Section((f"{number}. S",), body) for number, body in sections))
    made = list(passages_of("d.md", read, longest))
    assert all(one.id.startswith(f"d.md#{one.section.split('.')[0]}~") and len(one.text) <= longest for one in made)
    again = {one.id: one.text for one in passages_of("d.md", Read("Other title", read.sections[::-1]), longest)}
    assert again == {one.id: one.text for one in made}


# --- on disk --------------------------------------------------------------------------------------------------------


def test_an_index_with_vectors_is_read_back(shelf, corpus):
    def embed(texts):
        return np.eye(len(texts), 5, dtype=np.float32)

    ingest(shelf, "law", [corpus], embed=embed)
    index = shelf.get("law")
    assert index.vectors.tolist() == np.eye(4, 5).tolist()
    assert packed(index) == shelf.path("law").read_bytes()
    assert shelf.about("law")["vectors"] is True
    assert len(index.digest) == 64


def test_meaning_finds_what_words_do_not(shelf, corpus):
    embed = module_embeddings()
    ingest(shelf, "law", [corpus], embed=embed)
    index = shelf.get("law")
    assert index.search("vacation", 1, "words") == ()
    (hit,) = index.search("vacation", 1, "meaning")
    assert hit.passage.id.startswith("docs/rest.md#3~")
    assert hit.meaning == pytest.approx(hit.score, abs=1e-3)
    assert index.search("vacation", 1)[0].passage.id == hit.passage.id


def module_embeddings():
    from glasswork.knowledge.ranking import static_embeddings

    return static_embeddings() or pytest.skip("needs glasswork[knowledge]")


def test_an_index_without_vectors_is_not_asked_for_meaning(shelf, corpus):
    take(shelf, corpus)
    with pytest.raises(UserError, match="this index holds no vectors"):
        shelf.get("law").search("vacation", 1, "meaning")


def test_chinese_is_recognised(shelf, tmp_path):
    pytest.importorskip("jieba", reason="needs glasswork[knowledge]")
    path = tmp_path / "法.txt"
    path.write_text("第一条 自然人从事工商业经营。\n第二条 个体工商户可以起字号。\n第三条 附则。")
    ingest(shelf, "law", [path], embed=lambda _: pytest.fail("vectors do harm here"))
    index = shelf.get("law")
    assert index.language == "zh"
    assert index.search("个体户能起名字号吗", 1)[0].passage.id.startswith("法.txt#第二条~")
    assert language_of(["ab", ""]) == language_of([]) == "en"


def test_there_is_no_such_index(shelf, corpus):
    take(shelf, corpus)
    with pytest.raises(NotFound, match="no index named 'lav'; did you mean 'law'"):
        shelf.get("lav")


@pytest.mark.parametrize("damage", ["cut", "garbage", "changed", "emptied", "part"])
def test_a_damaged_index_says_so(shelf, corpus, damage):
    take(shelf, corpus)
    path = shelf.path("law")
    raw = path.read_bytes()
    if damage == "cut":
        path.write_bytes(raw[: len(raw) // 2])
    elif damage == "garbage":
        path.write_bytes(b"not an index")
    elif damage == "emptied":
        path.write_bytes(b"")
    elif damage == "changed":
        at = raw.index(b"passages.jsonl") + 60
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 255]) + raw[at + 1 :])
    else:
        _without(path, "documents.jsonl")
    with pytest.raises(UserError, match=r"law\.index is damaged") as wrong:
        shelf.get("law")
    assert "glasswork ingest" in wrong.value.hint


@pytest.mark.parametrize("stride", [31, pytest.param(1, marks=pytest.mark.slow)])
def test_any_byte_that_is_another_shows_or_changes_nothing(shelf, corpus, stride):
    take(shelf, corpus)
    path, sound = shelf.path("law"), shelf.get("law")
    raw = path.read_bytes()
    told = 0
    for at in range(0, len(raw), stride):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :])
        try:
            found = shelf.get("law")
        except UserError:
            told += 1
        else:
            assert (found.passages, found.documents, found.language) == (
                sound.passages,
                sound.documents,
                sound.language,
            )
    assert told > len(raw) / stride / 2


def test_an_index_of_another_version_says_so(shelf, corpus):
    take(shelf, corpus)
    _without(shelf.path("law"), "about.json", json.dumps({"format": 99}))
    with pytest.raises(UserError, match="is an index of format 99, and this version reads 1"):
        shelf.get("law")


def _without(path, name, instead=None):
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist() if one != name}
    with zipfile.ZipFile(path, "w") as archive:
        for one, data in parts.items():
            archive.writestr(one, data)
        if instead is not None:
            archive.writestr(name, instead)


def test_a_full_disk_leaves_the_old_index(shelf, corpus, monkeypatch, law):
    take(shelf, corpus)
    before = shelf.path("law").read_bytes()
    (corpus / "rest.md").write_text(law + "\n##### 4. More.\n\nMore text here.")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        take(shelf, corpus)
    assert shelf.path("law").read_bytes() == before
    assert [path.name for path in shelf.folder.iterdir() if path.name.startswith(".new")] == []


def test_what_a_section_repeats_word_for_word_comes_once():
    twice = (
        Section(("1. S",), "The same words."),
        Section(("1. S",), "The  same\nwords."),
        Section(("2. S",), "The same words."),
    )
    made = list(passages_of("d.md", Read("T", twice)))
    assert [one.section for one in made] == ["1. S", "2. S"]
