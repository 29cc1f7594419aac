"""What a process that reads pages may take."""

import os
import resource

LOW = 10  # niceness: whoever waits for a page waits behind whoever waits for an answer


def confine(memory: int, niceness: int = LOW) -> None:
    """Called first in each process that reads: at most ``memory`` bytes of data, one thread.

    An allocation beyond it fails inside the process, as ``MemoryError`` or its death, and nowhere
    else. Tesseract, which runs as a child, has the same limit.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["OMP_THREAD_LIMIT"] = "1"  # pages are read side by side, each by one thread
    os.environ["OPENCV_FOR_THREADS_NUM"] = "1"
    os.nice(niceness)
