/** A text field with a list of choices below it, after the ARIA combobox pattern. */

import { h } from "./dom.js";

let count = 0;

export class Combo {
  /**
   * @param {HTMLInputElement} input
   * @param {{label: string, onPick: function}} settings `onPick` gets the chosen item
   */
  constructor(input, { label, onPick }) {
    this.input = input;
    this.onPick = onPick;
    this.items = [];
    this.active = -1;
    this.list = h("ul.choices", { id: `choices-${++count}`, role: "listbox", "aria-label": label, hidden: true });
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"],
      ["aria-controls", this.list.id], ["autocomplete", "off"]]) input.setAttribute(name, value);
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.hide());
  }

  get isOpen() {
    return !this.list.hidden;
  }

  /** Offer items of the shape {label, hint?, ...}. */
  show(items, note) {
    this.items = items;
    this.list.replaceChildren(...items.map((item, row) => this.row(item, row)),
      ...(items.length || !note ? [] : [h("li.choices-note", { role: "presentation" }, note)]));
    this.list.hidden = !items.length && !note;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
    this.point(items.length ? 0 : -1);
  }

  hide() {
    this.list.hidden = true;
    this.items = [];
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  row(item, row) {
    const pick = (event) => { event.preventDefault(); this.pick(row); };
    return h("li.choice", { id: `${this.list.id}-${row}`, role: "option", "aria-selected": "false", onmousedown: pick },
      h("span.choice-label", {}, item.label), item.hint ? h("span.choice-hint", {}, item.hint) : null);
  }

  point(row) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = row;
    const chosen = this.items.length ? this.list.children[row] : undefined;
    if (!chosen) { this.input.removeAttribute("aria-activedescendant"); return; }
    chosen.setAttribute("aria-selected", "true");
    chosen.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", chosen.id);
  }

  pick(row) {
    const item = this.items[row];
    this.hide();
    this.onPick(item);
  }

  key(event) {
    if (!this.isOpen || event.isComposing) return;
    const rows = this.items.length;
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.hide(); return; }
    if (!rows) return;
    if (event.key === "ArrowDown") { event.preventDefault(); this.point((this.active + 1) % rows); }
    if (event.key === "ArrowUp") { event.preventDefault(); this.point((this.active - 1 + rows) % rows); }
    if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.pick(this.active);
    }
  }
}
