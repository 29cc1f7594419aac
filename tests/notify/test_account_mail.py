from sqlalchemy import text

from cases import Role
from core.database import Database
from core.ids import new_id
from notify import AccountKind, AccountMails, Dispatcher, Outbox, list_outbox, outbox_mail
from notify.account_mail import account_mails
from notify.senders.outbox import KEPT
from tests.builders import SettableClock, agent
from tests.notify.building import LETTERHEAD, at_work, until

LINK = "https://town.example/account/link/abc"


async def test_a_mail_about_an_account_goes_the_way_of_all_mail(
    database: Database, clock: SettableClock
) -> None:
    mails, cause = AccountMails(LETTERHEAD, clock), new_id()
    for _ in range(2):  # of one cause there is one
        async with database.begin() as session:
            await mails.queue(
                session,
                AccountKind.REGISTER,
                address="jeanne@citizens.example",
                language="en",
                link=LINK,
                hours=24,
                cause=cause,
            )
    dispatcher = Dispatcher(database, [Outbox()], clock)

    async def kept() -> bool:
        async with database.read() as session:
            admin = agent(Role.SYSTEM_ADMIN)
            found = await list_outbox(session, admin)
            return [item.provider_id for item in found.items] == [KEPT]

    async with at_work(dispatcher):
        await until(kept)
    async with database.read() as session:
        # Who reads it gets in: no agent but the one who has no other way to hand it on.
        assert (await list_outbox(session, agent(Role.RECEPTION))).items == []
        (item,) = (await list_outbox(session, agent(Role.SYSTEM_ADMIN))).items
        mail = await outbox_mail(session, agent(Role.SYSTEM_ADMIN), item.id)
    assert (item.reference, item.kind) == ("", "register")
    assert LINK in mail.text
    assert "for 24 hours" in mail.text
    assert f'href="{LINK}"' in mail.html
    assert mail.headers["Auto-Submitted"] == "auto-generated"


async def test_who_leaves_is_found_by_indexes_among_all_who_were_written_to(
    database: Database,
) -> None:
    """One of all addresses would slow every sending to many."""
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    async with database.read() as session:
        if not database.is_sqlite:
            await session.execute(text("SET LOCAL enable_seqscan = off"))  # there is nothing yet
        connection = await session.connection()
        query = account_mails(["jeanne@citizens.example"]).compile(
            dialect=connection.dialect, compile_kwargs={"literal_binds": True}
        )
        plan = str((await session.execute(text(f"{explain} {query}"))).all())
    assert "ix_notifications_of_accounts" in plan
    assert ("sqlite_autoindex_notifications_2" in plan) or (
        "uq_notifications_cause_event_id_address" in plan
    )
    assert "SCAN notifications" not in plan
    assert "Seq Scan on notifications" not in plan
