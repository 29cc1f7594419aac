"""Who is answered: the From, or the citizen whom a web form names in Reply-To."""

import pytest

from ingest.message import Automatic, Trust
from tests.channels.email.mails import mail, read

FORM = "From: Formulaire <noreply@forms.example>"
TO_FORM = "answers go to the Reply-To address, not to noreply@forms.example"


@pytest.mark.parametrize("machine", ["noreply", "no-reply", "do-not-reply", "ne-pas-repondre"])
def test_a_form_that_cannot_be_answered_is_answered_at_its_reply_to(machine: str) -> None:
    message = read(
        mail("x", f"From: {machine}@forms.example", "Reply-To: Jean Petit <Jean@Exemple.example>")
    )
    assert (message.sender.name, message.sender.address) == ("Jean Petit", "jean@exemple.example")
    assert message.sender.trust == Trust.UNVERIFIED
    assert message.notes == (f"answers go to the Reply-To address, not to {machine}@forms.example",)


def test_a_reply_to_without_a_name_leaves_the_name_of_the_form() -> None:
    message = read(mail("x", FORM, "Reply-To: jean@exemple.example"))
    assert (message.sender.name, message.sender.address) == ("Formulaire", "jean@exemple.example")
    assert message.notes == (TO_FORM,)


def test_the_same_reply_to_twice_is_one() -> None:
    twice = "jean@exemple.example, <JEAN@exemple.example>"
    assert read(mail("x", FORM, f"Reply-To: {twice}")).sender.address == "jean@exemple.example"


@pytest.mark.parametrize(
    "asked",
    [
        "jean@exemple.example, zoe@exemple.example",
        "donotreply@exemple.example",
        "mairie@demo.example",
        "mairie+GU-1234-5678@demo.example",
    ],
    ids=["two", "a machine", "the recipient", "the recipient with a tag"],
)
def test_a_form_with_no_single_citizen_behind_it_keeps_its_address(asked: str) -> None:
    message = read(mail("x", FORM, f"Reply-To: {asked}"))
    assert message.sender.address == "noreply@forms.example"
    assert message.notes == (f"the mail asks to answer to {asked.lower()}",)


def test_a_person_is_answered_at_the_from_and_the_reply_to_is_told() -> None:
    message = read(mail("x", "Reply-To: jean@exemple.example"))
    assert message.sender.address == "zoe@exemple.example"
    assert message.notes == ("the mail asks to answer to jean@exemple.example",)


def test_many_wishes_are_told_in_a_few_words() -> None:
    asked = ", ".join(f"a{n}@exemple.example" for n in range(50))
    [note] = read(mail("x", f"Reply-To: {asked}")).notes
    assert note.endswith("a0@exemple.example, a1@exemple.example, a2@exemple.example")


@pytest.mark.parametrize("asked", ["Zoe <ZOE@exemple.example>", "", "nobody", "<>"])
def test_a_reply_to_that_says_nothing_new_is_not_told(asked: str) -> None:
    message = read(mail("x", f"Reply-To: {asked}"))
    assert message.sender.address == "zoe@exemple.example"
    assert message.notes == ()


def test_a_bounce_is_one_whatever_its_reply_to() -> None:
    daemon = "From: MAILER-DAEMON@exemple.example"
    message = read(mail("x", daemon, "Reply-To: jean@exemple.example"))
    assert message.automatic == Automatic.BOUNCE


def test_a_bare_postmaster_stays_as_it_is() -> None:
    facts = {"recipients": ["postmaster"]}
    message = read(mail("x", "To: Postmaster, x@ailleurs.example, x@postmaster"), **facts)
    assert message.recipients == ("postmaster",)


def test_a_bare_postmaster_hides_no_mailbox_of_ours() -> None:
    facts = {"recipients": ["postmaster", "mairie@demo.example"]}
    message = read(mail("x", "To: voirie@demo.example, x@ailleurs.example"), **facts)
    assert message.recipients == ("postmaster", "mairie@demo.example", "voirie@demo.example")
