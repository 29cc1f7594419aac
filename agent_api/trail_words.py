"""The audit trail in words: its codes are for the database, these are for who reads the page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from core.i18n import N_
from core.web.labels import label

Translate = Callable[[str], str]

ACTIONS: Mapping[str, str] = {
    "case.opened": N_("Case opened"),
    "case.claimed": N_("Case claimed"),
    "case.moved": N_("Case moved to another queue"),
    "case.noted": N_("Internal note written"),
    "case.replied": N_("Citizen answered"),
    "case.closed": N_("Case closed"),
    "case.reopened": N_("Case reopened"),
    "case.change_accepted": N_("Proposed change taken into the form"),
    "case.change_refused": N_("Proposed change refused"),
    "case.document_deposited": N_("Document put into the citizen’s wallet"),
    "case.pages_changed": N_("Pages of a document changed"),
    "case.callback_requested": N_("Call back asked for"),
    "case.callback_done": N_("Citizen called back"),
    "case.callback_again": N_("Call back put off"),
    "case.callback_unreachable": N_("Call back given up: nobody was reached"),
    "case.call_linked": N_("Call linked with a case"),
    "case.consent_changed": N_("Consent to notifications written down"),
    "call.linked": N_("Call linked with a case"),
    "document.read": N_("Document opened"),
    "receipt.printed": N_("Receipt printed"),
    "counter.filed": N_("Request filed at the counter"),
    "citizens.searched": N_("Citizens searched"),
    "letters.printed": N_("Letters printed"),
    "letters.read": N_("Printed letters downloaded"),
    "quarantine.read": N_("Message in quarantine downloaded"),
    "quarantine.retried": N_("Message in quarantine tried again"),
    "quarantine.filed": N_("Message in quarantine filed by hand"),
    "procedure.edited": N_("Procedure edited"),
    "procedure.imported": N_("Procedure imported"),
    "procedure.published": N_("Procedure published"),
    "procedure.enabled": N_("Procedure opened"),
    "procedure.disabled": N_("Procedure disabled"),
    "entry.written": N_("Announcement written"),
    "entry.scheduled": N_("Announcement scheduled"),
    "entry.unscheduled": N_("Announcement taken off the schedule"),
    "entry.published": N_("Announcement published"),
    "entry.corrected": N_("Announcement corrected"),
    "entry.withdrawn": N_("Announcement withdrawn"),
    "entry.imported": N_("Announcement imported as a draft"),
    "topic.added": N_("Topic added"),
    "topic.changed": N_("Topic changed"),
    "topic.archived": N_("Topic archived"),
    "topic.restored": N_("Topic restored"),
    "topic.section_added": N_("Section of topics added"),
    "topic.district_added": N_("District added"),
    "outside_feed.added": N_("Outside feed added"),
    "outside_feed.changed": N_("Outside feed changed"),
    "outside_feed.fetched": N_("Outside feed looked at by hand"),
    "campaign.stopped": N_("Sending stopped"),
    "campaign.resumed": N_("Sending resumed"),
    "campaign.resent": N_("What had failed sent again"),
    "subscribers.imported": N_("List of subscribers imported"),
    "telephone.changed": N_("Telephone menu changed"),
    "queue.phone_set": N_("Telephone number of a queue set"),
    "agent.created": N_("Agent created"),
    "agent.disabled": N_("Agent signed out for good"),
    "agent.password_set": N_("Password of an agent set"),
    "agent.extension_set": N_("Telephone of an agent set"),
    "agent.token_created": N_("Access token created"),
    "agent.tokens_revoked": N_("Access tokens revoked"),
    "agent.signed_in": N_("Signed in"),
    "agent.signed_out": N_("Signed out"),
    "agent.sign_in_refused": N_("Sign-in refused: wrong password or code"),
    "account.created": N_("Citizen’s account created"),
    "account.password_changed": N_("Citizen’s password changed"),
    "account.address_changed": N_("Citizen’s address changed"),
    "account.second_factor_on": N_("Citizen’s second factor turned on"),
    "account.second_factor_off": N_("Citizen’s second factor turned off"),
    "account.passkey_added": N_("Citizen’s passkey added"),
    "account.passkey_removed": N_("Citizen’s passkey removed"),
    "account.exported": N_("Citizen took their data along"),
    "account.deleted": N_("Citizen’s account deleted"),
    "address.suppressed": N_("Address held back: it does not exist"),
    "address.allowed": N_("Address allowed again"),
    "sms.stopped": N_("No more SMS: the number sent STOP"),
    "sms.allowed": N_("SMS allowed again: the number sent START"),
    "email.stopped": N_("No more e-mails to this address"),
    "email.allowed": N_("E-mails allowed again"),
}
"""What was done, by its code; what stands in no list here is shown as it is."""
DETAILS: Mapping[str, str] = {
    "agent": N_("Agent"),
    "allowed": N_("Allowed"),
    "by": N_("By"),
    "again": N_("Changed since and filed again"),
    "case": N_("Case"),
    "change": N_("What changed"),
    "client": N_("From the address"),
    "count": N_("Number"),
    "enabled": N_("Enabled"),
    "extension": N_("Telephone"),
    "feed": N_("Feed"),
    "file": N_("File"),
    "found": N_("Found"),
    "from": N_("From the case"),
    "medium": N_("Medium"),
    "name": N_("Name"),
    "page": N_("Page"),
    "pages": N_("Number of pages"),
    "phone": N_("Telephone"),
    "publishes": N_("Publishes by itself"),
    "reason": N_("Reason"),
    "references": N_("Cases"),
    "revision": N_("Revision"),
    "said_by": N_("Said"),
    "source": N_("Source"),
    "urgent": N_("Urgent"),
    "version": N_("Version"),
}
LABELLED: Mapping[str, str] = {"medium": "channel", "said_by": "said_by"}
"""Details that are codes themselves, and the kind of their labels."""
UNSAID = frozenset({"document", "guid", "call"})
"""Names for machines, which tell a reader nothing."""
PLACES: Mapping[str, str] = {
    "case": "/agent/cases/{}",
    "procedure": "/agent/procedures/{}",
    "entry": "/agent/entries/{}",
    "campaign": "/agent/campaigns/{}",
    "call": "/agent/calls/{}",
    "topic": "/agent/topics",
    "outside_feed": "/agent/feeds",
    "letters": "/agent/letters",
    "telephone": "/agent/telephone",
    "list": "/agent/subscribers",
    "quarantine": "/agent/quarantine",
}
"""Where what it was done to can be looked at."""


def action_in_words(action: str, translate: Translate) -> str:
    known = ACTIONS.get(action)
    return translate(known) if known else action


def place_of(kind: str, object_id: str) -> str:
    """A page of the desk; empty where there is none."""
    return PLACES[kind].format(quote(object_id, safe="")) if kind in PLACES else ""


def name_of(object_id: str) -> str:
    """What a reader knows it by; empty for what has only a number of ours."""
    try:
        UUID(object_id)
    except ValueError:
        return object_id
    return ""


def details_in_words(details: Mapping[str, Any], translate: Translate) -> list[tuple[str, str]]:
    """Name and value of each that says something."""
    return list(_details(details, translate))


def _details(details: Mapping[str, Any], translate: Translate) -> Iterator[tuple[str, str]]:
    for key, value in details.items():
        if key in UNSAID or value in ("", None, []):
            continue
        said = _value(key, value, translate)
        yield (translate(DETAILS[key]) if key in DETAILS else key), said


def _value(key: str, value: Any, translate: Translate) -> str:
    if isinstance(value, bool):
        return translate(N_("yes")) if value else translate(N_("no"))
    if key in LABELLED:
        return translate(label(str(value), LABELLED[key]))
    if isinstance(value, list):
        return ", ".join(str(one) for one in value if one)
    return str(value)
