// What a page does by itself: it brings itself up to date, copies references, opens Airflow's pages in the outer window.
(() => {
  const EVERY = 5000;

  const busy = () => document.hidden || !document.getSelection().isCollapsed;

  // Only what differs is put in place, so that nothing jumps: no scrolling, no form, no opened table is touched.
  const refresh = async () => {
    if (busy()) return;
    const reply = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!reply.ok || busy()) return;
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    // Where it stands elsewhere now, other things can be done: the whole page is new, unless somebody is writing in it.
    const stands = (page) => page.querySelector("[data-stands]")?.dataset.stands;
    if (stands(document) !== stands(fresh) && !document.querySelector("textarea")?.value) {
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
      chosen();
      return;
    }
    for (const old of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(old.id);
      if (!next || old.contains(document.activeElement)) continue;
      for (const opened of old.querySelectorAll("details[open]")) {
        const same = next.querySelector(`#${CSS.escape(opened.id)}`);
        if (same) same.open = true;
      }
      if (old.outerHTML !== next.outerHTML) old.replaceWith(next);
    }
    document.title = fresh.title;
  };
  if (document.querySelector("main [data-live]")) setInterval(() => refresh().catch(() => {}), EVERY);

  const copy = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy"); // in an iframe without leave for the clipboard API this works, and that does not
    area.remove();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      copy(document.getElementById(button.dataset.copy).textContent);
      button.textContent = document.body.dataset.copied;
      button.focus();
      return;
    }
    const link = event.target.closest("a[data-airflow]");
    if (link && window.parent !== window && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      const outer = window.parent.document.createElement("a"); // the frame itself may not navigate the outer window
      outer.href = link.href;
      outer.click();
    }
  });

  // A choice opens what it needs; what another needs is neither shown nor demanded.
  const chosen = () => {
    const receipt = document.querySelector("input[name=receipt]");
    const way = document.querySelector("input[name=way]:checked");
    if (receipt) {
      receipt.closest("label").hidden = way?.value !== "receipt";
      receipt.required = way?.value === "receipt";
    }
    const item = document.querySelector("select[name=item]");
    if (item) item.closest("label").hidden = way?.value === "ask_again";
  };
  document.addEventListener("change", chosen);
  chosen();
})();
