"""How the databases look into the queue: for a few of 100,000 they must not go through all."""

from collections.abc import Sequence

from core.ids import new_id
from notify import DeliveryStatus, Medium
from notify.settling import settle
from notify.store import Outcome, claim, read_due
from tests.notify.building import Desk
from tests.notify.queueing import queue_many
from tests.plans import planned
from tests.postgresql import on_postgresql, on_sqlite

MANY = 3_000


@on_sqlite
async def test_whether_there_is_an_earlier_one_is_looked_up_in_its_case(desk: Desk) -> None:
    async with desk.database.read() as session:
        _, plan = await planned(session, lambda one: read_due(one, Medium.EMAIL, desk.clock(), 100))
    assert [step for step in plan if "_1 USING" in step or "_2 USING" in step] == [
        "SEARCH notifications_1 USING INDEX sqlite_autoindex_notifications_1 (id=?)",
        "SEARCH notifications_2 USING INDEX ix_notifications_case_id (case_id=?)",
        "SEARCH deliveries_1 USING INDEX sqlite_autoindex_deliveries_2 (notification_id=?)",
    ]
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN") for step in plan), plan


@on_postgresql
async def test_the_next_ones_are_read_and_marked_before_the_queue_was_counted(desk: Desk) -> None:
    """A campaign is addressed in seconds; PostgreSQL counts its tables once a minute."""
    await queue_many(desk, MANY)
    us, now = new_id(), desk.clock()
    async with desk.database.read() as session:
        dues, reading = await planned(session, lambda one: read_due(one, Medium.EMAIL, now, 100))
    assert len(dues) == 100
    assert any("Index Scan using ix_deliveries_queue" in step for step in reading), reading
    assert not any("Sort" in step or "Hash Join" in step for step in reading), reading
    async with desk.database.begin() as session:
        ours, marking = await planned(session, lambda one: claim(one, dues, us))
    assert len(ours) == 100
    assert by_id_alone(marking), marking
    sent = [Outcome(due, DeliveryStatus.SENT, now, now, provider_id="250 Ok") for due in dues]
    async with desk.database.begin() as session:
        _, settling = await planned(session, lambda one: settle(one, sent, us))
    assert by_id_alone(settling), settling


def by_id_alone(plan: Sequence[str]) -> bool:
    """Whether deliveries are looked up one by one, and by nothing else."""
    looks = [step for step in plan if " on deliveries" in step and "Scan" in step]
    return bool(looks) and all("using pk_deliveries" in step for step in looks)
