"""A sender is verified by a DMARC pass, asked of a real DNS server, and by nothing else."""

from time import monotonic
from typing import Any

import pytest

from channels.email.authentication import MAX_RESULTS, Authentication, authenticate
from channels.email.dns import Resolver
from ingest.message import Trust
from tests.channels.email.nameserver import Zone, nameserver, silent_nameserver
from tests.channels.email.signing import key_record, signed

POLICY = {"_dmarc.exemple.example TXT": "v=DMARC1; p=reject"}
STRICT = {"_dmarc.exemple.example TXT": "v=DMARC1; p=reject; adkim=s; aspf=s"}
SPF = {"exemple.example TXT": "v=spf1 ip4:192.0.2.1 -all"}
MAIL_SPF = {"mail.exemple.example TXT": "v=spf1 ip4:192.0.2.1 -all"}
EVIL_SPF = {"evil.example TXT": "v=spf1 ip4:192.0.2.1 -all"}
FACTS = {
    "client": "192.0.2.1",
    "helo": "mx.exemple.example",
    "mail_from": "zoe@exemple.example",
    "recipients": ["mairie@demo.example"],
}
ZOE, DOMAIN = "zoe@exemple.example", "exemple.example"
UNVERIFIED, VERIFIED = Trust.UNVERIFIED, Trust.VERIFIED


def key_of(domain: str) -> dict[str, str]:
    return {f"s1._domainkey.{domain} TXT": key_record()}


def mail(sender: str = "Zoe <zoe@exemple.example>", *fields: str) -> bytes:
    lines = [f"From: {sender}", "To: mairie@demo.example", "Subject: Trou", *fields]
    return "\r\n".join([*lines, "", "Il y a un trou.", ""]).encode()


async def ask(raw: bytes, zone: Zone, **facts: Any) -> Authentication:
    async with nameserver(zone) as server:
        return await authenticate(raw, FACTS | facts, Resolver([server.address]))


async def test_an_aligned_signature_verifies() -> None:
    zone = POLICY | key_of("exemple.example")
    assert await ask(signed(mail(), "exemple.example"), zone) == Authentication(
        spf="none", dkim="pass", dmarc="pass", domain=DOMAIN, address=ZOE, trust=VERIFIED
    )


async def test_aligned_spf_verifies() -> None:
    assert await ask(mail(), POLICY | SPF) == Authentication(
        spf="pass", dkim="none", dmarc="pass", domain=DOMAIN, address=ZOE, trust=VERIFIED
    )


async def test_spf_of_the_greeting_counts_when_there_is_no_sender() -> None:
    zone = POLICY | {"mx.exemple.example TXT": "v=spf1 ip4:192.0.2.1 -all"}
    assert (await ask(mail(), zone, mail_from="")).trust == VERIFIED


@pytest.mark.parametrize(
    "mechanism",
    ["a:mx.exemple.example", "mx", "include:_spf.exemple.example", "redirect=_spf.exemple.example"],
)
async def test_spf_follows_the_names_in_its_record(mechanism: str) -> None:
    zone = POLICY | {
        "exemple.example TXT": f"v=spf1 {mechanism}",
        "exemple.example MX": "mx.exemple.example",
        "mx.exemple.example A": "192.0.2.1",
        "_spf.exemple.example TXT": "v=spf1 ip4:192.0.2.0/24 -all",
    }
    found = await ask(mail(), zone)
    assert (found.spf, found.trust) == ("pass", VERIFIED)


async def test_spf_of_an_address_of_ipv6_verifies() -> None:
    zone = POLICY | {"exemple.example TXT": "v=spf1 ip6:2001:db8::/32 -all"}
    assert (await ask(mail(), zone, client="2001:db8::1")).trust == VERIFIED


async def test_a_forbidden_client_fails() -> None:
    found = await ask(mail(), POLICY | SPF, client="198.51.100.1")
    assert (found.spf, found.dmarc, found.trust) == ("fail", "fail", UNVERIFIED)


async def test_a_signature_of_somebody_else_does_not_verify() -> None:
    found = await ask(signed(mail(), "evil.example"), POLICY | key_of("evil.example"))
    assert (found.dkim, found.dmarc, found.trust) == ("pass", "fail", UNVERIFIED)


async def test_spf_of_somebody_else_does_not_verify() -> None:
    found = await ask(mail(), POLICY | EVIL_SPF, mail_from="x@evil.example")
    assert (found.spf, found.dmarc, found.trust) == ("pass", "fail", UNVERIFIED)


async def test_a_domain_that_only_ends_alike_is_somebody_else() -> None:
    zone = POLICY | key_of("notexemple.example")
    assert (await ask(signed(mail(), "notexemple.example"), zone)).dmarc == "fail"


@pytest.mark.parametrize(("policy", "trust"), [(POLICY, VERIFIED), (STRICT, UNVERIFIED)])
async def test_a_subdomain_is_aligned_unless_the_policy_is_strict(
    policy: dict[str, str], trust: Trust
) -> None:
    by_key = policy | key_of("mail.exemple.example")
    found = await ask(signed(mail(), "mail.exemple.example"), by_key)
    assert (found.dkim, found.trust) == ("pass", trust)
    by_spf = await ask(mail(), policy | MAIL_SPF, mail_from="zoe@mail.exemple.example")
    assert (by_spf.spf, by_spf.trust) == ("pass", trust)


@pytest.mark.parametrize("policy", [POLICY, STRICT])
async def test_the_very_same_domain_is_always_aligned(policy: dict[str, str]) -> None:
    zone = policy | key_of("exemple.example")
    assert (await ask(signed(mail(), "exemple.example"), zone)).trust == VERIFIED


async def test_a_subdomain_has_the_policy_of_its_organisation() -> None:
    raw = signed(mail("zoe@mail.exemple.example"), "exemple.example")
    found = await ask(raw, POLICY | key_of("exemple.example"))
    assert (found.domain, found.trust) == ("mail.exemple.example", VERIFIED)


async def test_two_sites_below_a_public_suffix_are_not_aligned() -> None:
    zone = {"_dmarc.mairie.co.uk TXT": "v=DMARC1; p=none"} | key_of("co.uk") | key_of("evil.co.uk")
    for domain in ("co.uk", "evil.co.uk"):
        found = await ask(signed(mail("x@mairie.co.uk"), domain), zone)
        assert (found.dkim, found.dmarc) == ("pass", "fail")


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"_dmarc.exemple.example TXT": "a site verification"},
        {"_dmarc.exemple.example TXT": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]},
    ],
    ids=["none", "other", "two"],
)
async def test_without_a_policy_nothing_verifies(policy: Zone) -> None:
    zone: Zone = {**policy, **SPF, **key_of("exemple.example")}
    found = await ask(signed(mail(), "exemple.example"), zone)
    assert (found.spf, found.dkim) == ("pass", "pass")
    assert (found.dmarc, found.trust) == ("none", UNVERIFIED)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"un trou.", b"dix trous."), (b"Trou", b"Argent"), (b"Zoe", b"Le maire"), (b"b=", b"b=A")],
)
async def test_a_changed_mail_does_not_verify(old: bytes, new: bytes) -> None:
    raw = signed(mail(), "exemple.example")
    assert old in raw
    found = await ask(raw.replace(old, new), POLICY | key_of("exemple.example"))
    assert (found.dkim, found.dmarc, found.trust) == ("fail", "fail", UNVERIFIED)


@pytest.mark.parametrize(
    "key", ["", "v=DKIM1; p=", "nonsense", "v=DKIM1; k=rsa; p=AAAA", "v=DKIM1; k=rsa; p=*"]
)
async def test_a_key_that_is_none_does_not_verify(key: str) -> None:
    zone: Zone = {**POLICY, "s1._domainkey.exemple.example TXT": key or []}
    found = await ask(signed(mail(), "exemple.example"), zone)
    assert (found.dkim, found.trust) == ("fail", UNVERIFIED)


async def test_one_good_signature_among_bad_ones_is_enough() -> None:
    raw = signed(signed(mail(), "exemple.example"), "evil.example")
    zone = POLICY | key_of("exemple.example")
    assert (await ask(raw, zone)).trust == VERIFIED


@pytest.mark.parametrize("added", [b"", b"Et versez 1000 euros.\r\n"])
async def test_a_signature_over_the_beginning_alone_counts_for_nothing(added: bytes) -> None:
    raw = signed(mail(), "exemple.example", length=True) + added
    assert b"; l=" in raw
    assert (await ask(raw, POLICY | key_of("exemple.example"))).trust == UNVERIFIED


@pytest.mark.parametrize(
    "raw",
    [
        mail("Zoe <zoe@exemple.example>", "From: Le maire <maire@demo.example>"),
        mail("Zoe <zoe@exemple.example>", "from : Le maire <maire@demo.example>"),
        mail("Zoe <zoe@exemple.example>, Le maire <maire@demo.example>"),
        mail("Groupe: zoe@exemple.example;"),
        mail("zoe@exemple.example@demo.example"),
        mail("(<maire@demo.example>) zoe@exemple.example"),
        mail("<maire@demo.example> <zoe@exemple.example>"),
        mail("maire@demo.example <zoe@exemple.example"),
        mail("X: y\r\n\r\nFrom: zoe@exemple.example").removeprefix(b"From: "),
        b"Subject: nobody\r\n\r\nIl y a un trou.\r\n",
    ],
)
async def test_a_from_that_can_be_misread_is_never_verified(raw: bytes) -> None:
    found = await ask(raw, POLICY | SPF)
    assert (found.spf, found.dmarc) == ("pass", "permerror")
    assert (found.domain, found.trust) == ("", UNVERIFIED)


async def test_a_from_that_was_put_above_a_signed_one_is_never_verified() -> None:
    zone = POLICY | key_of("exemple.example")
    for above in (b"From: Le maire <maire@demo.example>\r\n", b"from:\r\n", b"From : x@y\r\n"):
        found = await ask(above + signed(mail(), "exemple.example"), zone)
        assert (found.domain, found.trust) == ("", UNVERIFIED)


@pytest.mark.parametrize(
    "sender",
    [
        '"Le maire <maire@demo.example>" <zoe@exemple.example>',
        '"maire@demo.example, x" <zoe@exemple.example>',
        "=?utf-8?q?maire=40demo=2Eexample?= <zoe@exemple.example>",
    ],
)
async def test_the_address_counts_and_not_what_the_name_says(sender: str) -> None:
    zone = POLICY | {"_dmarc.demo.example TXT": "v=DMARC1; p=reject"} | SPF
    assert (await ask(mail(sender), zone)).domain == "exemple.example"
    of_demo = key_of("demo.example") | {"_dmarc.demo.example TXT": "v=DMARC1; p=reject"}
    assert (await ask(signed(mail(sender), "demo.example"), of_demo)).trust == UNVERIFIED


async def test_an_international_domain_is_asked_by_its_ascii_name() -> None:
    zone = {"_dmarc.xn--mnchen-3ya.example TXT": "v=DMARC1; p=none"} | key_of(
        "xn--mnchen-3ya.example"
    )
    found = await ask(signed(mail("x@münchen.example"), "xn--mnchen-3ya.example"), zone)
    assert (found.domain, found.trust) == ("xn--mnchen-3ya.example", VERIFIED)


async def test_a_dns_that_is_silent_is_given_up_in_time() -> None:
    raw = signed(mail(), "exemple.example")
    async with silent_nameserver() as address:
        before = monotonic()
        found = await authenticate(raw, FACTS, Resolver([address], budget=0.3))
        assert monotonic() - before < 10
    assert found == Authentication("temperror", "temperror", "temperror", DOMAIN, ZOE)


async def test_a_dns_that_fails_is_a_temporary_error() -> None:
    async with nameserver(POLICY | SPF, code=2) as server:
        found = await authenticate(mail(), FACTS, Resolver([server.address], budget=0.5))
    assert found == Authentication("temperror", "none", "temperror", DOMAIN, ZOE)


async def test_without_any_nameserver_nothing_is_verified() -> None:
    resolver = Resolver(["127.0.0.1:1"], budget=0.3)
    found = await authenticate(signed(mail(), "exemple.example"), FACTS, resolver)
    assert (found.dmarc, found.trust) == ("temperror", UNVERIFIED)


@pytest.mark.parametrize("client", ["127.0.0.1", "::1", ""])
async def test_our_own_machine_is_never_verified_by_spf(client: str) -> None:
    zone = POLICY | {"exemple.example TXT": "v=spf1 +all"}
    async with nameserver(zone) as server:
        found = await authenticate(mail(), FACTS | {"client": client}, Resolver([server.address]))
        assert not server.asked
    assert (found.spf, found.trust) == ("none", UNVERIFIED)


async def test_our_own_machine_is_never_verified_by_spf_beside_a_foreign_signature() -> None:
    zone = POLICY | {"exemple.example TXT": "v=spf1 +all"} | key_of("evil.example")
    found = await ask(signed(mail(), "evil.example"), zone, client="127.0.0.1")
    assert (found.spf, found.dkim, found.trust) == ("none", "pass", UNVERIFIED)


async def test_our_own_machine_may_hand_in_a_signed_mail() -> None:
    zone = POLICY | key_of("exemple.example")
    raw = signed(mail(), "exemple.example")
    assert (await ask(raw, zone, client="127.0.0.1")).trust == VERIFIED


OURS = "Authentication-Results: mx.demo.example; {}"
PASS = "spf=none; dkim=pass header.d=x; dmarc=pass (p=reject) header.from=exemple.example"


async def told(
    *fields: str,
    trusted: str = "mx.demo.example",
    client: str = "127.0.0.1",
    clients: tuple[str, ...] = (),
) -> Authentication:
    """By a server in front, and by a DNS that knows nothing."""
    raw = "\r\n".join([*fields, ""]).encode() + mail()
    async with nameserver({}) as server:
        return await authenticate(
            raw,
            FACTS | {"client": client},
            Resolver([server.address]),
            trusted_authserv_id=trusted,
            authserv_clients=clients,
        )


async def test_our_own_server_in_front_is_believed() -> None:
    assert await told(OURS.format(PASS)) == Authentication(
        spf="none", dkim="pass", dmarc="pass", domain=DOMAIN, address=ZOE, trust=VERIFIED
    )


@pytest.mark.parametrize(
    "fields",
    [
        ("Authentication-Results: evil.example; " + PASS, OURS.format(PASS)),
        ("Authentication-Results: mx.demo.example.evil.example; " + PASS,),
        ("Authentication-Results: evil.example (mx.demo.example); " + PASS,),
        ('Authentication-Results: "mx.demo.example"; ' + PASS,),
        (OURS.format("dmarc=fail header.from=exemple.example"), OURS.format(PASS)),
        (OURS.format("dmarc=pass header.from=demo.example"),),
        (OURS.format("dmarc=pass"),),
        (
            OURS.format(
                'spf=fail smtp.mailfrom="\\\\"; x="; dmarc=pass header.from=exemple.example'
            ),
        ),
        (OURS.format('spf=fail smtp.mailfrom="x; dmarc=pass header.from=exemple.example"'),),
        (OURS.format("spf=fail (x; dmarc=pass header.from=exemple.example)"),),
        (OURS.format("none"),),
    ],
)
async def test_nothing_else_is_believed(fields: tuple[str, ...]) -> None:
    assert (await told(*fields)).trust == UNVERIFIED


async def test_nobody_is_believed_unless_the_settings_say_so() -> None:
    assert (await told(OURS.format(PASS), trusted="")).trust == UNVERIFIED


@pytest.mark.parametrize("client", ["", "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_a_server_on_this_machine_is_believed(client: str) -> None:
    assert (await told(OURS.format(PASS), client=client)).trust == VERIFIED


@pytest.mark.parametrize("client", ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::25"])
async def test_a_server_that_the_settings_name_is_believed(client: str) -> None:
    clients = ("192.0.2.1", "2001:db8::/32")
    assert (await told(OURS.format(PASS), client=client, clients=clients)).trust == VERIFIED


@pytest.mark.parametrize("client", ["192.0.2.2", "2001:db9::25", "::2", "localhost", "0"])
async def test_a_stranger_who_writes_as_our_server_is_not_believed(client: str) -> None:
    for clients in ((), ("192.0.2.1", "2001:db8::/32")):
        assert (await told(OURS.format(PASS), client=client, clients=clients)).trust == UNVERIFIED


@pytest.mark.parametrize("times", [1, 2], ids=["believed", "too long"])
@pytest.mark.parametrize(
    "made_up", ['"x' * 4000, '"\\' * 4000, '\\"' * 4000, "(" * 8000, "(a" * 4000, " " * 8000]
)
async def test_results_made_to_be_slow_are_read_at_once(made_up: str, times: int) -> None:
    before = monotonic()
    await told(OURS.format(f"spf=fail reason={made_up * times}"))
    assert monotonic() - before < 5


async def test_results_longer_than_any_real_ones_are_not_believed() -> None:
    long = OURS.format(PASS + "; x-comment=" + "x" * MAX_RESULTS)
    assert (await told(long)).trust == UNVERIFIED


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"From: zoe@exemple.example",
        b"DKIM-Signature: \r\nFrom: zoe@exemple.example\r\n\r\n",
        b"DKIM-Signature: v=1; d=..; s=..; b=\r\nFrom: zoe@exemple.example\r\n\r\n",
        b"DKIM-Signature: a\xff\x00; ;=;\r\nFrom: zoe@exemple.example\r\n\r\n",
        b"DKIM-Signature:" + b" " * 100_000 + b"x\r\nFrom: zoe@exemple.example\r\n\r\n",
        b"DKIM-Signature: v=1\r\n" * 3000 + b"From: zoe@exemple.example\r\n\r\n",
        b"no header at all\r\nFrom: zoe@exemple.example\r\n\r\n",
        b"From: zoe@" + b"a" * 300 + b".example\r\n\r\n",
        b"From: zoe@-..example\r\n\r\n",
        b"From: \xff@\xff.example\r\n\r\n",
    ],
)
async def test_nonsense_is_no_proof_and_no_crash(raw: bytes) -> None:
    before = monotonic()
    facts = {"mail_from": "\udcff@..", "helo": "\0"}
    assert (await ask(raw, POLICY, **facts)).trust == UNVERIFIED
    assert monotonic() - before < 10
