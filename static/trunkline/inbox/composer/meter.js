/* How long a text is, as messaging/outbound/segments.py counts (3GPP TS 23.038), and the box that grows with it.
   A box names the element that shows it with `data-meter`. */

import { chosenFiles } from "../files/attached.js";
import { fill, inWords, words } from "../frame/words.js";

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENSION = new Set("\f^{}\\[~]|€");

function measure(text) {
  const characters = [...text];
  const outside = [...new Set(characters.filter((c) => !BASIC.has(c) && !EXTENSION.has(c)))];
  const [single, part] = outside.length ? [70, 67] : [160, 153];
  const widths = characters.map((c) => (outside.length ? c.length : EXTENSION.has(c) ? 2 : 1));
  let segments = widths.length ? 1 : 0;
  if (widths.reduce((sum, width) => sum + width, 0) > single) {
    let room = part;
    for (const width of widths) {
      if (width > room) [segments, room] = [segments + 1, part];
      room -= width;
    }
  }
  return { length: characters.length, encoding: outside.length ? "UCS-2" : "GSM-7", segments, outside };
}

export function showMeter(box) {
  const meter = document.getElementById(box.dataset.meter);
  const max = Number(box.dataset.max);
  const { length, encoding, segments, outside } = measure(box.value);
  const named =
    outside
      .slice(0, 8)
      .map((c) => `“\u2068${c}\u2069”`)
      .join(" ") + (outside.length > 8 ? " …" : "");
  const parts = [`${inWords(length)} / ${inWords(max)}`];
  // A text that goes along with files is not cut into segments.
  if (box.id !== "text" || !chosenFiles().length) {
    parts.push(encoding);
    if (outside.length) parts.push(fill(words.because, { characters: named }));
    parts.push(fill(words.segments, { n: segments }));
  }
  meter.textContent = length ? parts.join(" · ") : "";
  meter.classList.toggle("over", length > max);
}

export function fitBox(box) {
  if (box.id !== "text") return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
}

export function showMeters(place) {
  for (const box of place.querySelectorAll("[data-meter]")) showMeter(box);
}

document.addEventListener("input", ({ target }) => {
  if (!target.dataset?.meter) return;
  fitBox(target);
  showMeter(target);
});

document.addEventListener("files", ({ target }) => showMeter(target)); // the files beside a box have changed

showMeters(document);
