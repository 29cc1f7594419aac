"""The web application: the portal, the desk, the API, and what machines ask for."""

from fastapi import APIRouter, FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import PlainTextResponse, Response

import agent_api
import channels.web.routes
from channels.web.views import TEMPLATES as PORTAL_TEMPLATES
from core.metrics import IN_QUARANTINE
from core.web import BodyLimit, Csrf, PageMiddleware, Pages, StaticFiles, install_problems
from guichet.town import Town
from ingest.embedded import measure_lag
from ingest.quarantine import count_open


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
    app.include_router(_for_machines(town))
    app.include_router(
        channels.web.routes.router(
            database=town.database,
            accept=town.acceptance.accept,
            pages=pages,
            settings=settings,
            secret=town.secret,
        )
    )
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
        ),
    )
    return app


def _for_machines(town: Town) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    async def alive() -> Response:
        return PlainTextResponse("alive\n")

    @routes.get("/readyz")
    async def ready() -> Response:
        try:
            async with town.database.read() as session:
                await session.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            return PlainTextResponse("the store is not available\n", 503)
        return PlainTextResponse("ready\n")

    @routes.get("/metrics")
    async def metrics() -> Response:
        await measure_lag(town.database, town.consumers)
        async with town.database.read() as session:
            IN_QUARANTINE.set(await count_open(session))
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes
