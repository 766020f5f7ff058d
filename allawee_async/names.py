"""Python names and wire names: the one rule that leads from snake_case to camelCase."""

from functools import lru_cache

__all__ = ["camel"]


@lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """Return the wire's camelCase spelling of a Python name.

    One trailing run of underscores, which keeps a Python keyword apart, is dropped; leading
    underscores stay. A name that is camelCase already comes back unchanged, so the rule may be
    applied twice.

    Args:
        name: A Python name such as ``address_line_one`` or ``from_``.

    Example:
        >>> camel("address_line_one"), camel("from_"), camel("_id"), camel("last_4")
        ('addressLineOne', 'from', '_id', 'last4')
    """
    bare = name.lstrip("_")
    first, *rest = bare.rstrip("_").split("_")
    lead = name[: len(name) - len(bare)]
    return lead + first + "".join(part[:1].upper() + part[1:] for part in rest)
