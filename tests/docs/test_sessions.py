"""Sessions at a terminal, as documents show them, are compared with what really happens."""

from typing import Any

import pytest

from tests.support.terminal import check_session

COMMAND = "$ allawee customers list --sandbox --sandbox-customers 2 --columns id --max-items 1\n"
SHOWN = "id\ncus.2tXNjMhytgx7hCxu9\nthe first customer\n"


@pytest.mark.parametrize(
    "session",
    [
        COMMAND,
        COMMAND + SHOWN,
        COMMAND + "id\ncus.…\n",
        "$ allawee customers get cus.nobody --sandbox\nerror: …\n$ echo $?\n4\n" + COMMAND,
        COMMAND + "…9\n…\n" + COMMAND + SHOWN,
        COMMAND.replace(" --columns", " \\\n    --columns") + SHOWN,
    ],
)
def test_what_is_shown_is_as_written(session: Any) -> None:
    check_session(session)


@pytest.mark.parametrize(
    ("session", "problem"),
    [
        (COMMAND + "id\n", "shows\nid\ncus.2tXNjMhytgx7hCxu9"),
        (COMMAND + SHOWN + COMMAND + "cus.…\n", "shows\nid\n"),
        ("$ allawee customers get cus.nobody --sandbox\n", "exit code 4\nerror: "),
        (COMMAND + "…\n$ echo $?\n1\n", "exit code 0\n"),
        ("$ allawee customers get\nUsage: …\n", "exit code 2\n"),
        ("$ ls\n", "begins with"),
        (SHOWN + COMMAND, "begins with"),
    ],
)
def test_what_differs_or_fails_is_told(session: Any, problem: Any) -> None:
    with pytest.raises(pytest.fail.Exception, match=problem):
        check_session(session)
