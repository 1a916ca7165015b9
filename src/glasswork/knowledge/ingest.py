"""Taking files into an index: new ones are read, changed ones read again, unchanged ones left alone.

A file counts as unchanged where its size and its time of change are those that the index holds; else its bytes decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from glasswork.errors import MissingExtra, UserError
from glasswork.knowledge.index import Index, Language, build, language_of
from glasswork.knowledge.passages import LONGEST, Document, Passage, passages_of
from glasswork.knowledge.ranking import Embed
from glasswork.knowledge.readers import read, readable, readers
from glasswork.knowledge.store import Shelf

MOST_BYTES = 100_000_000
"""Of one file."""


@dataclass
class Ingested:
    """What came of taking files in: names of documents, and why files were left out."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    """Documents of the folders given whose files are gone."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Files by path, and what is wrong with them; what an index held of them stays."""
    other: int = 0
    """Files in the folders of kinds that no reader takes."""
    same: dict[str, str] = field(default_factory=dict)
    """Documents that have the bytes of another, and which: a search finds both."""
    passages: int = 0
    """That the index holds now."""


class _File(NamedTuple):
    path: Path
    name: str


def ingest(
    shelf: Shelf,
    name: str,
    paths: Sequence[Path],
    *,
    embed: Embed | None,
    language: Language | None = None,
    longest: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Ingested:
    """Take files and folders into an index, which is made where there is none; the order of the paths does not count.

    Args:
        shelf: where indexes lie.
        name: the index's.
        paths: files, and folders with all that can be read in them and below; hidden ones are left out.
        embed: makes the vectors of an English corpus; None: without. For Chinese these embeddings do harm: they take
            R@5 on STARD's articles from 60 % to 48 % where they are fused.
        language: of the corpus; None: as it was, or as the texts are when the index is made.
        longest: characters of a passage at most; None: as it was, or 1500.
        tell: is told of each document that is read.

    Raises:
        UserError: a path is not there, or two files would be one document; or nothing can be taken in that an index
            could be made of; or it is damaged, or was made with another language or length. Nothing is changed.
        MissingExtra: what reads a file, or segments it, is not installed.
    """
    with shelf.writing(name):
        before = shelf.get(name) if name in shelf.names() else None
        _agree(name, before, language, longest)
        size = before.longest if before else longest or LONGEST
        report, held = Ingested(), _Held(before)
        files = sorted(_files(paths, held, report), key=lambda file: str(file.path))
        _distinct(files, held)
        for file in files:
            _take(file, held, report, size, tell)
        _drop_gone(paths, held, report)
        if before is None and not held.documents:
            raise _nothing(name, report)
        if before is None or held.touched or report.removed:
            spoken = before.language if before else language or language_of(one.text for one in held.passages())
            vectors = embed if spoken == "en" else None
            index = build(held.documents.values(), held.passages(), language=spoken, longest=size, embed=vectors)
            shelf.put(name, index)
        report.passages = sum(map(len, held.by_document.values()))
        report.same = _same(held.documents.values())
        return report


def _same(documents: Iterable[Document]) -> dict[str, str]:
    """Return the documents whose bytes are those of an earlier one, by name."""
    first: dict[str, str] = {}
    named = sorted(
        (one.name, first.setdefault(one.sha256, one.name)) for one in sorted(documents, key=attrgetter("name"))
    )
    return {name: other for name, other in named if name != other}


def _nothing(name: str, report: Ingested) -> UserError:
    """Return the error that nothing was there to make an index of, with what was wrong with the first files."""
    why = [f"{path}: {wrong}" for path, wrong in report.unreadable.items()][:3]
    why += [f"{len(report.unreadable) - 3} more like it"] if len(report.unreadable) > 3 else []
    why = why or (
        [f"none of the files is of a kind that can be read ({report.other})"] if report.other else ["there is no file"]
    )
    message = f"nothing was taken in, so there is no index {name!r}"
    kinds = f"what can be read: {', '.join(readers.names())}"
    return UserError(f"{message}: {'; '.join(why)}", hint=kinds)


def _agree(name: str, before: Index | None, language: Language | None, longest: int | None) -> None:
    """Refuse what would have all documents of an index read otherwise: not all of them are given."""
    for what, wanted, is_ in (
        ("language", language, before and before.language),
        ("length of passages", longest, before and before.longest),
    ):
        if before is not None and wanted is not None and wanted != is_:
            hint = "take everything into an index of another name"
            raise UserError(f"the index {name!r} has the {what} {is_}, which cannot become {wanted}", hint=hint)


class _Held:
    """The documents and passages of an index while it changes."""

    def __init__(self, before: Index | None) -> None:
        self.documents = {one.name: one for one in before.documents} if before else {}
        self.names = {one.path: one.name for one in self.documents.values()}
        self.by_document: dict[str, list[Passage]] = {name: [] for name in self.documents}
        self.touched = False
        """Whether something is to be written."""
        for passage in before.passages if before else ():
            self.by_document[passage.document].append(passage)

    def passages(self) -> Iterator[Passage]:
        """Yield all passages, by document."""
        for name in sorted(self.by_document):
            yield from self.by_document[name]

    def drop(self, name: str) -> None:
        """Forget a document."""
        self.documents.pop(name, None)
        self.by_document.pop(name, None)


def _files(paths: Iterable[Path], held: _Held, report: Ingested) -> Iterator[_File]:
    seen: set[Path] = set()
    for given in paths:
        path = given.expanduser().absolute()
        if not path.exists():
            raise UserError(f"{given}: there is no such file or folder")
        for file in sorted(_below(path)) if path.is_dir() else [path]:
            if file in seen:
                continue
            seen.add(file)
            if path.is_dir() and not readable(file.name):
                report.other += 1
                continue
            relative = file.relative_to(path.parent) if path.is_dir() else Path(file.name)
            yield _File(file, held.names.get(str(file)) or relative.as_posix())


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _distinct(files: Sequence[_File], held: _Held) -> None:
    """Refuse two files of one name: passages could not be told apart."""
    paths = {name: Path(path) for path, name in held.names.items()}
    for file in files:
        other = paths.setdefault(file.name, file.path)
        if other != file.path and other.exists():
            raise UserError(
                f"{other} and {file.path} would both be the document {file.name!r}",
                hint="take in the folder that holds both, or rename one",
            )


def _take(file: _File, held: _Held, report: Ingested, longest: int, tell: Callable[[str], None]) -> None:
    """Take one file in, if it is not as it was."""
    before = held.documents.get(file.name)
    try:
        found = file.path.stat()
        stamp = str(file.path), found.st_size, found.st_mtime_ns
        if before and stamp == (before.path, before.size, before.modified_ns):
            report.unchanged.append(file.name)
            return
        document, passages = _taken(file, stamp, before, longest, tell)
    except MissingExtra:
        raise
    except UserError as error:
        report.unreadable[str(file.path)] = f"{error.message} ({error.hint})" if error.hint else error.message
        return
    except OSError as error:
        report.unreadable[str(file.path)] = error.strerror or str(error)
        return
    held.touched = True
    held.documents[file.name] = document
    if passages is not None:
        held.by_document[file.name] = passages
    group = report.added if before is None else report.unchanged if passages is None else report.changed
    group.append(file.name)


def _taken(
    file: _File, stamp: tuple[str, int, int], before: Document | None, longest: int, tell: Callable[[str], None]
) -> tuple[Document, list[Passage] | None]:
    """Return what a file is now, with its passages, or without where its bytes are as they were."""
    path, size, modified = stamp
    if size > MOST_BYTES:
        raise UserError(f"{file.name}: it has more than {MOST_BYTES // 1_000_000} MB")
    data = file.path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if before and before.sha256 == digest:
        return before.model_copy(update={"path": path, "size": size, "modified_ns": modified}), None
    tell(file.name)
    made = read(data, file.name)
    document = Document(
        name=file.name,
        path=path,
        size=size,
        modified_ns=modified,
        sha256=digest,
        title=made.title,
        facts=made.facts,
    )
    return document, list(passages_of(file.name, made, longest))


def _drop_gone(paths: Iterable[Path], held: _Held, report: Ingested) -> None:
    """Drop the documents of the folders given whose files are gone."""
    folders = [path.expanduser().absolute() for path in paths]
    for one in list(held.documents.values()):
        path = Path(one.path)
        if any(path.is_relative_to(folder) for folder in folders) and not path.exists():
            held.drop(one.name)
            report.removed.append(one.name)
