"""The container image: built from the shipped Dockerfile, or packed from this machine's own Debian packages.

The second way is for machines whose Docker reaches no registry: it takes the files of the installed packages that
make up a small Python and imports them as an image.
"""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import glasswork
from glasswork.errors import SandboxUnavailable
from glasswork.sandbox.exchange import INSIDE

if TYPE_CHECKING:
    import docker

NAME = "glasswork-sandbox"
_SEEDS = ("python3", "dash", "coreutils", "libc-bin", "tzdata", "sed", "grep", "findutils", "diffutils")
_LEFT_OUT = frozenset({"dpkg", "debconf", "debianutils", "perl-base", "install-info", "media-types", "mime-support"})
_UNNEEDED = re.compile(
    r"/usr/share/(doc|man|info|locale|lintian|bug|python3/debpy)|.*/__pycache__|/var/|/boot/|/etc/|.*/sitecustomize\.py"
)


def dockerfile() -> Path:
    """Return the shipped Dockerfile: in a wheel below the package, in a checkout at its top."""
    package = Path(glasswork.__file__).parent
    places = (package / "shipped", package.parent.parent)
    return next(place / "sandbox/Dockerfile" for place in places if (place / "sandbox/Dockerfile").exists())


def tag() -> str:
    """Return the image's name: another for any change to what goes into it."""
    content = hashlib.sha256(dockerfile().read_bytes() + Path(__file__).read_bytes())
    for inside, path in INSIDE.items():
        content.update(f"\0{inside}\0".encode() + path.read_bytes())
    return f"{NAME}:{content.hexdigest()[:16]}"


def is_built(client: docker.DockerClient) -> bool:
    """Whether the image is there already."""
    from docker.errors import ImageNotFound

    try:
        client.images.get(tag())
    except ImageNotFound:
        return False
    return True


def ensure_image(client: docker.DockerClient, on_progress: Callable[[str], None]) -> str:
    """Return the image's name, building it first where it is missing.

    Raises:
        SandboxUnavailable: it can be built neither from the Dockerfile nor from Debian packages.
    """
    from docker.errors import APIError, BuildError
    from requests.exceptions import RequestException

    if is_built(client):
        return tag()
    on_progress("building the sandbox image, once")
    try:
        build(client, on_progress)
    except (APIError, BuildError, RequestException) as problem:
        on_progress(
            f"no image from the Dockerfile ({_short(problem)}); packing one from this machine's Debian packages"
        )
        pack(client)
    on_progress(f"the sandbox image is ready: {tag()}")
    return tag()


def build(client: docker.DockerClient, on_progress: Callable[[str], None]) -> None:
    """Build from the Dockerfile.

    Raises:
        docker.errors.BuildError: a step failed, or the base image cannot be fetched.
    """
    from docker.errors import BuildError

    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        archive.add(dockerfile(), "Dockerfile")
        _add_launcher(archive)
    context.seek(0)
    for line in client.api.build(fileobj=context, custom_context=True, tag=tag(), rm=True, decode=True):
        if "error" in line:
            raise BuildError(line["error"], iter(()))
        said = str(line.get("stream") or line.get("status") or "").strip()
        if said and "progressDetail" not in line:
            on_progress(said)


def _short(problem: Exception) -> str:
    return str(problem).strip().splitlines()[0][:160]


# --- from Debian packages ---------------------------------------------------------------------------------------------


def pack(client: docker.DockerClient) -> None:
    """Make the image of the files of installed packages.

    Raises:
        SandboxUnavailable: this is no Debian, or its own Python is not installed.
    """
    try:
        files = sorted(package_files(closure(_SEEDS)))
    except (OSError, subprocess.CalledProcessError) as problem:
        raise SandboxUnavailable(
            "the sandbox image cannot be built: no registry answers, and there are no Debian packages to pack",
            hint=f"let Docker pull the base image named in {dockerfile()}, or load an image called {tag()}",
        ) from problem
    with tempfile.NamedTemporaryFile(suffix=".tar") as file:
        with tarfile.open(file.name, "w") as archive:
            fill(archive, files)
        changes = ["LABEL glasswork.made-of=debian-packages", "ENV PATH=/usr/local/bin:/usr/bin:/bin"]
        name, version = tag().split(":")
        client.api.import_image_from_file(file.name, repository=name, tag=version, changes=changes)


def closure(seeds: Iterable[str]) -> set[str]:
    """Return the installed packages among ``seeds`` and all that they depend on.

    Raises:
        CalledProcessError: ``dpkg-query`` failed.
        FileNotFoundError: there is no ``dpkg-query``, or no ``python3`` package.
    """
    found: set[str] = set()
    todo = set(seeds)
    while todo:
        needs = _depends(todo)
        found |= set(needs)
        todo = {name for names in needs.values() for name in names} - found - _LEFT_OUT - todo
    if "python3" not in found:
        raise FileNotFoundError("python3")
    return found


def _depends(names: Iterable[str]) -> dict[str, set[str]]:
    """Return, for each installed one of ``names``, the names it depends on (of alternatives, all)."""
    shown = "${Package}\t${db:Status-Status}\t${Pre-Depends},${Depends}\n"
    command = ["dpkg-query", "-W", "-f", shown, *sorted(names)]
    text = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own words
    rows = [line.split("\t") for line in text.splitlines()]
    return {
        name: {re.split(r"[\s:(]", word.strip())[0] for word in re.split(r"[,|]", needs) if word.strip()}
        for name, status, needs in rows
        if status == "installed"
    }


def package_files(packages: Iterable[str]) -> Iterator[str]:
    """Yield the real paths of the packages' files, those apart that no program needs."""
    command = ["dpkg-query", "-L", *sorted(packages)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words
    for path in set(text.splitlines()):
        here = Path(path).parent.resolve() / Path(path).name
        if here.suffix == ".py" and not _UNNEEDED.match(str(here)):  # compiled, or each program compiles it again
            yield from map(str, here.parent.glob(f"__pycache__/{here.stem}.cpython-*[0-9].pyc"))
        inside = len(here.parts) > 2  # the links of a merged /usr are made apart
        if inside and not _UNNEEDED.match(str(here)) and (here.is_symlink() or here.is_file()):
            yield str(here)


def fill(archive: tarfile.TarFile, files: Iterable[str]) -> None:
    """Write the image's content: the files, the links of a merged ``/usr``, and the launcher."""
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        if Path("/", name).is_symlink():
            archive.add(f"/{name}", name)
    for name in ("proc", "dev", "sys", "etc", "work", "tmp"):
        folder = tarfile.TarInfo(name)
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
    for path in sorted(set(files)):
        archive.add(path, path.lstrip("/"), recursive=False, filter=_as_root)
    names = b"hosts: files\n"
    lookup = tarfile.TarInfo("etc/nsswitch.conf")
    lookup.size, lookup.mode = len(names), 0o644
    archive.addfile(lookup, io.BytesIO(names))
    _add_launcher(archive)


def _add_launcher(archive: tarfile.TarFile) -> None:
    for inside, path in INSIDE.items():
        archive.add(path, inside.lstrip("/"), filter=_as_root)


def _as_root(item: tarfile.TarInfo) -> tarfile.TarInfo:
    """Owned by root, readable by all, never setuid."""
    item.uid = item.gid = 0
    item.mode = (item.mode | 0o444) & 0o755
    return item
