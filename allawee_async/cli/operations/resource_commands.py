"""All commands of a noun: one for each verb, those below it, and those that are more than that."""

from __future__ import annotations

from allawee_async.cli.commands import ResourceGroup, resource_groups
from allawee_async.cli.operations.command import verb_command
from allawee_async.resources.verbs import noun_at, verbs_of


def add_commands(group: ResourceGroup) -> None:
    """Add the commands of a noun to its group, in the order of its help."""
    noun = group.resource
    verbs = verbs_of(noun)
    for verb in verbs:
        group.add_command(verb_command(verb))
    if any(verb.name == "list" for verb in verbs):
        from allawee_async.cli.export.command import add_export

        add_export(group, noun)
    if noun == "webhooks":
        from allawee_async.cli.listen.commands import add_webhook_commands

        add_webhook_commands(group)
    for below in resource_groups(type(noun_at(noun)), add_commands, f"{noun}."):
        group.add_command(below)
