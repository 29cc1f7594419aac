"""The citizen portal: the contact form, which is a channel, and the tracking page."""

from channels.web.normalize import normalize
from channels.web.routes import Limits, router

__all__ = ["Limits", "normalize", "router"]
