"""One pure ``normalize`` for every channel, for the processes beside."""

from channels.email.normalize import normalize as normalize_email
from channels.web.normalize import normalize as normalize_web
from core.errors import BadInput
from ingest import ChannelName, Intake, Message
from ingest.outside import normalize_outside

BY_CHANNEL = {ChannelName.EMAIL: normalize_email, ChannelName.WEB: normalize_web}


def normalize(intake: Intake) -> Message:
    """Hand the intake to its adapter: a trusted outside system's has a form of its own.

    Raises
    ------
    BadInput
        When nothing can be made of it, or no adapter reads its channel yet.
    """
    if intake.facts.get("form") == "api":
        return normalize_outside(intake)
    if intake.channel not in BY_CHANNEL:
        raise BadInput(f"nothing reads the channel {intake.channel}")
    return BY_CHANNEL[intake.channel](intake)


def warm_up() -> None:
    """Called once in a fresh process: what is imported here need not be at the first mail."""
