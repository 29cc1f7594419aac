"""The code that proves a number, on its way to the telephone."""

from uuid import uuid4

import pytest

from cases import Role
from core.database import Database
from core.errors import Refused
from notify import (
    AccountTexts,
    Dispatcher,
    Medium,
    TwilioSms,
    forget_account_mails,
    list_outbox,
    record_wish,
)
from tests.builders import SettableClock, agent
from tests.channels.telephony.building import JEANNE
from tests.channels.telephony.served import double
from tests.notify.building import at_work, until

CODE = "123456 est votre code pour l’Hôtel de ville."


async def test_a_code_goes_out_as_every_sms_does_and_agents_do_not_read_it(
    database: Database, clock: SettableClock
) -> None:
    texts = AccountTexts(database, clock, language="fr")
    async with double(clock) as (provider, account):
        await texts.send_text(JEANNE, CODE)

        async def arrived() -> bool:
            return [(one.to, one.body) for one in provider.messages] == [
                (JEANNE, CODE.replace("’", "'"))
            ]

        async with at_work(Dispatcher(database, [TwilioSms(account)], clock)):
            await until(arrived)
    async with database.read() as session:
        assert (await list_outbox(session, agent(*Role))).items == []
    async with database.begin() as session:
        await forget_account_mails(session, [JEANNE])


async def test_a_number_that_said_stop_or_takes_none_is_refused_at_once(
    database: Database, clock: SettableClock
) -> None:
    texts = AccountTexts(database, clock, language="fr")
    async with database.begin() as session:
        await record_wish(
            session,
            clock,
            id=uuid4(),
            address=JEANNE,
            medium=Medium.SMS,
            allowed=False,
            source="SMS stop",
        )
    for number in (JEANNE, "+33380000000"):
        with pytest.raises(Refused):
            await texts.send_text(number, CODE)
