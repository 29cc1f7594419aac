"""The addresses of topics, entries and feeds."""

from fastapi import APIRouter
from starlette.responses import Response

from channels.web.topics.feeds import Feeds
from channels.web.topics.pages import TopicPages
from core.clock import Clock


def topic_routes(pages: TopicPages, clock: Clock) -> APIRouter:
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    feeds = Feeds(pages.database, clock, pages.settings)
    for path, page in (
        ("/topics", pages.topics),
        ("/topics/{slug}", pages.topic),
        ("/entries/{slug}.ics", feeds.event),
        ("/entries/{slug}", pages.entry),
        ("/entries/{slug}/{name}", pages.picture),
        ("/feeds/{name}", feeds.feed),
        ("/feeds/{language}/{name}", feeds.feed),
    ):
        routes.add_api_route(path, page, methods=["GET", "HEAD"])
    return routes
