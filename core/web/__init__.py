"""What every page stands on: templates, static files, forms, languages, errors."""

from core.web.bodylimit import BodyLimit
from core.web.csrf import Csrf
from core.web.forms import FieldError
from core.web.mailframe import mail_frame
from core.web.middleware import PageMiddleware
from core.web.pages import Pages
from core.web.problems import SignedOut, install_problems, problem
from core.web.static import StaticFiles

__all__ = [
    "BodyLimit",
    "Csrf",
    "FieldError",
    "PageMiddleware",
    "Pages",
    "SignedOut",
    "StaticFiles",
    "install_problems",
    "mail_frame",
    "problem",
]
