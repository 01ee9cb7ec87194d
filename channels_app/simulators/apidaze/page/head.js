/* The head of the phone: which business one writes to, as whom. */

import { byId } from "./elements.js";
import { digits, pretty } from "./numbers.js";
import { customer } from "./settings/customers.js";

export const business = () => digits(byId("business").value);
export const hasNumbers = () => Boolean(customer() && byId("business").value);

export function showHead() {
  byId("thread-title").textContent = business() ? pretty(business()) : "No business number";
  byId("thread-owner").textContent = customer()
    ? `You are ${pretty(customer())}`
    : "Add your own number first";
  byId("avatar").textContent = business().slice(-2);
  byId("compose").querySelector("button").disabled = !customer() || !business();
}
