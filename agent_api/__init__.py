"""The agents' desk: its pages under ``/agent/``, its API under ``/api/v1``."""

from fastapi import FastAPI

from agent_api.api import PREFIX, build_api, describe_api
from agent_api.context import Context
from agent_api.desk import routes
from agent_api.live import Live
from agent_api.views import TEMPLATES
from core.web import install_problems

__all__ = ["TEMPLATES", "Context", "Live", "describe_api", "install"]


def install(app: FastAPI, context: Context) -> None:
    """Add the desk and the API to the application."""
    app.state.context = context
    app.include_router(routes)
    api = build_api()
    api.state.context = context
    install_problems(api, context.pages)
    app.mount(PREFIX, api)
