"""The web application: the portal, the desk, the API, and what machines ask for."""

from functools import partial

from fastapi import FastAPI

import agent_api
import channels.telephony.double
import channels.telephony.hooks
import channels.web.account.routes
import channels.web.routes
from channels.counter.filing import DeskCounter
from channels.scan import DeskScans
from channels.web.account.asking import account_at
from channels.web.account.context import Context as AccountContext
from channels.web.account.visiting import visitors
from channels.web.geocoding.addok import Addok
from channels.web.procedures.preview import preview
from channels.web.views import TEMPLATES as PORTAL_TEMPLATES
from channels.web.wallet.deposits import Deposits
from citizens.sharing import Sharing
from core.web import BodyLimit, Csrf, PageMiddleware, Pages, StaticFiles, install_problems
from guichet.demo_telephone import demo_provider
from guichet.hooks import exchange_of, hooks
from guichet.machines import for_machines
from guichet.town import Town
from guichet.ways_in import ocr_options
from notify import AccountTexts, Letterhead


def build_app(town: Town) -> FastAPI:
    """One ASGI application with everything that a town shows by HTTP."""
    settings = town.settings
    static = StaticFiles()
    pages = Pages(
        {
            "portal": PORTAL_TEMPLATES,
            "desk": agent_api.TEMPLATES,
            "telephone": channels.telephony.double.TEMPLATES,
        },
        csrf=Csrf(town.secret, https_only=settings.https_only),
        static=static,
        clock=town.clock,
        town=settings.town,
        time_zone=settings.time_zone,
        language=settings.language,
        https_only=settings.https_only,
        theme=town.theme,
    )
    app = FastAPI(title="Guichet", openapi_url=None, docs_url=None, redoc_url=None)
    install_problems(app, pages)
    app.add_middleware(PageMiddleware, language=settings.language, https_only=settings.https_only)
    app.add_middleware(BodyLimit, most=2 * settings.max_upload)  # files in JSON are a third larger
    app.mount("/static", static)
    app.mount("/theme", town.theme)
    # A request is held against all routes before its own: first what comes many times a second,
    # then what most people ask for.
    if town.account is not None:
        app.include_router(
            channels.telephony.hooks.router(
                account=town.account,
                database=town.database,
                accept=town.acceptance.accept,
                clock=town.clock,
                settings=settings,
                secret=town.secret,
                take_report=town.calls.take,
            )
        )
    app.include_router(for_machines(town))
    accounts = AccountContext(
        settings=settings,
        secret=town.secret,
        clock=town.clock,
        database=town.database,
        pages=pages,
        mails=town.account_mails,
        accept=town.acceptance.accept,
        blobs=town.blobs,
        wallet=town.wallet,
        sharing=Sharing(town.wallet, town.clock),
        viewers=town.viewers,
        page_limits=ocr_options(settings).limits,
        town_number=town.account.number if town.account else "",
        texts=AccountTexts(town.database, town.clock, language=settings.language)
        if town.sends_sms
        else None,
    )
    app.include_router(
        channels.web.routes.router(
            database=town.database,
            accept=town.acceptance.accept,
            pages=pages,
            settings=settings,
            secret=town.secret,
            blobs=town.blobs,
            clock=town.clock,
            visitors=visitors(accounts),
            who=partial(account_at, context=accounts),
            wallet=accounts.sharing,
            geocoder=Addok(settings.geocoder_url) if settings.geocoder_url else None,
        )
    )
    channels.web.account.routes.install(app, accounts)
    if town.account is not None and not settings.twilio_account:
        provider = demo_provider(town.account, town.clock)
        app.include_router(channels.telephony.double.router(provider, pages))
    app.state.exchange = exchange_of(town)
    app.include_router(hooks)
    agent_api.install(
        app,
        agent_api.Context(
            settings=settings,
            clock=town.clock,
            database=town.database,
            blobs=town.blobs,
            accept=town.acceptance.accept,
            pages=pages,
            live=town.live,
            viewers=town.viewers,
            scans=DeskScans(),
            telephone=town.sends_sms,
            counter=DeskCounter.of(
                town.database, town.acceptance.accept, town.clock, town.secret, settings
            ),
            letterhead=Letterhead.of(settings, town.secret),
            preview=preview,
            publishing=town.news.publishing,
            announcements=town.news.announcements,
            wallets=Deposits(accounts),
            limits=ocr_options(settings).limits,
        ),
    )
    return app
