"""Definition files: where they are, what they say, and where exactly they are wrong."""

from glasswork.library.found import Found, Kind
from glasswork.library.front_matter import read_front_matter
from glasswork.library.lookup import Library, Listed, load, load_key, project_root
from glasswork.library.schemas import json_schema
from glasswork.library.shipped import shipped
from glasswork.library.source import Origin, Recorded, Source
from glasswork.library.tree import Keys, Spot, Tree
from glasswork.library.validation import validate
from glasswork.library.yaml_reader import read_yaml

__all__ = [
    "Found",
    "Keys",
    "Kind",
    "Library",
    "Listed",
    "Origin",
    "Recorded",
    "Source",
    "Spot",
    "Tree",
    "json_schema",
    "load",
    "load_key",
    "project_root",
    "read_front_matter",
    "read_yaml",
    "shipped",
    "validate",
]
