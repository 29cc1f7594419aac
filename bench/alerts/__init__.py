"""One entry to 100,000 subscribers, from the agent's button to the last digest, on both engines.

Six in ten are told by mail, three by SMS, one by a daily digest whose hour comes on the way. The
mails go to Postfix's ``smtp-sink``, the SMS to a double of Twilio's that takes so many a second.
Two urgent entries go to 1,000 of the subscribers meanwhile, one while the campaign is still being
addressed; later the process that sends is killed three times. What came is counted at the sinks:
nobody may be missed, an SMS may not come twice, a mail only when a kill left it in flight. How
many mails a second go out when nothing else is to be done: :mod:`bench.sending`.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.alerts.campaign import measured
from bench.alerts.town import ENGINES

__all__ = ["ENGINES", "SUBSCRIBERS", "run"]

SUBSCRIBERS = 100_000


def run(subscribers: int, engines: Sequence[str] = ()) -> dict[str, Any]:
    """On both engines, or on these. Raises RuntimeError when somebody is missed, or told again, or
    too late; the figures are printed before."""
    results, problems = {}, []
    for engine in engines or ENGINES:
        with tempfile.TemporaryDirectory(prefix="guichet-bench-") as folder:
            sys.stderr.write(f"alerts, {engine} …\n")
            results[engine], wrong = measured(engine, Path(folder), subscribers)
            problems += [f"{engine}: {one}" for one in wrong]
    if problems:
        sys.stderr.write(json.dumps(results, indent=2) + "\n")
        raise RuntimeError("; ".join(problems))
    return results
