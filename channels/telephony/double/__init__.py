"""A double of Twilio, for the demo town and for tests: the parts of its REST API that we use, with
its errors, and a page that plays a citizen's telephone through real signed webhooks.

What it holds is in memory, and gone with its process. Numbers for fiction are those that ARCEP
keeps for it (06 39 98 …, 01 99 00 …).
"""

from channels.telephony.double.provider import Provider
from channels.telephony.double.routes import TEMPLATES, router

__all__ = ["TEMPLATES", "Provider", "router"]
