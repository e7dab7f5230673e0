// Keeps the page as it is on the server: stored events make it load its list anew, progress moves
// the bars. Without this script the pages work as well, they only stand still.
"use strict";

(() => {
  const region = document.querySelector("[data-refresh]");
  const live = document.getElementById("live");
  const own = region.dataset.asset;
  const fractions = new Map();
  let loading = false;
  let again = false;

  function show_progress() {
    for (const bar of region.querySelectorAll("progress")) {
      const holder = bar.closest("[data-asset]");
      const fraction = holder ? fractions.get(holder.dataset.asset) : undefined;
      bar.hidden = fraction === undefined;
      if (fraction !== undefined) bar.value = fraction;
    }
  }

  async function refresh() {
    if (loading) {
      again = true;
      return;
    }
    loading = true;
    again = false;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("[data-refresh]");
        // Who is filling in or tabbing through the region is not interrupted.
        if (fresh && !region.contains(document.activeElement)) {
          region.replaceChildren(...fresh.childNodes);
          show_progress();
        }
      }
    } catch (error) {
      console.debug("refresh failed", error);
    }
    setTimeout(() => {
      loading = false;
      if (again) refresh();
    }, 500);
  }

  function on_event(message) {
    let event;
    try {
      event = JSON.parse(message.data);
    } catch {
      return;
    }
    if (own && event.asset !== own) return;
    if (event.kind === "run.progress") {
      fractions.set(event.asset, event.data.fraction);
      show_progress();
      return;
    }
    if (event.kind === "asset.state") fractions.delete(event.asset);
    refresh();
  }

  const source = new EventSource("/v1/events");
  source.onopen = () => { live.hidden = false; };
  source.onerror = () => { live.hidden = true; };
  source.onmessage = on_event;
})();
