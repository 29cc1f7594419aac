"""What people read for the codes of the record; templates translate them by ``|label``."""

from core.i18n import N_

LABELS = {
    "channel": {
        "email": N_("E-mail"),
        "fax": N_("Fax"),
        "scan": N_("Paper mail"),
        "phone": N_("Telephone"),
        "sms": N_("SMS"),
        "counter": N_("Counter"),
        "web": N_("Web form"),
        "open311": N_("Open311"),
    },
    "status": {
        "new": N_("New"),
        "in_progress": N_("In progress"),
        "waiting": N_("Waiting for the citizen"),
        "closed": N_("Closed"),
    },
    "campaign": {
        "running": N_("On its way"),
        "stopped": N_("Stopped"),
        "withdrawn": N_("Withdrawn"),
        "expired": N_("Too late"),
        "done": N_("All through"),
    },
    "entry": {
        "draft": N_("Draft"),
        "scheduled": N_("Scheduled"),
        "published": N_("Published"),
        "withdrawn": N_("Withdrawn"),
    },
    "call": {
        "ringing": N_("Ringing"),
        "answered": N_("Talking"),
        "ended": N_("Ended"),
        "missed": N_("Missed"),
    },
    "role": {
        "reception": N_("Reception"),
        "handler": N_("Handler"),
        "functional_admin": N_("Functional administrator"),
        "system_admin": N_("System administrator"),
    },
    "trust": {
        "verified": N_("Verified sender"),
        "unverified": N_("Unverified sender"),
        "vouched": N_("Vouched for by an agent"),
    },
    "way": {
        "email": N_("By e-mail"),
        "sms": N_("By SMS"),
        "letter": N_("By letter"),
        "callback": N_("Call back"),
    },
    "said_by": {
        "counter": N_("At the counter"),
        "phone": N_("By telephone"),
        "email": N_("By e-mail"),
        "scan": N_("By letter"),
    },
    "filed": {
        "document": N_("identity document shown"),
        "known": N_("known to the agent"),
        "word": N_("identity not checked"),
    },
    "identity": {
        "document": N_("They showed an identity document"),
        "known": N_("I know them"),
        "word": N_("They say so; I did not check"),
    },
    "delivery": {
        "queued": N_("Waiting to be sent"),
        "in_flight": N_("Being sent"),
        "sent": N_("Sent"),
        "kept": N_("Kept here"),
        "to_print": N_("To be printed"),
        "printed": N_("Printed"),
        "delivered": N_("Delivered"),
        "failed": N_("Not sent"),
        "bounced": N_("Came back"),
        "expired": N_("Too late"),
        "suppressed": N_("Held back: the address does not exist"),
    },
    "notification": {
        "receipt": N_("Receipt"),
        "reply": N_("Reply"),
        "closed": N_("Closing message"),
        "reopened": N_("Notice of reopening"),
        "accepted": N_("Notice of a change"),
        "refused": N_("Notice of a refused change"),
        "register": N_("Confirmation of an address"),
        "known": N_("Notice of an account"),
        "recover": N_("New password"),
        "email": N_("Confirmation of an address"),
        "secured": N_("Notice about an account"),
        "expiring": N_("Reminder of a document"),
        "deposited": N_("Notice of a document"),
        "code": N_("Code by SMS"),
        "subscribe": N_("Confirmation of a subscription"),
        "announcement": N_("News"),
        "digest": N_("Digest of news"),
    },
    "subscribed": {
        "asked": N_("Asked for"),
        "confirmed": N_("Subscribed"),
        "changed": N_("Changed"),
        "imported": N_("Taken over from an earlier list"),
        "ended": N_("Unsubscribed"),
    },
    "subscribed_by": {
        "link": N_("by the link in our e-mail"),
        "code": N_("by the code in our SMS"),
        "account": N_("signed in"),
        "preferences": N_("on this page"),
        "one-click": N_("from an e-mail"),
        "import": N_("imported"),
    },
    "told_by": {
        "home": N_("My space"),
        "email": N_("By e-mail"),
        "sms": N_("By SMS"),
    },
    "suggested": {
        "sender": N_("Sender"),
        "date": N_("Date"),
        "subject": N_("Subject"),
        "references": N_("References"),
        "language": N_("Language"),
    },
    "joined_by": {
        "opening": "",
        "reply": "",
        "reference": N_("Joined by the reference it quotes"),
        "thread": N_("Joined as an answer in the conversation"),
        "duplicate": N_("The same request, by another way"),
        "moved": N_("Pages from another case"),
        "account": N_("Written in the citizen's space"),
        "key": N_("Written on the tracking page, with the key"),
    },
    "automatic": {
        "no": "",
        "auto-reply": N_("Automatic reply"),
        "bounce": N_("Could not be delivered"),
        "bulk": N_("Mass mailing"),
    },
}


def label(code: str, kind: str) -> str:
    """The English label (a message id) of a code; an unknown code is its own label."""
    return LABELS[kind].get(code, code)
