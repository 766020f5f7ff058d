"""Compare recorded answers of the API with the models: what is new, and what is missing.

    python -m scripts.schema_drift DIRECTORY

The directory holds bodies as they came, one for each file, named after the call that they answer:
`cards.get.response.json`, `card-programs.create.physical.response.json` (what follows the call is
yours). Everything that a model does not know is listed; values are shown of enumerations only.

| Word | Meaning |
|---|---|
| new field | the API sends a field that no model has; a model keeps it in `extra` |
| new value | an enumeration does not have this value; a model keeps it |
| missing | a field that must be there is not; the model refuses the body |
| wrong type | a model refuses the body; the path tells where |
| never seen | a field that no recorded body has; perhaps it is gone |

The exit status is 1 if anything but "never seen" was found, and 2 if there was nothing to compare.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from allawee_async import AllaweeClient, DecodeError, from_dict, models
from allawee_async.models.schema import fields_of
from allawee_async.transport.response import read_response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from allawee_async.models import Model
    from allawee_async.models.schema import Shape
    from allawee_async.types import JSONValue

NEVER_SEEN = "never seen"
_ENDING = ".response.json"


def models_of_calls() -> dict[str, type[Model]]:
    """Return the model of each call, `cards.get` and so on; of a list, that of its items."""
    return dict(_calls(AllaweeClient("sk.test.drift"), ""))


def _calls(parent: object, prefix: str) -> Iterator[tuple[str, type[Model]]]:
    for attribute in dir(type(parent)):
        if isinstance(getattr(type(parent), attribute), cached_property):
            noun = getattr(parent, attribute)
            name = f"{prefix}{attribute}."
            for verb in getattr(noun, "ROUTES", {}):
                model = _model_of(noun, verb)
                if model is not None:
                    yield f"{name}{verb}", model
            yield from _calls(noun, name)


def _model_of(noun: Any, verb: str) -> type[Model] | None:
    """Return the model that a method says it returns, or None for a file."""
    if verb == "list":
        item: type[Model] = noun._model  # noqa: SLF001 - there is no other way to learn it
        return item
    returned = str(signature(getattr(noun, verb)).return_annotation)
    found = (getattr(models, name, None) for name in re.findall(r"\w+", returned))
    return next((model for model in found if model is not None), None)


def call_of(name: str, calls: dict[str, type[Model]]) -> str | None:
    """Return the call that a file is named after, or None."""
    words = name.removesuffix(_ENDING).removeprefix("withdrawn.").replace("-", "_").split(".")
    while words and ".".join(words) not in calls:
        words.pop()
    return ".".join(words) or None


class Drift:
    """What was found, by kind: the places, and the calls whose bodies showed them."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.compared = 0
        self._seen: dict[type[Model], set[str]] = defaultdict(set)

    def compare(self, call: str, model: type[Model], raw: bytes) -> None:
        """Compare one recorded body with the model of its call."""
        data = read_response(200, {}, raw).data
        for item in data if isinstance(data, list) else [data]:
            self.compared += 1
            missing = set(self._look(call, model, item))
            try:
                from_dict(model, item)  # type: ignore[arg-type]
            except DecodeError as error:
                if error.path not in missing:
                    what = f"{model.__name__} at {error.path}: {error.message}"
                    self._note("wrong type", what, call)

    def _note(self, kind: str, what: str, call: str) -> None:
        self.found[kind, what].add(call)

    def _look(self, call: str, model: type[Model], value: Any, path: str = "") -> Iterator[str]:
        """Note what is new in an object; yield the paths of what is missing."""
        if not isinstance(value, dict):
            return
        found = cast("dict[str, Any]", value)
        fields = fields_of(model)
        self._seen[model] |= fields.keys() & found.keys()
        for name in found.keys() - fields.keys():
            self._note("new field", f"{model.__name__}.{name}", call)
        for name, field in fields.items():
            here = f"{path}.{name}".removeprefix(".")
            if found.get(name) is not None:
                what = f"{model.__name__}.{name}"
                yield from self._look_at_value(call, what, field, found[name], here)
            elif field.required:
                self._note("missing", f"{model.__name__}.{name}", call)
                yield here

    def _look_at_value(
        self, call: str, what: str, shape: Shape, value: JSONValue, path: str
    ) -> Iterator[str]:
        if shape.item is not None and isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._look_at_value(call, what, shape.item, item, f"{path}[{index}]")
        elif shape.model is not None:
            yield from self._look(call, shape.model, value, path)
        elif shape.choices and isinstance(value, str) and value not in shape.choices:
            self._note("new value", f"{what}: {value!r}", call)

    def lines(self) -> Iterator[str]:
        """Yield what was found, one line for each thing."""
        for (kind, what), calls in sorted(self.found.items()):
            yield f"{kind:<10}  {what}  ({', '.join(sorted(calls))})"
        for model in sorted(self._seen, key=lambda model: model.__name__):
            for name in sorted(fields_of(model).keys() - self._seen[model]):
                yield f"{NEVER_SEEN:<10}  {model.__name__}.{name}"


def main(arguments: list[str]) -> int:
    """Compare the bodies of a directory, print what was found, return the exit status."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m scripts.schema_drift DIRECTORY", file=sys.stderr)
        return 2
    calls = models_of_calls()
    drift = Drift()
    for path in sorted(Path(arguments[0]).glob(f"*{_ENDING}")):
        call = call_of(path.name, calls)
        if call is None:
            print(f"not compared: {path.name} is named after no call", file=sys.stderr)
        else:
            drift.compare(call, calls[call], path.read_bytes())
    for line in drift.lines():
        print(line)
    print(f"{drift.compared} objects compared, {len(drift.found)} differences", file=sys.stderr)
    if not drift.compared:
        return 2
    return 1 if drift.found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
