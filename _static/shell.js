// What the shell of a page does beyond links, popovers and <details>, which need no script.
(() => {
  const WIDE = matchMedia("(min-width: 992px)"); // the navigation stands beside the page
  const find = (selector) => document.querySelector(selector);

  function theme(button) {
    const said = { light: "light", dark: "dark", auto: "as the system" };
    button.setAttribute("aria-label", `Colours: ${said[nextTheme()]}`);
  }

  function search(event) {
    const dialog = find("#search-dialog");
    if (!dialog) return find("form.bd-search input").focus(); // on the search page itself
    event.preventDefault();
    find("#pst-primary-sidebar:popover-open")?.hidePopover();
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("input").select();
  }

  function navigation(event) {
    if (!WIDE.matches) return;
    event.preventDefault(); // it is no popover there
    find("#pst-primary-sidebar").classList.toggle("put-away");
  }

  // Mark in the contents what is being read.
  function follow(contents) {
    const links = new Map();
    for (const link of contents.querySelectorAll("a[href^='#']")) {
      const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (section) links.set(section.querySelector("h2, h3, h4, h5, h6") ?? section, link);
    }
    const watch = new IntersectionObserver((entries) => {
      const seen = entries.filter((entry) => entry.isIntersecting).pop();
      if (!seen) return;
      for (const [heading, link] of links) {
        const here = heading === seen.target;
        link.classList.toggle("active", here);
        here ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
      }
    }, { rootMargin: "-48px 0px -70% 0px" });
    for (const heading of links.keys()) watch.observe(heading);
    contents.addEventListener("click", (event) => {
      if (event.target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
    });
  }

  // A scrolled box must be reached by keyboard; one that holds everything must not.
  function boxes() {
    for (const box of document.querySelectorAll("pre, .cell_output > .output")) {
      if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) {
        box.tabIndex = 0;
      } else box.removeAttribute("tabindex");
    }
  }

  async function copy(button) {
    await navigator.clipboard.writeText(button.nextElementSibling.textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  }

  function copies() {
    if (!navigator.clipboard) return;
    for (const pre of document.querySelectorAll("div.highlight > pre")) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "copy", textContent: "Copy" });
      button.addEventListener("click", () => copy(button));
      pre.before(button);
    }
  }

  function start() {
    const does = { theme, print: () => print(), search: (_, event) => search(event) };
    document.addEventListener("click", (event) => {
      const doing = event.target.closest("[data-does]");
      if (doing && !event.ctrlKey && !event.metaKey) does[doing.dataset.does]?.(doing, event);
      if (event.target.closest(".highlight-link a")) { // Sphinx's, with a script for its address,
        event.preventDefault(); // which a strict policy refuses
        SphinxHighlight.hideSearchWords();
      }
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        if (!event.target.closest("summary")) menu.open = false;
      }
    });
    document.addEventListener("keydown", (event) => {
      const menu = event.key === "Escape" && find("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
      const ours = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      if (ours && event.key.toLowerCase() === "k") {
        event.preventDefault();
        search(event);
      }
    });
    const modifier = find(".search-button__kbd-shortcut kbd");
    if (modifier && /^(Mac|iP)/.test(navigator.platform)) modifier.textContent = "\u2318";
    find(".primary-toggle")?.addEventListener("click", navigation);
    const contents = find("#pst-secondary-sidebar");
    if (contents) follow(contents);
    const here = find("#pst-primary-sidebar .current.reference");
    if (here && WIDE.matches && here.getBoundingClientRect().bottom > innerHeight) {
      find("#pst-primary-sidebar").scrollTop = here.offsetTop - innerHeight / 2;
    }
    boxes();
    addEventListener("resize", boxes);
    copies();
    if (find("#search-results")) find("form.bd-search input").focus();
  }
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", start) : start();
})();
