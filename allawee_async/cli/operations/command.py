"""The commands of a resource: a verb's parameters become arguments and options, its docs help."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

import attrs
import typer
from typer.core import TyperCommand

from allawee_async.cli import commands
from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.batch.options import FROM, BatchOptions, takes_files
from allawee_async.cli.export.command import add_exports
from allawee_async.cli.operations import help_texts, options
from allawee_async.cli.operations.bodies import joined_fields
from allawee_async.cli.options import made_command, parameter
from allawee_async.cli.wording import kebab
from allawee_async.resources.verbs import Verb, noun_at, verbs_of

_COMMON: Final = "Options of all commands"
_OF_FILES: Final = "Options for one call for each row of a file"
_FILE_OPTIONS: Final = {field.name for field in attrs.fields(BatchOptions)}
_OF_SOME: Final = {
    *("max_items", "out", "overwrite", "failed"),
    *("created_since", "created_until", "updated_since"),
}

Failed = Annotated[
    bool, typer.Option("--failed", help="Send all events again that failed; see --since.")
]


class VerbCommand(TyperCommand):
    """The command of a verb: it knows dotted options, and lists its own options first.

    Attributes:
        verb: What it calls.
        fields: An option for each field of its objects, so that shells can complete them.
        many: The option by which it does its work for many objects, and needs no other.
    """

    verb: Verb
    fields: tuple[Any, ...] = ()
    many: str | None = None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; the fields of an object may be options of their own."""
        bodies = {help_texts.option_of(one) for one in self.verb.parameters if one.is_body}
        words = args if ctx.resilient_parsing else joined_fields(args, bodies)
        if any(word.partition("=")[0] == self.many for word in words):
            for param in self.params:
                param.required = False
        return super().parse_args(ctx, words)

    def get_params(self, ctx: Any) -> Any:
        """Return the options; while a shell completes a line, also those of fields."""
        params = super().get_params(ctx)
        return [*params, *self.fields] if ctx.resilient_parsing else params

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write examples, the arguments, the options of the verb, and those that all have."""
        lines = help_texts.examples(self.verb).splitlines()
        if lines:
            with formatter.section("Examples, to be copied with ids of your own"):
                formatter.write("".join(f"  {line}\n" for line in lines))
        own = {one.name for one in self.verb.parameters} | _OF_SOME
        sections: dict[str, list[Any]] = {"Arguments": [], "Options": []}
        for one in self.verb.parameters:
            sections[f"Fields of {help_texts.option_of(one)}, as options"] = help_texts.fields_help(
                one
            )
        sections |= {_OF_FILES: [], _COMMON: []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if param.param_type_name == "argument":
                sections["Arguments"].append((param.metavar, param.help))
            elif record is not None:
                of_files = _OF_FILES if param.name in _FILE_OPTIONS else _COMMON
                sections["Options" if param.name in own else of_files].append(record)
        _write_sections(formatter, sections)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what is written behind the command's name: its arguments are all needed."""
        params = self.get_params(ctx)
        names = [param.metavar for param in params if param.param_type_name == "argument"]
        return ["[OPTIONS]", *names]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the exit codes."""
        del ctx
        title = "Exit codes, beside those of all commands"
        _write_sections(formatter, {title: help_texts.exit_codes(self.verb)})


def _write_sections(formatter: Any, sections: Mapping[str, list[Any]]) -> None:
    for title, rows in sections.items():
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def add_commands(group: commands.ResourceGroup) -> None:
    """Add the commands of a resource to its group, in the order of its help."""
    resource = group.resource
    for verb in verbs_of(resource):
        group.add_command(
            commands.LazyCommand(kebab(verb.name), help_texts.summary(verb), partial(_made, verb))
        )
    for words in commands.COMMANDS:
        if words.startswith(f"{group.name} "):
            group.add_command(commands.imported_command(words))
    add_exports(group, resource)
    for below in commands.resource_groups(type(noun_at(resource)), add_commands, f"{resource}."):
        group.add_command(below)


def _made(verb: Verb) -> VerbCommand:
    def call(**given: Any) -> None:
        from allawee_async.cli.operations.run import run_verb

        run_verb(verb, given)

    retries, takes_file = verb.call == "events.retry", takes_files(verb)
    parameters = [
        *options.own_parameters(verb),
        *options.output_parameters(verb),
        *([parameter("failed", Failed, default=False)] if retries else ()),
        *(options.own_parameters(options.times_of(verb)) if retries else ()),
        *([parameter("batch", BatchOptions)] if takes_file else ()),
        parameter("connection", ConnectionOptions),
    ]
    command: VerbCommand = made_command(
        call, kebab(verb.name), parameters, cls=VerbCommand, help=help_texts.description(verb)
    )
    command.verb = verb
    command.many = "--failed" if retries else FROM if takes_file else None
    fields = list(options.field_parameters(verb))
    if fields:
        command.fields = tuple(made_command(call, "fields", fields).params)
    return command
