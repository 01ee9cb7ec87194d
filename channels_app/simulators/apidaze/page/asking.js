/* Asks the simulator once a second for the settings and for what is new in the chosen customer's thread. */

import { byId } from "./elements.js";
import { showHead } from "./head.js";
import { customer, lookAnew, showCustomers } from "./settings/customers.js";
import { ask } from "./simulator.js";
import { clearThread, showMessages, shownUpTo } from "./thread/thread.js";

const EVERY = 1000; // ms

let isAsking = false;
let asksAgain = false;
let generation = ""; // of the simulator: another one knows nothing of what was shown

/** Asks now; while a question is on its way, right after its answer. */
export async function refresh() {
  if (isAsking) {
    asksAgain = true;
    return;
  }
  isAsking = true;
  const asked = customer();
  try {
    const address = `/control/phone?customer=${encodeURIComponent(asked)}&since=${shownUpTo()}`;
    show(await ask("GET", address), asked);
    byId("trouble").hidden = true;
  } catch {
    byId("trouble").textContent = "The simulator does not answer. Trying again…";
    byId("trouble").hidden = false;
  }
  isAsking = false;
  if (asksAgain) {
    asksAgain = false;
    await refresh();
  }
}

function show(state, asked) {
  showNumbers(state);
  const isAnother = state.generation !== generation;
  generation = state.generation;
  if (isAnother) {
    lookAnew();
    clearThread();
  }
  showCustomers([...state.customer_numbers, ...state.other_customers], state.newest);
  if (isAnother || asked !== customer()) asksAgain = true;
  else showMessages(state.messages, state.changed);
  showHead();
}

function showNumbers(state) {
  const business = byId("business");
  if (!business.value) fill(business, state.business_numbers[0] || "");
  fill(byId("webhook"), state.webhook_url);
  const offered = byId("businesses");
  if (offered.dataset.shown === state.business_numbers.join()) return;
  offered.dataset.shown = state.business_numbers.join();
  offered.replaceChildren(...state.business_numbers.map((number) => new Option(number, number)));
}

function fill(field, value) {
  if (document.activeElement !== field && !field.hasAttribute("aria-invalid")) field.value = value;
}

export async function keepAsking() {
  await refresh();
  setTimeout(keepAsking, EVERY);
}
