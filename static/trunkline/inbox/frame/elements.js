/* Elements that many parts of the page look for. News replaces them, so they are looked up each time. */

export const byId = (id) => document.getElementById(id);
export const conversation = () => byId("conversation");

/** The id of the session that is shown, as text. */
export const session = () => conversation()?.dataset.session;

/** A screen that has room for the list and the conversation side by side. */
export const isWide = () => matchMedia("(min-width: 761px)").matches;
