"""The one error of the query language."""

from __future__ import annotations


class MalformedQueryError(ValueError):
    """A query parameter that cannot be read; `parameter` is its name, `reason` says why."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(parameter, reason)
        self.parameter = parameter
        self.reason = reason

    def __str__(self) -> str:
        return f"Incorrect format for '{self.parameter}' parameter: {self.reason}"
