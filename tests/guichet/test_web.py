from pydantic import SecretStr

from core.settings import Settings
from guichet.town import build_town
from guichet.web import build_app


async def test_a_town_that_sends_sms_by_apprise_alone_can_prove_numbers(
    settings: Settings,
) -> None:
    url = SecretStr("json://localhost")
    town = build_town(settings.model_copy(update={"apprise_url": url}))
    try:
        assert town.account is None
        assert build_app(town).state.accounts.texts is not None
    finally:
        await town.close()
