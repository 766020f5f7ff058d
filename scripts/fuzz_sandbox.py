"""Runs Schemathesis against a sandbox: every operation of its description, rightly and wrongly.

The description itself is looked at first, by a validator that knows OpenAPI.

    python scripts/fuzz_sandbox.py [--max-examples 10] [options of `schemathesis run`]

No answer may be a server error, have a status that is not described, or not fit its schema, and no
call may succeed without a key. What is drawn at random would hardly ever name a card that there is,
so most bodies and paths begin with what the sandbox knows, and keep some of what was drawn.

Chains of calls end early, as a sandbox does not answer the same twice; `--phases stateful
--max-time 240` begins new ones until the time is up.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from allawee_async import AllaweeClient
    from allawee_async.sandbox import Sandbox

KNOWN: Final = "FUZZ_SANDBOX_KNOWN"
"""The variable that tells Schemathesis, as JSON, what the sandbox knows."""

CHECKS: Final = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance", "unsupported_method"),
    *("allow_header_conformance", "missing_required_header", "ignored_auth"),
)
"""Not whether a deleted object is gone: a card that was terminated can still be read."""
SETTINGS: Final = """
[phases.stateful]
max-steps = 20
[phases.stateful.inference]
algorithms = []
"""
"""Only the links that the description has are followed, and further than usual."""

ADDRESS: Final = {"city": "Ikeja", "state": "NG-LA", "countryCode": "NG", "addressLineOne": "1 Rd"}
PLACE: Final = "http://127.0.0.1:9/"
"""Where nobody listens."""

_PAID: Final[dict[str, Any]] = {"currency": "NGN", "amount": 5_000}
_USED: Final = {"amount": 700, "fees": 50, "channel": "pos", "mcc": "5411"}


async def known_to(allawee: AllaweeClient, sandbox: Sandbox) -> dict[str, Any]:
    """Fill a sandbox, and return the ids of each path and a good body for each operation."""
    accounts = await allawee.accounts.list(filter="currency:NGN").to_list()
    customers = await allawee.customers.list(filter="status:active").to_list()
    account, customer = accounts[0].id, customers[0].id
    virtual = await allawee.card_programs.create(
        name="Virtual", network="verve", type="virtual", currency="NGN"
    )
    program, draft = virtual.id, await _plastic(allawee, live=False)
    plastic = await _plastic(allawee, live=True)
    stock = [card.id async for card in allawee.cards.list(filter=f"program:{plastic}")]
    cards = [await allawee.cards.create(program=program, customer=customer) for _ in range(6)]
    for card in cards[:4]:
        cvv = (await allawee.cards.secrets(card.id)).cvv
        await allawee.cards.activate(card.id, cvv=str(cvv), pin="1234")
    used = await allawee.simulation.authorization_capture(
        cards[0].id, amount=100, fees=0, channel="pos"
    )
    paid_to = {"accountNumber": "0123456789", "bankCode": "058"}
    await allawee.payments.create_payout(method="bank-transfer", options=paid_to, **_PAID)
    await allawee.payments.create_payout(
        method="bank-transfer", options=paid_to, currency="NGN", amount=10**14
    )
    fee = await allawee.fees.create(name="Fee", structure="flat", value=1, account=account)
    pan = (await allawee.cards.secrets(stock[0])).pan
    await allawee.webhooks.create(name="Hook", events=["x"], url=PLACE)
    await allawee.disputes.create(reason="general", source=str(used.id))
    owned = await allawee.accounts.create(
        name="Own", type="sub", currency="NGN", customer=customer, deposit_channels=["bank-account"]
    )
    number = (owned.deposit_channels or ())[0].account_number
    product = (await allawee.tools.bills.products())[0]
    person = {
        "name": "Ada Obi", "reference": "ada", "type": "individual", "claims": {
            "individualInformation": {"firstName": "Ada", "lastName": "Obi",
                                      "dateOfBirth": "1997-2-13"},
            "individualAddress": ADDRESS, "emailAddress": "ada@example.com",
            "phoneNumber": "+2348012345678",
        },
    }  # fmt: skip
    issued = {"program": program, "customer": customer, "fundingSource": account}
    kind = {"name": "P", "network": "verve", "type": "virtual", "currency": "NGN"}
    held = {"customer": customer, "fundingSource": account}
    fact = {"type": "bank-account", "accountNumber": number}
    bodies: dict[str, Any] = {
        "customers.create": person, "customers.update": person,
        "accounts.create": {"name": "A", "currency": "NGN", "type": "sub", "customer": customer},
        "accounts.add_deposit_channel": {"type": "bank-account"},
        "accounts.update_deposit_account_name": fact,
        "card_programs.create": kind, "card_programs.update": kind,
        "cards.create": issued, "cards.link": held, "cards.link_by_pan": {**held, "pan": pan},
        "cards.fund": {"amount": 100, "debitSource": account},
        "cards.reset_pin": {"pin": "4321"}, "cards.activate": {"cvv": "123", "pin": "1234"},
        "cards.enroll_3ds": {"email": "ada@example.com", "phoneNumber": "+2348012345678"},
        "cards.enroll_safetoken": {"email": "ada@example.com", "phoneNumber": "+2348012345678"},
        "disputes.create": {"reason": "general", "source": used.id},
        "fees.create": {"name": "F", "structure": "flat", "value": 5, "account": account},
        "payments.create_payout": {"method": "bank-transfer", "options": paid_to, "fee": fee.id,
                                   **_PAID},
        "payments.pay_bill": {"product": product.id,
                              "inputs": {"phoneNumber": "08055429186", "amount": "40000"}},
        "payments.validate_bill": {"product": product.id,
                                   "inputs": {"phoneNumber": "08055429186", "amount": "40000"}},
        "payment_requests.create": {"method": "bank-transfer", "account": account,
                                    "options": {"name": "A", "bank": "providus"}, **_PAID},
        "secret_keys.create": {"name": "K", "scopes": ["cards:create"]},
        "webhooks.create": {"name": "H", "events": ["request.completed"], "url": PLACE},
        "webhooks.update": {"name": "H", "events": ["request.completed"], "url": PLACE},
        "tools.configuration.update_payment": {"payInAccount": account, "payOutAccount": account},
        "tools.fx.create_quote": {"from": "NGN", "to": "USD", "amount": 1_100},
        "simulation.authorization_check": {"channel": "pos"},
        "simulation.authorization_capture": _USED,
        "simulation.authorization_update_capture": {**_USED, "updateAmount": 1, "updateFees": 0},
        "simulation.authorization_reverse_capture": _USED,
        "simulation.pay_in": {"method": "bank-transfer", "accountNumber": number},
        "simulation.grp.create_card": issued, "simulation.grp.link_card": held,
        "simulation.grp.link_card_by_pan": {**held, "pan": pan},
    }  # fmt: skip
    await allawee.payment_requests.create(**bodies["payment_requests.create"])
    sandbox.settle_cards()
    ids = await _ids(allawee)
    ids["/tools/banks/short-list"] = [number, "0123456789"]
    ids["/cards/{id}/link"] = [*stock]
    ids["/card-programs"].append(draft)
    return {"bodies": bodies, "ids": ids, "queries": {"tools.banks.resolve": paid_to}}


async def _plastic(allawee: AllaweeClient, *, live: bool) -> str:
    """Make a program of physical cards, and return its id."""
    plastic = await allawee.card_programs.create(
        name=f"Plastic {live}",
        network="verve",
        type="physical",
        currency="NGN",
        quantity=20,
        personalization={},
        distribution={"type": "bulked"},
        authorization={},
    )
    if live:
        await allawee.simulation.card_program_go_live(plastic.id)
    return plastic.id


async def _ids(allawee: AllaweeClient) -> dict[str, list[object]]:
    """Return what there is, by the path that it is read from."""
    ids: dict[str, list[object]] = {}
    for path in (
        *("accounts", "billings", "card-authorizations", "card-programs", "card-transactions"),
        *("cards", "customers", "disputes", "events", "fees", "payments", "payment-requests"),
        *("requests", "tools/bills/products", "tools/merchants", "webhooks"),
    ):
        found: Any = (await allawee.request("GET", f"/{path}", query={"limit": 50})).data
        ids[f"/{path}"] = [one.get("id") or one["_id"] for one in found]
    return ids


def main() -> int:
    """Run it, and return 0 if nothing was found; raise if the description is no OpenAPI."""
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415 - not for hooks

    from allawee_async.openapi import document  # noqa: PLC0415
    from allawee_async.sandbox.server import running_in_a_thread  # noqa: PLC0415

    OpenAPIV31SpecValidator(json.loads(json.dumps(document()))).validate()
    options = sys.argv[1:]
    started = time.monotonic()
    with (
        running_in_a_thread(customers=20, seed=1, grp_enabled=True) as sandbox,
        TemporaryDirectory() as folder,
    ):

        async def filled() -> dict[str, Any]:
            async with sandbox.client() as allawee:
                return await known_to(allawee, sandbox)

        known = json.dumps(asyncio.run(filled()))
        settings = Path(folder) / "schemathesis.toml"
        settings.write_text(SETTINGS, "utf-8")
        done = subprocess.run(  # noqa: S603 - what is run is a tool of ours
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings)),
                *("run", f"{sandbox.url}/openapi.json"),
                *("--header", f"Authorization: Bearer {sandbox.api_key}"),
                *("--checks", ",".join(CHECKS), "--warnings", "off", *options),
            ],
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).resolve()), KNOWN: known},
            cwd=folder,  # where it keeps its crashes
            check=False,
        )
        print(f"{time.monotonic() - started:.0f} seconds, {len(sandbox.crashes)} crashes")
        for crash in sandbox.crashes:
            print(f"  {crash!r}")
        return done.returncode or bool(sandbox.crashes)


def _call(context: Any) -> str:
    return str(context.operation.definition.raw.get("operationId"))


def begin_with_what_is_known() -> None:
    """Register the hooks that let Schemathesis name what there is."""
    import schemathesis  # noqa: PLC0415 - only its own process has it

    known = json.loads(os.environ[KNOWN])

    def merged(good: Any, drawn: Any) -> Any:
        """Return what is good with nothing, something or much of what was drawn."""
        draw = Random(repr(drawn))  # noqa: S311 - the same each time
        if not isinstance(good, dict) or not isinstance(drawn, dict) or draw.random() < 0.3:
            return drawn
        own = {name: f"{good[name]} {draw.random()}" for name in {"name", "reference"} & {*good}}
        share = draw.choice((0, 0.1, 0.5))
        return good | own | {name: kept for name, kept in drawn.items() if draw.random() < share}

    def map_body(context: Any, body: Any) -> Any:
        return merged(known["bodies"].get(_call(context)), body)

    def map_query(context: Any, query: Any) -> Any:
        return merged(known["queries"].get(_call(context)), query)

    def map_path_parameters(context: Any, path_parameters: Any) -> Any:
        path = context.operation.path.removeprefix("/simulation").removeprefix("/grp")
        there = known["ids"].get(path) or known["ids"].get(path.partition("/{")[0])
        draw = Random(repr(path_parameters))  # noqa: S311 - the same each time
        if not there or not path_parameters or draw.random() < 0.3:
            return path_parameters
        return dict.fromkeys(path_parameters, draw.choice(there))

    schemathesis.hook(map_body)
    schemathesis.hook(map_query)
    schemathesis.hook(map_path_parameters)


if KNOWN in os.environ and __name__ != "__main__":
    begin_with_what_is_known()
elif __name__ == "__main__":
    sys.exit(main())
