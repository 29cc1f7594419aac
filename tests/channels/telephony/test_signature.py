"""Nobody but Twilio speaks for Twilio."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from starlette.datastructures import FormData
from starlette.requests import Request

from channels.telephony.signature import Signatures
from core.metrics import REFUSED
from tests.channels.telephony.building import ACCOUNT, ORIGIN, Exchange, signature_of
from tests.postgresql import on_sqlite

PUBLISHED = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
"""The example of https://www.twilio.com/docs/usage/security, with its token 12345."""


def request(url: str, signature: str, **headers: str) -> Request:
    path, _, query = url.partition("/")[2].partition("?")
    given = {"x-twilio-signature": signature} | headers
    return Request(
        {
            "type": "http",
            "method": "POST",
            "scheme": "http",
            "server": ("10.0.0.5", 8080),
            "path": f"/{path}",
            "query_string": query.encode(),
            "headers": [
                (name.replace("_", "-").encode(), value.encode()) for name, value in given.items()
            ],
        }
    )


@pytest.mark.parametrize(
    ("origin", "path", "fields", "signature"),
    [
        (
            "https://mycompany.com",
            "/myapp.php?foo=1&bar=2",
            PUBLISHED,
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        (
            "https://mycompany.com:443",
            "/myapp.php?foo=1&bar=2",
            PUBLISHED,
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
    ],
)
def test_the_published_examples_are_valid(
    origin: str, path: str, fields: dict[str, str], signature: str
) -> None:
    signatures = Signatures("12345", origin)
    assert signatures.valid(request(f"x{path}", signature), FormData(fields))
    assert not signatures.valid(request(f"x{path}&x=1", signature), FormData(fields))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
fields_of = st.dictionaries(st.sampled_from(["From", "Body", "MessageSid", "To"]), texts)


@hypothesis(max_examples=50, deadline=None)
@given(fields_of, st.sampled_from(["/hooks/twilio/sms", "/hooks/twilio/voice/menu?lang=fr"]))
def test_what_twilio_signs_is_valid_and_every_forgery_is_not(
    fields: dict[str, str], path: str
) -> None:
    signatures = Signatures(ACCOUNT.token, ORIGIN)
    right = signature_of(path, fields)

    def valid(path: str, fields: dict[str, str], signature: str) -> bool:
        return signatures.valid(request(f"x{path}", signature), FormData(fields))

    assert valid(path, fields, right)
    # forged
    assert not valid(path, fields, signature_of(path, fields, token="another"))
    assert not valid(path, fields | {"Digits": "1"}, right)
    assert not valid(path, fields, "")
    # replayed at another address
    assert not valid("/hooks/twilio/status", fields, right)
    # truncated
    assert not valid(path, fields, right[:-5])
    for name, value in fields.items():
        if value:
            assert not valid(path, fields | {name: value[:-1]}, right)


@on_sqlite
async def test_what_is_not_signed_is_403_counted_and_kept_nowhere(exchange: Exchange) -> None:
    before = REFUSED.labels("sms", "signature")._value.get()
    fields = {"MessageSid": "SM1", "From": "+33639980001", "Body": "Bonjour"}
    async with exchange.line() as line:
        for signature in (None, "", "c29tZXRoaW5n"):
            answer = await line.send("/hooks/twilio/sms", fields, signature)
            assert answer.status_code == 403
        answer = await line.client.post("/hooks/twilio/sms", content=b"\xff" * 300_000)
        assert answer.status_code == 403
    assert REFUSED.labels("sms", "signature")._value.get() == before + 4
    assert await exchange.intakes() == []
