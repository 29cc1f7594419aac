import httpx
import pytest
from sqlalchemy import func, select, update

from cases.agents import SESSION_LENGTH, AgentRow, AgentSessionRow
from core.ratelimit import Logins
from core.web.csrf import SESSION_COOKIE
from tests.agent_api.building import CAMILLE, PASSWORD, Browser, House, csrf_of, hidden_fields

LOGIN = "/agent/login"


async def sign_in(client: httpx.AsyncClient, **fields: str) -> httpx.Response:
    """As a person does: load the page, fill in the form, send it."""
    page = (await client.get(LOGIN, params={"next": fields.pop("then", "/agent/")})).text
    given = {"email": CAMILLE, "password": PASSWORD, **fields}
    return await client.post(LOGIN, data=hidden_fields(page, LOGIN) | given)


async def sessions(house: House) -> int:
    async with house.town.database.read() as session:
        return await session.scalar(select(func.count()).select_from(AgentSessionRow)) or 0


@pytest.fixture
def anybody(house: House) -> httpx.AsyncClient:
    return house.client(**{"accept-language": "en"})


async def test_the_right_password_opens_the_inbox(anybody: httpx.AsyncClient) -> None:
    answer = await sign_in(anybody)
    assert (answer.status_code, answer.headers["location"]) == (303, "/agent/")
    inbox = await anybody.get("/agent/")
    assert inbox.status_code == 200
    assert "Camille Durand" in inbox.text


async def test_the_address_may_be_typed_in_capitals(anybody: httpx.AsyncClient) -> None:
    assert (await sign_in(anybody, email=f" {CAMILLE.upper()} ")).status_code == 303


async def test_a_wrong_password_and_an_unknown_address_look_alike(
    anybody: httpx.AsyncClient,
) -> None:
    wrong = await sign_in(anybody, password="not this one")
    unknown = await sign_in(anybody, email="nobody@demo.example")
    assert wrong.status_code == unknown.status_code == 401
    error = "The address or the password is wrong."
    assert error in wrong.text
    assert error in unknown.text
    assert SESSION_COOKIE not in anybody.cookies


async def test_the_address_stays_in_the_form_and_the_password_does_not(
    anybody: httpx.AsyncClient,
) -> None:
    page = (await sign_in(anybody, password="not this one")).text
    assert f'value="{CAMILLE}"' in page
    assert "not this one" not in page


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    anybody: httpx.AsyncClient,
) -> None:
    cookie = (await sign_in(anybody)).headers["set-cookie"].lower()
    assert cookie.startswith(SESSION_COOKIE)
    for part in ("httponly", "samesite=lax", "path=/agent", "max-age=43200"):
        assert part in cookie


async def test_a_login_replaces_the_session_of_before(
    house: House, anybody: httpx.AsyncClient
) -> None:
    await sign_in(anybody)
    first = anybody.cookies[SESSION_COOKIE]
    await sign_in(anybody)
    assert anybody.cookies[SESSION_COOKIE] != first
    assert await sessions(house) == 1


async def test_signing_out_ends_the_session_on_the_server(
    house: House, anybody: httpx.AsyncClient
) -> None:
    await sign_in(anybody)
    token = anybody.cookies[SESSION_COOKIE]
    csrf = csrf_of((await anybody.get("/agent/")).text)
    answer = await anybody.post("/agent/logout", data={"csrf": csrf})
    assert (answer.status_code, answer.headers["location"]) == (303, LOGIN)
    assert await sessions(house) == 0
    anybody.cookies.set(SESSION_COOKIE, token, domain="127.0.0.1", path="/agent")
    assert (await anybody.get("/agent/")).status_code == 303


async def test_who_is_not_signed_in_is_led_to_the_login_and_back(
    anybody: httpx.AsyncClient,
) -> None:
    answer = await anybody.get("/agent/?q=pothole&status=any")
    assert answer.status_code == 303
    page = await anybody.get(answer.headers["location"])
    then = hidden_fields(page.text, LOGIN)["next"]
    assert then == "/agent/?q=pothole&status=any"
    back = await sign_in(anybody, then=then)
    assert back.headers["location"] == then


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example/",
        "//evil.example/agent/",
        "/\\evil.example",
        "/agent/\\..\\..\\evil",
        "/agentevil",
        "/agent/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/agent/login",
        "/agent/logout",
        "",
    ],
)
async def test_the_login_leads_to_our_own_pages_alone(
    anybody: httpx.AsyncClient, next: str
) -> None:
    page = await anybody.get(LOGIN, params={"next": next})
    assert hidden_fields(page.text, LOGIN)["next"] == "/agent/"
    answer = await sign_in(anybody, next=next)
    assert answer.headers["location"] == "/agent/"


async def test_a_program_of_the_page_is_told_where_to_sign_in(anybody: httpx.AsyncClient) -> None:
    headers = {"hx-request": "true", "hx-current-url": "http://127.0.0.1/agent/cases/GU-1"}
    answer = await anybody.get("/agent/", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/agent/login?next=/agent/cases/GU-1"


async def test_a_form_of_another_site_does_not_sign_in(
    house: House, anybody: httpx.AsyncClient
) -> None:
    given = {"email": CAMILLE, "password": PASSWORD}
    assert (await anybody.post(LOGIN, data=given)).status_code == 403
    assert (await anybody.post(LOGIN, data=given | {"csrf": "made up"})).status_code == 403
    assert await sessions(house) == 0


async def test_a_form_made_for_another_browser_does_not_sign_in(
    house: House, anybody: httpx.AsyncClient
) -> None:
    stolen = csrf_of((await house.client().get(LOGIN)).text)
    await anybody.get(LOGIN)
    given = {"email": CAMILLE, "password": PASSWORD, "csrf": stolen}
    assert (await anybody.post(LOGIN, data=given)).status_code == 403


async def test_nobody_is_signed_out_by_another_site(house: House, camille: Browser) -> None:
    assert (await camille.send("/agent/logout", {})).status_code == 403
    assert await sessions(house) == 1


async def test_a_session_ends_by_itself(house: House, camille: Browser) -> None:
    assert (await camille.get("/agent/")).status_code == 200
    house.clock.advance(seconds=SESSION_LENGTH.total_seconds() + 1)
    assert (await camille.get("/agent/")).status_code == 303


async def test_an_agent_who_has_left_is_neither_in_nor_let_in(
    house: House, camille: Browser, anybody: httpx.AsyncClient
) -> None:
    async with house.town.database.begin() as session:
        await session.execute(update(AgentRow).values(active=False))
    assert (await camille.get("/agent/")).status_code == 303
    assert (await sign_in(anybody)).status_code == 401


async def test_guessing_a_password_is_slowed_down_from_wherever_it_comes(
    house: House, anybody: httpx.AsyncClient
) -> None:
    limit = house.app.state.context.logins.by_account
    for _ in range(200):
        await limit.count(CAMILLE)
    answer = await sign_in(anybody)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert await sessions(house) == 0


async def test_a_wrong_password_counts_and_the_right_one_does_not(
    house: House, anybody: httpx.AsyncClient
) -> None:
    for _ in range(9):
        assert (await sign_in(anybody, password="wrong")).status_code == 401
    assert (await sign_in(anybody)).status_code == 303
    assert (await sign_in(anybody, password="wrong")).status_code == 401
    assert (await sign_in(anybody)).status_code == 429


async def test_the_tries_of_others_do_not_lock_an_agent_out(
    house: House, anybody: httpx.AsyncClient
) -> None:
    limit = house.app.state.context.logins.by_account_and_client
    for _ in range(10):
        await limit.count(f"{CAMILLE} 192.0.2.66")
    assert (await sign_in(anybody)).status_code == 303


async def test_one_client_may_not_try_for_ever(house: House, anybody: httpx.AsyncClient) -> None:
    logins: Logins = house.app.state.context.logins
    for _ in range(60):
        await logins.by_client.count("127.0.0.1")
    assert (await sign_in(anybody, email="other@demo.example")).status_code == 429


async def test_signing_in_and_failing_to_is_written_down(
    house: House, anybody: httpx.AsyncClient
) -> None:
    await sign_in(anybody, password="wrong")
    await sign_in(anybody)
    (refused,) = await house.trail("agent.sign_in_refused")
    (signed_in,) = await house.trail("agent.signed_in")
    assert (refused.agent_id, refused.object_id) == (None, CAMILLE)
    assert signed_in.agent_id == house.agents[CAMILLE]
    assert refused.details == signed_in.details == {"client": "127.0.0.1"}


async def test_very_long_and_odd_values_are_only_wrong(anybody: httpx.AsyncClient) -> None:
    answer = await sign_in(anybody, email="x" * 5_000 + "\x00", password="\x00" * 20_000)
    assert answer.status_code == 401


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "no-such-charset"])
async def test_no_charset_of_a_form_breaks_the_login(
    anybody: httpx.AsyncClient, charset: str
) -> None:
    csrf = csrf_of((await anybody.get(LOGIN)).text)
    fields = {"csrf": csrf, "email": "\\ud800@x", "password": "\\ud800"}
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(part.format(*field) for field in fields.items()) + "--x--\r\n"
    headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    answer = await anybody.post(LOGIN, content=body.encode(), headers=headers)
    assert answer.status_code == 401
