"""What may go wrong in a town of several processes: nothing that was accepted is lost or doubled.

Each test prints its counts.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from tests.e2e.county import County
from tests.e2e.mailserver import MailServer
from tests.e2e.settling import settle
from tests.faults.accounts import check_accounts
from tests.faults.conftest import NewCounty
from tests.faults.senders import Senders, raw_mail
from tests.kafka.broker import Broker, Kafka
from tests.kafka.needs import needs_apache_kafka
from tests.postgresql import postgresql

MAILS = 600  # where processes are killed, or come and go
FEWER = 400
CONNECTIONS = 20
KILLS = 10
SENDING_CONNECTIONS = 4  # of each dispatcher, by its settings
SETTLED = 180.0  # seconds for every receipt to arrive once all is well again
WORKERS = ("worker 1", "worker 2", "worker 3")
BY_STAGES = {
    "worker for reading": ("normalize", "route"),
    "worker for telling": (
        "authenticate",
        "notify",
        "calls",
        "fetch",
        "announce",
        "address",
        "alert",
        "deliver",
    ),
}


async def test_no_mail_is_lost_or_doubled_when_workers_are_killed(
    new_county: NewCounty, outside: MailServer
) -> None:
    county = new_county(smtp_sending_connections=str(SENDING_CONNECTIONS))
    _name_all(county, workers=dict.fromkeys(WORKERS, ()))
    chance = Random(20260309)
    async with _under_load(county, pace=0.4) as senders:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.2, 1.0))
            await senders.outcome.until(lambda: any(county[name].is_ready for name in WORKERS))
            victim = county[chance.choice([name for name in WORKERS if county[name].is_ready])]
            await asyncio.to_thread(victim.kill)
            victim.launch()
    check_accounts(
        county,
        outside,
        senders.outcome,
        mails=MAILS,
        most_in_doubt=KILLS * SENDING_CONNECTIONS,
        facts={"kills": KILLS},
    )


async def test_what_was_answered_arrives_when_mail_servers_are_killed(
    new_county: NewCounty, outside: MailServer
) -> None:
    county = new_county()
    doors = ["mail 1", "mail 2"]
    _name_all(county, mail=doors)
    chance = Random(20260310)
    async with _under_load(county, mails=FEWER, pace=0.2) as senders:
        for number in range(KILLS):
            await senders.outcome.until_accepted((number + 1) * FEWER // (KILLS + 2))
            await senders.outcome.until(lambda: any(county[name].is_ready for name in doors))
            victim = county[chance.choice([name for name in doors if county[name].is_ready])]
            await asyncio.to_thread(victim.kill)
            victim.launch()
    assert senders.outcome.unanswered
    check_accounts(county, outside, senders.outcome, mails=FEWER, facts={"kills": KILLS})


async def test_workers_may_come_and_go_under_load(
    new_county: NewCounty, outside: MailServer
) -> None:
    county = new_county()
    _name_all(county, workers=dict.fromkeys(WORKERS, ()))
    _, *others = WORKERS
    async with _under_load(county, "serve", "mail", WORKERS[0], pace=0.4) as senders:
        await senders.outcome.until_accepted(MAILS // 5)
        await asyncio.to_thread(county.start, *others)
        await senders.outcome.until_accepted(MAILS * 3 // 5)
        shares = {name: county.handled(name) for name in WORKERS}
        await asyncio.to_thread(county.stop, *others)
    assert all(shares.values())
    check_accounts(
        county,
        outside,
        senders.outcome,
        mails=MAILS,
        facts={"handled while there were three": shares},
    )


@needs_apache_kafka
async def test_mail_is_accepted_while_kafka_is_away_and_arrives_later(
    new_county: NewCounty, outside: MailServer, kafka: Broker
) -> None:
    county = new_county()
    _name_all(county)
    async with _under_load(county, mails=FEWER, pace=0.2) as senders:
        await senders.outcome.until_accepted(FEWER // 5)
        await asyncio.to_thread(kafka.stop)
        stopped, before = time.monotonic(), len(senders.outcome.accepted)
        await senders.outcome.until_accepted(FEWER)
        await asyncio.sleep(max(0.0, stopped + 20 - time.monotonic()))
        unpublished = county.scalar("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        await asyncio.to_thread(kafka.start)
    assert unpublished >= FEWER - before
    check_accounts(
        county,
        outside,
        senders.outcome,
        mails=FEWER,
        facts={"accepted while Kafka was away": FEWER - before, "waited for Kafka": unpublished},
    )


@needs_apache_kafka
async def test_one_broker_of_three_may_be_killed_and_come_back(
    new_county: NewCounty, outside: MailServer, tmp_path: Path
) -> None:
    with Kafka(tmp_path, nodes=3) as cluster:
        county = new_county(kafka=cluster)
        _name_all(county)
        async with _under_load(county, mails=FEWER, pace=0.4) as senders:
            await senders.outcome.until_accepted(FEWER // 5)
            await asyncio.to_thread(cluster.kill_node, 0)
            await senders.outcome.until_accepted(FEWER * 4 // 5)
            await asyncio.to_thread(cluster.start_node, 0)
        check_accounts(county, outside, senders.outcome, mails=FEWER)


async def test_mail_is_put_off_while_postgresql_is_away(
    new_county: NewCounty, outside: MailServer
) -> None:
    with postgresql() as server:
        county = new_county(server=server)
        _name_all(county)
        async with _under_load(county, mails=FEWER, pace=0.2) as senders:
            await senders.outcome.until_accepted(FEWER // 5)
            await asyncio.to_thread(server.stop)
            # Then every connection has one that it cannot get rid of.
            await senders.outcome.until(lambda: len(senders.outcome.put_off) >= CONNECTIONS)
            before = len(senders.outcome.accepted)
            await asyncio.sleep(10)
            assert len(senders.outcome.accepted) == before
            await asyncio.to_thread(server.start)
        without_event = county.scalar(
            "SELECT count(*) FROM intakes WHERE CAST(id AS text) NOT IN"
            " (SELECT key FROM stream WHERE stream = 'intake.received')"
        )
        assert without_event == 0
        assert county.are_all_running, county.output
        check_accounts(
            county, outside, senders.outcome, mails=FEWER, most_in_doubt=2 * SENDING_CONNECTIONS
        )


async def test_bad_mails_in_a_busy_partition_hold_up_no_other(
    new_county: NewCounty, outside: MailServer
) -> None:
    """One that no message can be made of, and one that the store will not have as a case."""
    mails, empty, refused = 400, 100, 120

    def write(number: int) -> bytes:
        return b"\r\n" if number == empty else raw_mail(number)

    county = new_county(kafka_partitions="1")
    _name_all(county)
    await asyncio.to_thread(county.start)
    county.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN IF NEW.subject = 'Fault {refused}' THEN RAISE 'not this one'; END IF;"
        " RETURN NEW; END $$;"
        " CREATE TRIGGER refuse BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    senders = Senders(county.doors, mails, CONNECTIONS, pace=0.5, write=write)
    watching = asyncio.create_task(_first_seen(county, mails - 2))
    outcome = await senders.send_all()
    seen = await watching
    attempts = county.scalar("SELECT attempts FROM retries WHERE consumer = 'route'")
    waits = {number: at - outcome.accepted[number] for number, at in seen.items()}
    slowest = max(waits.values())
    county.execute("DROP TRIGGER refuse ON cases")
    await asyncio.to_thread(settle, county, within=SETTLED)
    assert attempts >= 1
    check_accounts(
        county,
        outside,
        outcome,
        mails=mails,
        quarantined=1,
        facts={
            "tries of the one that the store refused, so far": attempts,
            "seconds from 250 to the case": {
                "the slowest before them": round(max(waits[n] for n in range(empty)), 2),
                "the slowest of all others": round(slowest, 2),
            },
        },
    )
    assert slowest < 15  # the sixth try of what is refused would come after 31


async def _first_seen(county: County, cases: int) -> dict[int, float]:
    """When the case of each mail was first seen in the store, once there are that many."""
    seen: dict[int, float] = {}
    async with asyncio.timeout(SETTLED):
        while len(seen) < cases:
            found = await asyncio.to_thread(county.query, "SELECT subject FROM cases")
            now = time.monotonic()
            for (subject,) in found:
                seen.setdefault(int(subject.removeprefix("Fault ")), now)
            await asyncio.sleep(0.1)
    return seen


def _name_all(
    county: County,
    *,
    mail: Sequence[str] = ("mail",),
    workers: Mapping[str, Sequence[str]] = BY_STAGES,
) -> None:
    county.serve("serve")
    for name in mail:
        county.mail(name)
    for name, stages in workers.items():
        county.worker(name, *stages)


@asynccontextmanager
async def _under_load(
    county: County, *names: str, mails: int = MAILS, pace: float
) -> AsyncIterator[Senders]:
    """Start these processes, or all, and send to every mail server while the block runs.

    Then wait until everything has arrived.
    """
    await asyncio.to_thread(county.start, *names)
    senders = Senders(county.doors, mails, CONNECTIONS, pace=pace)
    sending = asyncio.create_task(senders.send_all())
    try:
        yield senders
        await sending
        await asyncio.to_thread(settle, county, within=SETTLED)
    except BaseException:
        print(county.output)  # noqa: T201 - pytest shows it with the failure
        raise
    finally:
        sending.cancel()
