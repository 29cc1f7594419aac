"""From a campaign's words to one recipient's: their links, and why they get it.

The words carry two marks, of characters that no text of a citizen or agent keeps (private use);
what the marks stand for differs, and is kept with the delivery.
"""

from collections.abc import Mapping
from html import escape

from notify.campaigns import CampaignContentRow
from notify.models import Medium
from notify.senders.contract import Content

TOKEN = "\ue000token\ue001"  # noqa: S105 - where a token comes
WHY = "\ue000why\ue001"
_PRIVATE = str.maketrans(dict.fromkeys((0xE000, 0xE001)))


def without_marks(text: str) -> str:
    """Text of somebody else's, in which nothing is to be filled in."""
    return text.translate(_PRIVATE)


def fill(row: CampaignContentRow, personal: Mapping[str, str]) -> Content:
    """The words for the recipient whose ``token`` and ``why`` are in ``personal``."""
    token, why = personal.get("token", ""), personal.get("why", "")
    if row.medium == Medium.SMS:
        return Content(subject="", text=row.text, html="", headers={})
    return Content(
        subject=row.subject,
        text=row.text.replace(TOKEN, token).replace(WHY, why),
        html=row.html.replace(TOKEN, token).replace(WHY, escape(why)),
        headers={name: value.replace(TOKEN, token) for name, value in row.headers.items()},
    )
