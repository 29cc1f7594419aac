"""What a campaign says: once for each language and medium, of digests once for each choice."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from yarl import URL

from notify.addressed import Row
from notify.announcements import Announcements, AnnouncementView, Item
from notify.campaigns import CampaignContentRow, CampaignKind, CampaignRow
from notify.letterhead import Letterhead
from notify.mail import mailbox
from notify.models import Medium
from notify.senders.push import LINK


class CampaignWords:
    """Renders them, by the town's letterhead."""

    def __init__(self, words: Announcements, letterhead: Letterhead) -> None:
        self._words = words
        self._letterhead = letterhead

    def row(
        self, id: UUID, campaign: CampaignRow, language: str, medium: Medium, items: Sequence[Item]
    ) -> Row:
        """Of :class:`CampaignContentRow`, with every column."""
        kind = CampaignKind(campaign.kind)
        view = self._words.view(
            kind, language, items, campaign=campaign.id.hex, urgent=campaign.urgent
        )
        told = said(self._words, view, medium)
        return {
            "id": id,
            "campaign_id": campaign.id,
            "language": language,
            "medium": medium,
            "headers": self._headers(medium, view, campaign),
            **told,
        }

    def _headers(
        self, medium: Medium, view: AnnouncementView, campaign: CampaignRow
    ) -> Mapping[str, str]:
        if medium is Medium.SMS:
            return {}
        if medium is Medium.PUSH:
            return {
                "Urgency": "high",
                "Topic": campaign.id.hex,
                LINK: URL(view.items[0].url).raw_path,
            }
        return self._mail_headers(view.unsubscribe, view.kind)

    def _mail_headers(self, unsubscribe: str, kind: CampaignKind) -> Mapping[str, str]:
        """What RFC 2369, 2919, 3834 and 8058 ask of mail that goes to many."""
        letterhead = self._letterhead
        return {
            "From": mailbox(letterhead.town, letterhead.main_mailbox),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Precedence": "bulk",
            "List-Id": f"<{kind}.{letterhead.mail_domain}>",
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }


def said(words: Announcements, view: AnnouncementView, medium: str) -> Mapping[str, str]:
    """The columns ``subject``, ``text`` and ``html``."""
    match medium:
        case Medium.SMS:
            return {"subject": "", "text": words.sms(view), "html": ""}
        case Medium.PUSH:
            return {"subject": "", "text": words.push(view), "html": ""}
        case _:
            mail = words.mail(view)
            return {"subject": mail.subject, "text": mail.text, "html": mail.html}


def say_anew(row: CampaignContentRow, words: Announcements, view: AnnouncementView) -> None:
    """What is not sent yet says it so."""
    for column, text in said(words, view, row.medium).items():
        setattr(row, column, text)
