"""The demo town's topics, with some news in them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from feeds import Hub, KeptPicture, Publishing, Words, Writing, new_draft
from feeds.picture import redrawn
from feeds.topics import add_district, add_section, add_topic
from guichet.demo_picture import lanterns

SECTIONS = (
    ("quotidien", "Au quotidien", "Daily life"),
    ("sorties", "Sortir et se rencontrer", "Going out"),
)
DISTRICTS = (("centre", "Centre"), ("gare", "La Gare"), ("coteaux", "Les Coteaux"))
TOPICS = (
    (
        "alertes",
        "quotidien",
        ("Alertes", "Alerts"),
        ("Météo, eau, sécurité : ce qu’il faut savoir tout de suite.",
         "Weather, water, safety: what you need to know at once."),
    ),
    (
        "travaux",
        "quotidien",
        ("Travaux et circulation", "Roadworks and traffic"),
        ("Rues barrées, déviations, stationnement.", "Closed streets, diversions, parking."),
    ),
    (
        "dechets",
        "quotidien",
        ("Déchets", "Waste"),
        ("Jours de collecte et déchèterie.", "Collection days and the recycling centre."),
    ),
    (
        "ecoles",
        "quotidien",
        ("Écoles et cantine", "Schools and canteens"),
        ("Inscriptions, menus, journées de grève.", "Enrolment, menus, strike days."),
    ),
    (
        "culture",
        "sorties",
        ("Culture et fêtes", "Culture and festivals"),
        ("Concerts, expositions, fêtes de quartier.", "Concerts, exhibitions, street parties."),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoEntry:
    topics: tuple[str, ...]
    fr: Words
    en: Words
    hours_ago: int
    urgent: bool = False
    place: str = ""
    at: tuple[float, float] | None = None
    """Latitude and longitude."""
    district: str = ""
    begins: int | None = None
    """Days from today."""
    lasts: int = 1
    """Days."""
    pictured: bool = False


ENTRIES = (
    DemoEntry(
        topics=("culture",),
        fr=Words(
            title="Fête des lanternes au bord de l’eau",
            body="Le défilé part de la place du Marché à **20 h 30** et descend vers le quai.\n\n"
            "- 19 h : atelier lanternes pour les enfants (gratuit)\n"
            "- 20 h 30 : défilé avec la fanfare municipale\n"
            "- 22 h : feu d’artifice\n\n"
            "Le quai est fermé aux voitures de 18 h à minuit.",
            sms="Lanternes samedi soir : départ 20 h 30 place du Marché.",
            image_alt="Des lanternes allumées au-dessus d’une rivière, le soir",
        ),
        en=Words(
            title="Festival of lanterns on the riverside",
            body="The parade leaves the market square at **8.30 pm** and goes down to the quay.\n\n"
            "- 7 pm: lantern workshop for children (free)\n"
            "- 8.30 pm: parade with the town band\n"
            "- 10 pm: fireworks\n\n"
            "The quay is closed to cars from 6 pm to midnight.",
            sms="Festival of lanterns on Saturday: 8.30 pm, market square.",
            image_alt="Lit lanterns above a river at dusk",
        ),
        hours_ago=3,
        place="Place du Marché",
        at=(48.1173, -1.6778),
        district="centre",
        begins=6,
        pictured=True,
    ),
    DemoEntry(
        topics=("alertes",),
        fr=Words(
            title="Vigilance orange : vents violents cette nuit",
            body="Météo-France annonce des rafales jusqu’à **110 km/h** entre 22 h et 6 h.\n\n"
            "Rentrez ce qui peut s’envoler, évitez les parcs et les bords de rivière. "
            "Les parcs municipaux sont fermés jusqu’à demain midi.",
            sms="Vents violents 22h-6h, rafales 110 km/h. Restez chez vous, "
            "parcs fermes jusqu’à demain midi.",
        ),
        en=Words(
            title="Orange warning: violent winds tonight",
            body="The weather service expects gusts of up to **110 km/h** from 10 pm to 6 am.\n\n"
            "Bring in what may fly away, keep off parks and riverbanks. "
            "The town’s parks are closed until noon tomorrow.",
            sms="Violent winds 10pm-6am, gusts 110 km/h. Stay indoors, parks closed until noon.",
        ),
        hours_ago=20,
        urgent=True,
    ),
    DemoEntry(
        topics=("travaux", "alertes"),
        fr=Words(
            title="Rue Pasteur barrée pour le remplacement d’une conduite d’eau",
            body="La circulation est interdite **entre les numéros 12 et 48**. "
            "La déviation passe par la rue des Lilas.\n\n"
            "Les riverains à pied et à vélo passent toujours. "
            "L’eau est coupée mardi de 9 h à 12 h.",
        ),
        en=Words(
            title="Rue Pasteur closed while a water main is replaced",
            body="No traffic **between numbers 12 and 48**. "
            "The diversion goes through rue des Lilas.\n\n"
            "Residents on foot and by bicycle can always pass. "
            "The water is cut off on Tuesday from 9 am to noon.",
        ),
        hours_ago=50,
        place="Rue Pasteur, entre les nos 12 et 48",
        at=(48.1101, -1.6709),
        district="gare",
        begins=2,
        lasts=5,
    ),
    DemoEntry(
        topics=("dechets",),
        fr=Words(
            title="La collecte du lundi férié passe au mardi",
            body="Les bacs jaunes et gris sont collectés **mardi dès 6 h**. "
            "La déchèterie est fermée lundi.",
        ),
        en=Words(
            title="Monday’s bin collection moves to Tuesday",
            body="Yellow and grey bins are emptied **on Tuesday from 6 am**. "
            "The recycling centre is closed on Monday.",
        ),
        hours_ago=75,
        begins=9,
    ),
    DemoEntry(
        topics=("ecoles",),
        fr=Words(
            title="Inscriptions à la cantine : jusqu’à vendredi",
            body="Inscrivez vos enfants [en ligne](https://demo.example/cantine) "
            "ou au guichet Enfance et écoles.",
        ),
        en=Words(
            title="Signing up for school lunches: until Friday",
            body="Sign your children up [online](https://demo.example/cantine) "
            "or at the schools’ front desk.",
        ),
        hours_ago=120,
    ),
)


async def create_topics(
    database: Database, blobs: Blobs, clock: Clock, hub: Hub, zone: ZoneInfo
) -> None:
    """Enter sections, districts, topics and their entries, in one transaction."""
    drawn = redrawn(lanterns())
    picture = KeptPicture(await blobs.stage(drawn.content), drawn.width, drawn.height)
    async with database.begin() as session:
        sections = {
            slug: (await add_section(session, slug, {"fr": fr, "en": en})).id
            for slug, fr, en in SECTIONS
        }
        for slug, name in DISTRICTS:
            await add_district(session, slug, name)
        topics: dict[str, UUID] = {}
        for position, (slug, section, names, summaries) in enumerate(TOPICS):
            topic = await add_topic(
                session,
                clock,
                slug,
                dict(zip(("fr", "en"), names, strict=True)),
                summaries=dict(zip(("fr", "en"), summaries, strict=True)),
                section_id=sections[section],
            )
            topic.position, topics[slug] = position, topic.id
        await session.flush()
        for demo in sorted(ENTRIES, key=lambda one: -one.hours_ago):
            writing = _writing(demo, topics, clock().astimezone(zone), picture)
            earlier = clock() - timedelta(hours=demo.hours_ago)
            publishing = Publishing(lambda at=earlier: at, blobs, hub)  # type: ignore[misc]
            entry = await new_draft(session, blobs, publishing.clock, writing, by=None)
            await publishing.publish(session, entry)


def _writing(
    demo: DemoEntry, topics: dict[str, UUID], now: datetime, picture: KeptPicture
) -> Writing:
    """``now`` in the town's time zone."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = today + timedelta(days=demo.begins) if demo.begins is not None else None
    latitude, longitude = demo.at or (None, None)
    return Writing(
        words={"fr": demo.fr, "en": demo.en},
        topic_ids=tuple(topics[slug] for slug in demo.topics),
        urgent=demo.urgent,
        district=demo.district,
        place=demo.place,
        latitude=latitude,
        longitude=longitude,
        starts_at=starts,
        ends_at=starts + timedelta(days=demo.lasts) if starts else None,
        picture=picture if demo.pictured else None,
    )
