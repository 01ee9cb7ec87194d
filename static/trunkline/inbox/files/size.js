/* A file's size as a person reads it. */

import { inWords } from "../frame/words.js";

export function sizeInWords(bytes) {
  const kilobytes = bytes / 1024;
  const [number, unit] = kilobytes < 1024 ? [kilobytes, "KB"] : [kilobytes / 1024, "MB"];
  return `${inWords(number, { maximumFractionDigits: 1 })} ${unit}`;
}
