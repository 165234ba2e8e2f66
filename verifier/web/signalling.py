"""The WebSocket ``/ws``: one per participant. One rule: a bad message gets a typed error, and the call goes on.

The first frame is a single-use ticket that was fetched over HTTPS; it binds the socket to a person, a role and a case.
A freelancer's socket starts in the waiting room and enters the call when an interviewer takes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack

import structlog
from aiohttp import WSMsgType, web

from verifier.core.access import TicketGrant
from verifier.core.messages import (
    MAX_MESSAGE_BYTES,
    BrowserMessage,
    ErrorMessage,
    Leave,
    Ping,
    Pong,
    ServerMessage,
    Ticket,
    Welcome,
    to_wire,
)
from verifier.core.model import InterviewId, Role, VerificationId
from verifier.errors import (
    IllegalState,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    RateLimited,
    TooLarge,
    VerifierError,
)
from verifier.service.calls import interview_topic, verification_topic
from verifier.web import frames
from verifier.web.access import ticket_only
from verifier.web.admission import Signalling
from verifier.web.bus import Mailbox
from verifier.web.dispatch import RateLimit, dispatch, require_sender
from verifier.web.security import origins

_log = structlog.get_logger(__name__)

TICKET_TIMEOUT_S = 10.0
PING_INTERVAL_S = 1.0
PINGS_PER_CHECK = 5
"""Every so many pings the session is looked at again: it may have run out, or been revoked by another process."""
CLOSE_TAKEN_OVER = 4001
CLOSE_REFUSED = 4003
CLOSE_OVER = 4000


class Socket:
    """One connected page, from its ticket to its close."""

    def __init__(self, ws: web.WebSocketResponse, hub: Signalling) -> None:
        self._ws = ws
        self._hub = hub
        self._box = Mailbox()
        self._interview: InterviewId | None = None
        self._waits_for: VerificationId | None = None
        self._pings: dict[int, float] = {}
        self._grant: TicketGrant | None = None
        self._stack = ExitStack()

    async def serve(self) -> None:
        """Admit, then read and write until either side ends it."""
        try:
            first = frames.parse(await self._ws.receive_str(timeout=TICKET_TIMEOUT_S))
            self._grant = await self._hub.admit(first)
        except (VerifierError, TypeError, TimeoutError) as error:
            await self._refuse(error)
            return
        last_sequence = first.last_sequence if isinstance(first, Ticket) else 0
        with self._stack:
            self._stack.enter_context(self._hub.bus.subscribed(self._box, f"session:{self._grant.session_hash}"))
            if not await self._begin(self._grant, last_sequence):
                return
            tasks = [asyncio.create_task(step) for step in (self._read(), self._write(), self._ping())]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await self._finish(tasks)

    async def _finish(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, ConnectionError):
                _log.error("socket_failed", error=type(outcome).__name__, exc_info=outcome)
        self._leave_waiting_room()
        if not self._ws.closed:
            await self._ws.close(code=CLOSE_OVER)

    async def _refuse(self, error: Exception) -> None:
        known = error if isinstance(error, VerifierError) else InvalidInput("The first message must be a ticket.")
        if not self._ws.closed:
            answer = ErrorMessage(code=known.public_code, detail=known.detail, in_reply_to=None)
            await self._ws.send_json(to_wire(answer))
            await self._ws.close(code=CLOSE_REFUSED)

    async def _begin(self, grant: TicketGrant, last_sequence: int) -> bool:
        """Enter the call or the waiting room; False when neither is possible, and the page was told why."""
        try:
            if grant.interview_id is not None:
                await self._enter_call(grant.interview_id, last_sequence)
            elif grant.verification_id is not None:
                await self._enter_case(grant.verification_id, last_sequence)
        except VerifierError as error:
            await self._refuse(error)
            return False
        return True

    async def _enter_case(self, id_: VerificationId, last_sequence: int) -> None:
        self._stack.enter_context(self._hub.bus.subscribed(self._box, verification_topic(id_)))
        call = self._hub.calls.of_verification(id_)
        if call is not None:
            await self._enter_call(call.interview.id, last_sequence)
            return
        await self._hub.waiting.arrive(id_)
        self._waits_for = id_
        await self._send(Welcome(Role.FREELANCER, None, None, "", 0))

    async def _enter_call(self, id_: InterviewId, last_sequence: int) -> None:
        role = self._role
        self._stack.enter_context(self._hub.bus.subscribed(self._box, interview_topic(id_, role)))
        self._interview = id_
        for message in await self._hub.verbs.interviewing.attach(id_, role, last_sequence):
            await self._send(message)
        self._leave_waiting_room()

    def _leave_waiting_room(self) -> None:
        if self._waits_for is not None:
            self._hub.waiting.depart(self._waits_for)
            self._waits_for = None

    @property
    def _role(self) -> Role:
        return self._grant.role if self._grant else Role.FREELANCER

    async def _send(self, message: ServerMessage) -> None:
        await self._ws.send_json(to_wire(message))

    async def _write(self) -> None:
        while (message := await self._box.queue.get()) is not None:
            await self._ws.send_json(message)
            await self._follow(message)
            if message.get("code") == "taken_over":
                await self._ws.close(code=CLOSE_TAKEN_OVER)
                return

    async def _follow(self, message: Mapping[str, object]) -> None:
        """Enter the call when the waiting is over; end when the call has."""
        if message.get("type") == "banner" and message.get("code") == "call_starting" and self._waits_for:
            call = self._hub.calls.of_verification(self._waits_for)
            if call is not None:
                await self._enter_call(call.interview.id, 0)
        elif message.get("type") == "ended":
            self._box.close()

    async def _ping(self) -> None:
        nonce = 0
        while True:
            nonce += 1
            self._pings = {key: at for key, at in self._pings.items() if key > nonce - 10}
            self._pings[nonce] = asyncio.get_running_loop().time()
            await self._send(Ping(nonce))
            if nonce % PINGS_PER_CHECK == 0 and self._grant and not await self._hub.alive(self._grant):
                await self._refuse(NotAuthenticated("Your session is over. Please open your link again."))
                return
            await asyncio.sleep(PING_INTERVAL_S)

    async def _read(self) -> None:
        limit = RateLimit(asyncio.get_running_loop().time())
        async for frame in self._ws:
            text = frame.data if frame.type is WSMsgType.TEXT else None
            try:
                limit.spend(asyncio.get_running_loop().time())
                if text is None:
                    raise InvalidInput("Messages are text frames.")
                await self._take(frames.parse(text))
            except (RateLimited, TooLarge) as error:
                await self._answer_error(error, None)
            except VerifierError as error:
                await self._answer_error(error, frames.type_of(text) if text is not None else None)

    async def _take(self, message: BrowserMessage) -> None:
        require_sender(self._role, message)
        if isinstance(message, Pong):
            self._pong(message)
        elif self._interview is not None:
            await dispatch(self._hub.verbs, self._interview, self._role, message)
        elif isinstance(message, Leave) and self._waits_for is not None:
            await self._hub.waiting.leave(self._waits_for)
            self._box.close()
        else:
            raise IllegalState("The interview has not started yet.")

    def _pong(self, message: Pong) -> None:
        sent = self._pings.pop(message.nonce, None)
        if sent is not None and self._interview is not None:
            rtt_ms = (asyncio.get_running_loop().time() - sent) * 1_000
            self._hub.verbs.connecting.websocket_rtt(self._interview, self._role, rtt_ms)

    async def _answer_error(self, error: VerifierError, in_reply_to: str | None) -> None:
        if error.http_status >= 500:
            _log.error("message_failed", code=error.public_code, in_reply_to=in_reply_to)
        await self._send(ErrorMessage(code=error.public_code, detail=error.detail, in_reply_to=in_reply_to))


def websocket_handler(hub: Signalling, public_url: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of ``/ws``.

    Args:
        hub: what every socket needs.
        public_url: pages of this origin may connect, and nobody who does not say where he comes from.
    """

    allowed = origins(public_url)

    @ticket_only
    async def websocket(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Origin") not in allowed:
            raise NotAllowed("This page may not open a connection here.")
        ws = web.WebSocketResponse(max_msg_size=2 * MAX_MESSAGE_BYTES, heartbeat=20.0)
        await ws.prepare(request)
        await Socket(ws, hub).serve()
        return ws

    return websocket
