/** The playground's page: puts the parts together. */

import { Composer } from "./composer.js";
import { avatar, h } from "./dom.js";
import { openForm } from "./form.js";
import { Line } from "./link.js";
import { Log } from "./messages.js";

const MESSAGE_MENU = 3;
const REMEMBERED = "cratedigger-person";
const $ = (id) => document.getElementById(id);

let people = [];
let me = null;
let commands = [];

const log = new Log($("log"), {
  press: (message, customId, values) => act("press", { message, custom_id: customId, values }),
  menu: (name, message) => act("menu", { name, message }),
  menus: () => commands.filter((command) => command.type === MESSAGE_MENU).map((command) => command.name),
});

const composer = new Composer($("composer"), {
  say: (text) => { log.toBottom(); return act("say", { text }); },
  use: async (name, options) => { log.toBottom(); return (await line.ask("use", { name, options })).error ?? null; },
  people: () => people,
  complete: async (command, option, typed, options) => {
    const answer = await line.ask("complete", { command, option, typed, options });
    if (!answer.ok) throw new Error(answer.error);
    return answer.choices;
  },
});

const line = new Line({ event: (event) => EVENTS[event.type]?.(event), lost: () => showBot({ state: "lost", text: "The playground is not running" }) });

const EVENTS = {
  welcome: (event) => {
    people = event.people;
    $("room-name").textContent = event.channel;
    drawPeople();
    drawTries(event.tries);
    showBot(event.bot);
    const known = people.find(({ id }) => id === localStorage.getItem(REMEMBERED));
    become(known?.id ?? people[0].id);
  },
  bot: (event) => showBot(event.bot),
  commands: () => refreshCommands(),
  message_create: (event) => log.put(event.message),
  message_update: (event) => log.put(event.message),
  thinking: (event) => log.put(event.message),
  message_delete: (event) => log.remove(event.message.id),
  modal: (event) => openForm($("form"), event.modal, async (values) =>
    (await line.ask("submit", { interaction: event.interaction_id, values })).error ?? null),
  failed: () => log.note("The application did not respond", "failure"),
};

async function act(action, details) {
  const answer = await line.ask(action, details);
  if (!answer.ok) log.note(answer.error, "failure");
}

async function become(id) {
  const answer = await line.ask("be", { user: id });
  if (!answer.ok) { log.note(answer.error, "failure"); return; }
  me = id;
  localStorage.setItem(REMEMBERED, id);
  commands = answer.commands;
  composer.commands = commands;
  log.reset(answer.messages, welcome());
  for (const radio of $("people").querySelectorAll("input")) radio.checked = radio.value === id;
}

async function refreshCommands() {
  const answer = await line.ask("commands");
  if (!answer.ok) return;
  commands = answer.commands;
  composer.commands = commands;
}

function welcome() {
  const person = people.find(({ id }) => id === me);
  return h("div.welcome", {}, h("img", { src: "/page/logo.svg", alt: "", width: 72, height: 72 }),
    h("h3", {}, "Welcome to #music"),
    h("p", {}, `You are ${person.name} (${person.taste}). Press / and pick a command, or choose something to try on the left.`));
}

function drawPeople() {
  $("people").replaceChildren(...people.map((person) =>
    h("label.person", {}, h("input", { type: "radio", name: "person", value: person.id, onchange: () => become(person.id) }),
      avatar(person.name, false, 32),
      h("span.person-text", {}, h("strong", {}, person.name, person.is_admin ? h("span.crown", { title: "Server admin" }, " admin") : null), h("small", {}, person.taste)))));
}

function drawTries(tries) {
  $("tries").replaceChildren(...tries.map((text) => h("li", {}, h("button.try", { type: "button", onclick: () => {
    if (!composer.showText(text)) log.note("The bot does not know this command yet.");
  } }, text))));
}

function showBot(bot) {
  $("bot-state").dataset.state = bot.state;
  $("bot-text").textContent = bot.text;
  $("restart").disabled = !["online", "stopped"].includes(bot.state);
}

$("restart").addEventListener("click", () => act("restart", {}));

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, dialog");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    composer.showLine("/", true);
    composer.offer();
  }
});
