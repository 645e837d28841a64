"""A person with a browser and a keyboard finds music in the playground; the bot behind it is the real process."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, async_playwright

from bot.playground.app import Playground
from tests.installation import with_models

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
ANSWER_MS = 60_000
"""Generous: the first answer loads the encoders, on a machine that may be busy."""

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # In CI a missing browser fails the launch instead: skipped tests would look like passed ones.
    pytest.mark.skipif(CHROMIUM is None and os.environ.get("CI") != "true", reason="needs Chromium"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def playground(tmp_path_factory: pytest.TempPathFactory, models: Path) -> AsyncIterator[Playground]:
    home = with_models(tmp_path_factory.mktemp("playground"), models)
    async with Playground(home, page_port=0) as playground:
        await playground.prepare()
        await playground.start_bot()
        yield playground
        assert playground.discord.problems == []
        assert playground.content.problems == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def tab(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh profile that reaches this machine only, and whose pages complain about nothing."""
    complaints: list[str] = []

    async def only_here(route: Route) -> None:
        if re.match(r"^(http|ws)://127\.0\.0\.1:", route.request.url):
            await route.continue_()
        else:
            complaints.append(f"asked for {route.request.url}")
            await route.abort()

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    await context.route("**/*", only_here)
    context.on("console", heard)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    await context.close()
    assert complaints == []


async def opened(tab: BrowserContext, playground: Playground, *, name: str = "Mira") -> Page:
    page = await tab.new_page()
    await page.goto(playground.page.base)
    await become(page, name)
    await page.get_by_text(f"You are {name}").or_(page.locator(".message").first).first.wait_for()
    return page


async def become(page: Page, name: str, *, force: bool = True) -> None:
    """Choose who one is; again if the page, still hearing who there is, put the choice back."""
    radio = page.get_by_role("radio", name=re.compile(name))
    async with asyncio.timeout(15):
        while not await radio.is_checked():
            await radio.click(force=force)
            await page.wait_for_timeout(100)


async def typed(page: Page, command: str, **options: str) -> None:
    """Type a command with the keyboard alone: slash, name, then each option."""
    await page.locator("#composer-input").focus()
    await page.keyboard.type(f"/{command}")
    await page.keyboard.press("Enter")
    for name, value in options.items():
        add = page.locator(f'[data-add="{name}"]')
        await add.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.type(value)
        await page.keyboard.press("Escape") if await page.locator(".option .choices:visible").count() else None


async def answered(page: Page, answers_before: int) -> Locator:
    """Wait until one more message stands and nothing is being thought about; return the newest message."""
    await page.wait_for_function(
        "before => document.querySelectorAll('.message').length > before && !document.querySelector('.thinking')",
        arg=answers_before,
        timeout=ANSWER_MS,
    )
    return page.locator(".message").last


async def asked(page: Page, command: str, **options: str) -> Locator:
    before = await page.locator(".message").count()
    await typed(page, command, **options)
    await page.keyboard.press("Enter")
    return await answered(page, before)


async def genres_of(answer: Locator, playground: Playground) -> list[str]:
    """Return the genres of the suggested songs, by the covers that are shown."""
    genre_of = {album.spotify_id: album.genre for album in playground.catalog.albums}
    release_of = playground.album_of_release
    covers = [await image.get_attribute("src") or "" for image in await answer.locator("img.thumbnail").all()]
    ids = [release_of.get(cover.split("/")[2], Path(cover).stem) for cover in covers]
    return [genre_of[each] for each in ids]


async def test_sad_acoustic_songs_about_leaving_home_are_found_with_the_keyboard_alone(
    tab: BrowserContext, playground: Playground, tmp_path: Path
) -> None:
    page = await opened(tab, playground, name="Noor")

    answer = await asked(page, "recommend", prompt="sad acoustic songs about leaving home")

    genres = await genres_of(answer, playground)
    assert len(genres) == 5
    assert sum(genre in {"folk", "country"} for genre in genres) >= 4
    assert "Noor used /recommend" in (await answer.inner_text()).replace("\n", " ")
    await page.screenshot(path=tmp_path / "prompt.png")


async def test_a_member_is_picked_from_a_list_of_those_who_are_here(
    tab: BrowserContext, playground: Playground
) -> None:
    page = await opened(tab, playground)
    before = await page.locator(".message").count()
    await typed(page, "together")
    await page.locator("#option-with").select_option(label="Jonas")
    await page.keyboard.press("Enter")

    answer = await answered(page, before)

    assert "Jonas has not agreed that others start from their taste" in await answer.inner_text()


async def test_covers_are_seen_and_titles_lead_to_spotify(tab: BrowserContext, playground: Playground) -> None:
    page = await opened(tab, playground)

    answer = await asked(page, "recommend", artist="Laserhawk Avenue")

    await page.wait_for_function("() => [...document.images].every(image => image.complete && image.naturalWidth > 0)")
    first = answer.locator("a").first
    assert (await first.get_attribute("href") or "").startswith("https://open.spotify.com/track/")
    assert await first.get_attribute("rel") == "noopener noreferrer"
    assert set(await genres_of(answer, playground)) == {"synthwave"}


async def test_typing_a_title_offers_titles_of_the_catalog(tab: BrowserContext, playground: Playground) -> None:
    page = await opened(tab, playground)
    track = next(each for each in playground.catalog.dataset if each.genre == "metal")
    before = await page.locator(".message").count()

    await typed(page, "recommend")
    await page.locator('[data-add="track"]').focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type(track.facts.title[:-2])
    choice = page.get_by_role("option", name=re.compile(re.escape(track.facts.title)))
    await choice.first.wait_for()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    answer = await answered(page, before)

    genres = await genres_of(answer, playground)
    assert genres.count("metal") >= 4
    assert track.facts.title not in await answer.locator("h5").all_inner_texts()


async def test_a_verdict_is_confirmed_privately_and_buttons_outlive_a_restart(
    tab: BrowserContext, playground: Playground
) -> None:
    page = await opened(tab, playground, name="Jonas")
    answer = await asked(page, "recommend", prompt="music to fall asleep to")
    number = await answer.get_attribute("data-id")
    card = page.locator(f'[data-id="{number}"]')

    before = await page.locator(".message").count()
    await card.get_by_role("button", name="👍").first.click()
    confirmation = await answered(page, before)
    assert "Only you can see this" in await confirmation.inner_text()

    await page.get_by_role("button", name="Restart it").click()
    await page.locator('#bot-state[data-state="starting"]').wait_for()
    await page.locator('#bot-state[data-state="online"]').wait_for(timeout=ANSWER_MS)
    before = await page.locator(".message").count()
    await card.get_by_role("button", name="👎").nth(1).click()
    confirmation = await answered(page, before)
    assert "Only you can see this" in await confirmation.inner_text()

    await become(page, "Aiko")
    await page.get_by_text("Only you can see this").first.wait_for(state="detached")
    await page.locator(f'[data-id="{number}"]').wait_for()


async def test_linking_spotify_brings_music_for_both_of_miras_tastes(
    tab: BrowserContext, playground: Playground, tmp_path: Path
) -> None:
    page = await opened(tab, playground)
    unlinked = await asked(page, "recommend")
    assert "/link" in await unlinked.inner_text()

    invitation = await asked(page, "link")
    async with tab.expect_page() as waiting:
        await invitation.locator("a.press", has_text="Link Spotify").click()
    spotify = await waiting.value
    await spotify.get_by_role("link").or_(spotify.get_by_role("button")).first.click()
    await spotify.get_by_label("Mira").check()
    await spotify.get_by_role("button", name="Agree").click()
    await spotify.get_by_text("Linked", exact=True).wait_for()
    await spotify.close()
    await page.get_by_text("Linked to Spotify as").wait_for(timeout=ANSWER_MS)

    await asked(page, "recommend", count="10")
    shown = page.locator(".message", has=page.locator("img.thumbnail"))
    await page.wait_for_function(
        "() => document.querySelectorAll('.message img.thumbnail').length >= 10", timeout=ANSWER_MS
    )
    genres = [genre for one in await shown.all() for genre in await genres_of(one, playground)][-10:]

    assert set(genres) == {"metal", "lullaby"}
    await page.screenshot(path=tmp_path / "linked.png")


async def test_a_form_is_filled_in_and_refused_with_a_reason(tab: BrowserContext, playground: Playground) -> None:
    page = await opened(tab, playground, name="Aiko")
    invitation = await asked(page, "link")
    before = await page.locator(".message").count()

    await invitation.get_by_role("button", name="Paste the address").click()
    form = page.get_by_role("dialog")
    await form.locator("input, textarea").first.fill("http://127.0.0.1:1/nonsense")
    await form.get_by_role("button", name="Submit").click()
    answer = await answered(page, before)

    assert "Only you can see this" in await answer.inner_text()
    assert await form.count() == 0


async def test_a_value_outside_the_limits_is_not_sent(tab: BrowserContext, playground: Playground) -> None:
    page = await opened(tab, playground)
    before = len(playground.discord.requests)

    await typed(page, "recommend", count="999")
    await page.keyboard.press("Enter")

    assert "count" in await page.locator(".complaint").inner_text()
    await page.keyboard.press("Escape")
    assert await page.locator("#composer-input").evaluate("field => field === document.activeElement")
    assert len(playground.discord.requests) == before


async def test_an_unknown_title_is_answered_with_the_closest(tab: BrowserContext, playground: Playground) -> None:
    page = await opened(tab, playground)
    track = playground.catalog.dataset[0]

    answer = await asked(page, "recommend", track=f"{track.facts.title[:-1]}xq")

    assert track.facts.title in await answer.inner_text()


async def test_what_is_typed_is_shown_as_text_and_never_run(tab: BrowserContext, playground: Playground) -> None:
    page = await opened(tab, playground, name="Desmond")
    evil = "<img src=x onerror=alert(1)> [js](javascript:alert(1)) **bold**"

    await page.locator("#composer-input").fill(evil)
    await page.keyboard.press("Enter")
    message = page.locator(".message", has_text="onerror").last

    assert "<img src=x onerror=alert(1)>" in await message.inner_text()
    assert await message.locator("img[src=x], a").count() == 0
    assert await message.locator("strong", has_text="bold").count() == 1


async def test_covers_are_seen_whatever_port_the_page_had_when_they_were_imported(
    tab: BrowserContext, playground: Playground
) -> None:
    page = await opened(tab, playground)
    release = next(iter(playground.album_of_release))
    old = "http://127.0.0.1:1"

    shown = await page.evaluate(
        "async old => (await import('/page/components.js')).pictureAddress(old)", f"{old}/release/{release}/front-500"
    )

    assert shown == f"/release/{release}/front-500"
    assert await page.evaluate("async address => (await fetch(address)).ok", shown)


async def test_a_narrow_window_leaves_room_for_people_and_answers(tab: BrowserContext, playground: Playground) -> None:
    page = await opened(tab, playground, name="Noor")
    await page.set_viewport_size({"width": 380, "height": 760})

    answer = await asked(page, "recommend", prompt="rain", count="1")

    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    reason = await answer.locator(".section-text").bounding_box()
    room = await page.locator("#log").bounding_box()
    assert reason is not None
    assert reason["width"] >= 200
    assert room is not None
    assert room["height"] >= 400
    await become(page, "Desmond", force=False)


async def test_the_second_start_prepares_nothing_again(playground: Playground) -> None:
    before = (playground.home / "cratedigger.sqlite").stat().st_mtime_ns, playground.page.bot

    await playground.prepare()

    assert ((playground.home / "cratedigger.sqlite").stat().st_mtime_ns, playground.page.bot) == before
