"""What HylaFAX tells of a fax: in the mails of ``faxrcvd`` and in the tags of its TIFF files.

Mails: subject "Facsimile received from …" and, in the text, the lines of ``faxinfo``
(https://www.hylafax.org/, ``faxrcvd(8)``, ``faxinfo(8)``). Files: Class F TIFF (RFC 2306) with the
station's name in ImageDescription (``recvq(5)``).
"""

import re
from collections.abc import Mapping

MAX_SEARCHED = 10_000  # characters of a mail
_LINE = re.compile(
    r"^[ \t]*(Sender|Pages|Quality|Page|Received|TimeToRecv|Time To Receive|SignalRate|Signal Rate|"
    r"ErrCorrect|Error Correct|CallID\d)[ \t]*:[ \t]*(\S.{0,200})$",
    re.MULTILINE | re.IGNORECASE,
)
_INCOMPLETE = re.compile(r"not received because:\s*(\S.{0,200})")


def told_by_mail(text: str) -> Mapping[str, str]:
    """The lines of ``faxinfo``, their names in lower case without spaces; and ``problem``, why the
    fax did not come whole."""
    text = text[:MAX_SEARCHED]
    told = {name.lower().replace(" ", ""): value.strip() for name, value in _LINE.findall(text)}
    if found := _INCOMPLETE.search(text):
        told["problem"] = found.group(1).strip()
    return told


def told_by_tiff(content: bytes) -> Mapping[str, str]:
    """``station``, ``pages`` and ``quality`` by the tags; nothing is decoded."""
    from io import BytesIO

    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=["TIFF"]) as image:
            tags = getattr(image, "tag_v2", {})
            told = {
                "station": str(tags.get(270, "")).strip()[:100],
                "pages": str(getattr(image, "n_frames", 1)),
                "quality": quality_of(float((image.info.get("dpi") or (0, 0))[1])),
            }
    except (OSError, ValueError, SyntaxError, EOFError):
        return {}
    return {name: value for name, value in told.items() if value}


def quality_of(lines: float) -> str:
    """The quality that so many lines an inch are (ITU-T T.4)."""
    if not lines:
        return ""
    return "standard" if lines < 150 else "fine" if lines < 300 else "superfine"
