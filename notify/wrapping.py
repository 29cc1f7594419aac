"""Lines of a plain-text mail."""

import textwrap

WIDTH = 76  # characters, so that one level of quotation still fits 80


def wrap(text: str) -> str:
    """Break long lines at spaces. Quotations, and words longer than a line (URLs), stay whole."""
    return "\n".join(_wrapped(line.rstrip()) for line in text.splitlines())


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
