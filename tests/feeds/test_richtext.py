import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser

from feeds.richtext import TAGS, plain, rendered, sanitised, shortened

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&#58;alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "![picture](https://elsewhere.example/pixel.gif)",
    '<a href="x" style="position:fixed" onclick="x()">a</a>',
    "<iframe src=//elsewhere.example></iframe><form action=/x><input name=password></form>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "</div></article><meta http-equiv=refresh content=0>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing_written_or_imported(text: str) -> None:
    for made in (rendered(text), sanitised(text)):
        tree = parser.fragment_fromstring(made or "<p/>", create_parent="div")
        for element in tree.iterdescendants():
            assert element.tag in TAGS
            assert set(element.attrib) <= {"href", "title", "rel", "start"}
            assert not element.get("href", "").lower().startswith(("javascript", "data"))


@given(st.text(alphabet=st.sampled_from("<>[]()!*_`#-\n\t ab:/\"'&;=\\|~"), max_size=200))
def test_no_markdown_makes_anything_but_plain_rich_text(text: str) -> None:
    tree = parser.fragment_fromstring(rendered(text) or "<p/>", create_parent="div")
    assert {element.tag for element in tree.iterdescendants()} <= TAGS


def test_headings_begin_below_the_pages_own() -> None:
    assert rendered("# Where\n\n###### When") == "<h2>Where</h2>\n<h4>When</h4>"


def test_links_and_tables_and_lines_stay() -> None:
    made = rendered("See [here](https://x.example)\nand\n\n|a|b|\n|-|-|\n|1|2|\n\n- one")
    assert '<a href="https://x.example" rel="noopener nofollow">here</a><br>' in made
    assert "<td>2</td>" in made
    assert "<li>one</li>" in made


def test_the_words_of_rich_text_are_one_line() -> None:
    assert plain(rendered("From **9** to *12*.\n\n- a & b\n- c")) == "From 9 to 12. a & b c"


def test_a_summary_is_cut_between_two_words() -> None:
    assert shortened("one two three", 10) == "one two…"
    assert shortened("one", 10) == "one"
