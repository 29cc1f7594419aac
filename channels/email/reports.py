"""What mail servers write of our mails: that one came back (RFC 3464), or was complained about
(ARF, RFC 5965). Pure, and made to survive anything that arrives.

A report in words alone (before 1996, or of a server that thinks itself clever) is none: it is
filed as a mail.
"""

from dataclasses import dataclass
from email.message import Message as Mail
from enum import StrEnum
from itertools import islice

from channels.email.parsing import inner_parts, parse
from core.text import clean_line

MAX_PARTS = 20
MAX_REASON = 500  # characters


class ReportKind(StrEnum):
    FAILED = "failed"
    DELAYED = "delayed"
    """Still tried; nothing is to be done."""
    PASSED_ON = "passed_on"
    """By a server that reports no more of it: whether it arrives nobody will tell."""
    DELIVERED = "delivered"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Report:
    """Of one mail to one recipient."""

    kind: ReportKind
    status: str = ""
    """Enhanced code (RFC 3463): ``5.1.1``."""
    reason: str = ""
    """What the other server said, on one line."""
    recipients: frozenset[str] = frozenset()
    """Whom it tells of, in lower case: to whom the mail went at last, and whom we wrote to."""


_ACTIONS = {
    "failed": ReportKind.FAILED,
    "delayed": ReportKind.DELAYED,
    "delivered": ReportKind.DELIVERED,
    "relayed": ReportKind.PASSED_ON,
    "expanded": ReportKind.PASSED_ON,
}


def read_report(raw: bytes) -> Report | None:
    """None when the mail is no report of either kind, or says nothing that we know."""
    mail = parse(raw).mail
    if mail.get_content_type() != "multipart/report":
        return None
    for part in islice(inner_parts(mail), MAX_PARTS):
        match part.get_content_type():
            case "message/delivery-status" | "message/global-delivery-status":
                return _delivery_status(part)
            case "message/feedback-report":
                return _feedback(part)
    return None


def _delivery_status(part: Mail) -> Report | None:
    """The first recipient's fields: our mails have one recipient each."""
    for fields in islice(inner_parts(part), MAX_PARTS):
        kind = _ACTIONS.get(_value(fields, "action").lower())
        if kind is not None:
            status = _value(fields, "status").partition(" ")[0]
            reason = _value(fields, "diagnostic-code").partition(";")[2].strip()
            return Report(
                kind, status, (reason or f"status {status}")[:MAX_REASON], _recipients(fields)
            )
    return None


def _recipients(fields: Mail) -> frozenset[str]:
    """``rfc822; jeanne@citizens.example``, of both fields (RFC 3464, 2.3.1 and 2.3.2)."""
    values = (_value(fields, name) for name in ("final-recipient", "original-recipient"))
    named = (value.partition(";")[2].strip(" <>").lower() for value in values)
    return frozenset(filter(None, named))


def _feedback(part: Mail) -> Report | None:
    fields = next(iter(inner_parts(part)), None)
    text = str(fields or part.get_payload() or "")
    if "feedback-type: not-spam" in text.lower():
        return None
    return Report(ReportKind.COMPLAINT, reason="the recipient called it spam")


def _value(fields: Mail, name: str) -> str:
    """A field on one line; what is no ASCII is replaced."""
    return clean_line(str(fields.get(name, "")))
