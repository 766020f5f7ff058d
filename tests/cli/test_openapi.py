"""`allawee openapi`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from allawee_async.openapi import document

if TYPE_CHECKING:
    from pathlib import Path


def test_it_prints_the_description(run: Any) -> None:
    done = run("openapi")

    assert done.exit_code == 0
    assert json.loads(done.stdout) == document()


def test_it_writes_the_description_to_a_file(run: Any, tmp_path: Path) -> None:
    done = run("openapi", "--out", str(tmp_path / "openapi.json"))

    assert (done.exit_code, done.stdout) == (0, "")
    assert json.loads((tmp_path / "openapi.json").read_bytes()) == document()


def test_a_file_that_cannot_be_written_is_told(run: Any, tmp_path: Path) -> None:
    done = run("openapi", "--out", str(tmp_path / "no" / "openapi.json"))

    assert done.exit_code == 1
    assert "openapi.json: No such file or directory" in done.stderr
