"""``guichet separator-sheets`` and ``guichet import-scan``."""

from pathlib import Path

from core.separators import parse_separator
from ocr import Options
from ocr.reading import read_page
from tests.guichet.command import Command
from tests.ocr.pages import printed


def test_a_sheet_is_printed_for_each_queue_and_says_what_it_is(
    run: Command, tmp_path: Path
) -> None:
    sheets = tmp_path / "sheets.pdf"
    done = run(
        "separator-sheets",
        *("--queue", "voirie", "--queue", "etat-civil"),
        *("--date", "2026-11-25", "--output", str(sheets)),
    )
    assert done.exit_code == 0, done.output
    for number, queue in enumerate(("voirie", "etat-civil")):
        page = read_page(sheets, number, Options())
        found = {parse_separator(code.text) for code in page.codes}
        assert {one.queue for one in found if one} == {queue}
        assert "Feuille de séparation" in page.text
        assert queue in page.text


def test_a_date_must_be_one(run: Command) -> None:
    assert run("separator-sheets", "--date", "tomorrow").exit_code == 1


def test_a_queue_must_be_a_slug_or_no_sheet_could_be_read(run: Command, tmp_path: Path) -> None:
    sheets = tmp_path / "sheets.pdf"
    refused = run("separator-sheets", "--queue", "État civil", "--output", str(sheets))
    assert refused.exit_code == 1
    assert "etat-civil" in refused.output
    assert not sheets.exists()


def test_files_are_put_in_and_what_is_no_letter_is_told(run: Command, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(printed("Bonjour"))
    bad.write_bytes(b"\x7fELF")
    done = run("import-scan", str(good), str(bad), str(tmp_path / "none.pdf"))
    assert done.exit_code == 1
    assert "1 of 3 accepted" in done.output
    assert "bad.pdf: it is neither a PDF nor an image" in done.output
    assert "none.pdf: No such file" in done.output
