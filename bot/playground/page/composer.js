/** The line at the bottom: plain text, or a command with its options. */

import { Combo } from "./combo.js";
import { h } from "./dom.js";
import { OptionField } from "./options.js";

const CHAT_INPUT = 1, SUBCOMMAND = 1, GROUP = 2;
const ENTER = "Enter";

/** Return what a person may type after `/`: commands, with a line for every subcommand. */
export function typable(commands) {
  return commands.filter((command) => (command.type ?? CHAT_INPUT) === CHAT_INPUT).flatMap((command) => unfolded(command, command.name))
    .sort((one, other) => one.name.localeCompare(other.name));
}

function unfolded(node, name) {
  const inner = (node.options ?? []).filter((option) => option.type === SUBCOMMAND || option.type === GROUP);
  if (inner.length) return inner.flatMap((option) => unfolded(option, `${name} ${option.name}`));
  return [{ name, description: node.description, options: node.options ?? [] }];
}

export class Composer {
  /**
   * @param {HTMLElement} place
   * @param {{say: function, use: function, complete: function, people: function}} actions
   */
  constructor(place, actions) {
    this.place = place;
    this.actions = actions;
    this.entries = [];
    this.last = null;
    this.showLine();
  }

  set commands(commands) {
    this.entries = typable(commands);
    if (!this.place.querySelector("form.command")) this.offer();
  }

  /** Show the plain line. */
  showLine(text = "", isFocused = false) {
    this.input = h("input.line-input", { id: "composer-input", type: "text", value: text, maxlength: 2000,
      placeholder: "Message #music, or / for commands", "aria-label": "Message, or a command that starts with a slash",
      oninput: () => this.offer(), onkeydown: (event) => this.key(event) });
    this.combo = new Combo(this.input, { label: "Commands", onPick: (item) => this.showCommand(item.entry) });
    this.input.addEventListener("keydown", (event) => this.enter(event));
    const send = h("button.send", { type: "button", "aria-label": "Send", onclick: () => this.submitLine() }, "➤");
    this.place.replaceChildren(this.combo.list, h("div.line", {}, this.input, send));
    if (!isFocused) return;
    this.input.focus();
    this.input.setSelectionRange(text.length, text.length);
  }

  /** Show a command with the values that are known. */
  showCommand(entry, values = {}, complaint = "") {
    this.entry = entry;
    this.fields = new Map();
    this.fieldPlace = h("div.options");
    this.morePlace = h("div.more", { "aria-label": "More options" });
    this.complaint = h("p.complaint", { role: "alert" }, complaint);
    const cancel = h("button.remove", { type: "button", "aria-label": "Cancel the command", onclick: () => this.showLine("", true) }, "×");
    this.form = h("form.command", { "aria-label": `Command /${entry.name}`, novalidate: true, onsubmit: (event) => this.submit(event), onkeydown: (event) => this.formKey(event) },
      h("p.command-head", {}, h("strong", {}, `/${entry.name}`), h("span", {}, entry.description), cancel),
      this.fieldPlace, this.morePlace, this.complaint,
      h("button.send", { type: "submit", "aria-label": "Send the command" }, "➤"));
    this.place.replaceChildren(this.form);
    for (const option of entry.options) if (option.required || option.name in values) this.addField(option, values[option.name]);
    this.drawMore();
    (this.firstEmpty() ?? this.form.querySelector("button.send")).focus();
  }

  /** Show a command by its text, such as `/recommend prompt: sad songs`; false when it is none. */
  showText(text) {
    const entry = this.entries.find(({ name }) => text === `/${name}` || text.startsWith(`/${name} `));
    if (!entry) return false;
    this.showCommand(entry, typedValues(entry, text.slice(entry.name.length + 1)));
    return true;
  }

  addField(option, text) {
    const field = new OptionField(option, {
      complete: (asked, typed) => this.actions.complete(this.entry.name, asked.name, typed, this.values(asked.name)),
      people: this.actions.people,
      onRemove: () => this.removeField(option),
    });
    if (text !== undefined) field.fill(text);
    this.fields.set(option.name, field);
    this.fieldPlace.append(field.element);
    return field;
  }

  removeField(option) {
    this.fields.get(option.name).element.remove();
    this.fields.delete(option.name);
    this.drawMore();
    this.form.querySelector(`[data-add="${option.name}"]`)?.focus();
  }

  drawMore() {
    const left = this.entry.options.filter((option) => !this.fields.has(option.name));
    this.morePlace.replaceChildren(...left.map((option) => h("button.add", { type: "button", "data-add": option.name, title: option.description,
      onclick: () => { const field = this.addField(option); this.drawMore(); field.control.focus(); } }, `+ ${option.name}`)));
  }

  firstEmpty() {
    return [...this.fields.values()].find((field) => field.value === undefined)?.control;
  }

  values(except) {
    const filled = [...this.fields].filter(([name, field]) => name !== except && field.value !== undefined);
    return Object.fromEntries(filled.map(([name, field]) => [name, field.value]));
  }

  async submit(event) {
    event.preventDefault();
    const complaint = [...this.fields.values()].map((field) => field.complaint).find(Boolean);
    if (complaint) { this.complaint.textContent = complaint; this.firstEmpty()?.focus(); return; }
    const { entry, form } = this;
    const values = this.values();
    this.last = { entry, form, fields: this.fields, more: this.morePlace, place: this.fieldPlace, complaint: this.complaint };
    this.showLine("", true);
    const refusal = await this.actions.use(entry.name, values);
    if (refusal) { this.recall(); this.complaint.textContent = refusal; }
  }

  /** Bring the last command back, to send it again or changed. */
  recall() {
    if (!this.last) return;
    const { entry, form, fields, more, place, complaint } = this.last;
    Object.assign(this, { entry, form, fields, morePlace: more, fieldPlace: place, complaint });
    this.place.replaceChildren(form);
    (form.querySelector("input, select") ?? form.querySelector("button.send")).focus();
  }

  formKey(event) {
    if (event.key === "Escape") this.showLine("", true);
    if (event.key === ENTER && event.target.tagName === "SELECT") { event.preventDefault(); this.form.requestSubmit(); }
    if (event.key === "Backspace" && event.target.value === "") {
      const name = event.target.closest("[data-option]")?.dataset.option;
      const field = name && this.fields.get(name);
      if (field && !field.option.required) { event.preventDefault(); this.removeField(field.option); }
    }
  }

  offer() {
    const typed = this.input.value;
    if (!typed.startsWith("/")) { this.combo.hide(); return; }
    const wanted = typed.slice(1).trim().toLowerCase();
    const fits = this.entries.filter(({ name }) => name.startsWith(wanted));
    const near = this.entries.filter(({ name }) => !name.startsWith(wanted) && name.includes(wanted));
    const items = [...fits, ...near].map((entry) => ({ label: `/${entry.name}`, hint: entry.description, entry }));
    const isWritten = this.entries.some(({ name }) => typed.startsWith(`/${name} `));
    if (isWritten) this.combo.hide();
    else this.combo.show(items, this.entries.length ? "No such command" : "The bot has not registered its commands yet");
  }

  key(event) {
    if (event.key === "ArrowUp" && !this.input.value && this.last) { event.preventDefault(); this.recall(); }
  }

  enter(event) {
    if (event.key === ENTER && !event.isComposing) this.submitLine();
  }

  async submitLine() {
    const text = this.input.value.trim();
    if (!text || (text.startsWith("/") && this.showText(text))) return;
    if (text.startsWith("/")) return;
    this.input.value = "";
    await this.actions.say(text);
  }
}

function typedValues(entry, text) {
  const names = entry.options.map((option) => option.name.replace(/[^\w-]/g, ""));
  if (!names.length) return {};
  const parts = text.split(new RegExp(`(?:^|\\s)(${names.join("|")}):\\s*`));
  const values = {};
  for (let place = 1; place < parts.length; place += 2) values[parts[place]] = parts[place + 1].trim();
  return values;
}
