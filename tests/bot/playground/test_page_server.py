"""The page's server carries what people do to the stand-in Discord, and what the bot says back to them alone."""

import aiohttp
import pytest

from bot.playground.page_server import PageServer
from tests.bot.playground.conftest import Visitor
from tests.wire.bot_on_discord import JONAS, MIRA, World


async def test_a_visitor_is_greeted_with_people_and_the_state_of_the_bot(visitor: Visitor) -> None:
    welcome = await visitor.event("welcome")

    assert [person["name"] for person in welcome["people"]] == ["Mira", "Jonas"]
    assert welcome["channel"] == "music"
    assert welcome["bot"]["state"] == "preparing"
    assert welcome["tries"] == ["/recommend"]


async def test_a_command_is_thought_about_and_answered(visitor: Visitor, world: World) -> None:
    async with world.bot():
        await visitor.ask("be", user=JONAS)
        answer = await visitor.ask("use", name="recommend", options={"prompt": "sad songs", "count": 2})

        assert answer["ok"]
        thinking = await visitor.event("thinking")
        answered = await visitor.event("message_update")

    assert answered["message"]["id"] == thinking["message"]["id"]
    assert answered["message"]["used"] == "/recommend"
    assert "Song 2" in str(answered["message"]["components"])
    assert world.recommending.asks[0].prompt == "sad songs"


async def test_a_private_answer_reaches_nobody_else(
    visitor: Visitor, world: World, page: PageServer, http: aiohttp.ClientSession
) -> None:
    other = Visitor(await http.ws_connect(f"{page.base}/socket", origin=page.base))
    await other.ask("be", user=JONAS)
    async with world.bot():
        await visitor.ask("be", user=MIRA)
        await visitor.ask("use", name="link", options={})
        await visitor.until(lambda: any(each["type"].startswith("message") for each in visitor.events))
        mine = await visitor.ask("be", user=MIRA)
        theirs = await other.ask("be", user=JONAS)
    await other.leave()

    assert len(mine["messages"]) == 1
    assert theirs["messages"] == []
    assert not [event for event in other.events if "message" in event["type"] or event["type"] == "thinking"]


async def test_autocomplete_brings_the_bots_choices(visitor: Visitor, world: World) -> None:
    async with world.bot():
        answer = await visitor.ask("complete", command="recommend", option="track", typed="cop", options={})

    assert [choice["value"] for choice in answer["choices"]][:2] == ["key:1", "key:2"]


async def test_a_button_is_pressed_and_a_form_is_filled_in(visitor: Visitor, world: World) -> None:
    async with world.bot():
        await visitor.ask("use", name="link", options={})
        message = (await visitor.ask("be", user=MIRA))["messages"][0]
        paste = next(
            button
            for row in message["components"]
            for button in row.get("components", ())
            if button.get("custom_id", "").startswith("link:paste") or button.get("label") == "Paste the address"
        )
        await visitor.ask("press", message=message["id"], custom_id=paste["custom_id"])
        form = await visitor.event("modal")
        fields = form["modal"]["components"][0]
        name = (fields.get("component") or fields["components"][0])["custom_id"]
        values = {name: "http://127.0.0.1:8080/spotify/callback?code=abc&state=def"}
        answer = await visitor.ask("submit", interaction=form["interaction_id"], values=values)

    assert answer["ok"]
    assert len(world.linking.linked) == 1


async def test_what_discords_client_would_refuse_is_refused_in_words(visitor: Visitor, world: World) -> None:
    async with world.bot():
        unknown = await visitor.ask("use", name="dance", options={})
        too_many = await visitor.ask("use", name="recommend", options={"count": 999})
        nobody = await visitor.ask("be", user="12")
        no_menu = await visitor.ask("menu", name="Songs like this", message="1")

    assert "dance" in unknown["error"]
    assert "count" in too_many["error"]
    assert not nobody["ok"]
    assert not no_menu["ok"]


async def test_nonsense_is_answered_and_the_visit_goes_on(visitor: Visitor) -> None:
    unknown_action = await visitor.ask("juggle")
    missing = await visitor.ask("use")
    await visitor.socket.send_str("not json")
    fine = await visitor.ask("commands")

    assert not unknown_action["ok"]
    assert not missing["ok"]
    assert fine["commands"] == []


async def test_a_bot_that_is_away_fails_as_on_discord(visitor: Visitor, world: World) -> None:
    async with world.bot():
        pass

    answer = await visitor.ask("use", name="recommend", options={})

    assert answer["ok"]
    assert (await visitor.event("failed"))["visible_to"] == MIRA


async def test_people_can_talk(visitor: Visitor) -> None:
    await visitor.ask("say", text="hello there")

    event = await visitor.event("message_create")
    assert event["message"]["content"] == "hello there"
    assert event["message"]["author"]["global_name"] == "Mira"


async def test_restarting_the_bot_is_told_to_the_page(visitor: Visitor) -> None:
    await visitor.ask("restart")

    assert (await visitor.event("bot"))["bot"] == {"state": "online", "text": "Online again"}


async def test_covers_are_served_by_album_and_by_release(page: PageServer, http: aiohttp.ClientSession) -> None:
    async with http.get(page.cover_url("album")) as cover:
        assert cover.content_type == "image/jpeg"
        assert await cover.read() == b"\xff\xd8\xff a picture"
    async with http.get(f"{page.base}/release/release/front-500") as front:
        assert front.url.path == "/covers/album.jpg"
        assert front.status == 200
    for missing in ("/covers/other.jpg", "/release/other/front-500"):
        async with http.get(page.base + missing) as answer:
            assert answer.status == 404


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/page/style.css", "/page/logo.svg"])
async def test_the_page_brings_everything_itself_and_says_so(
    path: str, page: PageServer, http: aiohttp.ClientSession
) -> None:
    async with http.get(page.base + path) as answer:
        body, policy = await answer.text(), answer.headers["Content-Security-Policy"]

    assert answer.status == 200
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "https://" not in body.replace("https://w3.org", "").replace("https?://", "")


async def test_only_the_page_itself_may_open_the_socket(page: PageServer, http: aiohttp.ClientSession) -> None:
    for origin in ("http://evil.example", None):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(f"{page.base}/socket", origin=origin)
        assert refused.value.status == 403


async def test_a_name_that_pretends_to_be_this_machine_is_refused(
    page: PageServer, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{page.base}/", headers={"Host": "rebound.example"}) as answer:
        assert answer.status == 403
