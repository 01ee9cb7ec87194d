/* Tells the server this person's time zone. The first page of a browser is asked for once more, to show its times.
   Classic, and in the head: a module runs only after the first paint, and the times would jump. */

{
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const cookie = `trunkline_zone=${encodeURIComponent(zone ?? "")}`;
  const isKnown = () => document.cookie.split("; ").includes(cookie);
  if (zone && !isKnown()) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing over plain http
    document.cookie = `${cookie}; path=/inbox/; max-age=31536000; samesite=lax${secure}`;
    if (isKnown() && document.currentScript.dataset.zone !== zone) location.reload();
  }
}
