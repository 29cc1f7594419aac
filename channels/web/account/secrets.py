"""What is wrong with a new password, in words."""

import asyncio
from collections.abc import Callable, Sequence

from channels.web.account.context import Context
from citizens.passwords import MAX_PASSWORD, MIN_PASSWORD, Weakness, weakness_of

Translate = Callable[[str], str]


async def password_mistake(
    context: Context, password: str, about: Sequence[str], _: Translate
) -> str:
    """Empty when it is good enough; ``about`` is what others know of its owner."""
    breached = context.settings.breached_passwords
    weakness = await asyncio.to_thread(weakness_of, password, about, breached)
    match weakness:
        case None:
            return ""
        case Weakness.TOO_SHORT:
            return _("Too short: %(least)d characters at least. Three or four words do well.") % {
                "least": MIN_PASSWORD
            }
        case Weakness.TOO_LONG:
            return _("Too long: %(most)d characters at most.") % {"most": MAX_PASSWORD}
        case Weakness.GUESSED:
            return _(
                "This password is guessed too easily. Take three or four words that have "
                "nothing to do with each other."
            )
        case Weakness.BREACHED:
            return _("This password is on lists that thieves use. Choose another one.")
