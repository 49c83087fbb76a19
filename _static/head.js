// In the head, before anything is painted: the reader's choice of colours, else the system's.
(() => {
  if (window.nextTheme) return; // the page for what is not found tries several addresses
  const site = new URL("..", document.currentScript.src);
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  let mode = "auto";
  try {
    mode = localStorage.getItem("mode") ?? mode;
  } catch {
    // where the browser keeps nothing, the choice holds for the page
  }
  const apply = () => {
    root.dataset.theme = mode === "auto" ? (system.matches ? "dark" : "light") : mode;
    root.dataset.mode = mode; // also says that scripts run
  };
  if (mode !== "light" && mode !== "dark") mode = "auto";
  apply();
  system.addEventListener("change", apply);
  // light, dark, the system's: beginning with what differs from what is seen
  window.nextTheme = () => {
    const order = system.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    mode = order[(order.indexOf(mode) + 1) % order.length];
    apply();
    try {
      localStorage.setItem("mode", mode);
    } catch {
      // as above
    }
    return mode;
  };
  // That page stands at no fixed depth, and this script knows where the site begins.
  addEventListener("DOMContentLoaded", () => {
    for (const link of document.querySelectorAll("a[data-from-root]")) {
      link.href = new URL(link.dataset.fromRoot, site);
    }
  });
})();
