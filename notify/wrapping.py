"""Lines of a plain-text mail."""

import textwrap

WIDTH = 76  # characters, so that one level of quotation still fits 80
SIGNATURE = "-- "  # what follows is the signature (RFC 3676, section 4.3): its space counts


def wrap(text: str) -> str:
    """Break long lines at spaces. Quotations, and words longer than a line (URLs), stay whole."""
    return "\n".join(_wrapped(line) for line in text.splitlines())


def paragraphs(text: str) -> list[list[str]]:
    """The paragraphs of a text, each as its lines."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _wrapped(line: str) -> str:
    if line == SIGNATURE:
        return line
    line = line.rstrip()
    if len(line) <= WIDTH or line.startswith(">"):
        return line
    indent = line[: len(line) - len(line.lstrip())][: WIDTH // 2]
    return textwrap.fill(
        line,
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
