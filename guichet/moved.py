"""A data folder whose town has moved to PostgreSQL and Kafka: nobody goes on with what it holds."""

import os
from pathlib import Path

from core.errors import Refused
from core.settings import Settings


def mark_moved(folder: Path, where: str) -> None:
    """Durable on return."""
    descriptor = os.open(_marker(folder), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{where}\n")
        file.flush()
        os.fsync(file.fileno())


def refuse_if_moved(settings: Settings) -> None:
    """Raises Refused when the embedded town of these settings has moved away."""
    marker = _marker(settings.data.resolve())
    if settings.is_distributed or not marker.exists():
        return
    where = marker.read_text().strip()
    raise Refused(
        f"this town has moved to {where}: set GUICHET_STREAM and GUICHET_DATABASE. If the move did "
        f"not end, run guichet migrate-engine again; to go on here instead, remove {marker}"
    )


def _marker(folder: Path) -> Path:
    return folder / "moved"
