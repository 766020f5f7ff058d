"""The door to the command line, with and without the extra."""

import runpy
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from allawee_async import __main__, __version__
from allawee_async.__main__ import main
from allawee_async.version import install_command


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: Any
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr() == (
        "",
        f'error: the command line needs the extra "cli": {install_command("cli")}\n',
    )


def test_without_the_extra_in_a_process_of_its_own() -> None:
    code = (
        "import runpy, sys; sys.modules['typer'] = None; sys.argv = ['allawee']\n"
        "runpy.run_module('allawee_async', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        f'error: the command line needs the extra "cli": {install_command("cli")}'
    ]


def test_run_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["allawee", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(__main__.__file__), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"allawee_async {__version__}\n"


def test_an_interrupt_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(ModuleType):
        def __getattr__(self, name: Any) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "allawee_async.cli.app", Interrupted("app"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
