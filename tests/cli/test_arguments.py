"""Options of commands in front of the command's name."""

from typing import Any

import typer

from allawee_async.cli.app import app
from allawee_async.cli.arguments import FLAGS, VALUED, moved_behind


def moved(line: Any) -> Any:
    return " ".join(moved_behind(line.split()))


def test_they_go_behind() -> None:
    assert moved("--sandbox customers list --limit 5") == "customers list --limit 5 --sandbox"
    assert moved("-o json --yes cards get c.1") == "cards get c.1 -o json --yes"
    assert moved("--output=json cards get c.1") == "cards get c.1 --output=json"
    assert moved("-ojson cards get c.1") == "cards get c.1 -ojson"


def test_they_go_before_the_end_of_options() -> None:
    assert moved("--sandbox cards get -- -c.1") == "cards get --sandbox -- -c.1"


def test_others_stay() -> None:
    assert moved("--debug --sandbox doctor") == "--debug doctor --sandbox"
    assert moved("customers list --sandbox") == "customers list --sandbox"
    assert moved("--version") == "--version"
    assert moved("-- --sandbox") == "-- --sandbox"
    assert moved("") == ""


def test_without_a_command_there_is_no_place_to_go() -> None:
    assert moved("--sandbox --debug") == "--sandbox --debug"
    assert moved("--output") == "--output"


def test_they_are_options_that_commands_have() -> None:
    group = typer.main.get_command(app).commands["payments"]  # type: ignore[attr-defined]
    group.fill()
    params = [p for name in ("create-payout", "list") for p in group.commands[name].made.params]
    flags = {opt for p in params if getattr(p, "is_flag", False) for opt in p.opts}
    valued = {opt for p in params if not getattr(p, "is_flag", True) for opt in p.opts}

    assert flags >= FLAGS
    assert valued >= VALUED
