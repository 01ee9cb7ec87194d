/* A tab ends a search. */

import { byId } from "../frame/elements.js";

document.addEventListener("click", ({ target }) => {
  if (target.closest(".tabs a") && byId("search")) byId("search").value = "";
});
