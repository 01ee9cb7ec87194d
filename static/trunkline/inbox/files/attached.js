/* The files beside the box, as the page shows them: those that are stored have a hidden field of the form. */

export const fileLines = () => [...document.querySelectorAll("#drafts > .draft")];
export const storedLines = () => fileLines().filter((line) => line.querySelector("[name=files]"));
export const idOf = (line) => line.querySelector("[name=files]").value;

/** The ids of the files that go with the next message. */
export const chosenFiles = () => storedLines().map(idOf);
export const totalBytes = () => fileLines().reduce((sum, line) => sum + Number(line.dataset.bytes), 0);
export const isUploading = () => document.querySelector("#drafts > .uploading") !== null;
