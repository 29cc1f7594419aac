"""Only our exchange is believed, and only now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.cti.signature import SIGNATURE, TIMESTAMP, Signatures, sign, signed_headers
from core.errors import Refused
from tests.builders import SettableClock

OLD, NEW = b"the old secret of the exchange", b"the new secret of the exchange"
BODY = b'{"event": "started"}'


def signatures(clock: SettableClock, *secrets: bytes) -> Signatures:
    return Signatures(secrets or (OLD, NEW), clock, window=300)


def test_it_is_the_hmac_that_anybody_can_make() -> None:
    # printf '1773057600.{}' | openssl dgst -sha256 -hmac 'secret'
    digest = "395bdd9ee7c34a404b731eb710bbc7ddbdc13de31261529fc506406acd85804e"
    assert sign(b"secret", "1773057600", b"{}") == f"sha256={digest}"


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_any_of_the_secrets_will_do(clock: SettableClock, secret: bytes) -> None:
    signatures(clock).check(signed_headers(secret, BODY, clock), BODY)


@given(body=st.binary(max_size=200), other=st.binary(max_size=200), secret=st.binary(max_size=40))
def test_nothing_that_was_forged_or_cut_is_believed(
    body: bytes, other: bytes, secret: bytes
) -> None:
    clock = SettableClock()
    headers = signed_headers(OLD, body, clock)
    if other != body:
        with pytest.raises(Refused):
            signatures(clock).check(headers, other)
    if secret not in (OLD, NEW):
        with pytest.raises(Refused):
            signatures(clock).check(signed_headers(secret, body, clock), body)


@given(stamp=st.text(max_size=14), signature=st.text(max_size=80))
def test_no_header_is_too_strange_to_be_refused(stamp: str, signature: str) -> None:
    with pytest.raises(Refused):
        signatures(SettableClock()).check({TIMESTAMP: stamp, SIGNATURE: signature}, BODY)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_signature_is_good_for_a_while_alone(clock: SettableClock, seconds: int) -> None:
    headers = signed_headers(OLD, BODY, clock)
    clock.advance(seconds=seconds)
    with pytest.raises(Refused, match="too old"):
        signatures(clock).check(headers, BODY)


def test_without_a_secret_nobody_is_believed(clock: SettableClock) -> None:
    with pytest.raises(Refused, match="GUICHET_CTI_SECRETS"):
        Signatures((), clock, window=300).check(signed_headers(b"", BODY, clock), BODY)
