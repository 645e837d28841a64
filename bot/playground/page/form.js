/** Forms that the bot opens. */

import { h } from "./dom.js";
import { markdown } from "./markdown.js";

const ROW = 1, SELECT = 3, INPUT = 4, TEXT = 10, LABEL = 18;
const PARAGRAPH = 2;

/**
 * Open a form over the page.
 * @param {HTMLDialogElement} dialog
 * @param {Object} modal Discord's JSON: title, components
 * @param {function(Object): Promise<string|null>} send gets values by custom id, returns why it was refused
 */
export function openForm(dialog, modal, send) {
  const complaint = h("p.complaint", { role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget));
    const refusal = await send(values);
    if (refusal) complaint.textContent = refusal;
    else dialog.close();
  };
  dialog.replaceChildren(h("form", { onsubmit: submit },
    h("h2", { id: "form-title" }, modal.title), ...(modal.components ?? []).map((one) => part(one)), complaint,
    h("div.form-foot", {}, h("button.quiet", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      h("button.press.primary", { type: "submit" }, "Submit"))));
  dialog.showModal();
}

function part(one, label) {
  if (one.type === ROW) return h("div", {}, ...(one.components ?? []).map((inner) => part(inner)));
  if (one.type === LABEL) return part(one.component, one);
  if (one.type === TEXT) return h("div.text", {}, ...markdown(one.content));
  if (one.type === INPUT) return labelled(one, label, field(one));
  if (one.type === SELECT) return labelled(one, label, chooser(one));
  return h("p.md-small", {}, `(a field of type ${one.type})`);
}

function labelled(one, label, control) {
  return h("label.field", {}, h("span", {}, label?.label ?? one.label ?? one.custom_id),
    label?.description ? h("small", {}, label.description) : null, control);
}

function field(one) {
  const common = { name: one.custom_id, maxlength: one.max_length ?? 4000, minlength: one.min_length, required: one.required !== false, placeholder: one.placeholder };
  if (one.style === PARAGRAPH) return h("textarea", { ...common, rows: 5 }, one.value ?? "");
  return h("input", { ...common, type: "text", value: one.value });
}

function chooser(one) {
  return h("select", { name: one.custom_id, required: one.required !== false },
    ...(one.options ?? []).map((option) => h("option", { value: option.value, selected: option.default }, option.label)));
}
