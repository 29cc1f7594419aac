"""One request in one trace, from outside to outside."""

from pathlib import Path

import httpx

from tests.builders import mail
from tests.collector import collecting
from tests.e2e.mailserver import MailServer
from tests.e2e.settling import settle
from tests.e2e.town import Town


def test_a_mail_and_its_answer_are_followed_from_channel_to_delivery(tmp_path: Path) -> None:
    with collecting() as collector:
        with (
            MailServer() as outside,
            Town(tmp_path / "var", smarthost=outside.url, otlp_endpoint=collector.url) as town,
        ):
            town.send(mail(subject="Compostage", sender="Léo <leo@citizens.example>"))
            outside.wait_for(lambda sent: sent["auto-submitted"] == "auto-replied")
            settle(town)
            reference = town.scalar("SELECT reference FROM cases")
            httpx.post(
                f"{town.url}/api/v1/cases/{reference}/replies",
                json={"text": "Oui, il est gratuit."},
                headers={"Authorization": f"Bearer {town.token}", "traceparent": STRANGERS},
            ).raise_for_status()
            outside.wait_for(lambda sent: sent["auto-submitted"] is None)
            settle(town)
        # The last spans were sent when the town stopped.
        receipt, reply = [span for span in collector.spans if span.name == "send email"]

    assert collector.path_to(receipt) == [
        "accept email",
        "handle normalize",
        "handle route",
        "handle notify",
        "handle deliver",
        "send email",
    ]
    assert collector.path_to(reply) == [
        "act replies",
        "handle notify",
        "handle deliver",
        "send email",
    ]
    assert {span.service for span in collector.spans} == {"guichet-run"}
    of_cases = [span for span in collector.spans if span.name not in OF_NEWS]
    assert {span.trace for span in of_cases} == {receipt.trace, reply.trace}
    for words in (b"leo", "Léo".encode(), b"ompostage", b"gratuit"):
        assert not any(words in raw for raw in collector.raw)


OF_NEWS = {"handle announce", "handle address", "handle alert"}
"""What the demo town has published is another story."""

STRANGERS = f"00-{'ab' * 16}-{'cd' * 8}-00"
"""What a client says of its own trace is not ours."""
