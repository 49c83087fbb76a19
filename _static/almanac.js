// Over the theme: what a screen reader needs and the theme's pages lack.
(() => {
  function start() {
    // the title of the book lies beside the navigation, in no landmark
    const sidebar = document.querySelector("div.bd-sidebar-primary");
    sidebar?.setAttribute("role", "complementary");
    sidebar?.setAttribute("aria-label", "Book");
    // what unfolds the pages of a chapter is an icon without a name
    document.querySelectorAll(".has-children > details > summary").forEach((summary) => {
      const chapter = summary.closest("li").querySelector("a").textContent.trim();
      summary.setAttribute("aria-label", `Pages of: ${chapter}`);
    });
    // docutils marks references with roles that fit neither each other nor today's ARIA
    document.querySelectorAll(".citation-list, .citation-list .citation").forEach((reference) => {
      reference.removeAttribute("role");
    });
    // every folded cell is called "Toggle hidden content", whatever is written on it
    document.querySelectorAll("details.hide > summary[aria-label]").forEach((summary) => {
      summary.removeAttribute("aria-label");
    });
  }
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", start) : start();
})();
