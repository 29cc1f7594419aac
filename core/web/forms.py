"""What went wrong with a form, for the page that shows it again; where a form may lead to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One mistake: shown at its field and, as a link to it, in the summary on top."""

    field: str
    """The ``name`` of the field."""
    message: str
    """Says what to do, in the reader's language."""


def own_path(path: str, under: str, home: str) -> str:
    """Where to go after signing in: a page of ours under ``under``, and nowhere else."""
    # Two slashes would name another host.
    elsewhere = path.startswith(("//", f"{under}log")) or any(c in path for c in "\\\r\n\t")
    return path if path.startswith(under) and not elsewhere else home
