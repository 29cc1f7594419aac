"""The contact page: a form that works without JavaScript, and the thanks that follow it."""

import asyncio
import math
from dataclasses import dataclass, field

import structlog
from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.body import TooLarge, drain, read_form
from channels.web.fields import clean_line, clean_text
from channels.web.promise import Promises
from channels.web.submission import File, Submission, problems_of
from channels.web.tokens import Grants, Nonces
from channels.web.views import ContactView, ThanksView
from core.errors import BadInput, Later
from core.i18n import translator
from core.metrics import REFUSED
from core.ratelimit import RateLimit, TooMany, client_address, client_group
from core.references import parse_reference, tracking_key
from core.settings import Settings
from core.web import csrf
from core.web.pages import Pages
from ingest.message import ChannelName

HONEYPOT = "website"
MAX_USER_AGENT = 500  # characters

log = structlog.get_logger()
