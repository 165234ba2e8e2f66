"""Puts services and adapters together. One rule: everything is passed in, nothing finds anything by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import cv2.data
from aiohttp import web

from verifier.app import federation, mailing, policies
from verifier.app.adapting import ROOT, http_transport, ice_settings, media_settings, platform_settings, web_settings
from verifier.app.keyring import derived_keys, evidence_files, sealer
from verifier.app.runtime import AnchoredClock, SystemEntropy
from verifier.config import Settings
from verifier.core.policy import PolicyBook
from verifier.delivery.mail_worker import MailWorker
from verifier.delivery.transport import HttpTransport
from verifier.delivery.worker import DeliveryWorker, WorkerSettings
from verifier.errors import ConfigurationInvalid
from verifier.identity.provider import OidcProvider
from verifier.imaging import LimitedDecoder
from verifier.media.engine import EmbeddedMediaEngine
from verifier.media.muxing import mux
from verifier.ports import IceAccess, MediaEngine, UnitOfWorkFactory
from verifier.service.accounts import AccountPorts, accounts
from verifier.service.auditing import Auditing
from verifier.service.calls import Calls
from verifier.service.checking import Checking
from verifier.service.concluding import Concluding
from verifier.service.conflicts import Conflicts
from verifier.service.connecting import Connecting
from verifier.service.deciding import Deciding
from verifier.service.interviewing import Interviewing
from verifier.service.joining import Joining
from verifier.service.linking import Linking
from verifier.service.measuring import Measuring
from verifier.service.platform import Platform
from verifier.service.playing import Playing
from verifier.service.recording import Recordings
from verifier.service.recording_decisions import Recorder
from verifier.service.redacting import Redacting
from verifier.service.redress import redress
from verifier.service.relaying import Relaying
from verifier.service.retaining import Retaining
from verifier.service.review_desk import review_desk
from verifier.service.reviewing import Reviewing
from verifier.service.safekeeping import Safekeeping
from verifier.service.showing import Showing
from verifier.service.staff import Staff
from verifier.service.stills import Stills
from verifier.service.taking import Taking
from verifier.service.telling import Telling
from verifier.service.waiting import WaitingRoom
from verifier.storage.migrating import head_is_current
from verifier.storage.store import Store
from verifier.web import application
from verifier.web.admission import Signalling
from verifier.web.bus import InProcessBus
from verifier.web.dispatch import CallVerbs
from verifier.web.keys import Services
from verifier.web.signalling import websocket_handler

FACE_CASCADE = "haarcascade_frontalface_default.xml"


@dataclass(frozen=True, slots=True)
class House:
    """Everything that runs."""

    settings: Settings
    policies: PolicyBook
    store: Store
    clock: AnchoredClock
    entropy: SystemEntropy
    bus: InProcessBus
    calls: Calls
    media: MediaEngine
    transport: HttpTransport
    identity: OidcProvider | None
    worker: DeliveryWorker
    mail: MailWorker
    concluding: Concluding
    connecting: Connecting
    waiting: WaitingRoom
    services: Services
    auditing: Auditing
    retaining: Retaining
    recordings: Recordings

    def web_application(self) -> web.Application:
        """The aiohttp application with the signalling socket."""
        built = application.build(self.services, web_settings(self.settings))
        services = self.services
        verbs = CallVerbs(services.interviewing, self.connecting, services.measuring, services.stills)
        hub = Signalling(self.store.units, self.clock, self.bus, self.calls, self.waiting, verbs)
        built.router.add_get("/ws", websocket_handler(hub, self.settings.origin))
        return built


async def compose(settings: Settings, *, demo: bool = False) -> House:
    """Open the database and build every service; in a demo one-use links let people act at once.

    Raises:
        ConfigurationInvalid: a setting, the master key or the database does not fit, or a demo is not on loopback.
        PolicyInvalid: the policy file is not usable.
    """
    if demo:
        settings.require_loopback()
    book = policies.load(settings.policy)
    clock, entropy, bus, calls = AnchoredClock(), SystemEntropy(), InProcessBus(), Calls()
    store = await _opened(settings)
    units, policy, telling = store.units, book.current, Telling(bus)
    media = EmbeddedMediaEngine(clock, media_settings(settings), _face_detector())
    transport, evidence = http_transport(settings), evidence_files(settings)
    identity = federation.provider(settings, clock)
    worker = DeliveryWorker(units, clock, entropy, transport, WorkerSettings())
    mail = mailing.worker(settings, mailing.desk(settings, units, clock, entropy, book), clock, ROOT / "templates")
    recorder = Recorder(clock, entropy, book, f"{settings.origin}/case")
    concluding = Concluding(units, clock, entropy, media, calls, telling, book, recorder)
    ice = ice_settings(settings)

    def ice_for(who: str) -> IceAccess:
        return ice.access(who, clock.now_ms())

    recordings = Recordings(units, clock, entropy, media, calls, telling, evidence, mux)
    connecting = Connecting(units, clock, entropy, media, calls, telling, policy, ice_for, recordings.begin)
    deciding, interviewing = (
        Deciding(units, clock, book, recorder),
        Interviewing(units, clock, entropy, calls, telling, concluding),
    )

    def notify() -> None:
        worker.notify()
        mail.notify()

    erase_files = Safekeeping(units, evidence, store.scrub).erase_files
    redacting = Redacting(units, clock, entropy, book, erase_files, notify)

    services = Services(
        platform=Platform(units, clock, entropy, platform_settings(settings, book), redacting, notify),
        joining=Joining(
            units,
            clock,
            entropy,
            bus,
            deciding,
            book,
            settings.origin,
            derived_keys(settings, "case-links"),
            notify,
        ),
        linking=Linking(units, clock, entropy, bus, settings.origin),
        accounts=accounts(
            AccountPorts(
                units,
                clock,
                entropy,
                bus,
                calls,
                derived_keys(settings, "known-devices"),
                interviewing.leave,
                second_factor=not demo,
                provider=identity,
                role_map=federation.role_map(settings),
            )
        ),
        staff=Staff(units, clock, entropy, calls, policy),
        conflicts=Conflicts(units, clock, calls, interviewing.leave),
        checking=Checking(units, clock, entropy, media, policy),
        relaying=Relaying(calls, entropy, ice_for),
        taking=Taking(units, clock, entropy, bus, calls, policy),
        interviewing=interviewing,
        measuring=Measuring(units, clock, media, calls, telling, concluding, policy),
        deciding=deciding,
        reviewing=Reviewing(units, clock, book),
        review=review_desk(units, clock, entropy, book, recorder, notify),
        stills=Stills(units, clock, entropy, calls, telling, evidence, LimitedDecoder(), book),
        showing=Showing(units, clock, evidence),
        playing=Playing(units, clock, evidence),
        redress=redress(units, clock, entropy, book, recorder, notify),
        bus=bus,
        clock=clock,
        entropy=entropy,
        readiness=_readiness(settings, units),
        gauges={"verifier_calls": lambda: float(len(calls.all()))},
    )
    return House(
        settings=settings,
        policies=book,
        store=store,
        clock=clock,
        entropy=entropy,
        bus=bus,
        calls=calls,
        media=media,
        transport=transport,
        identity=identity,
        worker=worker,
        mail=mail,
        concluding=concluding,
        connecting=connecting,
        waiting=WaitingRoom(units, clock, bus, calls),
        services=services,
        auditing=Auditing(units, book),
        recordings=recordings,
        retaining=Retaining(units, clock, book, redacting, erase_files),
    )


async def _opened(settings: Settings) -> Store:
    """The database, with every secret that must be read again sealed with the newest key."""
    store = await Store.open(settings.database, sealer(settings))
    async with store.units() as unit:
        await unit.outbox.reseal()
        await unit.second_factors.reseal()
    return store


def _readiness(settings: Settings, units: UnitOfWorkFactory) -> Callable[[], Awaitable[Mapping[str, bool]]]:
    async def readiness() -> Mapping[str, bool]:
        async with units(read_only=True) as unit:
            await unit.people.all()
        return {"database": True, "migrations": await asyncio.to_thread(head_is_current, settings.database)}

    return readiness


def _face_detector() -> cv2.CascadeClassifier:
    path = Path(cv2.data.haarcascades) / FACE_CASCADE
    detector = cv2.CascadeClassifier(str(path))
    if detector.empty():
        raise ConfigurationInvalid(f"OpenCV's face cascade is missing: {path}.")
    return detector
