"""The stand-in refuses what Discord refuses, in Discord's words, and answers as Discord describes its answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.playground.discord_standin import DEFAULT_USERS, DiscordStandIn, NotSendable
from bot.playground.discord_standin_faults import rate_limited
from bot.playground.discord_standin_reply import text_of
from bot.playground.discord_standin_world import COMPONENTS_V2, EPHEMERAL, LOADING
from tests.wire.description import Description

MIRA, JONAS, AIKO = (user.id for user in DEFAULT_USERS)
Answer = tuple[int, Any]

DIG: dict[str, Any] = {
    "name": "dig",
    "description": "Dig",
    "type": 1,
    "options": [
        {"type": 3, "name": "track", "description": "A song", "required": True, "autocomplete": True, "max_length": 20},
        {"type": 4, "name": "count", "description": "How many", "min_value": 1, "max_value": 20},
        {"type": 3, "name": "by", "description": "What", "choices": [{"name": "words", "value": "words"}]},
        {"type": 5, "name": "private", "description": "Alone"},
        {"type": 10, "name": "share", "description": "Share"},
    ],
}
ADMINS_ONLY = {"name": "status", "description": "Status", "default_member_permissions": "32"}
TREE = {
    "name": "digest",
    "description": "Digest",
    "options": [{"type": 1, "name": "set", "description": "Set", "options": [{**DIG["options"][1], "name": "hour"}]}],
}
MENU = {"name": "Songs like this", "type": 3}


class Wire:
    """A bot by hand: requests without a library, and interactions as they come over the gateway."""

    def __init__(self, discord: DiscordStandIn, session: aiohttp.ClientSession, description: Description) -> None:
        self.discord = discord
        self._session = session
        self._description = description
        self.socket: aiohttp.ClientWebSocketResponse | None = None

    async def call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Answer:
        headers = {"Authorization": f"Bot {token or self.discord.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        async with self._session.request(method, self.discord.api_base + path, data=data, headers=headers) as answer:
            raw = await answer.read()
            parsed = json.loads(raw) if raw else None
            if answer.status == 200:
                assert answer.headers["Content-Type"] == "application/json"
                asked = "/api/v10" + path.partition("?")[0]
                assert self._description.answer_problems(method, asked, 200, parsed) == []
            return answer.status, parsed

    async def upload(self, path: str, body: Mapping[str, Any], name: str, content: bytes) -> Answer:
        form = aiohttp.FormData()
        form.add_field("payload_json", json.dumps(body))
        form.add_field("files[0]", content, filename=name, content_type="image/png")
        async with self._session.post(self.discord.api_base + path, data=form) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, url: str) -> tuple[int, bytes]:
        async with self._session.get(url) as answer:
            return answer.status, await answer.read()

    async def identify(self, token: str | None = None, intents: int = 1) -> None:
        self.socket = await self._session.ws_connect(self.discord.gateway_url)
        assert (await self.socket.receive_json())["op"] == 10
        properties = {"os": "linux", "browser": "test", "device": "test"}
        await self.send(2, {"token": token or self.discord.token, "intents": intents, "properties": properties})

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        return await self._session.ws_connect(self.discord.gateway_url)

    async def send(self, op: int, data: Any) -> None:
        assert self.socket is not None
        await self.socket.send_json({"op": op, "d": data})

    async def event(self, name: str) -> dict[str, Any]:
        assert self.socket is not None
        while True:
            event = await asyncio.wait_for(self.socket.receive_json(), 5)
            if event.get("t") == name:
                data: dict[str, Any] = event["d"]
                return data

    async def close_code(self) -> int | None:
        assert self.socket is not None
        async for _ in self.socket:
            pass
        return self.socket.close_code

    async def interaction(self) -> tuple[dict[str, Any], str, str]:
        """Return the next interaction, the path of its callback and the path of its follow-ups."""
        event = await self.event("INTERACTION_CREATE")
        callback = f"/interactions/{event['id']}/{event['token']}/callback?with_response=1"
        return event, callback, f"/webhooks/{event['application_id']}/{event['token']}"

    async def dig(self, user: str = MIRA) -> tuple[dict[str, Any], str, str]:
        await self.discord.use_command(user, "dig", {"track": "x"})
        return await self.interaction()

    @property
    def commands_path(self) -> str:
        return f"/applications/{self.discord.world.application_id}/commands"


@pytest.fixture
async def discord() -> AsyncIterator[DiscordStandIn]:
    async with DiscordStandIn() as discord:
        yield discord


@pytest.fixture
async def wire(discord: DiscordStandIn) -> AsyncIterator[Wire]:
    async with wired(discord) as wire:
        yield wire


@asynccontextmanager
async def wired(discord: DiscordStandIn) -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession() as session:
        wire = Wire(discord, session, Description.load())
        await wire.identify()
        status, _ = await wire.call("PUT", wire.commands_path, [DIG, ADMINS_ONLY, TREE, MENU])
        assert status == 200
        yield wire


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def button(custom_id: str = "b", **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 2, "label": "B", "custom_id": custom_id, **more}


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def cards(*components: dict[str, Any]) -> dict[str, Any]:
    return {"flags": COMPONENTS_V2, "components": list(components)}


def code(answer: Answer) -> tuple[int, int]:
    return answer[0], answer[1]["code"]


async def test_users_and_commands_are_told_as_described(wire: Wire) -> None:
    assert (await wire.call("GET", "/users/@me"))[1]["id"] == wire.discord.bot_user["id"]
    assert (await wire.call("GET", "/gateway/bot"))[1]["shards"] == 1
    assert [each["name"] for each in (await wire.call("GET", wire.commands_path))[1]] == [
        "dig",
        "status",
        "digest",
        "Songs like this",
    ]


async def test_commands_keep_their_ids_when_registered_again(wire: Wire) -> None:
    before = {command["name"]: command["id"] for command in wire.discord.commands}

    await wire.call("PUT", wire.commands_path, [DIG])

    assert [command["id"] for command in wire.discord.commands] == [before["dig"]]


async def test_other_tokens_applications_and_routes_are_refused(wire: Wire) -> None:
    assert (await wire.call("GET", "/users/@me", token="wrong"))[0] == 401
    assert code(await wire.call("PUT", "/applications/1/commands", [])) == (403, 20012)
    assert (await wire.call("GET", "/voice/regions"))[0] == 404
    assert (await wire.call("POST", "/channels/1/messages", {"content": "x"}))[1]["code"] == 10003
    assert len(wire.discord.problems) == 4


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Upper", "description": "x"},
        {"name": "two words", "description": "x"},
        {"name": "dig", "description": ""},
        {"name": "dig", "description": "x" * 101},
        {"name": "menu", "type": 3, "description": "x"},
        {**DIG, "options": [DIG["options"][1], DIG["options"][0]]},
        {**DIG, "options": [DIG["options"][1]] * 2},
        {**DIG, "options": [{**DIG["options"][2], "autocomplete": True}]},
        {**DIG, "options": [{**DIG["options"][1], "type": 99}]},
        {**DIG, "options": [{**DIG["options"][1], "name": f"o{at}"} for at in range(26)]},
        {**DIG, "options": [{**DIG["options"][2], "choices": [{"name": "", "value": "x"}]}]},
        {**DIG, "options": [{**DIG["options"][2], "choices": [{"name": "x", "value": 3}]}]},
        {**DIG, "options": [{**DIG["options"][2], "choices": [{"name": "x", "value": "x"}] * 26}]},
    ],
)
async def test_commands_that_discord_would_refuse_are_refused(wire: Wire, command: dict[str, Any]) -> None:
    assert code(await wire.call("PUT", wire.commands_path, [command])) == (400, 50035)


async def test_commands_of_one_name_are_refused(wire: Wire) -> None:
    assert code(await wire.call("PUT", wire.commands_path, [DIG, DIG])) == (400, 50035)
    assert code(await wire.call("PUT", wire.commands_path, {})) == (400, 50035)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("nothing", {}),
        ("dig", {}),
        ("dig", {"track": "x", "nope": 1}),
        ("dig", {"track": 3}),
        ("dig", {"track": "x" * 21}),
        ("dig", {"track": "x", "count": 21}),
        ("dig", {"track": "x", "count": True}),
        ("dig", {"track": "x", "by": "smell"}),
        ("digest", {}),
        ("digest get", {}),
        ("digest set", {"hour": 99}),
    ],
)
async def test_people_cannot_send_what_discords_client_would_not_let_them(
    wire: Wire, name: str, options: dict[str, Any]
) -> None:
    with pytest.raises(NotSendable):
        await wire.discord.use_command(MIRA, name, options)


async def test_strangers_and_those_without_permission_cannot_use_commands(wire: Wire) -> None:
    with pytest.raises(NotSendable):
        await wire.discord.use_command("5", "dig", {"track": "x"})
    with pytest.raises(NotSendable):
        await wire.discord.use_command(JONAS, "status")
    assert "status" not in {command["name"] for command in wire.discord.commands_for(JONAS)}
    assert "status" in {command["name"] for command in wire.discord.commands_for(MIRA)}


async def test_subcommands_and_menus_arrive_as_discord_sends_them(wire: Wire) -> None:
    await wire.discord.use_command(MIRA, "digest set", {"hour": 8})
    event, _, _ = await wire.interaction()
    assert event["data"]["options"] == [
        {"name": "set", "type": 1, "options": [{"name": "hour", "type": 4, "value": 8}]}
    ]

    said = await wire.discord.say(JONAS, "https://open.spotify.com/track/1")
    await wire.discord.use_message_menu(MIRA, "Songs like this", said["id"])
    event, _, _ = await wire.interaction()
    assert event["data"]["resolved"]["messages"][said["id"]]["content"] == "https://open.spotify.com/track/1"


async def test_answer_after_the_window_is_refused() -> None:
    async with DiscordStandIn(answer_window=0.1) as discord, wired(discord) as wire:
        reply = await discord.use_command(MIRA, "dig", {"track": "x"})
        _, callback, hook = await wire.interaction()
        await reply.settled()

        assert reply.failed
        assert code(await wire.call("POST", callback, {"type": 5})) == (404, 10062)
        assert code(await wire.call("POST", hook, {"content": "x"})) == (404, 10015)
        with pytest.raises(TimeoutError, match="no message answers dig"):
            await reply.message()


async def test_second_answer_is_refused(wire: Wire) -> None:
    _, callback, _ = await wire.dig()

    assert (await wire.call("POST", callback, {"type": 5}))[0] == 200
    assert code(await wire.call("POST", callback, {"type": 4, "data": {"content": "x"}})) == (400, 40060)


async def test_answer_of_the_wrong_kind_is_refused(wire: Wire) -> None:
    _, callback, _ = await wire.dig()

    for kind in (1, 6, 7, 8, 99):
        assert code(await wire.call("POST", callback, {"type": kind})) == (400, 50035)
    assert code(await wire.call("POST", callback, {"type": 5, "data": {"flags": COMPONENTS_V2}})) == (400, 50035)


async def test_token_does_not_live_for_ever() -> None:
    async with DiscordStandIn(token_lifetime=0.1) as discord, wired(discord) as wire:
        _, callback, hook = await wire.dig()
        await wire.call("POST", callback, {"type": 5})
        await asyncio.sleep(0.2)

        assert code(await wire.call("POST", hook, {"content": "x"})) == (401, 50027)


async def test_first_follow_up_replaces_the_thinking_line_and_stays_as_private(wire: Wire) -> None:
    _, callback, hook = await wire.dig()
    await wire.call("POST", callback, {"type": 5, "data": {"flags": EPHEMERAL}})
    (thinking,) = wire.discord.visible_messages(MIRA)

    _, message = await wire.call("POST", f"{hook}?wait=1", {"content": "done"})
    await wire.call("POST", hook, {"content": "and more"})

    assert thinking["flags"] == EPHEMERAL | LOADING
    assert message["id"] == thinking["id"]
    assert message["flags"] == EPHEMERAL
    assert [each["content"] for each in wire.discord.visible_messages(MIRA)] == ["done", "and more"]
    assert [each["content"] for each in wire.discord.visible_messages(JONAS)] == ["and more"]


async def test_own_replies_can_be_read_edited_and_deleted_and_no_others(wire: Wire) -> None:
    said = await wire.discord.say(JONAS, "hello")
    _, callback, hook = await wire.dig()
    await wire.call("POST", callback, {"type": 4, "data": {"content": "one"}})

    assert (await wire.call("GET", f"{hook}/messages/@original"))[1]["content"] == "one"
    assert (await wire.call("PATCH", f"{hook}/messages/@original", {"content": "two"}))[1]["content"] == "two"
    assert (await wire.call("DELETE", f"{hook}/messages/@original"))[0] == 204
    assert code(await wire.call("DELETE", f"{hook}/messages/@original")) == (404, 10008)
    assert code(await wire.call("PATCH", f"{hook}/messages/{said['id']}", {"content": "x"})) == (404, 10008)


LONG = "x" * 2001
EMBED = {"title": "T", "description": "D", "fields": [{"name": "n", "value": "v"}]}


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"content": LONG},
        {"content": "x", "flags": LOADING},
        {"content": "x", "embeds": [EMBED] * 11},
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]},
        {"embeds": [{"fields": [{"name": "", "value": "v"}]}]},
        {"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]},
        {"embeds": [{"image": {"url": "attachment://none.png"}}]},
        {"components": [text("needs the flag")]},
        {"components": [row(button(str(at))) for at in range(6)]},
        {"components": [row(*[button(str(at)) for at in range(6)])]},
        {"components": [row(button("same"), button("same"))]},
        {"components": [row(button("x" * 101))]},
        {"components": [row(button(label="x" * 81))]},
        {"components": [row(button(label=""))]},
        {"components": [row(button(style=9))]},
        {"components": [row(button(url="https://x.example"))]},
        {"components": [row(button(style=5, url="https://x.example"))]},
        {"components": [row({"type": 2, "style": 5, "label": "x", "url": "javascript:x"})]},
        {"components": [row({"type": 3, "custom_id": "s", "options": []})]},
        {"components": [row({"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a"}] * 2})]},
        {**cards(text("x")), "content": "x"},
        cards(),
        cards(text("")),
        cards(text("x" * 2001), text("x" * 2000)),
        cards(*[text("x")] * 41),
        cards({"type": 9, "components": [text("x")]}),
        cards({"type": 9, "components": [text("x")] * 4, "accessory": button()}),
        cards({"type": 9, "components": [text("x")], "accessory": {"type": 11, "media": {"url": "ftp://x"}}}),
        cards({"type": 11, "media": {"url": "https://x.example/1.png"}}),
        cards({"type": 12, "items": []}),
        cards({"type": 13, "file": {"url": "https://x.example"}}),
        cards({"type": 14, "spacing": 3}),
        cards({"type": 17, "components": []}),
        cards({"type": 17, "components": [{"type": 17, "components": [text("x")]}]}),
        cards({"type": 12, "items": [{"media": {"url": "attachment://none.png"}}]}),
    ],
)
async def test_messages_that_discord_would_refuse_are_refused(wire: Wire, message: dict[str, Any]) -> None:
    _, callback, _ = await wire.dig()

    status, answer = await wire.call("POST", callback, {"type": 4, "data": message})

    assert (status, answer["code"]) in {(400, 50035), (400, 50006)}
    assert wire.discord.visible_messages(MIRA) == []


@pytest.mark.parametrize(
    "message",
    [
        {"content": "x", "embeds": [EMBED], "components": [row(button(), button("c", emoji={"name": "👍"}))]},
        cards(
            {"type": 17, "components": [text("x"), {"type": 14, "spacing": 2}, row(button())]},
            {"type": 9, "components": [text("x")], "accessory": {"type": 11, "media": {"url": "https://x.example/1"}}},
            {"type": 12, "items": [{"media": {"url": "https://x.example/1"}, "description": "one"}]},
            row({"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a"}]}),
        ),
    ],
)
async def test_messages_that_discord_takes_are_taken(wire: Wire, message: dict[str, Any]) -> None:
    _, callback, _ = await wire.dig()

    status, answer = await wire.call("POST", callback, {"type": 4, "data": message})

    assert status == 200
    assert [each["id"] for each in answer["resource"]["message"]["components"]] != []


async def test_message_of_components_cannot_get_content_again(wire: Wire) -> None:
    _, callback, hook = await wire.dig()
    await wire.call("POST", callback, {"type": 4, "data": cards(text("x"))})

    assert code(await wire.call("PATCH", f"{hook}/messages/@original", {"content": "x"})) == (400, 50035)
    assert (await wire.call("PATCH", f"{hook}/messages/@original", {"components": [text("y")]}))[0] == 200
    assert [text_of(each) for each in wire.discord.visible_messages(MIRA)] == ["y"]


async def test_uploaded_file_can_be_shown_and_fetched(wire: Wire) -> None:
    _, callback, hook = await wire.dig()
    await wire.call("POST", callback, {"type": 5})
    gallery = cards({"type": 12, "items": [{"media": {"url": "attachment://taste.png"}}]})

    status, message = await wire.upload(f"{hook}?wait=1", gallery, "taste.png", b"picture")

    assert status == 200
    (attachment,) = message["attachments"]
    assert await wire.get(attachment["url"]) == (200, b"picture")
    assert (await wire.get(attachment["url"] + "x"))[0] == 404


async def test_button_leads_to_an_update_or_a_form(wire: Wire) -> None:
    _, callback, _ = await wire.dig()
    await wire.call("POST", callback, {"type": 4, "data": {"content": "x", "components": [row(button())]}})
    (message,) = wire.discord.visible_messages(MIRA)

    pressed = await wire.discord.press(JONAS, message["id"], "b")
    event, callback, hook = await wire.interaction()
    updated = await wire.call("POST", callback, {"type": 7, "data": {"content": "y"}})
    await wire.call("PATCH", f"{hook}/messages/@original", {"content": "z"})
    await pressed.settled()

    assert (event["type"], event["message"]["content"]) == (3, "x")
    assert updated[1]["resource"]["message"]["content"] == "y"
    assert [each["content"] for each in wire.discord.visible_messages(MIRA)] == ["z"]


FORM: dict[str, Any] = {
    "custom_id": "f",
    "title": "Form",
    "components": [
        row({"type": 4, "custom_id": "old", "style": 1, "label": "Old", "required": False}),
        {"type": 18, "label": "New", "component": {"type": 4, "custom_id": "new", "style": 1, "max_length": 5}},
        {
            "type": 18,
            "label": "Choice",
            "component": {"type": 3, "custom_id": "pick", "options": [{"label": "a", "value": "a"}]},
        },
        text("a remark"),
    ],
}


async def test_form_comes_back_as_it_was_filled_in(wire: Wire) -> None:
    reply = await wire.discord.use_command(MIRA, "dig", {"track": "x"})
    _, callback, _ = await wire.interaction()
    assert (await wire.call("POST", callback, {"type": 9, "data": FORM}))[0] == 200
    await reply.settled()

    for wrong in ({}, {"new": "too long"}):
        with pytest.raises(NotSendable):
            await wire.discord.submit_modal(MIRA, reply.interaction_id, wrong)
    with pytest.raises(NotSendable):
        await wire.discord.submit_modal(JONAS, reply.interaction_id, {"new": "x"})
    await wire.discord.submit_modal(MIRA, reply.interaction_id, {"new": "x", "pick": "a"})
    event, _, _ = await wire.interaction()

    old, new, pick, _ = event["data"]["components"]
    assert old["components"][0] == {"type": 4, "id": 0, "custom_id": "old", "value": ""}
    assert new["component"]["value"] == "x"
    assert pick["component"]["values"] == ["a"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "x" * 46},
        {"custom_id": ""},
        {"components": []},
        {"components": FORM["components"] * 2},
        {"components": [row(button())]},
        {"components": [{"type": 18, "label": "x" * 46, "component": {"type": 4, "custom_id": "n", "style": 1}}]},
        {"components": [{"type": 18, "label": "x", "component": {"type": 4, "custom_id": "n", "style": 3}}]},
    ],
)
async def test_forms_that_discord_would_refuse_are_refused(wire: Wire, change: dict[str, Any]) -> None:
    _, callback, _ = await wire.dig()

    assert code(await wire.call("POST", callback, {"type": 9, "data": {**FORM, **change}})) == (400, 50035)


async def test_people_cannot_press_what_they_do_not_see(wire: Wire) -> None:
    _, callback, _ = await wire.dig()
    components = [row(button(), button("off", disabled=True))]
    await wire.call("POST", callback, {"type": 4, "data": {"content": "x", "flags": 64, "components": components}})
    (message,) = wire.discord.visible_messages(MIRA)

    for user, custom_id in ((JONAS, "b"), (MIRA, "off"), (MIRA, "none")):
        with pytest.raises(NotSendable):
            await wire.discord.press(user, message["id"], custom_id)
    with pytest.raises(NotSendable):
        await wire.discord.press(MIRA, "1", "b")


async def test_completion_is_checked_like_everything_else(wire: Wire) -> None:
    typing = asyncio.create_task(wire.discord.complete(MIRA, "dig", "track", "wo"))
    event, callback, _ = await wire.interaction()
    too_many = [{"name": "x", "value": "x"}] * 26
    assert code(await wire.call("POST", callback, {"type": 8, "data": {"choices": too_many}})) == (400, 50035)
    status, _ = await wire.call("POST", callback, {"type": 8, "data": {"choices": too_many[:2]}})

    assert status == 200
    assert event["data"]["options"] == [{"name": "track", "type": 3, "value": "wo", "focused": True}]
    assert await typing == too_many[:2]


async def test_completion_without_an_answer_times_out(wire: Wire) -> None:
    with pytest.raises(TimeoutError, match="autocomplete"):
        await wire.discord.complete(MIRA, "dig", "track", "wo", timeout=0.1)


async def test_bot_can_post_into_the_channel_and_write_to_one_person(wire: Wire) -> None:
    channel = wire.discord.channel["id"]
    status, _ = await wire.call("POST", f"/channels/{channel}/messages", {"content": "digest"})
    _, direct = await wire.call("POST", "/users/@me/channels", {"recipient_id": AIKO})
    again = await wire.call("POST", "/users/@me/channels", {"recipient_id": AIKO})
    await wire.call("POST", f"/channels/{direct['id']}/messages", {"content": "psst"})

    assert status == 200
    assert again[1]["id"] == direct["id"]
    assert [each["content"] for each in wire.discord.visible_messages(AIKO)] == ["digest", "psst"]
    assert [each["content"] for each in wire.discord.visible_messages(MIRA)] == ["digest"]
    assert code(await wire.call("POST", "/users/@me/channels", {"recipient_id": "1"})) == (400, 50033)


async def test_events_tell_who_sees_what(wire: Wire) -> None:
    subscription = wire.discord.subscribe()
    _, callback, hook = await wire.dig(JONAS)
    await wire.call("POST", callback, {"type": 5, "data": {"flags": 64}})
    await wire.call("PATCH", f"{hook}/messages/@original", {"content": "done"})
    await wire.call("DELETE", f"{hook}/messages/@original")

    events = [await anext(subscription) for _ in range(3)]
    subscription.close()
    await wire.discord.say(MIRA, "unheard")

    assert [event["type"] for event in events] == ["thinking", "message_update", "message_delete"]
    assert {event["visible_to"] for event in events} == {JONAS}
    assert len({event["message"]["id"] for event in events}) == 1


async def test_rate_limit_has_the_headers_that_libraries_read(wire: Wire) -> None:
    wire.discord.plan_fault("GET", "/users/@me", rate_limited(1.5))

    status, body = await wire.call("GET", "/users/@me")

    assert (status, body["retry_after"], body["global"]) == (429, 1.5, False)
    assert (await wire.call("GET", "/users/@me"))[0] == 200


@pytest.mark.parametrize(
    ("token", "intents", "expected"),
    [("wrong", 1, 4004), (None, 1 << 15, 4014), (None, -1, 4013)],
)
async def test_gateway_closes_on_what_discord_would_close_on(
    discord: DiscordStandIn, token: str | None, intents: int, expected: int
) -> None:
    async with aiohttp.ClientSession() as session:
        wire = Wire(discord, session, Description.load())
        await wire.identify(token, intents)

        assert await wire.close_code() == expected
    assert discord.gateway.problems


@pytest.mark.parametrize(("op", "expected"), [(2, 4005), (4, 4001)])
async def test_gateway_closes_on_a_second_identify_and_on_unknown_payloads(wire: Wire, op: int, expected: int) -> None:
    await wire.send(op, {"token": wire.discord.token})

    assert await wire.close_code() == expected


async def test_gateway_wants_identify_first_and_text(discord: DiscordStandIn) -> None:
    async with aiohttp.ClientSession() as session:
        wire = Wire(discord, session, Description.load())
        wire.socket = await session.ws_connect(discord.gateway_url)
        await wire.send(3, {})
        assert await wire.close_code() == 4003
        wire.socket = await session.ws_connect(discord.gateway_url)
        await wire.socket.send_bytes(b"x")
        assert await wire.close_code() == 4002


async def test_resume_replays_what_was_missed_and_unknown_sessions_start_anew(wire: Wire) -> None:
    session = next(iter(wire.discord.gateway.sessions.values()))
    seen = len(session.sent)
    await wire.discord.gateway.disconnect()
    await wire.discord.use_command(MIRA, "dig", {"track": "missed"})
    resumed = {"token": wire.discord.token, "session_id": session.id, "seq": seen}

    wire.socket = await wire.connect()
    await wire.send(6, resumed)
    event, _, _ = await wire.interaction()
    assert event["data"]["options"][0]["value"] == "missed"

    await wire.discord.gateway.forget_sessions()
    wire.socket = await wire.connect()
    await wire.send(6, resumed)
    assert [(await wire.socket.receive_json())["op"] for _ in range(2)] == [10, 9]


async def test_heartbeats_are_acknowledged_until_told_otherwise(wire: Wire) -> None:
    assert wire.socket is not None
    await wire.send(1, None)
    while (await wire.socket.receive_json())["op"] != 11:
        pass
    wire.discord.gateway.acknowledges = False
    await wire.send(1, None)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wire.socket.receive(), 0.1)


async def test_messages_reach_the_bot_without_their_text(discord: DiscordStandIn) -> None:
    async with aiohttp.ClientSession() as session:
        wire = Wire(discord, session, Description.load())
        await wire.identify(intents=1 | 1 << 9)
        await wire.event("READY")
        await discord.say(MIRA, "private words")
        event = await wire.event("MESSAGE_CREATE")

    assert (event["author"]["id"], event["content"]) == (MIRA, "")


async def test_waiting_for_a_bot_that_never_comes_ends_in_a_sentence(discord: DiscordStandIn) -> None:
    with pytest.raises(TimeoutError, match="the bot connects and registers its commands"):
        await discord.bot_ready(0.05)


async def test_bot_sees_the_server_channel_and_people(discord: DiscordStandIn) -> None:
    assert discord.guild["channels"][0]["id"] == discord.channel["id"]
    assert [user.global_name for user in discord.users.values()] == ["Mira", "Jonas", "Aiko"]
    assert not discord.bot_is_connected
