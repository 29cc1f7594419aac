"""What the telephone's page shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from channels.telephony.double.calls import Call
from channels.telephony.double.provider import Sms


@dataclass(frozen=True, slots=True, kw_only=True)
class TelephonePage:
    """``telephone/telephone.html``."""

    number: str
    """Of the citizen."""
    town_number: str
    conversation: Sequence[Sms]
    """Oldest first."""
    call: Call | None
