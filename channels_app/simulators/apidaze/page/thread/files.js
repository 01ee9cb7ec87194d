/* The files of a message in the thread: pictures, players, and a line for everything else. */

import { element, inWords } from "../elements.js";

const WITHOUT_BYTES = {
  waiting: "downloading…",
  downloading: "downloading…",
  not_downloaded: "not downloaded",
};

/** Replaces what has changed and leaves the rest alone: a film goes on playing. */
export function showFiles(place, files) {
  files.forEach((file, index) => {
    const version = JSON.stringify(file);
    const old = place.children[index];
    if (old && old.dataset.version === version) return;
    const shown = fileElement(file);
    shown.dataset.version = version;
    if (old) old.replaceWith(shown);
    else place.append(shown);
  });
}

function fileElement(file) {
  const name = file.name || `File ${file.position + 1}`;
  if (!file.kept) return withoutBytes(file, name);
  if (file.shown_as === "picture") return picture(file, name);
  if (file.shown_as) return player(file, name);
  return line(file, name);
}

function withoutBytes(file, name) {
  const shown = element("div", `file ${file.state}`);
  const wasThere = file.state === "downloaded" || file.state === "own";
  shown.append(named(name, file.address), " ");
  if (file.problem) shown.append(element("span", "problem", file.problem));
  else shown.append(element("span", "about", wasThere ? "no longer kept" : WITHOUT_BYTES[file.state]));
  return shown;
}

/** The business's address, to try it by hand. */
function named(name, address) {
  if (!/^https?:\/\//.test(address)) return element("span", "name", name);
  const link = element("a", "name", name);
  opensApart(link, address);
  return link;
}

function opensApart(link, address) {
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
}

function picture(file, name) {
  const link = element("a");
  opensApart(link, file.link);
  const image = element("img");
  image.alt = name;
  link.append(image);
  return seen(file, name, image, link);
}

function player(file, name) {
  const media = element(file.shown_as);
  media.controls = true;
  media.preload = "metadata";
  media.setAttribute("aria-label", name);
  return seen(file, name, media, media);
}

/** With what the browser says to it: bytes and type may not fit. */
function seen(file, name, media, outermost) {
  const shown = element("div", "file seen");
  media.addEventListener("error", () => {
    const refused = element("span", "problem", `Can't be shown as ${file.content_type}`);
    shown.replaceChildren(...line(file, name).childNodes, refused);
  });
  media.src = file.link;
  shown.append(outermost, element("span", "about", `${name} · ${inWords(file.size)}`));
  return shown;
}

function line(file, name) {
  const shown = element("div", "file");
  const link = element("a", "name", name);
  link.href = file.link;
  link.download = name;
  const type = file.content_type.split(";")[0] || "no type";
  shown.append(link, " ", element("span", "about", `${type} · ${inWords(file.size)}`));
  return shown;
}
