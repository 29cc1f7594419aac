"""From a campaign's words to one recipient's: their links, and why they get it.

The words carry two marks, of characters that no text of a citizen or agent keeps (private use);
what the marks stand for differs, and is kept with the delivery.
"""

from html import escape

from notify.senders.contract import Content

TOKEN = "\ue000token\ue001"  # noqa: S105 - where a token comes
WHY = "\ue000why\ue001"
_PRIVATE = str.maketrans(dict.fromkeys((0xE000, 0xE001)))


def without_marks(text: str) -> str:
    """Text of somebody else's, in which nothing is to be filled in."""
    return text.translate(_PRIVATE)


def fill(content: Content) -> Content:
    """The words for the recipient whose ``token`` and ``why`` are in ``personal``."""
    if content.personal is None:
        return content
    token, why = content.personal.get("token", ""), content.personal.get("why", "")
    return Content(
        subject=content.subject,
        text=content.text.replace(TOKEN, token).replace(WHY, why),
        html=content.html.replace(TOKEN, token).replace(WHY, escape(why)),
        headers={name: value.replace(TOKEN, token) for name, value in content.headers.items()},
    )
