"""The demo town's telephone: a double of Twilio inside the town's own web process."""

import hmac

from channels.telephony.double import Provider
from channels.telephony.double.routes import PREFIX
from channels.telephony.double.webhooks import Webhooks
from core.clock import Clock
from core.settings import Settings
from notify import TwilioAccount

NUMBER = "+33199000000"  # ARCEP keeps 01 99 00 for fiction


def demo_account(settings: Settings, secret: bytes) -> TwilioAccount:
    """The same in every process of the town."""
    return TwilioAccount(
        sid=f"AC{hmac.digest(secret, b'demo-telephone-sid', 'sha256').hex()[:32]}",
        token=hmac.digest(secret, b"demo-telephone-token", "sha256").hex(),
        number=NUMBER,
        hooks=f"{settings.portal_url}/hooks/twilio",
        api=f"{settings.portal_url}{PREFIX}",
    )


def demo_provider(account: TwilioAccount, clock: Clock) -> Provider:
    return Provider(account, clock, Webhooks(account))
