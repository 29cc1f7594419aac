"""The main job, from outside to outside: a mail comes in, an agent answers, the citizen reads."""

import re
import smtplib
import subprocess
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from guichet.demo_messages import one_page_pdf
from tests.builders import mail
from tests.e2e.browsing import Visitor
from tests.e2e.mailserver import MailServer
from tests.e2e.town import Town

REFERENCE = re.compile(r"GU-[0-9A-Z]{4}-[0-9A-Z]{4}")


def test_a_mail_by_swaks_is_a_case_in_its_queue_on_the_open_page(
    town: Town, agent: Visitor, tmp_path: Path
) -> None:
    pdf = tmp_path / "plan.pdf"
    pdf.write_bytes(one_page_pdf("Plan of the street"))
    command = ["swaks", "--server", f"127.0.0.1:{town.smtp_port}", "--to", "voirie@demo.example"]
    command += ["--from", "swaks@citizens.example", "--header", "Subject: Trou devant chez moi"]
    command += ["--body", "Bonjour, il y a un trou.", "--attach", f"@{pdf}"]
    command += ["--hide-all"]
    subprocess.run(command, check=True, timeout=30)
    reference = _appears(agent.page, "Trou devant chez moi")
    case = _case(town, reference)
    assert case["queue"] == "voirie"
    (message,) = case["messages"]
    (document,) = message["documents"]
    assert document["name"] == "plan.pdf"
    assert document["media_type"] == "application/pdf"
    assert document["size"] == pdf.stat().st_size


def test_a_mail_by_smtplib_is_a_case_too(town: Town, agent: Visitor) -> None:
    town.send(_with_pdf(mail(subject="Acte de mariage", to="etat-civil@demo.example")))
    reference = _appears(agent.page, "Acte de mariage")
    case = _case(town, reference)
    assert case["queue"] == "etat-civil"
    assert [document["name"] for document in case["messages"][0]["documents"]] == ["pièce.pdf"]


def test_the_words_of_a_mail_decide_when_its_mailbox_does_not(town: Town) -> None:
    town.send(mail(subject="Lampadaire en panne", to="mairie@demo.example"))
    (item,) = _search(town, "lampadaire")
    assert item["queue"] == "voirie"


def test_the_receipt_arrives_at_the_citizens_server(town: Town, outside: MailServer) -> None:
    sent = mail(subject="Horaires de la piscine", sender="Ana <ana@citizens.example>")
    town.send(sent)
    receipt = outside.wait_for(lambda mail: mail["in-reply-to"] == sent["message-id"])
    assert receipt["to"].addresses[0].addr_spec == "ana@citizens.example"
    assert receipt["auto-submitted"] == "auto-replied"
    text = receipt.get_body(("plain",))
    assert text is not None
    reference = REFERENCE.search(text.get_content())
    assert reference
    assert "Clé de suivi" in text.get_content()


def test_an_agents_reply_arrives_in_the_thread_and_its_answer_joins_the_case(
    town: Town, outside: MailServer, agent: Visitor
) -> None:
    sent = mail(subject="Compostage", sender="Léo <leo@citizens.example>")
    town.send(sent)
    reference = _appears(agent.page, "Compostage")
    page = agent.page
    page.get_by_role("link", name="Compostage").click()
    page.get_by_label("Répondre à leo@citizens.example").fill("Oui, le composteur est gratuit.")
    page.get_by_role("button", name="Envoyer la réponse").click()
    expect(page.get_by_role("status").filter(has_text="réponse")).to_be_visible()
    reply = outside.wait_for(
        lambda mail: mail["to"].addresses[0].username == "leo" and mail["auto-submitted"] is None
    )
    assert sent["message-id"] in reply["references"]
    assert reply["in-reply-to"].strip() in reply["references"]
    text = reply.get_body(("plain",))
    assert text is not None
    assert "composteur est gratuit" in text.get_content()

    answer = mail(
        subject=f"RE: {reply['subject']}",
        sender="Léo <leo@citizens.example>",
        to=reply["reply-to"].addresses[0].addr_spec,
        text="Merci beaucoup, je passe samedi.",
        In_Reply_To=str(reply["message-id"]),
        References=f"{reply['references']} {reply['message-id']}",
    )
    town.send(answer)
    expect(page.get_by_text("Cette demande vient d’être modifiée")).to_be_visible()
    page.reload()
    expect(page.get_by_text("je passe samedi")).to_be_visible()
    case = _case(town, reference)
    assert [message["direction"] for message in case["messages"]] == ["in", "out", "in"]
    assert case["status"] == "in_progress"


def test_no_mail_is_relayed(town: Town) -> None:
    with smtplib.SMTP("127.0.0.1", town.smtp_port, timeout=20) as server:
        server.ehlo()
        server.mail("someone@elsewhere.example")
        code, answer = server.rcpt("victim@elsewhere.example")
    assert (code, answer[:5]) == (550, b"5.1.1")


def _with_pdf(message: EmailMessage) -> EmailMessage:
    pdf = one_page_pdf("Identity")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename="pièce.pdf")
    return message


def _appears(page: Page, subject: str) -> str:
    """Wait for a case on the open page, without a reload; returns its reference."""
    row = page.locator(".case").filter(has_text=subject)
    expect(row).to_be_visible(timeout=10_000)
    reference = row.get_attribute("data-reference")
    assert reference is not None
    return reference


def _api(town: Town) -> httpx.Client:
    return httpx.Client(
        base_url=f"{town.url}/api/v1", headers={"Authorization": f"Bearer {town.token}"}
    )


def _case(town: Town, reference: str) -> Any:
    with _api(town) as api:
        return api.get(f"/cases/{reference}").raise_for_status().json()


def _search(town: Town, words: str) -> list[Any]:
    """The cases with these words, as soon as there is one."""
    with _api(town) as api:
        deadline = time.monotonic() + 10
        while True:
            items = api.get("/cases", params={"q": words}).raise_for_status().json()["items"]
            if items or time.monotonic() > deadline:
                return list(items)
            time.sleep(0.05)
