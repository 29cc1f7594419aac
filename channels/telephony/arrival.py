"""What Twilio told us, as it is kept."""

import json
from collections.abc import Mapping

from ingest import Arrival, ChannelName


def arrival_of(channel: ChannelName, key: str, form: str, fields: Mapping[str, str]) -> Arrival:
    """``form`` tells the normalizer what it is: ``sms``, ``recording``, ``transcription``,
    ``status``."""
    raw = json.dumps(dict(fields), ensure_ascii=False, sort_keys=True).encode()
    return Arrival(channel, key, raw, {"form": form})
