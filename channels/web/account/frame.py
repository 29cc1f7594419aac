"""What all pages of ``/me`` have around them."""

from starlette.requests import Request

from channels.web.account.context import Context
from channels.web.account.views import Mine
from citizens import Account
from core.i18n import N_, translator

NOTICES = {
    "saved": N_("Saved."),
    "removed": N_("Removed."),
    "device": N_("This device tells you from now on when there is news of your requests."),
    "email": N_("Your new e-mail address is confirmed."),
    "asked": N_("A link is on its way to the new address. It counts once you have opened it."),
    "code": N_("A code is on its way to your telephone."),
    "phone": N_("Your number is confirmed."),
    "password": N_("Your password is changed. You are signed out everywhere else."),
    "ended": N_("The session has ended."),
    "on": N_("The second factor is on."),
    "off": N_("The second factor is off."),
    "passkey": N_("The passkey is kept. You can sign in with it from now on."),
    "sent": N_("Your message is sent. It appears here in a moment."),
    "proposed": N_("Your proposal is with us. We tell you when it is accepted or not."),
    "taken_back": N_("Your proposal is taken back: your request stays as it was."),
    "withdrawn": N_("Your request is withdrawn."),
    "added": N_("The request is in your space now."),
    "uploaded": N_("The document is in your wallet."),
    "revoked": N_("The document is no longer shared."),
}


def notice_of(request: Request, locale: str) -> str:
    """What was done just now, which ``?said=`` names."""
    notice = NOTICES.get(request.query_params.get("said", ""), "")
    return translator(locale)(notice) if notice else ""


def mine_of(request: Request, context: Context, account: Account, here: str) -> Mine:
    return Mine(
        name=account.name,
        email=account.email,
        here=here,
        notice=notice_of(request, context.pages.locale_of(request)),
        wallet=context.settings.wallet_quota > 0,
    )
