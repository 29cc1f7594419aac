"""SIGKILL of the process that sends, three times while a campaign goes out."""

import time
from dataclasses import dataclass

from bench.alerts.sinks import Sinks, until_mails
from bench.alerts.town import Running

AT = (0.4, 0.6, 0.8)  # of the mails, at the sink
PATIENCE = 600.0  # seconds between two kills


@dataclass(frozen=True, slots=True)
class Away:
    """When nothing was sent: from the kill until the process was at work again."""

    since: float
    until: float
    left: int
    """Mails that had not come yet: of a small campaign perhaps none."""


def kill_in_between(town: Running, sinks: Sinks, tells: str, mails: int) -> list[Away]:
    times = []
    for share in AT:
        until_mails(sinks, tells, int(mails * share), within=PATIENCE)
        since = time.time()
        town.kill()
        left = mails - sinks.count(tells, mails=True)
        town.start()
        times.append(Away(since, time.time(), left))
    return times


def rate(moments: list[float], begun: float, times: list[Away], share: float = 0.95) -> float:
    """How many a second came while the process was there, until ``share`` of them had come.

    The last ones are those that a kill left in flight: they are taken back half a minute later.
    """
    some = moments[: max(1, int(len(moments) * share))]
    away = sum(one.until - one.since for one in times if one.until <= some[-1])
    return len(some) / (some[-1] - begun - away)
