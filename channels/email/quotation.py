"""The new text of a mail, apart from what it quotes and from the signature.

``mail-parser-reply`` knows how the mail programs of many languages introduce a quotation. Its
expressions take more than linear time, so it sees a window of bounded size and short lines, and
only when something hints at a quotation or a signature.
"""

import re

from mailparser_reply import EmailMessage

LANGUAGES = ("fr", "en", "de", "es", "it", "nl")
WINDOW = 120  # lines that the library looks at
BEFORE = 3  # lines of the window before the first hint: an introduction may take several
LINE = 240  # characters of a line that the library looks at
MAX_SIGNATURE = 15  # lines; what is longer below a "Cordialement" is not taken for a signature

_SENT = "Envoyé|Sent|Gesendet|Enviado|Inviato|Verzonden"
_WROTE = r"a[ \xa0]écrit|wrote|schrieb|escribió|scritto|schreef"
_CLOSING = (
    r"(?:(?:bien|très) )?cordialement|(?:\w+ )?salutations(?: distinguées)?|bien à vous"
    r"|amicalement|bonne (?:journée|soirée|réception)"
    r"|(?:(?:best|kind|warm) )?regards|best,|thanks,|thank you,|all the best"
    r"|mit freundlichen(?: \w+)?|(?:(?:viele|beste|liebe) )?gr[uü](?:ß|ss)\w*"
    r"|saludos(?: cordiales)?|atentamente|gracias|un saludo|cordiali(?: saluti)?"
    r"|met vriendelijke(?: \w+)?"
)
_HINT = re.compile(
    r"^[ \t]*(?:>|--[ ]?$|__$|[_-]{32,}$|-{2,}.{0,40}-{2,}$"
    rf"|[* ]{{0,3}}(?:De|From|Von|Van|Da|{_SENT})[ \xa0\u202f]?\*?:"
    rf"|(?:Le|On|Am|El|Il|Op)\b.{{0,200}}(?:{_WROTE}|@|:$|,$|\d{{4}})"
    rf"|.{{0,200}}(?:{_WROTE}).{{0,40}}:[ ]?$"
    rf"|(?:{_SENT}) (?:depuis|de|à|avec|par|from|with|via|mit|von|desde|da|vanaf)\b"
    rf"|(?:Obtenez|Téléchargez|Get) Outlook|Provenance\b|{_CLOSING})",
    re.MULTILINE | re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[ \t]*(?:[_-]{20,}|-{2,}[^-\n]{0,60}-{2,})[ \t]*$")
_WROTE_END = re.compile(rf"(?:{_WROTE})[^\n]{{0,80}}:[ ]*$", re.IGNORECASE)
_WROTE_BEGIN = re.compile(r"[ \t]*(?:Le|On|Am|El|Il|Op)\b", re.IGNORECASE)
_WHO_OR_WHEN = re.compile(r"\d|@")
_FIELD = re.compile(r"[* ]{0,3}(De|Envoyé|À|Objet|Cc)[ ]?\*?[ ]?:[ ]?\*?", re.IGNORECASE)
_CLOSING_WORDS = re.compile(rf"[> \t]*(?:{_CLOSING})", re.IGNORECASE)
# Alone on its line, but for a name.
_CLOSING_LINE = re.compile(
    rf"[> \t]*(?i:{_CLOSING})(?:[ ,.!]+[A-ZÀ-ÖØ-Þ][\w'’-]*){{0,4}}[ ,.!]*$",
)
_PHONE = re.compile(
    r"[ \t]*(?:Envoyé (?:de mon|de ma|depuis|à partir|avec|par)\b|(?:Obtenez|Téléchargez) Outlook"
    r"|Provenance : Courrier|Sent (?:from|with|via) (?:my|Outlook|Mail|Samsung|Proton|Yahoo))",
    re.IGNORECASE,
)
_DASHES = re.compile(r"[ \t]*(?:--|__)[ ]?$")
_QUOTED = re.compile(r"[ \t]*>")


def split(text: str) -> tuple[str, str]:
    """New text, and the rest; all of it is new when nothing would be left."""
    hint = _HINT.search(text)
    if hint is None:
        return text.strip(), ""
    lines = text.split("\n")
    start = max(0, text.count("\n", 0, hint.start()) - BEFORE)
    end, signed = _cut(lines[start : start + WINDOW])
    end, signed = start + end, start + signed
    new, rest = lines[:signed], lines[signed:]
    if end < len(lines) and any(_QUOTED.match(line) for line in lines[end:]):
        new, rest = _between_quotes(lines, signed, end)
    while new and (not new[-1].strip() or _SEPARATOR.match(new[-1])):
        rest.insert(0, new.pop())
    fresh = "\n".join(new).strip()
    return (fresh, "\n".join(rest).strip()) if fresh else (text.strip(), "")


def _cut(window: list[str]) -> tuple[int, int]:
    """The line where the quotation begins, and the line where the signature before it begins."""
    shown = _introductions([_shown(line) for line in window])
    read = EmailMessage(
        text="\n".join(shown), languages=list(LANGUAGES), keep_hyphen_lists=True
    ).read()
    first = read.replies[0]
    if first.headers:
        end, content = 0, ""
    else:
        content = first.content
        place = read.text.find(content)
        end = _line(read.text, place + len(content)) + 1 if content else 0
        end = end if len(read.replies) > 1 else len(window)
    first_quote = next((n for n, line in enumerate(window[:end]) if _QUOTED.match(line)), end)
    if first_quote < end and all(
        _QUOTED.match(x) or not x.strip() for x in window[first_quote:end]
    ):
        end = first_quote
    return end, _signature(window[:end], content, first.signatures)


def _signature(window: list[str], content: str, signature: str) -> int:
    """The first line of the signature; the end when there is none that one may believe."""
    dashes = next((n for n, line in enumerate(window) if _DASHES.match(line)), len(window))
    if dashes < len(window):
        return dashes
    place = content.rfind(signature) if signature else -1
    if place < 0:
        return len(window)
    blank = next((n for n, line in enumerate(window) if line.strip()), 0)
    start = blank + _line(content, place)
    return start if start > 0 and len(window) - start <= MAX_SIGNATURE else len(window)


def _between_quotes(lines: list[str], signed: int, end: int) -> tuple[list[str], list[str]]:
    """Answers below or between the quoted lines are new text too."""
    below = lines[end + _introduction(lines, end) :]
    answers = [line for line in below if not _QUOTED.match(line)]
    quoted = [line for line in below if _QUOTED.match(line)]
    dashes = next((n for n, line in enumerate(answers) if _DASHES.match(line)), len(answers))
    new = lines[:signed]
    if any(line.strip() for line in answers[:dashes]):
        new = [*new, "", *_single_blanks(answers[:dashes])]
    introduction = lines[signed : end + _introduction(lines, end)]
    return new, [*introduction, *quoted, *answers[dashes:]]


def _introduction(lines: list[str], end: int) -> int:
    """How many lines introduce the quotation: up to the first quoted one, when that is near."""
    for count, line in enumerate(lines[end : end + 2 * BEFORE]):
        if _QUOTED.match(line):
            return count
    return len(lines) - end


def _single_blanks(lines: list[str]) -> list[str]:
    return [line for n, line in enumerate(lines) if line.strip() or (n and lines[n - 1].strip())]


def _shown(line: str) -> str:
    """A line as the library expects it; its expressions know no French spaces."""
    if _SEPARATOR.match(line):
        return "-----Original Message-----" if "-" in line and line.strip("-_ \t") else ""
    line = line[:LINE].replace("\xa0", " ").replace("\u202f", " ").replace("\r", " ")
    if _PHONE.match(line):
        return "Sent from my phone"
    if _CLOSING_WORDS.match(line):
        # The library takes what follows "Thanks," for a signature, be it a whole sentence.
        return "Best regards" if _CLOSING_LINE.match(line) else f".{line}"
    return _FIELD.sub(r"\1 : ", line, count=1) if _FIELD.match(line) else line


def _introductions(lines: list[str]) -> list[str]:
    """The same count of lines, with every "On … wrote:" in the form that the library is sure of.

    It knows none of more than a line, and stumbles over a French name with "le " in it. Nobody
    quotes who names neither a day nor an address: "The mayor wrote:" may be the mail itself.
    """
    for number, line in enumerate(lines):
        ended = _WROTE_END.search(line)
        if not _WROTE_BEGIN.match(line):
            continue
        count = 1
        while not ended and count < BEFORE and number + count < len(lines):
            following = lines[number + count]
            if not following.strip():
                break
            ended = _WROTE_END.search(following)
            count += 1
        whole = " ".join(lines[number : number + count])
        if ended and _WHO_OR_WHEN.search(whole):
            lines[number : number + count] = ["On that day somebody wrote:", *[""] * (count - 1)]
        elif ended:
            lines[number + count - 1] += "."
    return lines


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place)
