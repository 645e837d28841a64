"""The REST routes of the stand-in Discord that a bot needs, refusing what Discord would refuse."""

import copy
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.playground.discord_standin_commands import STRING, check_choice_list, check_commands
from bot.playground.discord_standin_components import Refused, bad_form
from bot.playground.discord_standin_faults import FaultPlan, Recorded
from bot.playground.discord_standin_http import Upload, answer_json, read_body
from bot.playground.discord_standin_messages import fill_message
from bot.playground.discord_standin_people import Json
from bot.playground.discord_standin_rules import check_message, check_modal
from bot.playground.discord_standin_world import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    EPHEMERAL,
    LOADING,
    MODAL_SUBMIT,
    Interaction,
    World,
)

PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9
"""Callback types, by Discord's numbers."""

_ALLOWED_CALLBACKS = {
    COMMAND: {MESSAGE, DEFERRED, MODAL},
    COMPONENT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE},
}
_UPLOAD_LIMIT = 12 * 1024 * 1024

Handler = Callable[[web.Request, Any, list[Upload]], Awaitable[tuple[int, Any]]]


class Rest:
    """Routes below ``/api/v10`` and the uploaded files below ``/cdn``."""

    def __init__(
        self, world: World, token: str, *, faults: FaultPlan, answer_window: float, token_lifetime: float
    ) -> None:
        self._world = world
        self._token = token
        self._faults = faults
        self._answer_window = answer_window
        self._token_lifetime = token_lifetime
        self.base = ""
        self.problems: list[str] = []
        self.requests: list[Recorded] = []

    def application(self, gateway: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.Application:
        """Return the web application with all routes."""
        app = web.Application(client_max_size=_UPLOAD_LIMIT)
        api, commands = "/api/v10", "/api/v10/applications/{application}/commands"
        hook = f"{api}/webhooks/{{application}}/{{token}}"
        bot_routes: list[tuple[str, str, Handler]] = [
            ("GET", f"{api}/users/@me", self._me),
            ("GET", f"{api}/oauth2/applications/@me", self._application),
            ("GET", f"{api}/gateway/bot", self._gateway_bot),
            ("GET", commands, self._list_commands),
            ("PUT", commands, self._set_commands),
            ("POST", f"{api}/channels/{{channel}}/messages", self._create_message),
            ("POST", f"{api}/users/@me/channels", self._open_direct_channel),
        ]
        open_routes: list[tuple[str, str, Handler]] = [
            ("POST", f"{api}/interactions/{{id}}/{{token}}/callback", self._callback),
            ("POST", hook, self._follow_up),
            ("GET", f"{hook}/messages/{{message}}", self._get_reply),
            ("PATCH", f"{hook}/messages/{{message}}", self._edit_reply),
            ("DELETE", f"{hook}/messages/{{message}}", self._delete_reply),
        ]
        for method, path, handler in bot_routes:
            app.router.add_route(method, path, self._route(handler, needs_token=True))
        for method, path, handler in open_routes:
            app.router.add_route(method, path, self._route(handler, needs_token=False))
        app.router.add_get("/gateway", gateway)
        app.router.add_get("/gateway/", gateway)
        app.router.add_get("/cdn/{path:.*}", self._file)
        app.router.add_route("*", "/{path:.*}", self._route(self._unknown, needs_token=False))
        return app

    def _route(self, handler: Handler, *, needs_token: bool) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            body, files = await read_body(request)
            record = Recorded(request.method, request.path, dict(request.query), copy.deepcopy(body), len(files))
            self.requests.append(record)
            fault = self._faults.take(record)
            if fault is not None and (early := await fault.before(request)) is not None:
                record.status = early.status
                return early
            try:
                if needs_token:
                    self._check_token(request)
                status, answered = await handler(request, body, files)
            except Refused as refused:
                self.problems.append(f"{request.method} {request.path}: {refused}")
                status, answered = refused.status, refused.body
            record.status = status
            if fault is not None:
                fault.after(request)
            return answer_json(status, answered)

        return answer

    def _check_token(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self._token}":
            raise Refused(401, 0, "401: Unauthorized")

    async def _me(self, _request: web.Request, _body: Any, _files: Any) -> tuple[int, Any]:
        return 200, {**self._world.bot_json(), "locale": "en-US"}

    async def _application(self, _request: web.Request, _body: Any, _files: Any) -> tuple[int, Any]:
        owner = next(iter(self._world.users.values()))
        return 200, {
            "id": self._world.application_id,
            "name": self._world.bot.global_name,
            "icon": None,
            "description": "",
            "type": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": 0,
            "flags_new": "0",
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "approximate_guild_count": 1,
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "eligible_oauth2_scopes": [],
            "owner": owner.as_json(),
            "team": None,
        }

    async def _gateway_bot(self, _request: web.Request, _body: Any, _files: Any) -> tuple[int, Any]:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        url = self.base.replace("http://", "ws://") + "/gateway"
        return 200, {"url": url, "shards": 1, "session_start_limit": limit}

    async def _list_commands(self, request: web.Request, _body: Any, _files: Any) -> tuple[int, Any]:
        self._check_application(request)
        return 200, self._world.commands

    async def _set_commands(self, request: web.Request, body: Any, _files: Any) -> tuple[int, Any]:
        self._check_application(request)
        check_commands(body)
        before = {(command.get("type", 1), command["name"]): command for command in self._world.commands}
        self._world.commands = [self._registered(sent, before) for sent in body]
        self._world.publish({"type": "commands", "commands": copy.deepcopy(self._world.commands), "visible_to": None})
        return 200, self._world.commands

    def _registered(self, sent: Json, before: dict[tuple[int, str], Json]) -> Json:
        kind = sent.get("type") or 1
        known = before.get((kind, sent["name"]))
        defaults: Json = {"description": "", "default_member_permissions": None, "nsfw": False, "dm_permission": True}
        identity = {"application_id": self._world.application_id, "version": self._world.snowflake(), "type": kind}
        return {**defaults, **sent, **identity, "id": known["id"] if known else self._world.snowflake()}

    async def _create_message(self, request: web.Request, body: Any, files: Any) -> tuple[int, Any]:
        channel = request.match_info["channel"]
        if channel != self._world.channel_id and channel not in self._world.direct_channels:
            raise Refused(404, 10003, "Unknown Channel")
        check_message(body, files=tuple(name for name, _, _ in files))
        flags = (body.get("flags") or 0) & ~EPHEMERAL
        message = self._world.new_message(author=self._world.bot_json(), channel=channel, flags=flags)
        fill_message(self._world, self.base, message, body, files)
        self._world.publish_message(message, visible_to=self._world.direct_channels.get(channel))
        return 200, message

    async def _open_direct_channel(self, _request: web.Request, body: Any, _files: Any) -> tuple[int, Any]:
        user = self._world.users.get(str((body or {}).get("recipient_id")))
        if user is None:
            raise Refused(400, 50033, "Invalid Recipient(s)")
        known = {person: channel for channel, person in self._world.direct_channels.items()}
        channel = known.get(user.id) or self._world.snowflake()
        self._world.direct_channels[channel] = user.id
        return 200, {"id": channel, "type": 1, "last_message_id": None, "flags": 0, "recipients": [user.as_json()]}

    async def _callback(self, request: web.Request, body: Any, files: Any) -> tuple[int, Any]:
        interaction = self._world.interactions.get(request.match_info["token"])
        waited = time.monotonic() - interaction.started if interaction else 0.0
        late = interaction is not None and interaction.callback_type is None and waited > self._answer_window
        if interaction is None or interaction.id != request.match_info["id"] or late or interaction.failed:
            raise Refused(404, 10062, "Unknown interaction")
        if interaction.callback_type is not None:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        kind, data = (body or {}).get("type"), (body or {}).get("data") or {}
        if kind not in _ALLOWED_CALLBACKS[interaction.type]:
            bad_form("type", f"Callback type {kind} does not answer an interaction of type {interaction.type}")
        self._carry_out(interaction, kind, data, files)
        interaction.callback_type, interaction.answered_after = kind, waited
        self._world.wake()
        if request.query.get("with_response") not in {"1", "true"}:
            return 204, None
        told: Json = {"interaction": _callback_json(interaction, self._world)}
        if kind in {MESSAGE, UPDATE}:
            told["resource"] = {"type": kind, "message": self._world.messages[str(interaction.original)]}
        return 200, told

    def _carry_out(self, interaction: Interaction, kind: int, data: Json, files: Any) -> None:
        if kind == CHOICES:
            check_choice_list(data.get("choices") or [], "data.choices", STRING)
            interaction.choices = data.get("choices") or []
        elif kind == MODAL:
            check_modal(data)
            interaction.modal = copy.deepcopy(data)
            event = {"type": "modal", "modal": interaction.modal, "interaction_id": interaction.id}
            self._world.publish({**event, "visible_to": interaction.user_id})
        elif kind in {DEFERRED_UPDATE, UPDATE}:
            if interaction.pressed_message is None:
                bad_form("type", "There is no message to update")
            interaction.original = interaction.pressed_message
            if kind == UPDATE:
                self._edit(self._world.messages[interaction.original], data, files)
        else:
            self._answer_with_message(interaction, kind, data, files)

    def _answer_with_message(self, interaction: Interaction, kind: int, data: Json, files: Any) -> None:
        flags = (data.get("flags") or 0) | (LOADING if kind == DEFERRED else 0)
        if kind == MESSAGE:
            check_message(data, files=tuple(name for name, _, _ in files))
        elif flags & ~(EPHEMERAL | LOADING):
            bad_form("data.flags", "Only EPHEMERAL may be set when deferring")
        interaction.ephemeral = bool(flags & EPHEMERAL)
        interaction.original = self._send_reply(interaction, flags, data if kind == MESSAGE else {}, files)["id"]

    def _send_reply(self, interaction: Interaction, flags: int, data: Json, files: Any) -> Json:
        message = self._world.new_reply(interaction, flags=flags)
        fill_message(self._world, self.base, message, data, files)
        interaction.messages.append(message["id"])
        self._world.publish_message(message, visible_to=interaction.user_id if flags & EPHEMERAL else None)
        return message

    async def _follow_up(self, request: web.Request, body: Any, files: Any) -> tuple[int, Any]:
        interaction = self._interaction_of(request)
        check_message(body or {}, files=tuple(name for name, _, _ in files))
        original = self._world.messages.get(interaction.original or "")
        if original is not None and original["flags"] & LOADING:
            self._edit(original, body, files)
            message = original
        else:
            message = self._send_reply(interaction, body.get("flags") or 0, body, files)
        return (200, message) if request.query.get("wait") in {"1", "true"} else (204, None)

    async def _get_reply(self, request: web.Request, _body: Any, _files: Any) -> tuple[int, Any]:
        return 200, self._reply_of(request)

    async def _edit_reply(self, request: web.Request, body: Any, files: Any) -> tuple[int, Any]:
        message = self._reply_of(request)
        self._edit(message, body or {}, files)
        return 200, message

    async def _delete_reply(self, request: web.Request, _body: Any, _files: Any) -> tuple[int, Any]:
        self._world.delete_message(self._reply_of(request)["id"])
        return 204, None

    def _interaction_of(self, request: web.Request) -> Interaction:
        self._check_application(request)
        interaction = self._world.interactions.get(request.match_info["token"])
        if interaction is None or interaction.callback_type is None:
            raise Refused(404, 10015, "Unknown Webhook")
        if time.monotonic() - interaction.started > self._token_lifetime:
            raise Refused(401, 50027, "Invalid Webhook Token")
        return interaction

    def _reply_of(self, request: web.Request) -> Json:
        interaction = self._interaction_of(request)
        name = request.match_info["message"]
        message_id = interaction.original if name == "@original" else name
        own = {interaction.original, *interaction.messages}
        if message_id not in own or message_id not in self._world.messages:
            raise Refused(404, 10008, "Unknown Message")
        return self._world.messages[str(message_id)]

    def _check_application(self, request: web.Request) -> None:
        if request.match_info["application"] != self._world.application_id:
            raise Refused(403, 20012, "You are not authorized to perform this action on this application")

    def _edit(self, message: Json, body: Json, files: Any) -> None:
        check_message(body, files=tuple(name for name, _, _ in files), existing=message)
        sendable = (body.get("flags") or 0) & ~EPHEMERAL
        message["flags"] = (message["flags"] | sendable) & ~LOADING
        fill_message(self._world, self.base, message, body, files)
        self._world.update_message(message)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        content_type, content = self._world.files.get(request.match_info["path"], ("", b""))
        if not content_type:
            raise web.HTTPNotFound
        return web.Response(body=content, content_type=content_type)

    async def _unknown(self, _request: web.Request, _body: Any, _files: Any) -> tuple[int, Any]:
        raise Refused(404, 0, "404: Not Found")


def _callback_json(interaction: Interaction, world: World) -> Json:
    told: Json = {"id": interaction.id, "type": interaction.type}
    if interaction.original is not None:
        flags = world.messages[interaction.original]["flags"]
        told["response_message_id"] = interaction.original
        told["response_message_loading"] = bool(flags & LOADING)
        told["response_message_ephemeral"] = bool(flags & EPHEMERAL)
    return told
