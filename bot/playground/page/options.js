/** The fields of a command's options. */

import { Combo } from "./combo.js";
import { h } from "./dom.js";

const STRING = 3, INTEGER = 4, BOOLEAN = 5, USER = 6, NUMBER = 10;
const TYPING_PAUSE_MS = 120;

/**
 * One option of a command as a labelled field.
 */
export class OptionField {
  /**
   * @param {Object} option as the bot registered it
   * @param {{complete: function(Object, string): Promise<Array>, people: function(): Array, onRemove: function}} ways
   */
  constructor(option, { complete, people, onRemove }) {
    this.option = option;
    this.complete = complete;
    this.people = people;
    this.picked = null;
    this.control = this.makeControl();
    const id = `option-${option.name}`;
    this.control.id = id;
    this.control.setAttribute("aria-description", option.description);
    this.control.title = option.description;
    this.element = h("div.option", { "data-option": option.name }, h("label", { for: id }, option.name), this.control,
      this.combo?.list,
      option.required ? null : h("button.remove", { type: "button", "aria-label": `Remove ${option.name}`, onclick: onRemove }, "×"));
  }

  makeControl() {
    const { type, choices, autocomplete } = this.option;
    if (choices?.length) return chooser(choices.map((choice, row) => [String(row), choice.name]));
    if (type === BOOLEAN) return chooser([["true", "True"], ["false", "False"]]);
    if (type === USER) return chooser(this.people().map(({ id, name }) => [id, name]));
    if (type === INTEGER || type === NUMBER) return this.numberField();
    const input = h("input", { type: "text", maxlength: this.option.max_length ?? 6000, autocomplete: "off", spellcheck: "false" });
    if (autocomplete) this.offer(input);
    return input;
  }

  numberField() {
    const { type, min_value: min, max_value: max } = this.option;
    return h("input", { type: "number", min, max, step: type === INTEGER ? 1 : "any", inputmode: "decimal" });
  }

  offer(input) {
    this.combo = new Combo(input, {
      label: this.option.name,
      onPick: (item) => { this.picked = item; input.value = item.label; },
    });
    const ask = () => {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.ask(input), TYPING_PAUSE_MS);
    };
    input.addEventListener("input", () => { this.picked = null; ask(); });
    input.addEventListener("focus", ask);
  }

  async ask(input) {
    const typed = input.value;
    if (this.picked || document.activeElement !== input) return;
    const choices = await this.complete(this.option, typed).catch(() => []);
    if (input.value !== typed || document.activeElement !== input || this.picked) return;
    this.combo.show(choices.map((choice) => ({ label: choice.name, value: choice.value })), "Nothing matches");
  }

  /** Fill the field from typed text. */
  fill(text) {
    const { choices } = this.option;
    if (choices?.length) {
      const row = choices.findIndex((choice) => [choice.name, String(choice.value)].some((name) => name.toLowerCase() === text.toLowerCase()));
      this.control.value = String(row);
    } else if (this.option.type === USER) {
      const name = text.replace(/^@/, "").toLowerCase();
      this.control.value = this.people().find((person) => person.name.toLowerCase() === name)?.id ?? "";
    } else {
      this.control.value = this.option.type === BOOLEAN ? String(/^(true|yes|1)$/i.test(text)) : text;
    }
  }

  /** What would be sent; undefined when it is empty. */
  get value() {
    const raw = this.control.value.trim();
    if (!raw) return undefined;
    if (this.picked) return this.picked.value;
    const { type, choices } = this.option;
    if (choices?.length) return choices[Number(raw)]?.value;
    if (type === BOOLEAN) return raw === "true";
    if (type === INTEGER || type === NUMBER) return Number(raw);
    return raw;
  }

  /** A sentence about what is wrong, or nothing. */
  get complaint() {
    if (!this.control.checkValidity()) return `${this.option.name}: ${this.control.validationMessage}`;
    if (this.option.required && this.value === undefined) return `${this.option.name} is required.`;
    const shortest = this.option.type === STRING ? this.option.min_length ?? 0 : 0;
    if (this.value !== undefined && String(this.value).length < shortest) return `${this.option.name} is too short.`;
    return null;
  }
}

function chooser(entries) {
  const blank = h("option", { value: "" }, "Choose…");
  return h("select", {}, blank, ...entries.map(([value, label]) => h("option", { value }, label)));
}
