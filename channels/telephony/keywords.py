"""The words by which a number ends, allows and asks about SMS, in English and French.

The English ones are those that operators ask for: https://www.twilio.com/docs/messaging/features
/opt-out-keywords (STOP, START, HELP and what stands for them). YES is left out: people answer so.
"""

import unicodedata
from enum import StrEnum


class Keyword(StrEnum):
    STOP = "STOP"
    START = "START"
    HELP = "HELP"


_WORDS = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "STOP SMS", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
        Keyword.STOP,
    ),
    **dict.fromkeys(("ARRET", "ARRETER", "ARRETEZ", "DESABONNER", "DESINSCRIRE"), Keyword.STOP),
    **dict.fromkeys(("START", "UNSTOP", "REPRENDRE", "REPRISE"), Keyword.START),
    **dict.fromkeys(("HELP", "INFO", "AIDE"), Keyword.HELP),
}


def keyword_of(text: str) -> Keyword | None:
    """What the whole text is, whatever its case, accents and full stop; None for any other."""
    plain = unicodedata.normalize("NFKD", text[:40])
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _WORDS.get(" ".join(plain.upper().split()).rstrip(" .!"))
