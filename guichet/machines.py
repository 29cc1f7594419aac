"""What machines ask a process for: is it alive, may it be given work, how is it doing."""

import structlog
from fastapi import APIRouter, FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import PlainTextResponse, Response

from core.metrics import IN_QUARANTINE
from guichet.town import Town
from ingest.quarantine import count_open

log = structlog.get_logger()


def build_health_app(town: Town) -> FastAPI:
    """For the processes that show nothing else by HTTP."""
    app = FastAPI(title="Guichet", openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(for_machines(town))
    return app


def for_machines(town: Town) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    async def alive() -> Response:
        return PlainTextResponse("alive\n")

    @routes.get("/readyz")
    async def ready() -> Response:
        try:
            town.database.check()
            async with town.database.read() as session:
                await session.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            return PlainTextResponse("the store is not available\n", 503)
        if not await town.engine.is_ready():
            return PlainTextResponse("Kafka is not available\n", 503)
        return PlainTextResponse("ready\n")

    @routes.get("/metrics")
    async def metrics() -> Response:
        try:
            await town.engine.measure()
            async with town.database.read() as session:
                IN_QUARANTINE.set(await count_open(session))
        except (SQLAlchemyError, OSError):
            # What the process counts itself is wanted most when something is away.
            log.warning("metrics.store_away")
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes
