/* Files in the composer: chosen, dropped or pasted, uploaded one after the other, taken away again.
   What is uploaded stands in #drafts with a hidden field of the form; inbox.js sends the form. */

window.trunklineFiles = (() => {
  "use strict";

  const LARGE_FOR_CARRIERS = 1024 * 1024; // bytes
  const MOST_TRIES = 20;
  const byId = (id) => document.getElementById(id);
  const words = byId("words")?.dataset ?? {};
  const say = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

  let uploads = []; // { line, file, request }: waiting or on their way, first one first
  let shown; // the address of the session that is shown
  let pictures = []; // addresses of pictures that the page shows of its own
  let sendsLater = false;
  const unsent = new Set(); // addresses of sessions that were left while their message waited for its files

  const lines = () => [...document.querySelectorAll("#drafts > .draft")];
  const bytes = () => lines().reduce((sum, line) => sum + Number(line.dataset.bytes), 0);
  const stored = () => lines().filter((line) => line.querySelector("[name=files]"));
  const chosen = () => stored().map((line) => line.querySelector("[name=files]").value);

  function size(count) {
    const kilobytes = count / 1024;
    if (kilobytes < 1024) return `${kilobytes.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} KB`;
    return `${(count / 1024 / 1024).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`;
  }

  // -- What stands beside the box ------------------------------------------------------------------------------------

  /** Shows what there is to say about the files that are there, and whether one can send. */
  function show() {
    const notice = byId("files-notice");
    if (!notice) return;
    const sentences = [];
    if (bytes() > LARGE_FOR_CARRIERS) sentences.push(say(words.largeForCarriers, { size: size(bytes()) }));
    if (sendsLater) sentences.push(words.sendsLater);
    if (unsent.has(byId("files").dataset.address)) sentences.push(words.notSentYet);
    const said = notice.querySelector("p");
    notice.hidden = !sentences.length;
    if (said.textContent !== sentences.join(" ")) said.textContent = sentences.join(" ");
    byId("send-not-yet").hidden = !sendsLater;
    byId("attach").hidden = false;
    showBox();
  }

  /** The box cannot be written in while its message waits, and says what goes along with files alone. */
  function showBox() {
    const box = byId("text");
    const accompanying = byId("files").dataset.accompanyingText;
    box.dataset.placeholder ??= box.placeholder;
    box.placeholder = stored().length && accompanying
      ? say(words.accompanied, { text: accompanying })
      : box.dataset.placeholder;
    if (sendsLater !== "waits" in box.dataset) {
      box.readOnly = sendsLater;
      if (sendsLater) box.dataset.waits = "";
      else delete box.dataset.waits;
    }
    box.dispatchEvent(new CustomEvent("files", { bubbles: true }));
  }

  const announce = (sentence) => (byId("announcer").textContent = sentence);

  function refuse(sentence) {
    const line = document.createElement("li");
    line.className = "draft-refused";
    const text = Object.assign(document.createElement("span"), { textContent: sentence });
    text.setAttribute("role", "alert");
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "draft-remove", textContent: "×",
    });
    button.setAttribute("aria-label", words.dismiss);
    button.dataset.dismiss = "";
    line.append(text, button);
    byId("refused-files")?.append(line);
  }

  function forgetRefusals() {
    byId("refused-files")?.replaceChildren();
  }

  function uploadLine(file) {
    const line = document.createElement("li");
    line.className = "draft uploading";
    line.dataset.bytes = file.size;
    const name = document.createElement("span");
    name.className = "draft-name";
    name.append(
      Object.assign(document.createElement("bdi"), { textContent: file.name }),
      Object.assign(document.createElement("span"), { className: "quiet", textContent: size(file.size) }),
    );
    const progress = Object.assign(document.createElement("progress"), { max: file.size || 1, value: 0 });
    progress.setAttribute("aria-label", say(words.uploading, { name: file.name }));
    const cancel = Object.assign(document.createElement("button"), {
      type: "button", className: "draft-remove", textContent: "×",
    });
    cancel.dataset.cancel = "";
    cancel.setAttribute("aria-label", say(words.cancelUpload, { name: file.name }));
    line.append(name, progress, cancel);
    return line;
  }

  function showPicture(line, file) {
    if (!/^image\/(jpeg|png|gif|webp)$/.test(file.type)) return;
    const picture = Object.assign(document.createElement("img"), { src: URL.createObjectURL(file), alt: "" });
    pictures.push(picture.src);
    line.prepend(picture);
  }

  // -- Taking files --------------------------------------------------------------------------------------------------

  function add(files) {
    const place = byId("files");
    if (!place || !files.length) return;
    forgetRefusals();
    if (place.dataset.whyNot) {
      refuse(place.dataset.whyNot);
      return;
    }
    const [most, mostFiles] = [Number(place.dataset.mostBytes), Number(place.dataset.mostFiles)];
    for (const file of files) {
      if (lines().length >= mostFiles) {
        refuse(say(words.tooManyFiles, { number: mostFiles }));
        break;
      }
      if (file.size === 0) refuse(say(words.emptyFile, { name: file.name }));
      else if (bytes() + file.size > most) {
        refuse(say(words.filesTooLarge, { name: file.name, limit: size(most), size: size(bytes() + file.size) }));
      } else begin(file);
    }
    show();
  }

  function begin(file) {
    const line = uploadLine(file);
    showPicture(line, file);
    byId("drafts").append(line);
    uploads.push({ line, file, address: byId("files").dataset.address });
    if (uploads.length === 1) uploadNext();
  }

  function uploadNext() {
    const upload = uploads[0];
    if (!upload) return;
    const request = (upload.request = new XMLHttpRequest());
    request.open("POST", upload.address);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(upload.file.name));
    request.setRequestHeader("X-CSRFToken", document.body.dataset.csrf);
    request.setRequestHeader("HX-Request", "true");
    const progress = upload.line.querySelector("progress");
    request.upload.addEventListener("progress", ({ loaded }) => (progress.value = loaded));
    request.upload.addEventListener("load", () => (upload.isWhole = true));
    request.addEventListener("loadend", () => ended(upload));
    request.send(upload.file);
  }

  function ended(upload) {
    if (uploads[0] !== upload) return; // it was cancelled
    const { request, line, file } = upload;
    if ([429, 503].includes(request.status) && request.getResponseHeader("Retry-After") && (upload.tries ??= 0) < MOST_TRIES) {
      upload.tries += 1; // others upload just now: this one waits for its turn
      upload.timer = setTimeout(uploadNext, 1000 * Number(request.getResponseHeader("Retry-After")));
      return;
    }
    uploads.shift();
    if (request.status === 201 && upload.isUnwanted) {
      const stored = document.createRange().createContextualFragment(request.responseText);
      remove(line, stored.querySelector("[data-remove]").dataset.remove);
    } else if (request.status === 201) become(line, request.responseText);
    else {
      line.remove();
      sendsLater = false;
      const said = request.getResponseHeader("Content-Type")?.startsWith("text/plain") && request.responseText;
      if (request.status === 404 && !said) refuse(words.outOfDate);
      else refuse(said ? `${file.name}: ${said}` : say(words.uploadFailed, { name: file.name }));
    }
    uploadNext();
    show();
    if (sendsLater && !document.querySelector("#drafts > .uploading")) {
      sendsLater = false;
      show();
      byId("answer")?.requestSubmit();
    }
  }

  /** The line of a file that is stored, in the place of the one that showed its progress. */
  function become(line, markup) {
    const fresh = document.createRange().createContextualFragment(markup).querySelector(".draft");
    if (chosen().includes(fresh.querySelector("[name=files]").value)) { // the page came with it
      line.remove();
      return;
    }
    const [picture, hadFocus] = [line.querySelector("img"), line.contains(document.activeElement)];
    if (picture) fresh.prepend(picture);
    line.replaceWith(fresh);
    if (fresh.isConnected) announce(say(words.uploaded, { name: fresh.querySelector("bdi").textContent }));
    if (hadFocus) fresh.querySelector("button").focus();
  }

  function cancel(line) {
    const upload = uploads.find((each) => each.line === line);
    if (upload?.isWhole) { // the server has it all, and stores it: it is removed when that is known
      upload.isUnwanted = true;
      line.remove();
      return;
    }
    const wasFirst = uploads[0] === upload;
    uploads = uploads.filter((each) => each !== upload);
    clearTimeout(upload?.timer);
    upload?.request?.abort();
    line.remove();
    if (wasFirst) uploadNext();
    if (!document.querySelector("#drafts > .uploading")) sendsLater = false;
  }

  function remove(line, address) {
    line.remove();
    fetch(address, {
      method: "POST",
      headers: { "X-CSRFToken": document.body.dataset.csrf, "HX-Request": "true" },
      keepalive: true,
    }).catch(() => {}); // it ends by itself, and is not sent: it is not in the form any more
  }

  function forgetPictures() {
    const shown = new Set([...document.querySelectorAll("#drafts img")].map((picture) => picture.src));
    pictures.filter((address) => !shown.has(address)).forEach((address) => URL.revokeObjectURL(address));
    pictures = pictures.filter((address) => shown.has(address));
  }

  // -- From outside ----------------------------------------------------------------------------------------------------

  /** Whether *Send* has to wait for files that are on their way; then it is pressed again by itself. */
  function holdsBack() {
    if (!document.querySelector("#drafts > .uploading")) return false;
    sendsLater = true;
    show();
    return true;
  }

  /** The message with these files is written: they are not beside the box any more. */
  function sent(ids) {
    unsent.delete(byId("files")?.dataset.address);
    stored().filter((line) => ids.includes(line.querySelector("[name=files]").value)).forEach((line) => line.remove());
    forgetRefusals();
    forgetPictures();
    show();
  }

  /** Another conversation is shown. What is on its way to the one before goes on, and is there when one comes back. */
  function enter() {
    const address = byId("files")?.dataset.address;
    if (sendsLater) unsent.add(shown);
    sendsLater = false;
    shown = address;
    uploads.filter((upload) => upload.address === address).forEach(({ line }) => byId("drafts").append(line));
    if (!uploads.length) forgetPictures();
    show();
  }

  /** A composer in the place of an old one takes over what stands beside it. */
  function moveTo(fresh, old) {
    const [place, before] = [fresh.querySelector("#drafts"), old.querySelector("#drafts")];
    if (place && before) place.replaceWith(before);
  }

  document.addEventListener("click", ({ target }) => {
    if (target.closest("#attach") && byId("files").dataset.whyNot) add([null]);
    else if (target.closest("#attach")) byId("choose").click();
    if (target.id === "send-not-yet") {
      sendsLater = false;
      show();
      byId("text").focus();
    }
    const button = target.closest(".draft-remove");
    if (!button) return;
    const line = button.closest("li");
    const next = (line.nextElementSibling ?? line.previousElementSibling)?.querySelector("button");
    if ("cancel" in button.dataset) cancel(line);
    else if (button.dataset.remove) remove(line, button.dataset.remove);
    else line.remove();
    (next ?? byId("text"))?.focus();
    forgetPictures();
    show();
  });

  document.addEventListener("change", ({ target }) => {
    if (target.id !== "choose") return;
    add([...target.files]);
    target.value = "";
    byId("text")?.focus();
  });

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || !byId("files") || !event.target.closest?.("#conversation")) return;
    event.preventDefault();
    add(files);
  });

  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let over = 0; // drag events come in pairs, for each element that is passed

  function showDrop(isOver) {
    const place = byId("conversation");
    if (!place) return;
    if (isOver) place.dataset.drop = words.dropHere;
    else delete place.dataset.drop;
  }

  document.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event) || !byId("files")) return;
    over += 1;
    showDrop(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event) || !byId("files")) return;
    over = Math.max(0, over - 1);
    if (!over) showDrop(false);
  });
  // A file that is dropped beside the place must not open in place of the page either.
  document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    over = 0;
    showDrop(false);
    if (!document.querySelector("dialog[open]")) add([...event.dataTransfer.files]);
  });

  window.addEventListener("beforeunload", (event) => uploads.length && event.preventDefault());

  return { chosen, enter, holdsBack, moveTo, sent, show };
})();
