"""The addresses that other sites, and their visitors' browsers, ask."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from cases.procedures import Surroundings, published_procedure, published_procedures
from channels.web.embedding.catalogue import catalogue_of, oembed_of, slug_in
from channels.web.procedures.catalogue import MAX_QUERY
from channels.web.procedures.office import Office
from core.errors import NotThere
from core.i18n import translator
from core.text import clean_line
from core.web.static import StaticFiles

FRESH = {"Cache-Control": "public, max-age=300", "Vary": "Origin, Accept-Language"}
SIZES = ("maxwidth", "maxheight")
_PIXELS = re.compile("[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Embedding:
    office: Office
    static: StaticFiles

    async def catalogue(self, request: Request) -> Response:
        """``GET /procedures.json?lang=&category=&q=``"""
        settings = self.office.settings
        async with self.office.database.read() as session:
            published = await published_procedures(session)
        around = Surroundings(self.office.clock(), settings.zone, settings.country, {})
        found = catalogue_of(
            published,
            around,
            self.office.pages.locale_of(request),
            settings.portal_url,
            settings.town,
            settings.theme_colour,
            query=clean_line(request.query_params.get("q", "")[:MAX_QUERY]),
            category=request.query_params.get("category", ""),
        )
        return JSONResponse(found, headers={**FRESH, **self._shared_with(request)})

    async def oembed(self, request: Request) -> Response:
        """``GET /oembed?url=&format=json&maxwidth=&maxheight=``; 404 for what is not ours."""
        settings, asked = self.office.settings, request.query_params
        if asked.get("format", "json") != "json":
            return PlainTextResponse("only JSON\n", 501)
        slug = slug_in(clean_line(asked.get("url", "")), settings.portal_url)
        if slug is None:
            return PlainTextResponse("no address of ours\n", 404)
        locale = self.office.pages.locale_of(request)
        title = translator(locale)("Online procedures")
        if slug:
            try:
                async with self.office.database.read() as session:
                    title = (await published_procedure(session, slug)).definition.called(locale)
            except NotThere:
                return PlainTextResponse("no such procedure\n", 404)
        limits = {
            name: int(asked[name]) for name in SIZES if _PIXELS.fullmatch(asked.get(name, ""))
        }
        found = oembed_of(title, slug, locale, settings.portal_url, settings.town, limits)
        return JSONResponse(found, headers={**FRESH, **self._shared_with(request)})

    async def script(self) -> Response:
        """Under an address that stays, for pages that are written by hand."""
        content = self.static.content("embed.js")
        return Response(content, media_type="text/javascript", headers=FRESH)

    def _shared_with(self, request: Request) -> Mapping[str, str]:
        """What lets the visitor's browser hand the answer to the site that it is on."""
        origin, origins = request.headers.get("origin", ""), self.office.settings.embed_origins
        if "*" in origins:
            return {"Access-Control-Allow-Origin": "*"}
        if origin.lower() in origins:
            return {"Access-Control-Allow-Origin": origin}
        return {}


def embedding_routes(office: Office, static: StaticFiles) -> APIRouter:
    embedding = Embedding(office, static)
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    looking = ["GET", "HEAD"]
    routes.add_api_route("/procedures.json", embedding.catalogue, methods=looking)
    routes.add_api_route("/oembed", embedding.oembed, methods=looking)
    routes.add_api_route("/embed.js", embedding.script, methods=looking)
    return routes
