"""The web application: the portal, the desk, the API, and what machines ask for."""

from fastapi import FastAPI

import agent_api
import channels.web.routes
from channels.scan import DeskScans
from channels.web.views import TEMPLATES as PORTAL_TEMPLATES
from core.web import BodyLimit, Csrf, PageMiddleware, Pages, StaticFiles, install_problems
from guichet.hooks import exchange_of, hooks
from guichet.machines import for_machines
from guichet.town import Town, ocr_options


def build_app(town: Town) -> FastAPI:
    """One ASGI application with everything that a town shows by HTTP."""
    settings = town.settings
    static = StaticFiles()
    pages = Pages(
        {"portal": PORTAL_TEMPLATES, "desk": agent_api.TEMPLATES},
        csrf=Csrf(town.secret, https_only=settings.https_only),
        static=static,
        clock=town.clock,
        town=settings.town,
        time_zone=settings.time_zone,
        language=settings.language,
        https_only=settings.https_only,
    )
    app = FastAPI(title="Guichet", openapi_url=None, docs_url=None, redoc_url=None)
    install_problems(app, pages)
    app.add_middleware(PageMiddleware, language=settings.language, https_only=settings.https_only)
    app.add_middleware(BodyLimit, most=2 * settings.max_upload)  # files in JSON are a third larger
    app.mount("/static", static)
    app.include_router(for_machines(town))
    app.include_router(
        channels.web.routes.router(
            database=town.database,
            accept=town.acceptance.accept,
            pages=pages,
            settings=settings,
            secret=town.secret,
        )
    )
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
            limits=ocr_options(settings).limits,
        ),
    )
    return app
