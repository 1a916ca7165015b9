"""Runs the program that it is given, in the sandbox that it runs in itself: see run_code.yaml."""

import json
from pathlib import Path

given = json.loads(Path("arguments.json").read_text(encoding="utf-8"))
names = {"__name__": "__main__", "FILE": given.get("file", {}).get("file", "")}
exec(compile(given["code"], "program.py", "exec"), names)  # noqa: S102 - the sandbox is there for it
