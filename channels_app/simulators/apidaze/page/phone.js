// Asks the simulator once a second for the settings and for what is new in the chosen customer's thread.

import { add, take } from "./chosen.js";
import { byId, element } from "./elements.js";
import { showFiles } from "./files.js";

const POLL_MS = 1000;
const SHOWN_MESSAGES = 500;

let customer = sessionStorage.getItem("customer") || "";
let customers = [];
let generation = "";
let since = 0;
let asking = false;
let askAgain = false;
let firstLook = true;
let atEnd = true;
let lastSend = Promise.resolve();
const seen = new Map();
const rows = new Map();

function pretty(digits) {
  const us = /^1(\d{3})(\d{3})(\d{4})$/.exec(digits);
  return us ? `+1 ${us[1]} ${us[2]} ${us[3]}` : `+${digits}`;
}

async function ask(method, address, data) {
  const options = { method, cache: "no-store" };
  if (data !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(data);
  }
  const answer = await fetch(address, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || `The simulator answered ${answer.status}`);
  return body;
}

function say(id, text, bad) {
  const place = byId(id);
  place.textContent = text;
  place.classList.toggle("bad", Boolean(bad));
}

function digits(text) {
  return text.replace(/[\s+().-]/g, "");
}

// The thread

function stateInWords(message) {
  if (message.state === "sending") return "Sending…";
  if (message.state === "delivered") return `Delivered · ${message.status}`;
  if (message.status === null) return `Not delivered · ${message.problem}`;
  return `Not delivered · the webhook answered ${message.status}`;
}

function newRow(message) {
  const row = element("div");
  const [bubble, text, files, note] = ["bubble", "text", "files", "note"].map((name) => element("div", name));
  text.textContent = message.text;
  text.hidden = !message.text;
  bubble.append(text, files);
  row.append(element("p", "unseen", message.from_customer ? "You wrote" : "The business wrote"), bubble, note);
  return row;
}

function showMessage(row, message) {
  row.className = `message ${message.from_customer ? "mine" : "theirs"} ${message.state}`;
  showFiles(row.querySelector(".files"), message.files);
  const time = element("time", "", new Date(message.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = message.at;
  const note = row.querySelector(".note");
  note.replaceChildren(time);
  if (message.from_customer) note.append(" · ", element("span", "state", stateInWords(message)));
  const business = digits(byId("business").value);
  if (message.business !== business) {
    note.append(` · ${message.from_customer ? "to" : "from"} ${pretty(message.business)}`);
  }
}

function clearThread() {
  rows.clear();
  byId("thread").replaceChildren();
  since = 0;
  atEnd = true;
}

function toTheEnd() {
  byId("thread").scrollTop = byId("thread").scrollHeight;
}

function showMessages(messages) {
  for (const message of messages) {
    if (!rows.has(message.id)) {
      rows.set(message.id, newRow(message));
      byId("thread").append(rows.get(message.id));
    }
    showMessage(rows.get(message.id), message);
  }
  for (const id of rows.keys()) {
    if (rows.size <= SHOWN_MESSAGES) break;
    rows.get(id).remove();
    rows.delete(id);
  }
  byId("empty").hidden = rows.size > 0;
  if (messages.length && atEnd) toTheEnd();
}

byId("thread").addEventListener("scroll", (event) => {
  const thread = event.target;
  atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
});
new ResizeObserver(() => atEnd && toTheEnd()).observe(byId("thread"));
for (const grown of ["load", "loadedmetadata"]) { // pictures and films have their height only then
  byId("thread").addEventListener(grown, () => atEnd && toTheEnd(), true);
}

// Numbers and addresses

function customerButton(number) {
  const button = element("button");
  button.type = "button";
  button.dataset.number = number;
  button.append(element("span", "", pretty(number)));
  button.addEventListener("click", () => choose(number));
  return button;
}

function showCustomers(listed, newest) {
  const list = byId("customers");
  if (listed.join() !== customers.join()) {
    customers = listed;
    list.replaceChildren(...listed.map((number) => {
      const item = element("li");
      item.append(customerButton(number));
      return item;
    }));
  }
  for (const button of list.querySelectorAll("button")) {
    const number = button.dataset.number;
    if (number === customer || firstLook) seen.set(number, newest[number] || 0);
    const unread = (newest[number] || 0) > (seen.get(number) || 0);
    button.setAttribute("aria-pressed", String(number === customer));
    const badge = button.querySelector(".unread");
    if (unread && !badge) button.append(element("span", "unread", "new"));
    if (!unread && badge) badge.remove();
  }
  firstLook = false;
}

function showHead() {
  const business = digits(byId("business").value);
  byId("thread-title").textContent = business ? pretty(business) : "No business number";
  byId("thread-owner").textContent = customer ? `You are ${pretty(customer)}` : "Add your own number first";
  byId("avatar").textContent = business.slice(-2);
  byId("compose").querySelector("button").disabled = !customer || !business;
}

function choose(number) {
  customer = number;
  sessionStorage.setItem("customer", number);
  clearThread();
  byId("empty").hidden = false;
  setUp(false);
  showHead();
  refresh();
}

function setUp(open) {
  document.body.classList.toggle("setting-up", open);
  byId("open-settings").setAttribute("aria-expanded", String(open));
}

function fill(field, value) {
  if (document.activeElement !== field && !field.hasAttribute("aria-invalid")) field.value = value;
}

function showSettings(state) {
  const business = byId("business");
  if (!business.value) fill(business, state.business_numbers[0] || "");
  fill(byId("webhook"), state.webhook_url);
  const offered = byId("businesses");
  if (offered.dataset.shown !== state.business_numbers.join()) {
    offered.dataset.shown = state.business_numbers.join();
    offered.replaceChildren(...state.business_numbers.map((number) => {
      const option = element("option");
      option.value = number;
      return option;
    }));
  }
}

async function refresh() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  const asked = customer;
  try {
    const state = await ask("GET", `/control/phone?customer=${encodeURIComponent(asked)}&since=${since}`);
    byId("trouble").hidden = true;
    showSettings(state);
    const listed = [...state.customer_numbers, ...state.other_customers];
    if (!customer && listed.length) customer = listed[0];
    if (state.generation !== generation) {
      generation = state.generation;
      firstLook = true;
      seen.clear();
      clearThread();
      askAgain = true;
    } else if (asked !== customer) {
      askAgain = true;
    } else {
      since = state.changed;
      showMessages(state.messages);
    }
    showCustomers(listed, state.newest);
    showHead();
  } catch (error) {
    byId("trouble").textContent = "The simulator does not answer. Trying again…";
    byId("trouble").hidden = false;
  }
  asking = false;
  if (askAgain) {
    askAgain = false;
    await refresh();
  }
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

byId("business").addEventListener("change", async (event) => {
  const field = event.target;
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

byId("webhook").addEventListener("change", (event) => {
  save(event.target, { webhook_url: event.target.value });
});

byId("open-settings").addEventListener("click", () => {
  setUp(true);
  byId("close-settings").focus();
});
byId("close-settings").addEventListener("click", () => {
  setUp(false);
  byId("open-settings").focus();
});

// Writing

function fitText() {
  const field = byId("text");
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

byId("text").addEventListener("input", fitText);
byId("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    byId("compose").requestSubmit();
  }
});

async function upload(file) {
  const answer = await fetch(`/control/phone/uploads?name=${encodeURIComponent(file.name)}`, {
    method: "PUT",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  }).catch(() => { throw new Error(`${file.name} could not be handed over`); });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${file.name}: ${body.error}`);
  return body.upload;
}

async function send(message, files) {
  message.uploads = [];
  for (const [index, file] of files.entries()) {
    say("compose-status", `Handing over file ${index + 1} of ${files.length}…`);
    message.uploads.push(await upload(file));
  }
  if (files.length) say("compose-status", "");
  const sent = ask("POST", "/control/phone/send", message);
  refresh();
  await sent;
}

byId("compose").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = byId("text");
  const text = field.value.trim();
  const business = byId("business").value;
  if (!customer || !business) return;
  const files = take();
  if (!text && !files.length) return;
  field.value = "";
  fitText();
  field.focus();
  say("compose-status", "");
  toTheEnd();
  const sending = lastSend.then(() => send({ from: customer, to: business, text }, files)); // in the order written
  lastSend = sending.catch(() => {});
  try {
    await sending;
  } catch (error) {
    say("compose-status", error.message, true);
    add(files);
    if (!field.value) field.value = text;
    fitText();
  }
  refresh();
});

async function keepAsking() {
  await refresh();
  setTimeout(keepAsking, POLL_MS);
}

showHead();
keepAsking().then(() => setUp(!customer || !byId("business").value));
