"""Specks of dust and of a bad line are taken off a page."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

INK = 160  # grey levels below which a pixel may be one
SPECK = 9  # pixels at 300 dots an inch; the dot of an i has 16 and more
DUSTY = 400  # specks on a page from which they are taken away: fewer do no harm
BAND = 256  # rows that are dusted at a time: the memory of one serves the next
OVERLAP = 16  # rows that two bands share: what one cuts is whole in the other
SAMPLED = 6  # one band in so many is looked at, to tell whether a page is dusty
WHITE = 255


def without_dust(grey: "Grey") -> "Grey":
    """The picture itself when it is clean."""
    import numpy

    ink = (grey < INK).astype(numpy.uint8)
    sample = [_specks(ink[top : top + BAND]) for top in range(0, len(ink), SAMPLED * BAND)]
    if sum(sample) < DUSTY / SAMPLED:
        return grey
    cleaned = grey.copy()
    for top in range(0, len(ink), BAND - OVERLAP):
        _dust(cleaned[top : top + BAND], ink[top : top + BAND])
    return cleaned


def _specks(ink: "Grey") -> int:
    _, is_speck = _components(ink)
    return int(is_speck.sum())


def _components(ink: "Grey") -> tuple["Grey", "Grey"]:
    """The number of each pixel's component, and whether a component is a speck (1 or 0)."""
    import cv2
    import numpy

    _, labels = cv2.connectedComponents(ink, connectivity=8)  # ten times as fast as with its sizes
    is_speck = (numpy.bincount(labels.ravel()) <= SPECK).astype(numpy.uint8)
    # What the edge of the band cuts may be a part of a letter, and component 0 is the paper.
    is_speck[labels[[0, -1]].ravel()] = 0
    is_speck[0] = 0
    return labels, is_speck


def _dust(grey: "Grey", ink: "Grey") -> None:
    """Whiten the specks of a band, with their soft edges where those are not a letter's too."""
    import cv2
    import numpy

    labels, is_speck = _components(ink)
    specks = is_speck.take(labels)
    square = numpy.ones((3, 3), numpy.uint8)
    grey[(cv2.dilate(specks, square) > 0) & (cv2.dilate(ink - specks, square) == 0)] = WHITE
