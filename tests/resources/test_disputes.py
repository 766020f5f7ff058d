"""Disputes: each verb sends exactly what the documents show, and keeps what they do not show."""

from typing import Any

import pytest

from allawee_async import to_dict
from allawee_async.models.disputes import Dispute, DisputeReason
from tests.support.serving import recording, sample


@pytest.mark.parametrize(
    ("name", "verb", "method", "path"),
    [
        ("disputes.create.request", "create", "POST", "/disputes"),
        ("withdrawn.disputes.create.request", "create", "POST", "/disputes"),
        ("disputes.update.request", "update", "PUT", "/disputes/d.1"),
        ("disputes.close.request", "close", "PUT", "/disputes/d.1/close"),
    ],
)
async def test_writing_sends_the_documented_body(
    name: str, verb: str, method: str, path: str
) -> None:
    body = sample(name)
    ids = () if verb == "create" else ("d.1",)
    async with recording() as (allawee, recorder):
        await getattr(allawee.disputes, verb)(*ids, **body)

    (sent,) = recorder.sent
    assert (sent.host, sent.method, sent.path) == ("api", method, path)
    assert sent.json == body


@pytest.mark.parametrize(
    "answer", [{}, {"id": "d.1", "reason": "general", "status": "open", "evidence": [1]}]
)
async def test_a_dispute_of_any_shape_is_kept(answer: Any) -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = {"code": "success", "data": answer}
        calls = [
            allawee.disputes.get("d.1"),
            allawee.disputes.create(reason=DisputeReason.GENERAL, source="c.auth.1"),
            allawee.disputes.update("d.1", text="more"),
            allawee.disputes.close("d.1"),
        ]
        for call in calls:
            dispute = await call
            assert isinstance(dispute, Dispute)
            assert to_dict(dispute) == answer


async def test_disputes_are_listed() -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = {"data": [{"id": "d.1", "source": {"id": "c.auth.1"}}]}
        (dispute,) = await allawee.disputes.list().to_list()

    assert not isinstance(dispute.source, str | None)
    assert dispute.source.id == "c.auth.1"  # type: ignore[union-attr]
