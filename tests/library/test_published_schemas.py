"""The schemas that editors find beside the definitions are the ones the program prints."""

import json

import pytest

from glasswork.library import json_schema, shipped


@pytest.mark.parametrize("kind", ["agent", "workflow", "tool"])
def test_the_schema_in_the_folder_is_the_present_one(kind):
    path = shipped() / f"{kind}s" / f"{kind}.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == json_schema(kind), (
        f"run: glasswork schema {kind} > {path.name}"
    )
