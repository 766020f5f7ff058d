"""The command that adds an extra, from where the library was installed."""

import json
from importlib import metadata

import pytest

from allawee_async.version import install_command


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (None, "pip install 'allawee_async[cli]'"),
        ("", "pip install 'allawee_async[cli]'"),
        ("{", "pip install 'allawee_async[cli]'"),
        ({"url": "file:///a%20b/c", "dir_info": {}}, "pip install '/a b/c[cli]'"),
        (
            {"url": "file:///src", "dir_info": {"editable": True}},
            "pip install -e '/src[cli]'",
        ),
        ({"url": "file:///x/a-1.whl", "archive_info": {}}, "pip install '/x/a-1.whl[cli]'"),
        (
            {"url": "https://h/r.git", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            "pip install 'allawee_async[cli] @ git+https://h/r.git'",
        ),
        (
            {"url": "https://h/a.whl", "archive_info": {}},
            "pip install 'allawee_async[cli] @ https://h/a.whl'",
        ),
    ],
)
def test_the_command_works_where_it_was_installed_from(
    monkeypatch: pytest.MonkeyPatch, origin: object, command: str
) -> None:
    class Distribution:
        def read_text(self, _: str) -> object:
            return json.dumps(origin) if isinstance(origin, dict) else origin

    monkeypatch.setattr(metadata, "distribution", lambda _: Distribution())

    assert install_command("cli") == command


def test_a_source_tree_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "distribution", missing)

    assert install_command("cli") == "pip install 'allawee_async[cli]'"
