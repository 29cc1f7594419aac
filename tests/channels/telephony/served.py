"""The double of Twilio on a port of the loopback, with a town that listens to it or not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI

from channels.telephony.double import Provider, router
from channels.telephony.double.routes import PREFIX
from channels.telephony.double.webhooks import Webhooks
from core.web import Csrf, Pages, StaticFiles
from notify import TwilioAccount
from tests.agent_api.serving import served
from tests.builders import SettableClock
from tests.channels.telephony.building import ACCOUNT, SECRET


@asynccontextmanager
async def double(
    clock: SettableClock, *, per_second: int = 0
) -> AsyncIterator[tuple[Provider, TwilioAccount]]:
    """The double, and the account as the town knows it."""
    app = FastAPI()
    async with served(app) as url:
        # Nobody listens to its callbacks here: the discard port.
        account = replace(ACCOUNT, api=url + PREFIX, hooks="http://127.0.0.1:9/hooks/twilio")
        provider = Provider(account, clock, Webhooks(account), per_second=per_second)
        pages = Pages(
            {}, csrf=Csrf(SECRET), static=StaticFiles(), clock=clock, town="Ville de Démo"
        )
        app.include_router(router(provider, pages))
        yield provider, account
