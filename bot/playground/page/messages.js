/** The channel: messages come, change and go. */

import { components, pictureAddress } from "./components.js";
import { avatar, h } from "./dom.js";
import { link, markdown } from "./markdown.js";

const EPHEMERAL = 1 << 6, LOADING = 1 << 7;
const NEAR_BOTTOM_PX = 120;

export class Log {
  /**
   * @param {HTMLElement} place
   * @param {{press: function, menus: function, menu: function}} actions
   */
  constructor(place, actions) {
    this.place = place;
    this.actions = actions;
    this.shown = new Map();
    this.dismissed = new Set();
    this.isFollowing = true;
    place.addEventListener("scroll", () => { this.isFollowing = this.isAtBottom(); });
    new ResizeObserver(() => this.isFollowing && this.toBottom()).observe(place);
  }

  /** Show these messages and no others. */
  reset(messages, empty) {
    this.shown.clear();
    this.place.replaceChildren();
    if (!messages.length && empty) this.place.append(empty);
    for (const message of messages) this.put(message);
    this.toBottom();
  }

  /** Show a message, or show what became of it. */
  put(message) {
    if (this.dismissed.has(message.id)) return;
    this.place.querySelector(".welcome")?.remove();
    const old = this.shown.get(message.id);
    const element = this.element(message);
    if (old) this.replace(old, element);
    else this.place.append(element);
    this.shown.set(message.id, element);
    for (const image of element.querySelectorAll("img")) image.addEventListener("load", () => this.isFollowing && this.toBottom());
    if (this.isFollowing) this.toBottom();
  }

  /** Take a message away. */
  remove(id) {
    this.shown.get(id)?.remove();
    this.shown.delete(id);
  }

  /** Say something that is no message: an error, a remark. */
  note(text, kind = "note") {
    this.place.append(h(`p.${kind}`, { role: kind === "note" ? undefined : "alert" }, text));
    this.toBottom();
  }

  replace(old, element) {
    const focused = old.contains(document.activeElement) ? document.activeElement.dataset?.customId : undefined;
    old.replaceWith(element);
    if (focused) element.querySelector(`[data-custom-id="${CSS.escape(focused)}"]`)?.focus();
  }

  isAtBottom() {
    return this.place.scrollHeight - this.place.scrollTop - this.place.clientHeight < NEAR_BOTTOM_PX;
  }

  toBottom() {
    this.isFollowing = true;
    this.place.scrollTop = this.place.scrollHeight;
  }

  element(message) {
    const author = message.author;
    const name = author.global_name ?? author.username;
    const isEphemeral = Boolean(message.flags & EPHEMERAL);
    return h(`article.message${isEphemeral ? ".ephemeral" : ""}`, { "data-id": message.id, "aria-label": `Message from ${name}` },
      usedLine(message),
      h("div.message-body", {},
        avatar(name, author.bot),
        h("div.message-main", {}, header(message, name), ...this.content(message), isEphemeral ? this.privately(message) : null)),
      this.menus(message));
  }

  content(message) {
    if (message.flags & LOADING) return [thinking()];
    const press = (customId, values) => this.actions.press(message.id, customId, values);
    return [
      ...(message.content ? [h("div.text", {}, ...markdown(message.content))] : []),
      ...(message.embeds ?? []).map(embed),
      ...(message.attachments ?? []).map(attachment),
      ...components(message.components, press),
    ];
  }

  privately(message) {
    const dismiss = () => { this.dismissed.add(message.id); this.remove(message.id); };
    return h("p.private", {}, "👁 Only you can see this · ",
      h("button.link", { type: "button", onclick: dismiss }, "Dismiss message"));
  }

  menus(message) {
    const names = message.flags & EPHEMERAL ? [] : this.actions.menus();
    if (!names.length) return null;
    return h("div.message-menu", {}, ...names.map((name) =>
      h("button.quiet", { type: "button", onclick: () => this.actions.menu(name, message.id) }, name)));
  }
}

function usedLine(message) {
  const by = message.interaction_metadata?.user;
  if (!by || !message.used) return null;
  return h("p.used", {}, h("span.used-line", { "aria-hidden": "true" }), h("strong", {}, by.global_name ?? by.username),
    " used ", h("span.mention", {}, message.used));
}

function header(message, name) {
  const at = new Date(message.timestamp);
  return h("p.message-head", {}, h("strong.author", {}, name), message.author.bot ? h("span.app", {}, "APP") : null,
    h("time", { datetime: message.timestamp }, at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })),
    message.edited_timestamp && !message.author.bot ? h("span.edited", {}, "(edited)") : null);
}

function thinking() {
  return h("p.thinking", { role: "status" }, h("span.spin", { "aria-hidden": "true" }), "Cratedigger is thinking…");
}

function embed(one) {
  const box = h("div.container", {},
    one.title ? h("h4.md-heading", {}, one.url ? link(one.url, [one.title]) : one.title) : null,
    one.description ? h("div.text", {}, ...markdown(one.description)) : null,
    ...(one.fields ?? []).map((field) => h("div.field", {}, h("strong", {}, field.name), ...markdown(field.value))),
    one.image ? h("img.gallery-item", { src: pictureAddress(one.image.url), alt: "" }) : null,
    one.footer ? h("p.md-small", {}, one.footer.text) : null);
  if (one.color) box.style.setProperty("--accent", `#${one.color.toString(16).padStart(6, "0")}`);
  return box;
}

function attachment(file) {
  if (file.content_type?.startsWith("image/")) return h("img.gallery-item", { src: file.url, alt: file.description ?? file.filename });
  return h("p", {}, link(file.url, [file.filename]));
}
