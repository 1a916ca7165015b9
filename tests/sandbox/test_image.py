"""The image: its name follows its content, and Debian packages are enough to make it."""

from __future__ import annotations

import io
import shutil
import tarfile

import pytest

from glasswork.errors import SandboxUnavailable
from glasswork.sandbox import image

debian = pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="not a Debian")


def test_the_name_follows_the_content(monkeypatch, tmp_path):
    first = image.tag()
    assert first == image.tag()
    changed = tmp_path / "Dockerfile"
    changed.write_text(image.dockerfile().read_text() + "# changed\n")
    monkeypatch.setattr(image, "dockerfile", lambda: changed)
    assert image.tag() != first


def test_the_shipped_dockerfile_puts_the_launcher_where_it_looks_for_itself():
    assert "COPY glasswork /glasswork" in image.dockerfile().read_text()
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        image._add_launcher(archive)
    context.seek(0)
    with tarfile.open(fileobj=context) as archive:
        assert "glasswork/inside/launcher.py" in archive.getnames()


@debian
def test_the_packages_of_a_python_are_found():
    packages = image.closure(["python3", "no-such-package"])
    if "python3" in packages:
        assert {"libc6", "zlib1g"} <= packages
        assert "dpkg" not in packages


@debian
def test_files_are_regular_and_needed():
    files = list(image.package_files(["coreutils"]))
    assert any(path.endswith("/bin/sleep") for path in files)
    assert not [path for path in files if "/share/doc/" in path or path.startswith("/etc/")]


def test_nothing_packed_is_setuid_or_owned_by_a_user(tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("x")
    tool.chmod(0o6700)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        image.fill(archive, [str(tool)])
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive:
        names = archive.getnames()
        item = archive.getmember(str(tool).lstrip("/"))
    assert (item.mode, item.uid, item.gid) == (0o744, 0, 0)
    assert {"work", "proc", "glasswork/inside/launcher.py"} <= set(names)
    assert len(names) == len(set(names))


def test_without_packages_it_says_how_to_get_an_image(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxUnavailable) as caught:
        image.pack(client=None)
    assert image.tag() in caught.value.hint
