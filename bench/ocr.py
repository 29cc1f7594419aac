"""How well and how fast pages are read: beside ``tesseract`` and ``ocrmypdf`` on the same images.

All three have the machine to themselves in turn, the same languages, the same low priority, and as
many processes as there are processors. ``ocrmypdf`` turns and straightens pages, as we do.
"""

import asyncio
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean, median

import numpy

from bench.sheets import KINDS, Grey, Sheet, make_sheets
from core.processes import Processes
from ocr.limits import confine
from ocr.page import Limits, Options, Page
from ocr.picture import picture
from ocr.reading import read_page
from tests.ocr.pages import printed, scanned_pdf

LANGUAGES = "fra+eng"
EACH = 8  # pages of each kind: 64 in all
SEED = 2026  # others were used to tune
CORES = os.cpu_count() or 1
ENVIRONMENT = {**os.environ, "OMP_THREAD_LIMIT": "1"}
OCRMYPDF = ".venv/bin/ocrmypdf --quiet --rotate-pages --deskew --output-type pdf --optimize 0"
BORN_DIGITAL = 5  # times that a PDF is read each way

Texts = dict[Path, str]


@dataclass(frozen=True, slots=True)
class Read:
    texts: Texts
    seconds: float
    processor_seconds: float
    """Of all its processes: what somebody else's work on the machine does not change."""


def run(each: int = EACH, seed: int = SEED) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as made:
        folder = Path(made)
        sheets = make_sheets(folder, each, seed=seed)
        readers: dict[str, Callable[[Sequence[Sheet]], Read]] = {
            "guichet": _by_guichet,
            "tesseract": _by_tesseract,
            "ocrmypdf": partial(_by_ocrmypdf, folder),
        }
        found: dict[str, Read] = {}
        for name, reader in readers.items():
            found[name] = reader(sheets)
            sys.stderr.write(f"  {name}: {found[name].seconds:.0f} s\n")
        return {
            "pages": len(sheets),
            "seed": seed,
            "processes": CORES,
            "character_error_rate": _rates(
                sheets, {name: one.texts for name, one in found.items()}
            ),
            "pages_a_second": {
                name: round(len(sheets) / one.seconds, 3) for name, one in found.items()
            },
            "ratio_of_speed_to_tesseract": round(
                found["tesseract"].seconds / found["guichet"].seconds, 2
            ),
            "processor_seconds_a_page": {
                name: round(one.processor_seconds / len(sheets), 3) for name, one in found.items()
            },
            "born_digital": _born_digital(folder),
        }


def _by_guichet(sheets: Sequence[Sheet]) -> Read:
    return asyncio.run(_read(sheets))


async def _read(sheets: Sequence[Sheet]) -> Read:
    processes = Processes(CORES, partial(confine, Limits().memory))
    fax = {sheet.path: Options(LANGUAGES, fax=sheet.kind == "fax") for sheet in sheets}
    try:  # they are started once, and then work for weeks
        await asyncio.gather(
            *(processes.run(_page, sheets[0].path, Options(LANGUAGES)) for _ in range(CORES))
        )
        begun = time.perf_counter()
        pages: list[tuple[Page, float]] = await asyncio.gather(
            *(processes.run(_page, sheet.path, fax[sheet.path]) for sheet in sheets)
        )
        seconds = time.perf_counter() - begun
    finally:
        processes.close()
        for child in multiprocessing.active_children():
            child.join()  # what it used counts as ours, and not as that of whoever reads next
    texts = {sheet.path: page.text for sheet, (page, _) in zip(sheets, pages, strict=True)}
    return Read(texts, seconds, sum(used for _, used in pages))


def _page(path: Path, options: Options) -> tuple[Page, float]:
    """With the processor's seconds that it took."""
    begun = _used(resource.RUSAGE_SELF) + _used(resource.RUSAGE_CHILDREN)
    page = read_page(path, 0, options)
    return page, _used(resource.RUSAGE_SELF) + _used(resource.RUSAGE_CHILDREN) - begun


def _used(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _by_tesseract(sheets: Sequence[Sheet]) -> Read:
    begun, used = time.perf_counter(), _used(resource.RUSAGE_CHILDREN)
    with ThreadPoolExecutor(CORES) as threads:
        texts = dict(threads.map(_tesseract, [sheet.path for sheet in sheets]))
    return Read(texts, time.perf_counter() - begun, _used(resource.RUSAGE_CHILDREN) - used)


def _tesseract(path: Path) -> tuple[Path, str]:
    command = ["nice", "tesseract", str(path), "-", "-l", LANGUAGES]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True)
    return path, done.stdout.decode()


def _by_ocrmypdf(folder: Path, sheets: Sequence[Sheet]) -> Read:
    """All pages in one PDF, so that it can work on several at once."""
    import img2pdf  # type: ignore[import-untyped]  # comes with ocrmypdf

    given, said = folder / "given.pdf", folder / "said.txt"
    given.write_bytes(img2pdf.convert([str(sheet.path) for sheet in sheets]))
    command = ["nice", *OCRMYPDF.split(), "--jobs", str(CORES), "--language", LANGUAGES]
    begun, used = time.perf_counter(), _used(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [*command, "--sidecar", str(said), str(given), str(folder / "made.pdf")],
        env=ENVIRONMENT,
        check=True,
    )
    seconds = time.perf_counter() - begun
    texts = said.read_text().split("\f")
    found = {sheet.path: text for sheet, text in zip(sheets, texts, strict=False)}
    return Read(found, seconds, _used(resource.RUSAGE_CHILDREN) - used)


def _rates(sheets: Sequence[Sheet], found: dict[str, Texts]) -> dict[str, dict[str, float | None]]:
    rates: dict[str, dict[str, float | None]] = {}
    for kind in KINDS:
        of_kind = [sheet for sheet in sheets if sheet.kind == kind]
        each = {
            name: mean(rate_of(sheet, texts[sheet.path]) for sheet in of_kind)
            for name, texts in found.items()
        }
        best = min(each["tesseract"], each["ocrmypdf"])
        rates[kind] = {
            **{name: round(rate, 4) for name, rate in each.items()},
            "ratio_to_the_better": round(each["guichet"] / best, 2) if best else None,
        }
    return rates


def rate_of(sheet: Sheet, found: str) -> float:
    """Of a form, row by row or in any order, whichever is kinder: whether labels or boxes are read
    first is a matter of taste, and one wrong capital moves a word when all are sorted."""
    in_order = error_rate(found, sheet.text)
    if sheet.kind != "form":
        return in_order
    return min(in_order, error_rate(_sorted(found), _sorted(sheet.text)))


def _sorted(text: str) -> str:
    return " ".join(sorted(text.split()))


def error_rate(found: str, wanted: str) -> float:
    """Characters to change, add or leave out, a character of what is wanted; white space is one."""
    found, wanted = " ".join(found.split()), " ".join(wanted.split())
    letters = numpy.array([ord(letter) for letter in wanted])
    steps = numpy.arange(len(letters) + 1)
    row = steps.copy()
    for number, letter in enumerate(found, start=1):
        changed = numpy.minimum(row[1:] + 1, row[:-1] + (letters != ord(letter)))
        row = numpy.minimum.accumulate(numpy.concatenate(([number], changed)) - steps) + steps
    return int(row[-1]) / max(len(letters), 1)


def _born_digital(folder: Path) -> dict[str, float]:
    """The same page with its text, and as a picture of it."""
    text = "\n".join(
        ["Madame, Monsieur, le lampadaire de notre rue est en panne depuis mardi."] * 40
    )
    with_text, without = folder / "text.pdf", folder / "picture.pdf"
    with_text.write_bytes(printed(text))
    without.write_bytes(scanned_pdf(_picture_of(with_text), dpi=300))
    fast, slow = asyncio.run(_in_turn(with_text, without))
    return {
        "seconds_a_page": round(fast, 3),
        "seconds_a_page_by_ocr": round(slow, 3),
        "ratio_of_speed_to_ocr": round(slow / fast, 1),
    }


def _picture_of(path: Path) -> Grey:
    return picture(path, 0, Limits()).grey


async def _in_turn(*paths: Path) -> list[float]:
    """Median seconds of each, in one process that is confined as in a town: threads of Tesseract
    that stand in each other's way would make OCR look slower than it is."""
    processes = Processes(1, partial(confine, Limits().memory))
    try:
        await processes.run(_seconds, paths[0])
        return [
            median([await processes.run(_seconds, path) for _ in range(BORN_DIGITAL)])
            for path in paths
        ]
    finally:
        processes.close()


def _seconds(path: Path) -> float:
    begun = time.perf_counter()
    read_page(path, 0, Options(LANGUAGES))
    return time.perf_counter() - begun
