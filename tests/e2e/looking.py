"""What a page is like for who uses it without a mouse, or by a slow line."""

from typing import Any

from playwright.sync_api import Page, Request

MOST_STEPS = 120  # by the tabulator through one page
FOCUS = """() => {
    const here = document.activeElement;
    if (here === document.body) return null;
    const style = getComputedStyle(here), box = here.getBoundingClientRect();
    return {
        place: [...document.querySelectorAll("*")].indexOf(here),
        what: here.outerHTML.slice(0, 120),
        shown: box.width > 0 && box.bottom > 0 && box.top < innerHeight
            && (parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none"
                || style.boxShadow !== "none"),
    };
}"""


def walk(page: Page) -> int:
    """Go through the page by the tabulator: in the order of reading, each step to be seen.

    Returns how many steps that were.
    """
    before, steps = -1, 0
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focus: dict[str, Any] | None = page.evaluate(FOCUS)
        if focus is None or focus["place"] < before:  # round, or out of the page
            assert focus is None or focus["place"] <= 60, f"back to {focus} at {page.url}"
            break
        assert focus["shown"], f"nobody sees that this has the focus: {focus} at {page.url}"
        before, steps = focus["place"], steps + 1
    return steps


def weight(page: Page, path: str) -> int:
    """Bytes that come over the wire for a page, its images left out."""
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))  # noqa: PLW0108
    page.goto(path, wait_until="networkidle")
    sizes = [one.sizes() for one in requests if one.resource_type != "image"]
    return sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)
