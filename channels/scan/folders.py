"""The watched folders of scanners and SFTP clients."""

from channels.folder import Dropped, WatchedFolder
from channels.scan.arrival import scan_arrival, scan_problem
from core.settings import ScanFolder
from ingest import Arrival, ChannelName


def watched_scans(folder: ScanFolder, *, max_size: int) -> WatchedFolder:
    """A file in the subfolder ``etat-civil`` is for the queue of that slug."""

    def arrival(dropped: Dropped) -> Arrival:
        return scan_arrival(
            dropped.content,
            dropped.name,
            folder=folder.path.name,
            queue=dropped.folder or folder.queue,
            split=folder.split,
        )

    def problem(dropped: Dropped) -> str:
        return scan_problem(dropped.content)

    return WatchedFolder(
        ChannelName.SCAN, folder.path, arrival, problem, settle=folder.settle, max_size=max_size
    )
