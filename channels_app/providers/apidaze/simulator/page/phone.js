"use strict";

// Asks the simulator once a second for the settings and for what is new in the chosen customer's thread.

const POLL_MS = 1000;
const SHOWN_MESSAGES = 500;
const byId = (id) => document.getElementById(id);

let customer = sessionStorage.getItem("customer") || "";
let customers = [];
let generation = "";
let since = 0;
let asking = false;
let askAgain = false;
let firstLook = true;
let lastSend = Promise.resolve();
const seen = new Map();
const rows = new Map();

function pretty(digits) {
  const us = /^1(\d{3})(\d{3})(\d{4})$/.exec(digits);
  return us ? `+1 ${us[1]} ${us[2]} ${us[3]}` : `+${digits}`;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
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

function fileLink(address, number) {
  if (!/^https?:\/\//.test(address)) return element("span", "", address);
  const link = element("a", "", address.split(/[?#]/)[0].split("/").pop() || `File ${number}`);
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

function messageRow(message) {
  const row = element("div", `message ${message.from_customer ? "mine" : "theirs"} ${message.state}`);
  const bubble = element("div", "bubble", message.text);
  message.file_names.forEach((name) => bubble.append(element("span", "own-file", name)));
  message.file_urls.forEach((address, index) => bubble.append(fileLink(address, index + 1)));
  const note = element("p", "note");
  const time = element("time", "", new Date(message.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = message.at;
  note.append(time);
  if (message.from_customer) note.append(" · ", element("span", "state", stateInWords(message)));
  const business = digits(byId("business").value);
  if (message.business !== business) {
    note.append(` · ${message.from_customer ? "to" : "from"} ${pretty(message.business)}`);
  }
  row.append(element("p", "unseen", message.from_customer ? "You wrote" : "The business wrote"), bubble, note);
  return row;
}

function clearThread() {
  rows.clear();
  byId("thread").replaceChildren();
  since = 0;
}

function showMessages(messages) {
  const thread = byId("thread");
  const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
  for (const message of messages) {
    const row = messageRow(message);
    const old = rows.get(message.id);
    if (old) old.replaceWith(row);
    else thread.append(row);
    rows.set(message.id, row);
  }
  for (const id of rows.keys()) {
    if (rows.size <= SHOWN_MESSAGES) break;
    rows.get(id).remove();
    rows.delete(id);
  }
  byId("empty").hidden = rows.size > 0;
  if (messages.length && atEnd) thread.scrollTop = thread.scrollHeight;
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

function inBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error(`${file.name} could not be read`));
    reader.readAsDataURL(file);
  });
}

async function contents(files) {
  const found = {};
  for (const file of files) found[file.name] = await inBase64(file);
  return found;
}

byId("files").addEventListener("change", (event) => {
  const names = [...event.target.files].map((file) => file.name);
  say("compose-status", names.length ? `With ${names.join(", ")}` : "");
});

byId("compose").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = byId("text");
  const text = field.value.trim();
  const chosen = [...byId("files").files];
  if ((!text && !chosen.length) || !customer) return;
  field.value = "";
  byId("files").value = "";
  fitText();
  field.focus();
  say("compose-status", "");
  const thread = byId("thread");
  thread.scrollTop = thread.scrollHeight;
  const message = { from: customer, to: byId("business").value, text };
  const sending = lastSend.then(async () => { // in the order written
    message.files = await contents(chosen);
    return ask("POST", "/control/phone/send", message);
  });
  lastSend = sending.catch(() => {});
  refresh();
  try {
    await sending;
  } catch (error) {
    say("compose-status", error.message, true);
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
