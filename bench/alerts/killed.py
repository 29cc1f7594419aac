"""SIGKILL of the process that sends, three times while a campaign goes out."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.alerts.sinks import Sinks
from bench.alerts.town import Running
from bench.alerts.waiting import until

AT = (0.4, 0.6, 0.8)  # of the mails, at the sink
PATIENCE = 600.0  # seconds between two kills


@dataclass(frozen=True, slots=True)
class Away:
    """When nothing was sent: from the kill until the process was at work again."""

    since: float
    until: float


def kill_in_between(town: Running, sinks: Sinks, tells: str, mails: int) -> list[Away]:
    times = []
    for share in AT:
        _wait_for(lambda: sinks.count(tells, mails=True), int(mails * share))
        since = time.time()
        town.kill()
        town.start()
        times.append(Away(since, time.time()))
    return times


def _wait_for(came: Callable[[], int], count: int) -> None:
    until(
        lambda: came() >= count,
        within=PATIENCE,
        otherwise=lambda: f"{came()} of {count} mails came",
    )


def rate(moments: list[float], begun: float, times: list[Away], share: float = 0.95) -> float:
    """How many a second came while the process was there, until ``share`` of them had come.

    The last ones are those that a kill left in flight: they are taken back half a minute later.
    """
    some = moments[: max(1, int(len(moments) * share))]
    away = sum(one.until - one.since for one in times if one.until <= some[-1])
    return len(some) / (some[-1] - begun - away)
