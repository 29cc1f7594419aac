"""The addresses of accounts, in one place."""

from fastapi import FastAPI

from channels.web.account import data, devices, entering, linking, phone, profile, security
from channels.web.account.context import Context
from channels.web.home import routes as home
from channels.web.space import own, sent
from channels.web.space import routes as space
from channels.web.subscriptions import asking, preferences, proving
from channels.web.wallet import routes as wallet

PARTS = (
    entering,
    linking,
    home,
    space,
    own,
    sent,
    profile,
    phone,
    devices,
    security,
    data,
    asking,
    proving,
    preferences,
)


def install(app: FastAPI, context: Context) -> None:
    """Add accounts to the application; its ``pages`` must know this room's as ``portal``."""
    app.state.accounts = context
    for part in PARTS:
        app.include_router(part.routes)
    if context.wallet.quota:
        app.include_router(wallet.routes)
