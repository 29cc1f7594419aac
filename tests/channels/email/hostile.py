"""Mails that nobody in their right mind would write (hypothesis strategies)."""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from tests.channels.email.mails import file, mail, multipart, of_parts, part, text, winmail

NAMES = (
    "From", "To", "Cc", "Sender", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID",
    "Content-Language", "MIME-Version", "Auto-Submitted", "Precedence", "List-Id", "X-Odd", "from",
)  # fmt: skip
CHARSETS = (
    "utf-8", "us-ascii", "iso-8859-1", "windows-1252", "utf-16", "utf-7", "utf-32", "koi8-r",
    "big5",
    "gb18030", "iso-2022-jp", "iso-2022-kr", "hz", "cp037", "idna", "punycode", "unicode_escape",
    "base64", "rot13", "zlib", "x-none", "", '"', "é", "utf-8\x00", "undefined", "u" * 300,
)  # fmt: skip
ENCODINGS = (
    "base64", "quoted-printable", "7bit", "8bit", "binary", "x-uuencode", "BASE64 ", "gzip",
    "é", "",
)  # fmt: skip
WRITTEN_IN = ("utf-8", "utf-16", "cp1252", "koi8-r", "gb18030", "utf-7", "iso2022_jp")
KINDS = (
    "text/plain", "text/html", "text/calendar", "image/png", "application/pdf", "message/rfc822",
    "message/delivery-status", "message/partial", "message/external-body", "application/ms-tnef",
    "multipart/mixed", "multipart/report", "text", "/", "text/", "é/è", "application/octet-stream",
)  # fmt: skip
MULTIPARTS = (
    "multipart/mixed", "multipart/alternative", "multipart/related", "multipart/digest",
    "multipart/report; report-type=delivery-status", "multipart/signed", "message/rfc822",
    "multipart/mixed; boundary*=idna'x'y", "multipart/mixed; boundary*0=a; boundary*1*=%00",
)  # fmt: skip
DISPOSITIONS = (
    "inline", "attachment", "attachment; filename=a.pdf", 'inline; filename="../../x\\y"',
    "form-data",
    "attachment; filename*=utf-8''%E9%00%2F", "attachment; filename*0*=x'y'%; filename*1=z", ";;=",
    'attachment; filename="=?utf-8?b?L2V0Yy9wYXNzd2Q=?="', "attachment; filename*999999999*=x",
)  # fmt: skip
FRAGMENTS = (
    "=?utf-8?b?", "=?x?q?=", "?=", "=?utf-8?q?=ED=A0=80?=", "=?utf-16?b?2AA=?=", "=?idna?q?a?=",
    "<", ">", "@", "a@b.example", '"', "\\", "(", ")", ",", ";", ":", "=", "*", "%00", "\r\n ",
    "\t",
    "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u202e", "\ufeff", "\ud800", "é",
    "e\u0301", "道",
    "𝄞", "Le 24/11/2026 à 9:30, X a écrit :", "\n> cité", "\n-- \n", "\nDe : x\nEnvoyé : y\n",
    "Re: ",
    "<p>", "</div>", "<script>", "<img src=cid:x>", "<!--", "]]>", "<![CDATA[", "&#0;", "&#xD800;",
    "<a href=javascript:x>", "\nBEGIN:VEVENT\nDTSTART:x\nSUMMARY:\\", "--limit", "--",
    "\nbegin 644 a\n",
    "Tue, 24 Nov 2026 09:30:00 +0100", "99999999999", "-0000",
)  # fmt: skip

texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=10).map(
    "".join
)
raw_bytes = st.one_of(
    st.binary(max_size=200),
    texts.map(lambda words: words.encode("utf-8", "surrogatepass")),
    st.tuples(texts, st.sampled_from(WRITTEN_IN)).map(
        lambda given: given[0].encode(given[1], "replace")
    ),
)
fields = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from([": ", ":", " : ", ""]), texts), max_size=8
).map(lambda found: [f"{name}{colon}{value}" for name, colon, value in found])


@st.composite
def hostile_bytes(draw: st.DrawFn) -> bytes:
    """Anything, and anything that looks a little like a mail."""
    ends = draw(st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\r\n"]))
    pieces = draw(st.lists(raw_bytes, max_size=6))
    return draw(st.sampled_from([b"", b"From ", b"From: ", b"Subject:"])) + ends.join(pieces)


@st.composite
def hostile_headers(draw: st.DrawFn) -> bytes:
    body = draw(raw_bytes)
    return mail(body, *_bytes_in_text(draw(fields)), base=draw(st.sampled_from([(), ("To: x",)])))


def hostile_trees() -> st.SearchStrategy[bytes]:
    """Trees of parts; drawn by a seed, because hypothesis takes ten times as long for its own."""
    return st.integers(0, 2**64).map(lambda seed: of_parts(_tree(Random(seed), depth=0)))


def mutations(data: Path) -> st.SearchStrategy[bytes]:
    """Good mails in which something was cut out, doubled, flipped or swapped."""
    samples = [path.read_bytes() for path in sorted(data.glob("msg_*.txt"))] + _good_mails()
    places = st.tuples(st.floats(0, 1), st.floats(0, 0.2), raw_bytes, st.integers(0, 3))
    return st.builds(_mutated, st.sampled_from(samples), st.lists(places, min_size=1, max_size=4))


def damaged_winmails() -> st.SearchStrategy[bytes]:
    data = winmail("Bonjour de Noël", ("plan été.pdf", b"%PDF" * 10), ("a.txt", b"a"))
    places = st.tuples(
        st.floats(0, 1), st.floats(0, 0.05), st.binary(max_size=8), st.integers(0, 3)
    )
    return st.lists(places, min_size=1, max_size=5).map(
        lambda found: of_parts(
            file(_mutated(data, found), 'application/ms-tnef; name="winmail.dat"')
        )
    )


def _tree(random: Random, depth: int) -> bytes:
    if depth == 4 or random.random() < 0.1 + depth / 5:
        return _leaf(random)
    parts = [_tree(random, depth + 1) for _ in range(random.randrange(4))]
    boundary = random.choice(["limit", f"limit-{depth}", "", " ", "é", "b" * 100])
    return multipart(random.choice(MULTIPARTS), *parts, boundary=boundary)


def _leaf(random: Random) -> bytes:
    """One part without inner ones, and with a content that does not fit to what it says."""
    words = "".join(random.choices(FRAGMENTS, k=random.randrange(12)))
    content = words.encode(random.choice(WRITTEN_IN), "replace")
    if random.random() < 0.2:
        content = random.randbytes(random.randrange(100))
    encoding = random.choice(ENCODINGS)
    if encoding == "base64" and random.random() < 0.7:
        content = b64encode(content)
    parameters = random.choice(["", f"; charset={random.choice(CHARSETS)}", "; name=é", "; =;"])
    fields = [f"{random.choice(NAMES)}: {random.choice(FRAGMENTS)}" for _ in range(2)]
    return part(
        content,
        random.choice(KINDS) + parameters,
        f"Content-Transfer-Encoding: {encoding}",
        f"Content-Disposition: {random.choice(DISPOSITIONS)}",
        *_bytes_in_text(fields),
    )


def _mutated(raw: bytes, places: Sequence[tuple[float, float, bytes, int]]) -> bytes:
    for where, length, new, how in places:
        start = int(where * len(raw))
        end = start + int(length * len(raw))
        before, piece, after = raw[:start], raw[start:end], raw[end:]
        raw = (
            before + new + after,
            before + piece + piece + after,
            before + bytes(byte ^ 0x80 for byte in piece) + after,
            after + piece + before,
        )[how]
    return raw


def _good_mails() -> list[bytes]:
    plain, rich = part("Bonjour", "text/plain"), part("<p>Bonjour</p>", "text/html")
    picture = file(b"GIF89a", "image/gif; name=a.gif", "Content-ID: <a@b>")
    invitation = part("BEGIN:VEVENT\r\nSUMMARY:Fête\r\nDTSTART:20261201T183000Z", "text/calendar")
    tnef = file(winmail("Bonjour", ("a.pdf", b"%PDF")), "application/ms-tnef; name=winmail.dat")
    return [
        text("Où ça ?\n\nLe 24/11/2026 à 9:30, M a écrit :\n> ici\n\n-- \nZoé", "cp1252"),
        of_parts(multipart("multipart/alternative", plain, rich)),
        of_parts(multipart("multipart/related", rich, picture, invitation)),
        of_parts(multipart("multipart/mixed", plain, part(text("x"), "message/rfc822"), tnef)),
    ]


def _bytes_in_text(found: Sequence[str]) -> list[str]:
    """Lone surrogates as the bytes that a careless program would send."""
    return [
        one.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape") for one in found
    ]
