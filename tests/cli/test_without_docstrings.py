"""The whole program under `python -OO`, which takes the docstrings away: only help is poorer."""

import json
import subprocess
import sys

EVERYTHING = """
import contextlib, io, json, sys
import typer
from allawee_async.cli.app import app

assert (lambda: None).__doc__ is None and app.__doc__ is None

def lines(parent, path=()):
    yield path
    if hasattr(parent, "list_commands"):
        names = parent.list_commands(None) or parent.commands
        for name in names:
            yield from lines(parent.commands[name], (*path, name))

def run(*words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            app(words, prog_name="allawee")
        except SystemExit as ended:
            return ended.code, out.getvalue(), err.getvalue()

program = typer.main.get_command(app)
helps = {" ".join(words): run(*words, "--help") for words in lines(program)}
runs = [
    run("customers", "list", "--sandbox", "--max-items", "2", "--output", output)
    for output in ("json", "jsonl", "csv", "table")
]
runs += [
    run("cards", "get", "c.2tXPDv41Ri2qewJXL", "--sandbox"),
    run("payments", "find", "--reference", "nobody's", "--sandbox"),
    run("whoami", "--sandbox"),
    run("doctor", "--sandbox"),
    run("demo", "--customers", "30"),
    run("openapi"),
]
print(json.dumps({"optimize": sys.flags.optimize, "helps": helps, "runs": runs}))
"""


def test_every_command_works_without_docstrings() -> None:
    done = subprocess.run(
        [sys.executable, "-OO", "-c", EVERYTHING],
        capture_output=True,
        check=True,
        timeout=120,
        text=True,
    )
    told = json.loads(done.stdout)

    assert told["optimize"] == 2
    assert len(told["helps"]) > 140
    for words, (code, shown, failed) in told["helps"].items():
        assert (code, failed) == (0, ""), words
        assert shown.startswith(f"Usage: allawee {words}".rstrip()), words
    codes = [code for code, _, _ in told["runs"]]
    assert codes == [0, 0, 0, 0, 0, 4, 0, 0, 0, 0]
