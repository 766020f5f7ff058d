"""Makes a page for the commands of each noun, `cli/customers.md`, from the commands themselves."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

ROOT = Path(__file__).parents[1]
COMMON = "Options of all commands"
MARK = "<!-- options of all commands -->"
CODES_MARK = "<!-- exit codes -->"


class Recorder:
    """What a help is written to: its sections as titles and rows, without a width."""

    def __init__(self) -> None:
        self.sections: dict[str, list[tuple[str, str]]] = {}
        self._title = ""

    @contextmanager
    def section(self, title: str) -> Generator[None]:
        """Take note of a title."""
        self._title = title
        yield

    def write(self, text: str) -> None:
        """Pass over text that is no list: examples are taken as they stand."""

    def write_dl(self, rows: list[tuple[str, str]]) -> None:
        """Take note of rows."""
        shown = [(name, text) for name, text in rows if "--help" not in name]
        self.sections.setdefault(self._title, []).extend(shown)


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages; MkDocs calls this once it knows the other files."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - only a build has it

    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Return the page with what all commands share in it; MkDocs calls this for each page."""
    if MARK in markdown:
        markdown = markdown.replace(MARK, common_options())
    if CODES_MARK in markdown:
        markdown = markdown.replace(CODES_MARK, exit_codes())
    return markdown


@cache
def pages() -> dict[str, str]:
    """Return the text of each page by its path below `docs`."""
    program = _program()
    others = [
        (name, command) for name, command in program.commands.items() if not _is_group(command)
    ]
    groups = [command for command in program.commands.values() if _is_group(command)]
    intro = "Commands that are more than one call of the API."
    texts = {"cli/commands.md": _page("Other commands", intro, others, "allawee")}
    for group in groups:
        path = f"allawee {group.name}"
        title = f"`{path}`"
        texts[f"cli/{group.name}.md"] = _page(title, group.help, _commands(group), path)
    return texts


def common_options() -> str:
    """Return the table of the options that all commands of the API have."""
    rows: dict[str, str] = {}
    for group in (command for command in _program().commands.values() if _is_group(command)):
        for path, command in _commands(group):
            rows.update(_sections(path, command).get(COMMON, []))
    return _table("Option", rows.items())


def exit_codes() -> str:
    """Return the table of the exit codes."""
    _on_path()
    from allawee_async.cli.errors import MEANINGS  # noqa: PLC0415

    return _table("Code", [(str(int(code)), text) for code, text in MEANINGS.items()])


@cache
def _program() -> Any:
    _on_path()
    import typer  # noqa: PLC0415 - the other hooks do without

    from allawee_async.cli.app import app  # noqa: PLC0415

    return typer.main.get_command(app)


def _on_path() -> None:
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))  # so the package need not be installed


def _is_group(command: Any) -> bool:
    return hasattr(command, "resource")


def _commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the commands of a noun and of those inside it, by their words behind the noun's."""
    group.fill()
    for name, command in group.commands.items():
        if _is_group(command):
            yield from _commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


def _page(title: str, intro: str, commands: Any, path: str) -> str:
    listed = list(commands)
    index = [
        (f"[`{name}`](#{_anchor(name)})", command.get_short_help_str(200))
        for name, command in listed
    ]
    blocks = [f"# {title}", intro, _table("Command", index)]
    for name, command in listed:
        blocks += _command(path, name, command)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _command(path: str, name: str, command: Any) -> Iterator[str]:
    made = getattr(command, "made", command)
    context = made.context_class(made, info_name=f"{path} {name}")
    yield f"## `{name}` {{ #{_anchor(name)} }}"
    words = " ".join([path, name, *made.collect_usage_pieces(context)])
    yield f"```console\n$ {words}\n```"
    yield from (_prose(text) for text in (made.help or "").replace("\b", "").split("\n\n"))
    if hasattr(made, "verb") and (lines := _examples(made.verb)):
        yield f"```console\n{lines}\n```"
    for title, rows in _sections(f"{path} {name}", made).items():
        if title != COMMON:
            yield f"**{title}**"
            word = title.partition(" ")[0]
            yield _table("Code" if word == "Exit" else word.removesuffix("s"), rows)


def _examples(verb: Any) -> str:
    from allawee_async.cli.operations.help_texts import examples  # noqa: PLC0415

    return "\n".join(
        line if line.startswith(" ") else f"$ {line}" for line in examples(verb).splitlines()
    )


def _sections(path: str, command: Any) -> dict[str, list[tuple[str, str]]]:
    made = getattr(command, "made", command)
    context = made.context_class(made, info_name=path)
    recorder = Recorder()
    made.format_options(context, recorder)
    if hasattr(made, "verb"):
        made.format_epilog(context, recorder)
    return recorder.sections


def _table(heading: str, rows: Any) -> str:
    lines = [f"| {_name(name)} | {_prose(text)} |" for name, text in rows]
    return "\n".join([f"| {heading} | Meaning |", "|---|---|", *lines])


def _name(name: str) -> str:
    return name if name.startswith("[") else f"`{name}`".replace("|", "\\|")


def _prose(text: str) -> str:
    """Return a text of the help as Markdown: what looks like HTML, or ends a cell, is escaped."""
    parts = " ".join(text.split()).split("`")
    parts[::2] = [
        part.replace("<", "&lt;").replace("|", "\\|").replace("*", "\\*").replace("[", "\\[")
        for part in parts[::2]
    ]
    return "`".join(parts)


def _anchor(name: str) -> str:
    return name.replace(" ", "-")
