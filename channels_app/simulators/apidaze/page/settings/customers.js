/* The customers one can be: which one is chosen, and for whom there is something new. */

import { byId, element } from "../elements.js";
import { pretty } from "../numbers.js";

let chosen = sessionStorage.getItem("customer") || "";
let listed = [];
let isFirstLook = true;
const seen = new Map(); // customers → their newest message that was looked at

export const customer = () => chosen;

export function chooseCustomer(number) {
  chosen = number;
  sessionStorage.setItem("customer", number);
}

/** What is there by now counts as looked at: another simulator answers, or it was emptied. */
export function lookAnew() {
  isFirstLook = true;
  seen.clear();
}

/** Shows the customers; `newest` has the number of each one's newest message. */
export function showCustomers(numbers, newest) {
  const list = byId("customers");
  if (!chosen && numbers.length) chosen = numbers[0];
  if (numbers.join() !== listed.join()) list.replaceChildren(...numbers.map(customerItem));
  listed = numbers;
  for (const button of list.querySelectorAll("button"))
    showCustomer(button, newest[button.dataset.number] || 0);
  isFirstLook = false;
}

function customerItem(number) {
  const item = element("li");
  const button = element("button");
  button.type = "button";
  button.dataset.number = number;
  button.append(element("span", "", pretty(number)));
  item.append(button);
  return item;
}

function showCustomer(button, newest) {
  const { number } = button.dataset;
  if (number === chosen || isFirstLook) seen.set(number, newest);
  const unread = newest > (seen.get(number) || 0);
  button.setAttribute("aria-pressed", String(number === chosen));
  const badge = button.querySelector(".unread");
  if (unread && !badge) button.append(element("span", "unread", "new"));
  if (!unread && badge) badge.remove();
}
