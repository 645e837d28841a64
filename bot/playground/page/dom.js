/** Small help for building elements; text is always set as text, never as HTML. */

/**
 * Make an element.
 * @param {string} tag `div`, or `div.class.other`
 * @param {Object} [properties] attributes; `on…` are listeners; true and false set and leave out
 * @param {...(Node|string|null|undefined)} children
 */
export function h(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A colour that belongs to a name. */
export function hueOf(name) {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return sum;
}

/** A round picture for someone: the logo for the bot, else the first letter. */
export function avatar(name, isBot, size = 40) {
  if (isBot) return h("img.avatar", { src: "/page/logo.svg", alt: "", width: size, height: size });
  const face = h("span.avatar.letter", { "aria-hidden": "true" }, name.slice(0, 1).toUpperCase());
  face.style.setProperty("--hue", hueOf(name));
  face.style.setProperty("--size", `${size}px`);
  return face;
}
