"""The double of Twilio beside a town that has closed."""

from structlog.testing import capture_logs

from notify import Content, TwilioSms
from tests.builders import SettableClock
from tests.channels.telephony.served import double
from tests.notify.building import until
from tests.notify.test_twilio import delivery


async def test_a_town_that_does_not_hear_how_its_sms_went_is_noted_once(
    clock: SettableClock,
) -> None:
    """A town that stops while its double still tells it something ends without a traceback."""
    async with double(clock) as (provider, account):  # where nobody listens to what it tells
        sender = TwilioSms(account)
        with capture_logs() as logs:
            await sender.send(
                delivery(clock), Content(subject="", text="Bonjour", html="", headers={})
            )
            await until(lambda: not provider.telling)
        await sender.close()
    (noted,) = logs
    assert (noted["event"], noted["status"]) == ("telephone.status_unheard", "sent")
