"""Completion in bash, zsh and fish: what the shells ask, and what they are told."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def bash(run: Run) -> Any:
    """Return what bash is told for a line: the words behind `allawee`, the last one unfinished."""

    def complete(*words: Any) -> Any:
        asked = run(
            COMP_WORDS=" ".join(("allawee", *words)),
            COMP_CWORD=str(len(words)),
            _ALLAWEE_COMPLETE="complete_bash",
        )
        assert asked.exit_code == 0, asked.output
        return asked.stdout.split()

    return complete


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["cust"], ["customers"]),
        (["do"], ["doctor"]),
        (["customers", "u"], ["update"]),
        (["tools", "banks", "s"], ["short-list"]),
        (["simulation", "grp", "l"], ["link-card-by-pan", "link-card"]),
        (["webhooks", "li"], ["list", "listen"]),
        (["customers", "list", "--max"], ["--max-items"]),
        (["--sandbox", "customers", "g"], ["get"]),
        (["customers", "list", "--output", "j"], ["json", "jsonl"]),
        (["payments", "create-payout", "--currency", ""], ["NGN", "USD"]),
        (["accounts", "create", "--type", "v"], ["virtual"]),
        (["payments", "create-payout", "--options.bank"], ["--options.bankCode"]),
        (["payments", "create-payout", "--options.bankCode", "058", "--options.no"],
         ["--options.note"]),
        (["payments", "create-payout", "--options.method", "b"], ["bank-transfer", "billing"]),
        (["cards", "get", "c."], []),
    ],
)  # fmt: skip
def test_words_are_completed(bash: Any, words: Any, told: Any) -> None:
    found = bash(*words)

    assert sorted(found) == sorted(told)


def test_all_nouns_and_commands_are_offered(bash: Any) -> None:
    assert {"customers", "tools", "demo", "doctor"} <= set(bash(""))


def test_all_verbs_are_offered(bash: Any) -> None:
    assert {"list", "get", "create", "update", "find"} <= set(bash("customers", ""))


def test_zsh_gets_the_help_as_well(run: Run) -> None:
    told = run(_TYPER_COMPLETE_ARGS="allawee customers g", _ALLAWEE_COMPLETE="complete_zsh").stdout

    assert told == '_arguments \'*: :(("get":"Read one customer"))\'\n'


def test_fish_gets_the_help_as_well(run: Run) -> None:
    asked = {"_TYPER_COMPLETE_ARGS": "allawee customers g", "_ALLAWEE_COMPLETE": "complete_fish"}

    told = run(**asked, _TYPER_COMPLETE_FISH_ACTION="get-args").stdout
    assert told == "get\tRead one customer\n"
    assert run(**asked, _TYPER_COMPLETE_FISH_ACTION="is-args").exit_code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_can_be_had(run: Run, shell: Any) -> None:
    told = run(_ALLAWEE_COMPLETE=f"source_{shell}").stdout

    assert f"_ALLAWEE_COMPLETE=complete_{shell}" in told


def test_completion_is_installed_by_an_option(run: Run) -> None:
    text = run("--help").stdout

    assert "--install-completion" in text
    assert "--show-completion" in text


@pytest.fixture
def program(tmp_path: Path) -> Any:
    """Return an environment in which `allawee` is a program, as after an installation."""
    script = tmp_path / "allawee"
    script.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "from allawee_async.__main__ import main\n"
        "sys.argv[0] = 'allawee'\n"
        "main()\n"
    )
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_real_bash_completes(program: Any) -> None:
    script = subprocess.run(
        ["allawee"],
        env={**program, "_ALLAWEE_COMPLETE": "source_bash"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    line = "COMP_WORDS=(allawee customers u); COMP_CWORD=2; _allawee_completion allawee\n"
    done = subprocess.run(
        ["bash", "--norc", "-c", f'{script}\n{line}echo "${{COMPREPLY[@]}}"'],
        env=program,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert (done.stdout, done.stderr) == ("update\n", "")


def test_a_description_is_one_line_however_narrow_the_terminal(program: Any) -> None:
    asked = {
        "_ALLAWEE_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_ARGS": "allawee requests ",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "COLUMNS": "20",
    }
    told = subprocess.run(
        ["allawee"],
        env=program | asked,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout

    assert [line.partition("\t")[0] for line in told.splitlines()] == ["list", "get", "export"]


def test_names_of_nouns_are_completed_without_importing_them() -> None:
    code = (
        "import sys; sys.argv = ['allawee']\n"
        "from allawee_async.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = ('allawee_async.resources.', 'aiohttp')\n"
        "print([name for name in sys.modules if name.startswith(heavy)], file=sys.stderr)\n"
    )
    asked = {"COMP_WORDS": "allawee cust", "COMP_CWORD": "1", "_ALLAWEE_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout == "customers\n"
    assert done.stderr == "[]\n"
