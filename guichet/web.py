"""The web application: the portal, the desk, the API and what machines ask for."""

from fastapi import FastAPI

from guichet.town import Town


def build_app(town: Town) -> FastAPI:
    raise RuntimeError
