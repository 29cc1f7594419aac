"""Python's collector of cycles, told what a long-lived process is.

After its start a town has half a million objects that live as long as it does; going through them
again and again for cycles takes an eighth of the time of handling an event.
"""

import gc

YOUNG = 50_000  # new objects before the collector looks at them
OLDER = (20, 100)  # of these looks before it looks at older ones, and at all


def spare_the_collector() -> None:
    """Set what there is by now aside for good, and let the collector look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *OLDER)
