"""One pure ``normalize`` for every channel, for the processes beside."""

from agent_api.intakes import normalize_api_intake
from channels.email.normalize import normalize as normalize_email
from channels.web.normalize import normalize as normalize_web
from core.errors import BadInput
from ingest import ChannelName, Intake, Message

BY_CHANNEL = {ChannelName.EMAIL: normalize_email, ChannelName.WEB: normalize_web}


def normalize(intake: Intake) -> Message:
    """Hand the intake to its adapter: a trusted outside system's has a form of its own.

    Raises
    ------
    BadInput
        When nothing can be made of it, or no adapter reads its channel yet.
    """
    if intake.facts.get("form") == "api":
        return normalize_api_intake(intake)
    if intake.channel not in BY_CHANNEL:
        raise BadInput(f"nothing reads the channel {intake.channel}")
    return BY_CHANNEL[intake.channel](intake)


def warm_up() -> None:
    """Called once in a fresh process: what is imported here need not be at the first mail."""
