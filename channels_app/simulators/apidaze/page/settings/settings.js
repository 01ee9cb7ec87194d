/* Choosing and adding numbers, and the webhook's address. */

import { refresh } from "../asking.js";
import { byId, say } from "../elements.js";
import { showHead } from "../head.js";
import { showSettings } from "../narrow.js";
import { digits } from "../numbers.js";
import { ask } from "../simulator.js";
import { clearThread } from "../thread/thread.js";
import { chooseCustomer } from "./customers.js";

function choose(number) {
  chooseCustomer(number);
  clearThread();
  byId("empty").hidden = false;
  showSettings(false);
  showHead();
  refresh();
}

async function save(field, data) {
  try {
    await ask("PUT", "/control/phone", data);
    field.removeAttribute("aria-invalid");
    say("settings-status", "Saved");
    await refresh();
    return true;
  } catch (error) {
    field.setAttribute("aria-invalid", "true");
    say("settings-status", error.message, true);
    return false;
  }
}

byId("customers").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) choose(button.dataset.number);
});

byId("add-customer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = byId("customer");
  const number = digits(field.value);
  const state = await ask("GET", "/control/phone").catch(() => ({ customer_numbers: [] }));
  if (await save(field, { customer_numbers: [...state.customer_numbers, number] })) {
    field.value = "";
    choose(number);
  }
});

byId("connection").addEventListener("submit", (event) => {
  event.preventDefault();
  document.activeElement.blur();
});

byId("business").addEventListener("change", async ({ target: field }) => {
  const number = digits(field.value);
  const state = await ask("GET", "/control/phone").catch(() => ({ business_numbers: [] }));
  const others = state.business_numbers.filter((known) => known !== number);
  if (await save(field, { business_numbers: [number, ...others] })) {
    field.value = number;
    clearThread();
    showHead();
    refresh();
  }
});

byId("webhook").addEventListener("change", ({ target: field }) => save(field, { webhook_url: field.value }));
