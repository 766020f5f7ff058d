"""The documented bodies, and documents made from them by changing one place."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any, Final

SAMPLES: Final = Path(__file__).parent.parent / "samples"


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"  # the same in all processes, as the ids of tests must be


ABSENT: Final = _Absent()
"""As a value: the place is taken out of the document."""


def sample_bytes(name: str) -> bytes:
    """Return a documented body as it came over the wire."""
    return (SAMPLES / f"{name}.json").read_bytes()


def sample(name: str) -> Any:
    """Return a documented body, parsed."""
    return json.loads(sample_bytes(name))


def documented_customers() -> dict[str, dict[str, Any]]:
    """Return every customer that a response of the documents shows, by where it stands."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(SAMPLES.glob("customers.*.response.json")):
        data = json.loads(path.read_bytes())["data"]
        several = data if isinstance(data, list) else [data]
        for number, customer in enumerate(several):
            found[f"{path.name}[{number}]"] = customer
    return found


def documented_claims() -> dict[str, dict[str, Any]]:
    """Return the claims of every request of the documents, by file name."""
    paths = sorted(SAMPLES.glob("customers.*.request.json"))
    return {path.name: json.loads(path.read_bytes())["claims"] for path in paths}


def full_customer() -> dict[str, Any]:
    """Return a customer in which every field that any document shows has a value."""
    customer: dict[str, Any] = sample("customers.get.response")["data"]
    business = documented_claims()["customers.create.business.request.json"]
    customer["claims"] |= business
    customer["claims"]["businessDirectors"] = ["Ada Obi", "Ciroma Adekunle"]
    customer["claims"]["individualAddress"]["phoneNumber"] = "+2349134902345"
    customer["claims"]["individualIdentity"]["url"] = "https://example.com/document.png"
    customer["verifications"].append({"type": "tier-3", "status": "verified"})
    customer["reference"] = "customer@example.com"
    return customer


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of a document with one place changed: `verifications[1].status`."""
    copied = copy.deepcopy(document)
    *way, last = [
        int(index) if index else name for name, index in re.findall(r"(\w+)|\[(\d+)\]", path)
    ]
    place: Any = copied
    for step in way:
        place = place[step]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return copied
