/** Discord's markdown as elements: what the bot writes is shown, never run. */

import { h } from "./dom.js";

const INLINE = [
  [/^\\([\\*_~`|[\]()<>#-])/, (m) => document.createTextNode(m[1])],
  [/^`([^`]+)`/, (m) => h("code", {}, m[1])],
  [/^\*\*\*([\s\S]+?)\*\*\*/, (m) => h("strong", {}, h("em", {}, ...inline(m[1])))],
  [/^\*\*([\s\S]+?)\*\*/, (m) => h("strong", {}, ...inline(m[1]))],
  [/^__([\s\S]+?)__/, (m) => h("u", {}, ...inline(m[1]))],
  [/^\*([^\s*][\s\S]*?)\*/, (m) => h("em", {}, ...inline(m[1]))],
  [/^_([^\s_][\s\S]*?)_(?!\w)/, (m) => h("em", {}, ...inline(m[1]))],
  [/^~~([\s\S]+?)~~/, (m) => h("s", {}, ...inline(m[1]))],
  [/^\|\|([\s\S]+?)\|\|/, (m) => spoiler(m[1])],
  [/^\[((?:\\.|[^\]\\])+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, (m) => link(m[2], inline(m[1]))],
  [/^<(https?:\/\/[^\s>]+)>/, (m) => link(m[1], [m[1]])],
  [/^https?:\/\/[^\s<>)]+/, (m) => link(m[0], [m[0]])],
  [/^<t:(-?\d+)(?::([tTdDfFRsS]))?>/, (m) => moment(Number(m[1]), m[2] ?? "f")],
  [/^<\/([\w -]+):\d+>/, (m) => h("span.mention", {}, `/${m[1]}`)],
  [/^<a?:(\w+):\d+>/, (m) => document.createTextNode(`:${m[1]}:`)],
  [/^<[@#][!&]?\d+>/, (m) => h("span.mention", {}, m[0])],
];

/** Return elements for a text with block and inline markup. */
export function markdown(text) {
  const blocks = [];
  const lines = text.split("\n");
  while (lines.length) blocks.push(block(lines));
  return blocks;
}

function block(lines) {
  const line = lines.shift();
  if (line.startsWith("```")) return codeBlock(line, lines);
  const heading = /^(#{1,3}) +(.+)$/.exec(line);
  if (heading) return h(`h${heading[1].length + 2}.md-heading`, {}, ...inline(heading[2]));
  if (line.startsWith("-# ")) return h("p.md-small", {}, ...inline(line.slice(3)));
  if (line.startsWith("> ")) return h("blockquote", {}, ...inline(line.slice(2)));
  if (/^[-*] /.test(line)) return list(line, lines, /^[-*] (.*)$/, "ul");
  if (/^\d+\. /.test(line)) return list(line, lines, /^\d+\. (.*)$/, "ol");
  if (!line.trim()) return h("div.md-gap");
  return h("p", {}, ...inline(line));
}

function list(first, lines, pattern, tag) {
  const items = [pattern.exec(first)[1]];
  while (lines.length && pattern.test(lines[0])) items.push(pattern.exec(lines.shift())[1]);
  return h(tag, {}, ...items.map((item) => h("li", {}, ...inline(item))));
}

function codeBlock(first, lines) {
  const code = [];
  const alone = /^```(.*)```$/.exec(first);
  if (alone) return h("pre", {}, h("code", {}, alone[1]));
  while (lines.length && !lines[0].startsWith("```")) code.push(lines.shift());
  lines.shift();
  return h("pre", {}, h("code", {}, code.join("\n")));
}

/** Return nodes for a text without block markup. */
export function inline(text) {
  const nodes = [];
  let plain = "";
  let rest = text;
  while (rest) {
    const hit = matched(rest, plain);
    if (hit) {
      if (plain) nodes.push(document.createTextNode(plain));
      plain = "";
      nodes.push(hit.node);
      rest = rest.slice(hit.length);
    } else {
      plain += rest[0];
      rest = rest.slice(1);
    }
  }
  if (plain) nodes.push(document.createTextNode(plain));
  return nodes;
}

function matched(rest, before) {
  // An underscore inside a word is a letter, not markup.
  if (rest[0] === "_" && /\w$/.test(before)) return null;
  for (const [pattern, make] of INLINE) {
    const match = pattern.exec(rest);
    if (match) return { node: make(match), length: match[0].length };
  }
  return null;
}

/** Return a link that opens beside this page. */
export function link(address, children) {
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function spoiler(text) {
  const open = (event) => event.currentTarget.classList.add("open");
  return h("button.spoiler", { type: "button", onclick: open, "aria-label": "Hidden text; press to show" }, ...inline(text));
}

function moment(seconds, style) {
  const at = new Date(seconds * 1000);
  const formats = {
    t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" },
    f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" },
  };
  const written = style === "R" ? relative(at) : new Intl.DateTimeFormat(undefined, formats[style] ?? formats.f).format(at);
  return h("time.moment", { datetime: at.toISOString(), title: at.toLocaleString() }, written);
}

function relative(at) {
  const seconds = (at - Date.now()) / 1000;
  const units = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units.at(-1);
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / length), unit);
}
