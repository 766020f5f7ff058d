"""The commands of the API: as many as there are methods, made from them, and called for real."""

import inspect
import json
import re
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from allawee_async import AllaweeClient
from allawee_async.cli.commands import COMMANDS, ResourceGroup
from allawee_async.cli.operations.help_texts import option_of
from allawee_async.resources.verbs import verbs_of
from tests.cli.conftest import Call, Run, program

FOUND = {"accounts", "cards", "customers", "payment_requests", "payments"}
MORE_THAN_A_CALL = {"export", "export-logs", "listen", "sign", "verify", "reconcile"}
ADA = "cus.2tXNjMhytgx7hCxu9"
CARD = "c.2tXPDv41Ri2qewJXL"
ACCOUNT = "ac.2tVZczWw7m6Teoeb7"


def groups(parent: Any) -> Iterator[Any]:
    """Yield each group of commands of the API, those inside others as well."""
    for command in parent.commands.values():
        if isinstance(command, ResourceGroup):
            command.fill()
            yield command
            yield from groups(command)


@pytest.fixture(scope="module")
def api_commands() -> Any:
    """All commands of the API by the path of their method."""
    return {
        f"{group.resource}.{name.replace('-', '_')}": command
        for group in groups(program())
        for name, command in group.commands.items()
        if not isinstance(command, ResourceGroup) and name not in MORE_THAN_A_CALL
    }


def answer(result: Any) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_there_is_a_command_for_each_endpoint_and_no_other(
    api_commands: Any, endpoints: Any
) -> None:
    documented = {row["call"] for row in endpoints}

    assert len(documented) == 97
    assert set(api_commands) == documented | {f"{noun}.find" for noun in FOUND}


def test_there_is_a_command_for_each_method_and_no_other(api_commands: Any) -> None:
    def methods(parent: Any, path: Any = "") -> Iterator[Any]:
        for name, _ in inspect.getmembers(parent, inspect.ismethod):
            if path and not name.startswith("_"):
                yield f"{path}{name}"
        for name in dir(type(parent)):
            if isinstance(getattr(type(parent), name), cached_property):
                yield from methods(getattr(parent, name), f"{path}{name}.")

    assert set(api_commands) == set(methods(AllaweeClient("sk.test.methods")))


def test_every_list_can_be_exported() -> None:
    for group in groups(program()):
        assert ("export" in group.commands) is ("list" in group.commands), group.resource


def test_what_methods_take_is_what_commands_take(api_commands: Any) -> None:
    for call, command in api_commands.items():
        params = {param.name: param for param in command.made.params}
        for parameter in command.made.verb.parameters:
            shown = params.pop(parameter.name)
            assert shown.param_type_name == ("argument" if parameter.is_argument else "option")
            if not parameter.is_argument:
                assert option_of(parameter) in shown.opts, call
        assert not {"from", "to", "amount", "name", "id"} & params.keys(), call  # all are common


def test_options_have_names_of_their_own(api_commands: Any) -> None:
    for call, command in api_commands.items():
        options = [option for param in command.made.params for option in param.opts]
        assert len(options) == len(set(options)), call


def test_the_line_of_a_command_is_the_first_of_its_docstring() -> None:
    for words, (module, line) in COMMANDS.items():
        function = getattr(import_module(f"allawee_async.cli.{module}"), words.split()[-1])
        assert inspect.getdoc(function).splitlines()[0] == line, words  # type: ignore[union-attr]


@pytest.mark.parametrize("words", [words.split() for words in COMMANDS])
def test_commands_beside_the_nouns_look_like_theirs(run: Run, words: Any) -> None:
    text = run(*words, "--help").stdout

    assert "--no-color" in text
    assert "--debug" in text
    assert not re.search(r"--[\w-]+ <", text), "a type of Python is no word for people"


def test_what_may_be_left_out_is_not_asked_for(run: Run) -> None:
    optional = run("webhooks", "create", "--help", COLUMNS="200").stdout
    needed = run("cards", "activate", "--help", COLUMNS="200").stdout

    assert "The key to sign them with." in optional
    assert "it is asked for" not in optional
    assert "it is asked for" in needed


def test_arguments_are_named_in_the_usage(run: Run) -> None:
    text = run("accounts", "logs-csv", "--help").stdout

    assert text.startswith("Usage: allawee accounts logs-csv [OPTIONS] ACCOUNT_ID\n")
    assert "\n  ACCOUNT_ID  The id" in text


PYTHON_TALK = re.compile(
    r"await|async |outcome_unknown|`extra|`repr|mapping|(?<!--no-)pager|None\b|wire name|to_list"
    r"|find\(|see the class|``|`details`|`[a-z]+_[a-z_]+`|with_options|\w_\w+ TEXT|10_000"
)


@pytest.mark.no_cover  # each help is made by the same lines
def test_no_help_speaks_of_python(run: Run, api_commands: Any) -> None:
    for call in api_commands:
        result = run(*call.replace("_", "-").split("."), "--help", COLUMNS="200")
        assert result.exit_code == 0, call
        assert not PYTHON_TALK.search(result.stdout), (call, PYTHON_TALK.search(result.stdout))
        assert result.stdout.count("Usage:") == 1


def test_the_help_of_a_command(run: Run) -> None:
    text = run("payments", "create-payout", "--help").stdout

    assert "Usage: allawee payments create-payout [OPTIONS]" in text
    assert "Pay money out. It is never sent twice if it may have taken effect." in text
    assert re.search(r"--amount NUMBER +In minor units \(kobo, cents\): 10000 are 100 NGN", text)
    assert "--options.accountNumber" in text
    assert re.search(r"6  If it is not known whether it took effect, the money may be on", text)
    assert (
        text.index("\nOptions:") < text.index("\nFields of --options") < text.index("\nExit codes")
    )


@pytest.mark.parametrize("arguments", [["cards"], ["cards", "--help"], ["cards", "-h"]])
def test_the_help_of_a_noun_lists_its_verbs(run: Run, arguments: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 0
    assert re.search(r"\n  block +Block a card\n", result.stdout)
    assert re.search(r"\n  list +List the cards, newest first\n", result.stdout)


def test_the_help_of_the_program_lists_nouns_after_the_commands(run: Run) -> None:
    text = run("--help").stdout

    assert text.index("\n  demo ") < text.index("\nThe API") < text.index("\n  accounts ")
    assert re.search(r"\n  customers +The persons and businesses", text)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["cards", "nope"], "No such command 'nope'"),
        (["card", "list"], "No such command 'card'. Did you mean 'cards'"),
        (["cards", "get"], "Missing argument 'CARD_ID'"),
        (["customers", "create"], "Missing option '--name'"),
        (["cards", "get", "c.1", "--nope"], "No such option: --nope"),
        (["customers", "list", "--max-items", "0"], "--max-items takes a whole number, 1 or more"),
        (["customers", "list", "--limit", "x"], "--limit takes a whole number"),
        (["customers", "list", "--limit", "1.0"], "--limit takes a whole number"),
        (["customers", "list", "--columns", "id", "--output", "json"], "--columns is for tables"),
        (["tools", "fx", "create-quote", "--from", "NGN", "--to", "USD", "--amount", "10.50"],
         "--amount takes a whole number of minor units: 10000 are 100.00"),
    ],
)  # fmt: skip
def test_wrong_use_is_a_line_and_2(run: Run, arguments: str, told: Any) -> None:
    result = run(*arguments, "--sandbox") if "list" in arguments else run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_object_is_read(call: Call) -> None:
    found = answer(call("customers", "get", ADA))

    assert found["id"] == ADA
    assert found["claims"]["individualInformation"]["firstName"] == "Ciroma"


def test_a_list_is_walked_to_its_end(call: Call) -> None:
    found = answer(call("customers", "list", "--limit", "2"))

    assert len({item["id"] for item in found}) == 5
    assert len(call.sandbox.requests) == 3


def test_a_list_is_asked_for_in_large_pages(call: Call) -> None:
    answer(call("customers", "list"))
    answer(call("customers", "list", "--max-items", "3"))

    assert [dict(request.query)["limit"] for request in call.sandbox.requests] == ["100", "3"]


@pytest.mark.parametrize("limit", ["1", "2", "3", "4"])
def test_a_list_ends_where_one_likes(call: Call, limit: Any) -> None:
    found = answer(call("customers", "list", "--limit", limit, "--max-items", "3"))

    assert len(found) == 3


def test_the_parameters_of_lists_are_sent(call: Call) -> None:
    answer(
        call(
            *("customers", "list", "--filter", "type:individual", "--filter", "status|eq|active"),
            *("--or", "name~a", "--or", "name~b", "--nor", "name:x", "--and", "name~a"),
            *("--sort", "-created_at,name", "--select", "id, name", "--select", "type"),
            *("--count-total", "--limit", "7"),
        )
    )

    assert dict(call.sandbox.requests[-1].query) == {
        "filter": "type:individual status|eq|active",
        "or": "name~a name~b",
        "nor": "name:x",
        "and": "name~a",
        "sort": "-createdAt name",
        "select": "id name type",
        "countTotal": "true",
        "limit": "7",
    }


def test_times_are_written_as_people_write_them(call: Call) -> None:
    answer(
        call(
            *("customers", "list", "--since", "2023-01-01", "--until", "2030-01-01T00:00:00Z"),
            *("--changed-since", "2023-01-02", "--filter", "updatedAt>=2023-01-03"),
        )
    )

    assert dict(call.sandbox.requests[-1].query)["filter"] == (
        "updatedAt|gted|2023-01-03T00:00:00.000Z createdAt|gted|2023-01-01T00:00:00.000Z "
        "createdAt|ltd|2030-01-01T00:00:00.000Z updatedAt|gted|2023-01-02T00:00:00.000Z"
    )


def test_what_is_no_time_is_told(call: Call) -> None:
    result = call("customers", "list", "--since", "soon")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: --since: write a time as 2026-11-27, yesterday, 3h")


def test_an_export_is_bounded_by_time_as_well(call: Call, tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    times = ("--since", "2023-01-01", "--filter", "updatedAt>=2023-01-03")
    assert call("customers", "export", "--out", str(target), *times).exit_code == 0
    assert "updatedAt|gted|" in dict(call.sandbox.requests[-1].query)["filter"]


def test_a_relation_is_expanded(call: Call) -> None:
    arguments = ("cards", "list", "--expand", "customer:name,email program", "--max-items", "1")
    (card,) = answer(call(*arguments))

    assert card["customer"].keys() <= {"id", "name", "email", "object"}
    assert card["program"]["object"] == "card.program"


def test_the_total_is_told_beside_the_list(call: Call) -> None:
    result = call("customers", "list", "--count-total", "--max-items", "2")

    assert len(answer(result)) == 2
    assert result.stderr == "5 in all\n"


def test_a_list_below_an_object(call: Call) -> None:
    found = answer(call("accounts", "logs", ACCOUNT))

    assert found[0]["account"] == ACCOUNT


def test_a_list_that_comes_at_once(call: Call) -> None:
    found = answer(call("tools", "bills", "categories"))

    assert {"id", "name"} <= found[0].keys()


def test_options_that_python_writes_otherwise(call: Call) -> None:
    found = answer(call("tools", "fx", "rates", "--from", "NGN"))

    assert call.sandbox.requests[-1].query == (("from", "NGN"),)
    assert [rate["from"] for rate in found] == ["NGN"]


def test_a_noun_inside_another(call: Call) -> None:
    found = answer(
        call("tools", "banks", "resolve", "--account-number", "0123456789", "--bank-code", "058")
    )

    assert found["accountNumber"] == "0123456789"


def test_an_object_is_found_by_its_reference(call: Call) -> None:
    created = answer(
        call("payment-requests", "create", "--method", "bank-transfer", "--currency", "NGN",
             "--amount", "250000", "--reference", "order 17", "--options.name", "Ada",
             "--options.bank", "wema")
    )  # fmt: skip

    assert answer(call("payment-requests", "find", "--reference", "order 17")) == created


def test_what_cannot_be_found_is_4(call: Call) -> None:
    result = call("payment-requests", "find", "--reference", "nobody's")

    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == "error: there is no payment request with this reference\n"


def test_an_unknown_id_is_4(call: Call) -> None:
    result = call("cards", "get", "c.unknown")

    assert result.exit_code == 4
    assert result.stderr.startswith("error: No card has the id")


def test_a_repeated_option_is_a_list(call: Call) -> None:
    created = answer(
        call("webhooks", "create", "--name", "mine", "--url", "https://example.com/hook",
             "--events", "card.transaction.created", "--events", "request.completed")
    )  # fmt: skip

    assert created["events"] == ["card.transaction.created", "request.completed"]


def test_a_flag_may_be_left_out(call: Call) -> None:
    common = ("secret-keys", "create", "--name", "k", "--scopes", "cards:create", "--yes")
    for flag, told in ((["--grp-enabled"], True), (["--no-grp-enabled"], False), ([], False)):
        assert answer(call(*common, *flag))["grpEnabled"] is told


def test_a_file_is_saved(call: Call, tmp_path: Path) -> None:
    result = call("accounts", "logs-csv", ACCOUNT, "--out", str(tmp_path / "log.csv"))

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"saved {tmp_path / 'log.csv'}\n"
    assert (tmp_path / "log.csv").read_text().startswith("id,createdAt,type")


@pytest.mark.parametrize("out", [[], ["--out", "-"]])
def test_a_file_goes_into_a_pipe(call: Call, out: Any) -> None:
    assert call("accounts", "logs-csv", ACCOUNT, *out).stdout.startswith("id,createdAt,type")


def test_a_file_does_not_flood_a_terminal(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allawee_async.cli.operations.output.somebody_reads", lambda: True)

    result = call("accounts", "logs-csv", ACCOUNT)

    assert (result.exit_code, result.stderr) == (2, "error: this is a file: give --out FILE\n")


def test_a_file_that_is_there_is_not_lost(call: Call, tmp_path: Path) -> None:
    there = tmp_path / "log.csv"
    there.write_text("mine")

    refused = call("accounts", "logs-csv", ACCOUNT, "--out", str(there))
    assert (refused.exit_code, there.read_text()) == (2, "mine")
    assert "is there already; add --overwrite" in refused.stderr

    assert call("accounts", "logs-csv", ACCOUNT, "--out", str(there), "--overwrite").exit_code == 0
    assert there.read_text().startswith("id,")


@pytest.mark.parametrize(("reply", "code"), [("n\n", 1), ("y\n", 0)])
def test_a_file_that_is_there_is_asked_for(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reply: Any, code: Any
) -> None:
    monkeypatch.setattr("allawee_async.cli.operations.confirmations.somebody_answers", lambda: True)
    there = tmp_path / "log.csv"
    there.write_text("mine")

    result = call("accounts", "logs-csv", ACCOUNT, "--out", str(there), typed=reply)

    assert result.exit_code == code
    assert (there.read_text() == "mine") is (reply == "n\n")


@pytest.mark.parametrize(
    ("place", "told"), [("{}", "is a directory"), ("{}/no/log.csv", "there is no directory")]
)
def test_a_place_that_is_none_is_told_before_anything_is_sent(
    call: Call, tmp_path: Path, place: Any, told: Any
) -> None:
    result = call("accounts", "logs-csv", ACCOUNT, "--out", place.format(tmp_path))

    assert result.exit_code == 2
    assert told in result.stderr
    assert not call.sandbox.requests


def test_a_full_disk_is_told_with_the_place(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: Any, __: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("allawee_async.transport.downloads.Download.save_to", fail)
    result = call("accounts", "logs-csv", ACCOUNT, "--out", str(tmp_path / "log.csv"))

    assert result.exit_code == 1
    assert result.stderr == (
        f"error: cannot save {tmp_path / 'log.csv'}: No space left on device\n"
    )


def test_a_file_that_is_none(call: Call, tmp_path: Path) -> None:
    result = call("accounts", "logs-csv", "ac.unknown", "--out", str(tmp_path / "log.csv"))

    assert result.exit_code == 4
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sandbox", "customers", "list", "--max-items", "1"],
        ["--sandbox", "-o", "json", "customers", "list", "--max-items", "1"],
        ["--sandbox", "customers", "--output=json", "list", "--max-items", "1"],
        ["customers", "--sandbox", "list", "--max-items", "1"],
        ["customers", "list", "--max-items", "1", "--sandbox"],
    ],
)
def test_common_options_may_stand_anywhere(run: Run, arguments: str) -> None:
    assert len(answer(run(*arguments))) == 1


def test_a_sandbox_in_a_file_is_kept(run: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "state.db")
    created = answer(
        run("customers", "create", "--sandbox", file, "--name", "Ada", "--reference", "r1",
            "--type", "individual", "--claims", "{}")
    )  # fmt: skip

    assert answer(run("--sandbox", file, "customers", "get", created["id"])) == created


def test_verbs_know_what_they_answer() -> None:
    answers = {
        verb.call: (verb.returns, verb.model.__name__ if verb.model else None)
        for noun in ("customers", "accounts", "tools.bills", "webhooks")
        for verb in verbs_of(noun)
    }

    assert answers["customers.list"] == ("pages", "Customer")
    assert answers["customers.get"] == ("object", "Customer")
    assert answers["accounts.logs"] == ("pages", "AccountLogEntry")
    assert answers["accounts.logs_csv"][0] == "file"
    assert answers["tools.bills.products"] == ("list", "BillProduct")
    assert answers["webhooks.secret"] == ("object", "WebhookSecret")


@pytest.mark.parametrize(
    ("words", "find"),
    [
        (("payments", "get", "invoice 17"), "allawee payments find --reference 'invoice 17'"),
        (("cards", "block", "card-7"), "allawee cards find --reference card-7"),
    ],
)
def test_a_reference_is_no_id(call: Any, words: Any, find: str) -> None:
    result = call(*words)

    assert result.exit_code == 4
    assert f"is it a reference? `{find}` tells the id" in result.stderr


def test_an_id_out_of_a_csv_may_end_in_a_carriage_return(call: Any) -> None:
    assert call("cards", "get", "c.2tVghquVL5LxCkjB3\r").exit_code == 0


def test_an_id_that_is_not_there_is_no_reference(call: Any) -> None:
    assert "reference?" not in call("payments", "get", "p.2wcj2CxxhnpcWAc4z").stderr
