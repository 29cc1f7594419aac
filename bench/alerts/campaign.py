"""One campaign from the agent's button to the last digest, on one engine."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.alerts.accounts import compare
from bench.alerts.desk import Desk
from bench.alerts.entries import DIGEST, NEWS, WHILE_ADDRESSING, WHILE_SENDING
from bench.alerts.killed import AT, kill_in_between, rate
from bench.alerts.memory import MOST, watched
from bench.alerts.sinks import Sinks, sinks, until_mails
from bench.alerts.store import Store
from bench.alerts.town import CONNECTIONS, ENGINES, SMS_PER_SECOND, Running
from bench.alerts.urgent import warn
from bench.alerts.waiting import until
from bench.servers import smtp_sink
from bench.subscribers import Person, crowd
from core.clock import utc_now
from notify.models import DeliveryStatus

DIGESTS_AFTER = timedelta(seconds=20)  # after the entry is published
BARE = 5_000  # mails of the bare loop
PATIENCE = 900.0  # seconds for everything to come

Results = dict[str, Any]


def measured(engine: str, folder: Path, subscribers: int) -> tuple[Results, list[str]]:
    """The figures, and what is wrong with them."""
    people = crowd(subscribers)
    with (
        sinks(folder, SMS_PER_SECOND) as seen,
        ENGINES[engine](folder, seen) as town,
        watched(town.pids) as memory,
    ):
        store = Store(town.ground.database_url)
        topics = store.enter(people)
        with closing(Desk(town.url, town.password)) as desk:
            results, problems = _run(town, store, desk, seen, topics, people)
        results["ratio_to_the_bare_loop"] = _beside_bare(store.url, folder, results)
    results["megabytes"] = {**memory, "at_most": MOST}
    fat = [name for name, megabytes in memory.items() if megabytes > MOST]
    if fat:
        problems.append(f"more than {MOST} MB: {', '.join(fat)}")
    return results, problems


def _run(
    town: Running,
    store: Store,
    desk: Desk,
    seen: Sinks,
    topics: Mapping[str, UUID],
    people: Sequence[Person],
) -> tuple[Results, list[str]]:
    expected = _expected(people)
    mails = sum("@" in address for address in expected[NEWS.title])
    due = utc_now() + DIGESTS_AFTER
    store.set_digests_due(due)
    begun = desk.publish(NEWS, topics["travaux"])
    until_mails(seen, NEWS.title, int(0.02 * mails), within=PATIENCE)
    early, problems = warn(desk, seen, store, topics["alertes"], people, WHILE_ADDRESSING)
    until_mails(seen, NEWS.title, int(0.15 * mails), within=PATIENCE)
    late, more = warn(desk, seen, store, topics["alertes"], people, WHILE_SENDING)
    times = kill_in_between(town, seen, NEWS.title, mails)
    _until_all(seen, store, expected)
    seconds = time.time() - begun
    addressed = store.addressed(NEWS.title)
    counts, wrong = compare(seen, expected, len(AT) * CONNECTIONS)
    results: Results = {
        "subscribers": len(people),
        "connections": CONNECTIONS,
        "seconds": round(seconds, 1),
        "expansion": {
            "deliveries": addressed.deliveries,
            "seconds": round(addressed.last - begun, 1),
            "deliveries_per_second": round(addressed.deliveries / (addressed.last - begun)),
        },
        "mails_per_second": round(rate(seen.moments(NEWS.title, mails=True), begun, times)),
        "sms_per_second": round(rate(seen.moments(NEWS.title, mails=False), begun, times)),
        "sms_per_second_that_the_provider_takes": SMS_PER_SECOND,
        "digests": _digests(seen, due),
        "urgent": {"while_addressing": early, "while_sending": late},
        "seconds_away_by_sigkill": [round(one.until - one.since, 1) for one in times],
        "mails_left_at_each_sigkill": [one.left for one in times],
        "counted_at_the_sinks": counts,
    }
    return results, [*problems, *more, *wrong]


def _expected(people: Sequence[Person]) -> Mapping[str, set[str]]:
    """Who is to get what, by what is told."""
    urgent = {one.address for one in people if one.urgent}
    return {
        NEWS.title: {one.address for one in people if not one.digest},
        DIGEST: {one.address for one in people if one.digest},
        WHILE_ADDRESSING.title: urgent,
        WHILE_SENDING.title: urgent,
    }


def _until_all(seen: Sinks, store: Store, expected: Mapping[str, set[str]]) -> None:
    """Everything has come, and the town knows that it has."""

    def left() -> dict[str, int]:
        return {tells: len(who) - seen.count(tells) for tells, who in expected.items()}

    until(
        lambda: not any(count > 0 for count in left().values()),
        within=PATIENCE,
        otherwise=lambda: f"these have not come: {left()}; in the store: {store.statuses()}",
    )
    until(
        lambda: store.statuses().keys() == {DeliveryStatus.SENT},
        within=PATIENCE,
        otherwise=lambda: f"not all is written down as sent: {store.statuses()}",
    )


def _digests(seen: Sinks, due: datetime) -> Results:
    moments, at = seen.moments(DIGEST), due.timestamp()
    return {
        "sent": len(moments),
        "seconds_from_their_hour_to_the_first": round(moments[0] - at, 1),
        "seconds_from_their_hour_to_the_last": round(moments[-1] - at, 1),
    }


def _beside_bare(url: str, folder: Path, results: Results) -> Results:
    """The same mails by a bare loop, while the town has nothing to do."""
    with smtp_sink(dump=folder / "bare") as port:
        command = [sys.executable, "-m", "bench.sending.sender", "bare", url]
        command += [str(port), str(CONNECTIONS), str(BARE)]
        said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    told = json.loads(said.splitlines()[-1])
    bare = told["mails"] / told["seconds"]
    mails, texts = results["mails_per_second"], results["sms_per_second"]
    return {
        "bare_mails_per_second": round(bare),
        "mails": round(mails / bare, 2),
        "mails_and_sms": round((mails + texts) / bare, 2),
    }
