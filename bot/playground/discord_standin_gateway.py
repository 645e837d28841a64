"""The gateway of the stand-in Discord: one websocket per client, with resume and replay."""

import asyncio
import json
import logging
import secrets
import zlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from bot.playground.discord_standin_people import Json
from bot.playground.discord_standin_world import World

log = logging.getLogger(__name__)

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = 0, 1, 2, 3, 6, 7, 9, 10, 11
DEFAULT_HEARTBEAT_MS = 41_250

_UNKNOWN_OPCODE, _DECODE_ERROR, _NOT_AUTHENTICATED = 4001, 4002, 4003
_AUTHENTICATION_FAILED, _ALREADY_AUTHENTICATED, _BAD_INTENTS, _DISALLOWED_INTENTS = 4004, 4005, 4013, 4014
_PRIVILEGED_INTENTS = (1 << 1) | (1 << 8) | (1 << 15)
_LAST_INTENT = 1 << 26
_GUILD_MESSAGES = 1 << 9
_ACK_DELAY_S = 0.02


@dataclass(slots=True)
class Session:
    """One IDENTIFY and everything dispatched since, so that a RESUME can replay it."""

    id: str
    intents: int
    sent: list[Json] = field(default_factory=list)
    socket: "Socket | None" = None

    async def dispatch(self, name: str, data: Json) -> None:
        """Number an event, keep it, and send it if someone listens."""
        event = {"op": DISPATCH, "t": name, "s": len(self.sent) + 1, "d": data}
        self.sent.append(event)
        if self.socket is not None:
            await self.socket.send(event)


class Socket:
    """One websocket; compresses as the client asked."""

    def __init__(self, response: web.WebSocketResponse, compression: str | None) -> None:
        self.response = response
        # discord.py understands plain text frames under any compression it asked for; only zlib comes with Python.
        self._deflate = zlib.compressobj() if compression == "zlib-stream" else None

    async def send(self, payload: Json) -> None:
        """Send one payload; a connection that is gone already is no error."""
        text = json.dumps(payload)
        if self.response.closed:
            return
        try:
            if self._deflate is None:
                await self.response.send_str(text)
            else:
                packed = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                await self.response.send_bytes(packed)
        except ConnectionError:
            log.debug("gateway payload lost op=%s", payload["op"])


class Gateway:
    """Accepts clients, checks what they identify with, and dispatches events to them."""

    def __init__(self, world: World, token: str, *, heartbeat_ms: int = DEFAULT_HEARTBEAT_MS) -> None:
        self._world = world
        self._token = token
        self._heartbeat_ms = heartbeat_ms
        self.resume_url = ""
        self.sessions: dict[str, Session] = {}
        self.acknowledges = True
        """Turned off, heartbeats go unanswered, as on a dead connection."""
        self.problems: list[str] = []

    @property
    def connected(self) -> bool:
        """Whether a client is identified and listening."""
        return any(session.socket is not None for session in self.sessions.values())

    async def dispatch(self, name: str, data: Json) -> None:
        """Send an event to the session that identified last; kept for replay while it is away."""
        if self.sessions:
            await list(self.sessions.values())[-1].dispatch(name, data)

    async def dispatch_message(self, name: str, message: Json) -> None:
        """Send a message event, as the session's intents allow; no text without the privileged intent."""
        for session in list(self.sessions.values())[-1:]:
            if session.intents & _GUILD_MESSAGES:
                from_bot = message["author"]["id"] == self._world.bot.id
                hidden = {} if from_bot else {"content": "", "embeds": [], "attachments": [], "components": []}
                await session.dispatch(name, {**message, **hidden, "guild_id": self._world.guild_id})

    async def disconnect(self, code: int = 4000) -> None:
        """Close every connection; the sessions can be resumed."""
        for session in self.sessions.values():
            if session.socket is not None:
                socket, session.socket = session.socket, None
                await socket.response.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Send op 7."""
        for session in self.sessions.values():
            if session.socket is not None:
                await session.socket.send({"op": RECONNECT, "d": None})

    async def forget_sessions(self) -> None:
        """Make every session impossible to resume and close the connections."""
        await self.disconnect()
        self.sessions.clear()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Carry one connection from HELLO to its end."""
        response = web.WebSocketResponse(autoping=True, max_msg_size=4096 * 4)
        await response.prepare(request)
        socket = Socket(response, request.query.get("compress"))
        await socket.send({"op": HELLO, "s": None, "t": None, "d": {"heartbeat_interval": self._heartbeat_ms}})
        session: Session | None = None
        try:
            async for frame in response:
                if frame.type is not WSMsgType.TEXT:
                    await self._refuse(socket, _DECODE_ERROR, "a frame that is not text")
                    break
                session = await self._receive(socket, session, json.loads(frame.data))
        finally:
            if session is not None and session.socket is socket:
                session.socket = None
                self._world.wake()
        return response

    async def _receive(self, socket: Socket, session: Session | None, payload: Json) -> Session | None:
        op = payload.get("op")
        if op == HEARTBEAT:
            if self.acknowledges:
                # discord.py notes when it sent a beat after sending it: an answer without delay looks 41 s late.
                await asyncio.sleep(_ACK_DELAY_S)
                await socket.send({"op": ACK, "d": None})
        elif op == IDENTIFY:
            if session is not None:
                await self._refuse(socket, _ALREADY_AUTHENTICATED, "a second IDENTIFY on one connection")
                return session
            return await self._identify(socket, payload["d"])
        elif op == RESUME:
            return await self._resume(socket, payload["d"])
        elif session is None:
            await self._refuse(socket, _NOT_AUTHENTICATED, f"op {op} before IDENTIFY")
        elif op != PRESENCE:
            await self._refuse(socket, _UNKNOWN_OPCODE, f"op {op}")
        return session

    async def _refuse(self, socket: Socket, code: int, reason: str) -> None:
        self.problems.append(f"gateway: {reason} (closed with {code})")
        await socket.response.close(code=code)

    async def _identify(self, socket: Socket, data: dict[str, Any]) -> Session | None:
        if data.get("token") != self._token:
            await self._refuse(socket, _AUTHENTICATION_FAILED, "IDENTIFY with another token")
            return None
        intents = data.get("intents")
        if not isinstance(intents, int) or not 0 <= intents < _LAST_INTENT or "properties" not in data:
            await self._refuse(socket, _BAD_INTENTS, "IDENTIFY without valid intents or properties")
            return None
        if intents & _PRIVILEGED_INTENTS:
            await self._refuse(socket, _DISALLOWED_INTENTS, "IDENTIFY with privileged intents that nobody granted")
            return None
        session = Session(id=secrets.token_hex(16), intents=intents, socket=socket)
        self.sessions[session.id] = session
        await session.dispatch("READY", self._ready(session))
        await session.dispatch("GUILD_CREATE", self._world.guild_json())
        self._world.wake()
        return session

    def _ready(self, session: Session) -> Json:
        return {
            "v": 10,
            "user": self._world.bot_json(),
            "guilds": [{"id": self._world.guild_id, "unavailable": True}],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.resume_url,
            "application": {"id": self._world.application_id, "flags": 0},
            "private_channels": [],
            "relationships": [],
            "user_settings": {},
        }

    async def _resume(self, socket: Socket, data: dict[str, Any]) -> Session | None:
        session = self.sessions.get(str(data.get("session_id")))
        if session is None or data.get("token") != self._token:
            await socket.send({"op": INVALID_SESSION, "d": False})
            return None
        session.socket = socket
        for event in session.sent[int(data.get("seq") or 0) :]:
            await socket.send(event)
        await session.dispatch("RESUMED", {})
        self._world.wake()
        return session

    async def close(self) -> None:
        """Close every connection for good."""
        sockets = [session.socket for session in self.sessions.values() if session.socket is not None]
        await asyncio.gather(*(socket.response.close(code=WSCloseCode.GOING_AWAY) for socket in sockets))
