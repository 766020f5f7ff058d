"""Long tables of quick cases, each as one test: pytest takes longer for a test than they do."""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

F = TypeVar("F", bound="Callable[..., Any]")


def for_each(names: str | tuple[str, ...], rows: Iterable[Any]) -> Callable[[F], F]:
    """Give a test the rows of a table, as `pytest.mark.parametrize` does, one after the other.

    All rows are tried; whichever fail are told. Fixtures are the same for all of them.

    Args:
        names: What the columns are called.
        rows: The values, in the order of the names; if there is one name, the values themselves.
    """
    columns = names.replace(",", " ").split() if isinstance(names, str) else [*names]
    is_bare = len(columns) == 1 and isinstance(names, str)
    table = [dict(zip(columns, [row] if is_bare else row, strict=True)) for row in rows]

    def decorate(test: F) -> F:
        def run(*given: Any, **fixtures: Any) -> None:
            failures: list[Exception] = []
            for row in table:
                with _noted(failures, row):
                    test(*given, **fixtures, **row)
            _tell(failures, len(table))

        async def run_async(*given: Any, **fixtures: Any) -> None:
            failures: list[Exception] = []
            for row in table:
                with _noted(failures, row):
                    await test(*given, **fixtures, **row)
            _tell(failures, len(table))

        made: Any = run_async if inspect.iscoroutinefunction(test) else run
        functools.update_wrapper(made, test)
        signature = inspect.signature(test)
        left = [one for name, one in signature.parameters.items() if name not in columns]
        made.__signature__ = signature.replace(parameters=left)
        return made  # type: ignore[no-any-return]

    return decorate


@contextmanager
def _noted(failures: list[Exception], row: dict[str, Any]) -> Generator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - it is raised again
        error.add_note(f"with {row}")
        failures.append(error)


def _tell(failures: list[Exception], count: int) -> None:
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {count} rows failed", failures)
