"""What pages ask while an address is typed: citizens' browsers never ask the geocoder itself."""

from dataclasses import asdict

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channels.web.geocoding import Geocoder
from core.errors import Later
from core.ratelimit import RateLimit, client_address, client_group
from core.settings import Settings
from core.text import clean_line

ADDRESS = "/addresses"
LEAST = 3  # characters before it pays to ask


def geocoding_routes(geocoder: Geocoder, settings: Settings, limit: RateLimit) -> APIRouter:
    """``GET /addresses?q=…`` or ``?lat=…&lon=…``: a list of addresses, empty for none."""
    routes = APIRouter(include_in_schema=False)

    async def addresses(
        request: Request, q: str = "", lat: float | None = None, lon: float | None = None
    ) -> Response:
        await limit.count(client_group(client_address(request, settings.trusted_proxies)))
        words = clean_line(q[:400])
        try:
            if lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180:
                found = await geocoder.at(lat, lon)
                answer = [asdict(found)] if found else []
            elif len(words) >= LEAST:
                answer = [asdict(one) for one in await geocoder.search(words)]
            else:
                answer = []
        except Later as problem:  # no fault of the form's: it is filled in by hand
            after = {"Retry-After": str(int(problem.retry_after))}
            return JSONResponse([], 503, headers=after)
        return JSONResponse(answer, headers={"Cache-Control": "private, max-age=300"})

    routes.add_api_route(ADDRESS, addresses, methods=["GET"])
    return routes
