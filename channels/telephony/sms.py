"""Incoming SMS and MMS: https://www.twilio.com/docs/messaging/guides/webhook-request

Twilio has put the parts of a long text together already; pictures come as addresses, and are
fetched once the message is in its case.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from channels.telephony.arrival import arrival_of
from channels.telephony.callers import caller_number
from channels.telephony.keywords import Keyword, keyword_of
from core.clock import Clock
from core.database import Database
from core.i18n import translator
from core.ids import derived_id
from core.settings import Settings
from ingest import Accept, Arrival, ChannelName
from ingest.accept import intake_id_of
from notify import Medium, record_wish


@dataclass(frozen=True, slots=True)
class IncomingSms:
    """Keeps what comes, and does at once what STOP and START ask."""

    database: Database
    accept: Accept
    clock: Clock
    settings: Settings

    async def take(self, fields: Mapping[str, str]) -> str:
        """Returns what is answered at once; usually nothing.

        Raises Later when the store is away: Twilio is then told to come again.
        """
        arrival = sms_arrival(fields)
        number = caller_number(fields.get("From", ""))
        keyword = keyword_of(fields.get("Body", ""))
        if fields.get("OptOutType") in {*Keyword}:
            keyword = Keyword(fields["OptOutType"])
        if keyword is None or not number:
            await self.accept(arrival)
            return ""
        if keyword is not Keyword.HELP:
            await self._record(arrival, number, keyword)
        # Where Twilio handles these words itself (Advanced Opt-Out), it has answered already.
        return "" if fields.get("OptOutType") else self._answer(keyword)

    async def _record(self, arrival: Arrival, number: str, keyword: Keyword) -> None:
        async with self.database.begin() as session:
            await record_wish(
                session,
                self.clock,
                id=derived_id(intake_id_of(arrival), "wish"),
                address=number,
                medium=Medium.SMS,
                allowed=keyword is Keyword.START,
                source=f"SMS {keyword} ({arrival.key})",
            )

    def _answer(self, keyword: Keyword) -> str:
        _ = translator(self.settings.language)
        values = {"town": self.settings.town}
        match keyword:
            case Keyword.STOP:
                return _("%(town)s: you get no more SMS from us. START allows them again.") % values
            case Keyword.START:
                return _("%(town)s: you get SMS from us again. STOP ends them.") % values
            case Keyword.HELP:
                url = self.settings.portal_url
                return _("%(town)s: write to us here, or see %(url)s. STOP ends our SMS.") % (
                    values | {"url": url}
                )


def sms_arrival(fields: Mapping[str, str]) -> Arrival:
    """The same message, sent to us again, is the same arrival."""
    sid = fields.get("MessageSid") or fields.get("SmsSid") or ""
    return arrival_of(ChannelName.SMS, "sms", sid, "sms", fields)
