"""The receive queue of a HylaFAX server: a TIFF file a fax (``recvq(5)``)."""

import hashlib
import re

from channels.folder import Dropped, WatchedFolder
from channels.kinds import PDF, TIFF, kind_of
from core.settings import FaxFolder
from core.text import file_name
from ingest import Arrival, ChannelName

# HylaFAX counts its faxes in ``seqf``, in the same folder.
_FAX = re.compile(r".*\.(tiff?|pdf)", re.IGNORECASE | re.DOTALL)
UNKNOWN = "it is no fax (TIFF or PDF)"


def watched_faxes(folder: FaxFolder, *, max_size: int) -> WatchedFolder:
    return WatchedFolder(
        ChannelName.FAX,
        folder.path,
        _arrival,
        _problem,
        is_ours=_is_fax,
        settle=folder.settle,
        max_size=max_size,
    )


def _is_fax(name: str) -> bool:
    return _FAX.fullmatch(name) is not None


def _arrival(dropped: Dropped) -> Arrival:
    """A server counts its files, so that name and content together are one fax."""
    digest = hashlib.sha256(dropped.content)
    digest.update(dropped.name.encode("utf-8", "replace"))
    facts = {"file": file_name(dropped.name, "fax.tif")}
    return Arrival(ChannelName.FAX, digest.hexdigest(), dropped.content, facts)


def _problem(dropped: Dropped) -> str:
    return "" if kind_of(dropped.content) in (TIFF, PDF) else UNKNOWN
