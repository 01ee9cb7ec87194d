/* Posts to our server from scripts. */

export const headers = () => ({ "X-CSRFToken": document.body.dataset.csrf, "HX-Request": "true" });

/** Posts the fields of `data`; the promise fails only where there was no answer. */
export function post(address, data = {}, options = {}) {
  return fetch(address, { method: "POST", headers: headers(), body: new URLSearchParams(data), ...options });
}
