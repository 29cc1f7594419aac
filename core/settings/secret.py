"""The town's own secret."""

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from core.errors import BadInput

if TYPE_CHECKING:
    from core.settings import Settings

SECRET_LENGTH = 32  # bytes


def town_secret(settings: "Settings") -> bytes:
    """The town's own secret, made at the first start and kept in the data folder.

    Raises BadInput when what is kept there is none.
    """
    path = settings.data / "secret"
    if not path.exists():
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written whole under another name first: half a secret would be one for ever.
        draft = settings.data / f"secret.{os.getpid()}"
        descriptor = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_LENGTH))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was faster: its secret is the town's
            os.link(draft, path)
        draft.unlink()
    secret = path.read_bytes()
    if len(secret) < SECRET_LENGTH:
        raise BadInput(f"{path} is no secret: restore it, or remove it in a new town")
    return secret
