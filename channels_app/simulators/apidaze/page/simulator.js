/* What the page asks of the simulator. */

/** The answer to a request with JSON; it fails with the simulator's words. */
export async function ask(method, address, data) {
  const options = { method, cache: "no-store" };
  if (data !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(data);
  }
  const answer = await fetch(address, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || `The simulator answered ${answer.status}`);
  return body;
}

/** Hands a file over, and gives the number by which a message takes it along. */
export async function upload(file) {
  const answer = await fetch(`/control/phone/uploads?name=${encodeURIComponent(file.name)}`, {
    method: "PUT",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  }).catch(() => {
    throw new Error(`${file.name} could not be handed over`);
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${file.name}: ${body.error}`);
  return body.upload;
}
