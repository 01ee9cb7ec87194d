/* Sentences that scripts say, in the person's language. */

export const words = document.getElementById("words")?.dataset ?? {};

/** The sentence with its `{names}` filled in. */
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

/** A number as this person writes it. */
export const inWords = (number, options) => number.toLocaleString(document.documentElement.lang, options);
