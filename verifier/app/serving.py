"""Runs the server: the web application, the pulse of the calls, both workers. One rule: a clean stop drains."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, nullcontext

import structlog
import uvloop
from aiohttp import web

from verifier.app import logs, seeding
from verifier.app.compose import House, compose
from verifier.config import Settings
from verifier.core.model import EndCause
from verifier.errors import ConfigurationInvalid, VerifierError
from verifier.service.calls import LiveCall
from verifier.storage.migrating import upgrade
from verifier.web.runner import Runner

_log = structlog.get_logger(__name__)

SECOND_S = 1.0
DAY_S = 24 * 3_600
WAITING_EVERY = 2
"""The waiting room is told every second pulse."""
_WORKERS = 2
"""As many of ``_loops`` finish what is under way before they end."""
PROMISES_EVERY = 15
"""Windows that ran out are closed, and clocks looked at, every fifteenth: an alarm is on the pages within that time."""


def serve(settings: Settings, *, demo: bool) -> None:
    """Run until the process is told to stop.

    Raises:
        ConfigurationInvalid: a setting does not fit, the port is taken, or demo mode is not on loopback.
    """
    _configure_logs(settings, demo=demo)
    if demo:
        settings.require_loopback()
        settings = settings.model_copy(update={"webhook_private_addresses": True})
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    upgrade(settings.database)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, demo=demo))


def _configure_logs(settings: Settings, *, demo: bool) -> None:
    """A demo keeps its links in sight: it logs warnings only, unless it is told otherwise."""
    wanted = settings.log_level or ("warning" if demo else "info")
    libraries = logging.DEBUG if wanted == "debug" else logging.WARNING
    logs.configure(settings.log_format, getattr(logging, wanted.upper()), libraries)


async def _serve(settings: Settings, *, demo: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(settings, demo=demo) as house:
        if demo:
            links = await seeding.seed(house)
            sys.stdout.write(seeding.greeting(house.settings, links) + "\n")
            sys.stdout.flush()
        _log.info("serving", url=settings.origin, data=str(settings.data_dir))
        await stop.wait()
        _log.info("stopping")


@asynccontextmanager
async def running(settings: Settings, *, demo: bool = False) -> AsyncIterator[House]:
    """The whole house, serving; on leaving the block everything is drained and closed.

    Raises:
        ConfigurationInvalid: the address or port cannot be used.
    """
    house = await compose(settings, demo=demo)
    ended = await house.concluding.end_lost()
    if ended:
        _log.warning("interviews_ended_server_lost", count=ended)
    async with house.transport, house.identity or nullcontext():
        tasks = [asyncio.create_task(one) for one in _loops(house)]
        runner = Runner(house.web_application(), access_log=None, handle_signals=False)
        await runner.setup()
        try:
            await _listen(runner, settings)
            yield house
        finally:
            await _stop(house, runner, tasks)


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    context = _tls(settings)
    try:
        await web.TCPSite(runner, settings.host, settings.port, ssl_context=context).start()
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        if error.errno == errno.EADDRINUSE:
            hint = "Set VERIFIER_PORT to another port, also for the commands that talk to this server."
            raise ConfigurationInvalid(f"Something else listens on {where}. {hint}") from None
        raise ConfigurationInvalid(f"Cannot listen on {where}: {error.strerror}.") from None


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not (settings.tls_cert and settings.tls_key):
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:
        files = f"VERIFIER_TLS_CERT {settings.tls_cert} and VERIFIER_TLS_KEY {settings.tls_key}"
        raise ConfigurationInvalid(f"{files} cannot be used: {error.strerror}.") from None
    return context


async def _stop(house: House, runner: web.AppRunner, tasks: list[asyncio.Task[None]]) -> None:
    for call in house.calls.all():
        await _end(house, call)
    house.bus.close_all()
    await runner.cleanup()
    house.worker.stop()
    house.mail.stop()
    draining, ticking = tasks[:_WORKERS], tasks[_WORKERS:]
    await asyncio.gather(*draining)
    for task in ticking:
        task.cancel()
    await asyncio.gather(*ticking, return_exceptions=True)
    await house.services.checking.close()
    await house.media.close()
    await house.store.close()


async def _end(house: House, call: LiveCall) -> None:
    """End one call on shutdown; what cannot be stored now is ended by the next start."""
    try:
        async with call.lock:
            await house.concluding.conclude(call, EndCause.SERVER_LOST)
    except VerifierError as error:
        _log.error("call_left_to_the_next_start", interview=call.interview.id, code=error.public_code)


def _loops(house: House) -> list[Coroutine[None, None, None]]:
    """The workers first (they stop by themselves), then what is cancelled."""
    return [
        house.worker.run(),
        house.mail.run(),
        house.connecting.run(),
        _every_second("measuring", house.services.measuring.tick),
        _every_second("checking", house.services.checking.tick),
        _every_second("waiting", house.waiting.tick, WAITING_EVERY),
        _every_second("recordings", house.recordings.tick),
        _every_second("retaining", house.retaining.daily, DAY_S),
        _every_second("responding", house.services.redress.responding.tick, PROMISES_EVERY),
        _every_second("escalating", house.services.redress.escalating.tick, PROMISES_EVERY),
    ]


async def _every_second(name: str, tick: Callable[[], Awaitable[object]], seconds: int = 1) -> None:
    """Call ``tick`` on a steady grid of the loop's clock; one that fails is logged and the next one comes."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        try:
            await tick()
        except Exception:
            _log.exception("tick_failed", loop=name)
        due = max(due + seconds * SECOND_S, loop.time())
        await asyncio.sleep(due - loop.time())
