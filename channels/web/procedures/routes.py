"""The addresses of the procedures."""

from fastapi import APIRouter
from starlette.responses import Response

from channels.web.procedures.catalogue import Catalogue
from channels.web.procedures.filling import Filling
from channels.web.procedures.office import Office
from channels.web.procedures.resumable import Resumable
from channels.web.procedures.resuming import Resuming
from channels.web.procedures.sending import Sending


def procedure_routes(office: Office) -> APIRouter:
    """All below ``/procedures``."""
    catalogue, filling, resuming = Catalogue(office), Filling(office), Resuming(office)
    sending, resumable = Sending(office, filling), Resumable(office)
    routes = APIRouter(
        prefix="/procedures", include_in_schema=False, default_response_class=Response
    )
    looking, doing = ["GET", "HEAD"], ["POST"]
    routes.add_api_route("", catalogue.list, methods=looking)
    routes.add_api_route("/resume", resuming.form, methods=looking)
    routes.add_api_route("/resume", resuming.ask, methods=doing)
    routes.add_api_route("/{slug}", catalogue.start, methods=looking)
    routes.add_api_route("/{slug}", catalogue.begin, methods=doing)
    draft = "/{slug}/{reference}"
    routes.add_api_route(f"{draft}/pages/{{name}}", filling.show, methods=looking)
    routes.add_api_route(f"{draft}/pages/{{name}}", filling.send, methods=doing)
    routes.add_api_route(f"{draft}/left", filling.left, methods=looking)
    routes.add_api_route(f"{draft}/summary", sending.summary, methods=looking)
    routes.add_api_route(f"{draft}/summary", sending.send, methods=doing)
    routes.add_api_route(f"{draft}/done", sending.done, methods=looking)
    routes.add_api_route(f"{draft}/discard", sending.discard, methods=doing)
    uploads, upload = f"{draft}/uploads", f"{draft}/uploads/{{upload_id}}"
    routes.add_api_route(uploads, resumable.options, methods=["OPTIONS"])
    routes.add_api_route(uploads, resumable.create, methods=doing)
    routes.add_api_route(upload, resumable.offset, methods=["HEAD"])
    routes.add_api_route(upload, resumable.piece, methods=["PATCH"])
    routes.add_api_route(upload, resumable.give_up, methods=["DELETE"])
    return routes
