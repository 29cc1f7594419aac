"""Words become lines and paragraphs by where they stand."""

from ocr.found import Found, text_of


def line(text: str, top: int, place: tuple[int, int, int], *, left: int = 100) -> list[Found]:
    return [
        Found(word, 90, left + 90 * number, top, 80, 40, *place)
        for number, word in enumerate(text.split())
    ]


def test_lines_that_follow_closely_are_a_paragraph_whatever_they_are_taken_for() -> None:
    words = [
        *line("Jeanne Dupont", 0, (1, 1, 1)),
        *line("12 rue", 60, (1, 2, 1)),
        *line("Metz le", 120, (2, 1, 1)),
        *line("Objet :", 240, (2, 1, 2)),
        *line("Le lampadaire", 300, (3, 1, 1)),
    ]
    assert text_of(words) == "Jeanne Dupont\n12 rue\nMetz le\n\nObjet :\nLe lampadaire"


def test_the_next_column_is_another_paragraph() -> None:
    words = [
        *line("la première", 0, (1, 1, 1)),
        *line("colonne", 60, (1, 1, 2)),
        *line("la seconde", 0, (2, 1, 1), left=900),
    ]
    assert text_of(words) == "la première\ncolonne\n\nla seconde"


def test_rows_of_a_form_are_a_paragraph_however_far_they_stand_apart() -> None:
    words = [
        *line("Demande", 0, (1, 1, 1)),
        *line("à la mairie", 60, (1, 1, 2)),
        *line("Nom Dupont", 200, (-1, 1, 1)),
        *line("Ville Metz", 400, (-1, 1, 2)),
    ]
    assert text_of(words) == "Demande\nà la mairie\n\nNom Dupont\nVille Metz"


def test_no_words_are_no_text() -> None:
    assert text_of([]) == ""
    assert text_of(line("Bonjour Madame", 0, (1, 1, 1))) == "Bonjour Madame"
