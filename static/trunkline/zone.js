/* Tells the server this person's time zone. The first page of a browser is asked for once more, to show its times. */

(() => {
  "use strict";

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const cookie = `trunkline_zone=${encodeURIComponent(zone ?? "")}`;
  const isKnown = () => document.cookie.split("; ").includes(cookie);
  if (!zone || isKnown()) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${cookie}; path=/inbox/; max-age=31536000; samesite=lax${secure}`;
  if (isKnown() && document.currentScript.dataset.zone !== zone) location.reload();
})();
