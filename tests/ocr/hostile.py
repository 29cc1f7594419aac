"""Files that are made to do harm."""

import struct
import zlib
from io import BytesIO

import pikepdf


def many_pages(count: int) -> bytes:
    """A PDF of empty pages, which share everything."""
    kids = b" ".join(b"3 0 R" for _ in range(count))
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    )


def huge_page(points: int) -> bytes:
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] >>" % (points, points),
    )


def pdf_with_a_bomb(side: int) -> bytes:
    """A PDF with a picture of ``side`` by ``side`` bytes that is a few kilobytes long."""
    packer = zlib.compressobj(9)
    begun = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = begun + piece * (side * side // (1 << 20) + 1)
    content = b"595 0 0 842 0 0 cm /I Do"
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /I 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8"
        b" /ColorSpace /DeviceGray /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
        % (side, side, len(packed), packed),
    )


def png_bomb(side: int) -> bytes:
    """A few hundred bytes that say they are ``side`` by ``side`` pixels."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    data = _chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + header + data + _chunk(b"IEND", b"")


def tiff_bomb(side: int) -> bytes:
    """A hundred bytes of a fax (ITU-T T.6) that say they are ``side`` by ``side`` pixels."""
    data = b"\x00\x10\x01" + bytes(13)
    wide, long = 3, 4  # types of a value: 16 and 32 bits (TIFF 6.0)
    tags = (
        (256, long, side),  # width
        (257, long, side),  # height
        (258, wide, 1),  # bits a pixel
        (259, wide, 4),  # compression: Group 4
        (262, wide, 0),  # 0 is white
        (273, long, 8),  # where the data begin
        (278, long, side),  # rows of a strip
        (279, long, len(data)),
    )
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    header = struct.pack("<2sHI", b"II", 42, 8 + len(data))
    return header + data + struct.pack("<H", len(tags)) + entries + bytes(4)


def encrypted(pdf: bytes, *, user: str) -> bytes:
    locked = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        document.save(locked, encryption=pikepdf.Encryption(owner="mairie", user=user))
    return locked.getvalue()


def _chunk(name: bytes, content: bytes) -> bytes:
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def _pdf(*objects: bytes) -> bytes:
    made = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return bytes(made)
