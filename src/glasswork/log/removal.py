"""Takes texts out of a log for good, and leaves its chain whole.

What is to go is said first, in a ``log.redacted`` event that is on disk before anything is touched. All the rest
follows from that event and may be done again, so a redaction that was cut short is finished by the next one:

1. ``events.jsonl`` is replaced by a copy in which the events named have neither data nor salt;
2. the blobs named are replaced by empty files;
3. half-written ends that were saved beside the log are removed, for nobody can tell what stands in them.

A run is listed by its end. Where that has to go, it is said once more before, by its numbers alone.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from glasswork.errors import LogError, NotFound, UserError
from glasswork.log.about import RUN_JSON, read_about
from glasswork.log.blobs import Blobs, blobs_named_in, is_mark
from glasswork.log.chain import Link
from glasswork.log.files import sync_folder
from glasswork.log.head import HEAD
from glasswork.log.lock import EVENTS
from glasswork.log.reader import iter_entries
from glasswork.log.redact import Redactor, written_forms
from glasswork.log.redactions import Redactions
from glasswork.log.walking import refuse_broken, walking
from glasswork.log.writer import LogWriter
from glasswork.places import Place, parse
from glasswork.records import Event, LogRedacted, MessageSent, Record, RunFinished, StepFinished, StepStarted

_TORN = "events.torn-*"


class Named(NamedTuple):
    """An event, by number and type."""

    seq: int
    type: str


@dataclass(frozen=True)
class Found:
    """What a redaction takes out, and what it leaves."""

    events: tuple[Named, ...] = ()
    """They lose everything they say."""
    blobs: tuple[str, ...] = ()
    """Long texts that go."""
    readers: tuple[Named, ...] = ()
    """Events that stay, and read ``[redacted]`` where one of these texts stood."""
    shared: int = 0
    """Long texts of the events that go which others name too: they stay."""
    files: tuple[Path, ...] = ()
    """Files beside the log that hold one of the texts; they go only where that is asked for."""
    in_run_json: bool = False
    """Whether ``run.json`` holds one of the texts; it is never changed, for the chain begins with it."""

    def __bool__(self) -> bool:
        return bool(self.events or self.blobs)


def find(
    folder: Path, *, events: Collection[int] = (), texts: Collection[str] = (), decision: str | None = None
) -> Found:
    """Find what a redaction would take out; changes nothing.

    Args:
        folder: The run.
        events: Numbers of events that are to go.
        texts: Whatever holds one of these is to go: each is looked for exactly as it stands, and as JSON, URLs and
            base64 write it. An event that holds one in its own line goes whole; a long text that holds one goes whole.
        decision: A decision whose calls, plan, act, explanation and product are to go.

    Raises:
        NotFound: there is no such event or decision.
        UserError: a text is empty, or an event is one that says what was redacted.
        LogError, LogCorrupt: there is no log that can be read.
    """
    search = _Search(texts)
    asked = set(events) | (_of_decision(folder, decision) if decision else set())
    gone, stays, types = list[Link](), list[Link](), dict[int, str]()
    with walking(folder) as walk:
        for link in walk:
            types[link.seq] = link.type
            if link.data is not None:
                goes = link.seq in asked or (link.type != "log.redacted" and search.in_json(link.data))
                (gone if goes else stays).append(link)
        refuse_broken(walk, folder)
    _check(asked, types)
    return _found(folder, gone, stays, search)


def redact(
    folder: Path,
    *,
    events: Collection[int] = (),
    texts: Collection[str] = (),
    decision: str | None = None,
    reason: str = "",
    by: str = "",
    files: bool = False,
    redactor: Redactor | None = None,
) -> Found:
    """Take out of a run what :func:`find` finds, and finish what an earlier redaction left half done.

    Args:
        folder: The run.
        events: As for :func:`find`.
        texts: As for :func:`find`.
        decision: As for :func:`find`.
        reason: Why; kept in the log.
        by: Who; kept in the log.
        files: Whether files beside the log that hold a text are removed, too.
        redactor: Takes secrets out of the reason.

    Raises:
        LogLocked: the run is being written.
        NotFound, UserError, LogError, LogCorrupt, LogFull: as for :func:`find` and ``LogWriter``.
    """
    if _Search(texts).in_text(f"{reason}\n{by}".encode(errors="backslashreplace")):
        raise UserError("the reason holds the text that is to go", hint="say why in other words")
    with LogWriter.open(folder, redactor=redactor) as writer:
        found = find(folder, events=events, texts=texts, decision=decision)
        if found:
            _say(writer, found, reason, by)
        try:
            _finish(writer)
            for path in found.files if files else ():
                path.unlink()
        except OSError as error:
            raise LogError(f"the redaction is not finished: {error}", hint="redact the run once more") from error
    return found


def unfinished(folder: Path) -> bool:
    """Whether a redaction was begun and not finished. Raises as :func:`find` does."""
    said, whole = _redactions(folder)
    return bool(whole & said.events.keys()) or any(_is_there(Blobs(folder).folder / name) for name in said.blobs)


def _say(writer: LogWriter, found: Found, reason: str, by: str) -> None:
    numbers = tuple(event.seq for event in found.events)
    ends = [(entry.seq, entry.event) for entry in iter_entries(writer.folder, only={"run.finished"})]
    if ends and ends[-1][0] in numbers:
        seq, end = ends[-1]
        assert isinstance(end, RunFinished), "it is not redacted yet"
        numbers_alone = {"reason": f"redacted: see event {seq}" if end.reason else "", "outputs": {}}
        writer.record(end.model_copy(update=numbers_alone))
    writer.record(LogRedacted(events=numbers, blobs=found.blobs, reason=reason, by=by))


def _finish(writer: LogWriter) -> None:
    """Make what the log says of its redactions so."""
    said, whole = _redactions(writer.folder)
    if not said.events and not said.blobs:
        return
    if due := whole & said.events.keys():
        writer.blank(due)
    blobs = Blobs(writer.folder)
    for name in said.blobs:
        if _is_there(blobs.folder / name):
            blobs.empty(name)
    if said.blobs:
        sync_folder(blobs.folder)
    for torn in writer.folder.glob(_TORN):
        torn.unlink()
    sync_folder(writer.folder)


def _redactions(folder: Path) -> tuple[Redactions, set[int]]:
    """Return what the log says of its redactions, and the numbers of the events that have not been emptied."""
    said, whole = Redactions(), set[int]()
    with walking(folder) as walk:
        for link in walk:
            said.look(link)
            if link.data is not None:
                whole.add(link.seq)
        refuse_broken(walk, folder)
    return said, whole


def _is_there(blob: Path) -> bool:
    return blob.is_file() and blob.stat().st_size > 0


# --- finding --------------------------------------------------------------------------------------------------------

_FIELDS = frozenset(name for record in Record.__subclasses__() for name in record.model_fields)
"""What records call their parts: words of ours, said by nobody."""


class _Search:
    """Looks for texts in all the ways in which they may be spelled."""

    def __init__(self, texts: Collection[str]) -> None:
        if any(not text.strip() for text in texts):
            raise UserError("a text to redact is empty")
        self._forms = {form for text in texts for form in _forms(text)}
        self._raw = [form.encode(errors="surrogatepass") for form in self._forms]
        self._in_json = [json.dumps(form)[1:-1].encode() for form in self._forms]

    def in_text(self, raw: bytes) -> bool:
        """Whether a text holds one of the texts."""
        return any(form in raw for form in self._raw)

    def in_json(self, raw: bytes) -> bool:
        """Whether JSON of ours does, in what it says: not in the names of fields, not in those of blobs."""
        if not any(form in raw for form in self._in_json):
            return False
        return any(form in said for said in _said(json.loads(raw)) for form in self._forms)


def _said(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if not is_mark(value):
            yield value
    elif isinstance(value, dict):
        yield from (key for key in value if key not in _FIELDS)
        for item in value.values():
            yield from _said(item)
    elif isinstance(value, list):
        for item in value:
            yield from _said(item)


def _found(folder: Path, gone: list[Link], stays: list[Link], search: _Search) -> Found:
    blobs = Blobs(folder)
    kept = Counter(name for link in stays for name in _names(link)) + Counter(read_about(folder).definitions.values())
    of_gone = {name for link in gone for name in _names(link)}
    with_text = {name for name, text in blobs.texts() if search.in_text(text)}
    going = with_text | {name for name in of_gone if name not in kept}
    return Found(
        events=_named(gone),
        blobs=tuple(sorted(going)),
        readers=_named(link for link in stays if not going.isdisjoint(_names(link))),
        shared=len(of_gone - going),
        files=tuple(path for path in _files_beside(folder) if search.in_text(path.read_bytes())),
        in_run_json=search.in_json((folder / RUN_JSON).read_bytes()),
    )


def _named(links: Iterable[Link]) -> tuple[Named, ...]:
    return tuple(Named(link.seq, link.type) for link in links)


def _names(link: Link) -> list[str]:
    return blobs_named_in(link.data) if link.data is not None else []


def _files_beside(folder: Path) -> Iterator[Path]:
    """Yield what others have put into a run's folder: files that its steps saved."""
    for path in sorted(folder.rglob("*")):
        ours = path.parent == folder and (path.name in {EVENTS, HEAD, RUN_JSON} or path.match(_TORN))
        if not ours and path.parent != Blobs(folder).folder and path.is_file() and not path.is_symlink():
            yield path


def _check(asked: set[int], types: dict[int, str]) -> None:
    for number in sorted(asked):
        if number not in types:
            raise NotFound("event", str(number), hint=f"the log has {len(types)}")
        if types[number] == "log.redacted":
            raise UserError(f"event {number} says what was redacted, and has to stay")


def _forms(text: str) -> set[str]:
    """Return the ways a text may be spelled: composed and decomposed letters, escapes in small and capital digits."""
    composed = {text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)}
    forms = {form for spelled in composed for form in written_forms(spelled)}
    return forms | {re.sub(r"\\u[0-9a-f]{4}", lambda found: r"\u" + found[0][2:].upper(), form) for form in forms}


def _of_decision(folder: Path, decision: str) -> set[int]:
    at, rounds, found = parse(decision), dict[str, int](), set[int]()
    for seq, _, event, _ in iter_entries(folder):
        if isinstance(event, StepStarted) and not event.item:
            rounds[event.step] = event.round
        if _belongs(event, at, rounds):
            found.add(seq)
    if not found:
        raise NotFound("decision", decision, hint="'glasswork log show' names them")
    return found


def _belongs(event: Event, at: Place, rounds: dict[str, int]) -> bool:
    place = getattr(event, "decision", None) or getattr(event, "place", None)
    if place is not None:
        return parse(place).decision == at.decision
    if isinstance(event, MessageSent):
        return (event.step, rounds.get(event.step, 1), event.turn) == (at.step, at.round, at.turn)
    if isinstance(event, StepFinished):
        return (event.step, event.round, event.item, 0) == (at.step, at.round, at.item, at.turn)
    return False
