import pytest

from agent_api.viewer import Piece
from agent_api.viewing import Sought, doubtful

BOX = (0.1, 0.2, 0.3, 0.05)


@pytest.mark.parametrize(
    ("query", "word", "is_hit"),
    [
        ("lampadaire", "Lampadaire,", True),
        ("lampad", "(lampadaires)", True),
        ("lampe", "lampadaire", False),
        ("daire", "lampadaire", False),
        ("eclairage", "d’éclairage.", True),
        ("Éclairage", "ECLAIRAGE", True),
        ("rue lilas", "Lilas", True),
        ("l'école", "école", True),
        ("", "anything", False),
        ("!?", "anything", False),
        ("GU-M9S3-46QV", "(gu-m9s3-46qv)", True),
        ("GU-M9S3-46QV", "guichet", False),
    ],
)
def test_a_hit_is_what_the_search_would_find(query: str, word: str, is_hit: bool) -> None:
    sought = Sought(query)
    assert [mark.text for mark in sought.marks([[word, 90, *BOX]])] == [word] * is_hit
    assert (sought.count(f"{word} and more") > 0) == is_hit


def test_a_mark_stands_where_the_word_does() -> None:
    (mark,) = Sought("lampadaire").marks([["Le", 90, *BOX], ["lampadaire", 55, 0.5, 0.6, 0.1, 0.2]])
    assert (mark.left, mark.top, mark.width, mark.height) == (0.5, 0.6, 0.1, 0.2)


def test_a_text_is_cut_where_hits_begin_and_end() -> None:
    pieces = Sought("ecole").pieces("L’École, les écoles.")
    assert pieces == [
        Piece("L’"),
        Piece("École", hit=True),
        Piece(", les "),
        Piece("écoles", hit=True),
        Piece("."),
    ]


@pytest.mark.parametrize("query", ["", "ecole", "GU-M9S3-46QV"])
def test_all_pieces_together_are_the_text(query: str) -> None:
    text = "  L’ÉCOLE İ ß ﬁn\n\nécole GU-M9S3-46QV.\t"
    assert "".join(piece.text for piece in Sought(query).pieces(text)) == text


def test_what_is_hard_to_read_is_doubtful() -> None:
    assert [mark.text for mark in doubtful([["rue", 59, *BOX], ["Metz", 60, *BOX]])] == ["rue"]
