// Light or dark, before anything is drawn: as Airflow's own UI is set, where it is; else as the system is.
(() => {
  let set = null;
  try {
    set = localStorage.getItem("theme");
    const outer = window.parent !== window && window.parent.document.documentElement.classList;
    if (outer) set = outer.contains("dark") ? "dark" : outer.contains("light") ? "light" : set;
  } catch { /* framed by somebody who may not be looked at, or no storage: the system's choice */ }
  if (set === "dark" || set === "light") document.documentElement.dataset.theme = set;
  if (window.parent !== window) document.documentElement.dataset.framed = "";
})();
