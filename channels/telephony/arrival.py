"""What Twilio told us, as it is kept."""

import hashlib
import json
import re
from collections.abc import Mapping

from ingest import Arrival, ChannelName

_SID = re.compile(r"[0-9A-Za-z:_-]{1,100}")


def arrival_of(
    channel: ChannelName, kind: str, sid: str, form: str, fields: Mapping[str, str]
) -> Arrival:
    """What is told again under the same ``sid`` is the same arrival of its ``kind``.

    Without a SID, or with what is none, it is known by its content. ``form`` tells the normalizer
    what it is: ``sms``, ``recording``, ``transcription``, ``status``.
    """
    raw = json.dumps(dict(fields), ensure_ascii=False, sort_keys=True).encode()
    name = sid if _SID.fullmatch(sid) else hashlib.sha256(raw).hexdigest()
    return Arrival(channel, f"{kind}:{name}", raw, {"form": form})
