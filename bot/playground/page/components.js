/** Message components (version 2 and rows of buttons) as elements. */

import { h } from "./dom.js";
import { link, markdown } from "./markdown.js";

const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary", 6: "primary" };
const ROW = 1, BUTTON = 2, STRING_SELECT = 3, SECTION = 9, TEXT = 10, THUMBNAIL = 11, GALLERY = 12, FILE = 13;
const SEPARATOR = 14, CONTAINER = 17;

/**
 * Return elements for a message's components.
 * @param {Array} components
 * @param {function(string, string[]): Promise} press called with a custom id and chosen values
 */
export function components(all, press) {
  return (all ?? []).map((one) => component(one, press));
}

function component(one, press) {
  const children = () => components(one.components, press);
  switch (one.type) {
    case ROW: return h("div.row", {}, ...children());
    case BUTTON: return button(one, press);
    case STRING_SELECT: return select(one, press);
    case SECTION:
      return h("div.section", {}, h("div.section-text", {}, ...children()), one.accessory && component(one.accessory, press));
    case TEXT: return h("div.text", {}, ...markdown(one.content));
    case THUMBNAIL: return picture(one, "thumbnail");
    case GALLERY: return h("div.gallery", {}, ...(one.items ?? []).map((item) => picture(item, "gallery-item")));
    case FILE: return link(one.file.url, [one.name ?? "file"]);
    case SEPARATOR: return h(one.divider === false ? "div.gap" : "hr.separator", { "data-spacing": one.spacing ?? 1 });
    case CONTAINER: return container(one, children());
    default: return h("p.md-small", {}, `(a component of type ${one.type})`);
  }
}

function container(one, children) {
  const box = h("div.container", {}, ...children);
  if (one.accent_color !== null && one.accent_color !== undefined) {
    box.style.setProperty("--accent", `#${one.accent_color.toString(16).padStart(6, "0")}`);
  }
  return box;
}

function button(one, press) {
  const label = [one.emoji?.name && h("span.emoji", { "aria-hidden": "true" }, one.emoji.name), one.label];
  const style = `button.press.${BUTTON_STYLES[one.style] ?? "secondary"}`;
  const name = one.label ? undefined : one.emoji?.name;
  if (one.url) {
    const anchor = link(one.url, [...label, h("span.out", { "aria-label": "opens in a new tab" }, "↗")].filter(Boolean));
    anchor.className = "press secondary";
    return anchor;
  }
  return h(style, { type: "button", disabled: one.disabled, "data-custom-id": one.custom_id, "aria-label": name,
    onclick: (event) => busy(event.currentTarget, press(one.custom_id, [])) }, ...label);
}

async function busy(element, work) {
  element.classList.add("busy");
  element.setAttribute("aria-busy", "true");
  await work;
  element.classList.remove("busy");
  element.removeAttribute("aria-busy");
}

function select(one, press) {
  const options = (one.options ?? []).map((option) =>
    h("option", { value: option.value, selected: option.default }, option.label));
  const blank = h("option", { value: "", disabled: true, selected: !(one.options ?? []).some((o) => o.default) },
    one.placeholder ?? "Choose");
  return h("select.select", { disabled: one.disabled, "aria-label": one.placeholder ?? "Choose",
    onchange: (event) => press(one.custom_id, [event.currentTarget.value]) }, blank, ...options);
}

function picture(one, kind) {
  return h(`img.${kind}`, { src: pictureAddress(one.media.url), alt: one.description ?? "", loading: "lazy" });
}

const OUR_PICTURES = /^\/(covers\/|release\/[^/]+\/front-500$)/;

/** Covers of the sample come from this page, whatever port it had when they were imported. */
export function pictureAddress(address) {
  const parts = new URL(address, location.href);
  const isOurs = parts.hostname === "127.0.0.1" && OUR_PICTURES.test(parts.pathname);
  return isOurs ? parts.pathname : parts.href;
}
