"""The hooks: what other machines call when something has happened, each signed in its own way."""

import hashlib
import hmac
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi

from channels import cti
from core.settings import Settings
from guichet.town import Town

hooks = APIRouter()
hooks.include_router(cti.routes)


def describe_hooks() -> dict[str, Any]:
    """Their OpenAPI document."""
    return get_openapi(
        title="Guichet's hooks",
        version="1",
        description="What telephone exchanges call. Every error is a problem document (RFC 9457).",
        routes=hooks.routes,
        license_info={"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
    )


@hooks.get("/hooks/openapi.json", include_in_schema=False)
async def description() -> dict[str, Any]:
    return describe_hooks()


def exchange_of(town: Town) -> cti.Exchange:
    settings = town.settings
    signatures = cti.Signatures(
        cti_secrets(settings, town.secret), town.clock, window=settings.cti_window
    )
    return cti.Exchange(town.calls, signatures, town.clock, settings.country)


def cti_secrets(settings: Settings, secret: bytes) -> list[bytes]:
    """Those that are set; of the demo town without any one that follows from the town's own."""
    given = [one.get_secret_value().encode() for one in settings.cti_secrets]
    if given or not settings.demo:
        return given
    return [hmac.digest(secret, b"demo-cti", hashlib.sha256).hex().encode()]
