// The table of the record: search, sort and filter all models, with the source of every value.
(() => {
  const here = document.currentScript.src;
  const place = (name) => new URL(name, here);
  const element = (name, properties) => Object.assign(document.createElement(name), properties);
  const address = (url) => (/^https?:/.test(url) ? url : "#");
  // As text, whatever a record holds: DataTables takes strings for markup.
  const shown = {
    display: (value) =>
      element("span", {
        textContent: typeof value === "number" ? value.toLocaleString("en-GB") : value ?? "",
      }),
  };

  // The name, which shows the sources, and a link to the release's own page.
  function named(value, _, row) {
    const cell = element("span");
    const button = element("button", { type: "button", className: "show-sources" });
    button.textContent = value;
    button.setAttribute("aria-expanded", "false");
    cell.append(button);
    if (row.url) {
      const link = element("a", { className: "page-of", href: address(row.url) });
      link.textContent = "\u2197";
      link.setAttribute("aria-label", `Page of ${value}`);
      cell.append(link);
    }
    return cell;
  }

  // Each source as a line: column, value, grade, link; nothing from the record is markup.
  function sources(row) {
    const list = element("dl", { className: "sources" });
    for (const [column, value, grade, kind, url, note, used] of row.evidence) {
      const says = used ? "" : " (another source, not used)";
      const term = element("dt", { textContent: `${column}: ${value}${says}` });
      const detail = element("dd");
      const link = element("a", {
        href: address(url),
        textContent: url.replace(/^https?:\/\//, ""),
      });
      detail.append(`${grade} (${kind}) `, link, note ? ` ${note}` : "");
      list.append(term, detail);
    }
    return list;
  }

  // DataTables has its own dark colours and its own sign for them.
  function followTheme() {
    const root = document.documentElement;
    const follow = () => root.classList.toggle("dark", root.dataset.theme === "dark");
    new MutationObserver(follow).observe(root, { attributeFilter: ["data-theme"] });
    follow();
  }

  async function start() {
    const table = document.querySelector("table.catalogue");
    if (!table) return;
    const href = place("datatables.bundle.css");
    document.head.append(element("link", { rel: "stylesheet", href }));
    followTheme();
    const [{ default: DataTable }, rows] = await Promise.all([
      import(place("datatables.bundle.js")),
      fetch(place("catalogue.json")).then((answer) => answer.json()),
    ]);
    const columns = [...table.querySelectorAll("thead th")].map((th) => ({
      data: th.dataset.field,
      title: th.textContent,
      type: th.dataset.type ?? "string", // or markup in a value would be left out of searches
      render: shown,
      className: th.dataset.type === "num" ? "dt-right" : th.dataset.field,
    }));
    columns[0].render = { display: named };
    table.querySelector("tbody").replaceChildren();
    const data = new DataTable(table, {
      data: rows,
      columns,
      order: [[3, "desc"]],
      deferRender: true,
      pageLength: 25,
      search: { search: new URLSearchParams(location.search).get("q") ?? "" }, // a link to a model
      autoWidth: false,
      language: {
        search: "Search models:",
        lengthMenu: "Show _MENU_ models",
        info: "_START_ to _END_ of _TOTAL_ models",
        infoFiltered: "(of _MAX_)",
        infoEmpty: "No models",
        zeroRecords: "No model matches",
      },
    });
    table.addEventListener("click", (event) => {
      const button = event.target.closest("button.show-sources");
      if (!button) return;
      const row = data.row(button.closest("tr"));
      const open = row.child.isShown();
      open ? row.child.hide() : row.child(sources(row.data())).show();
      button.setAttribute("aria-expanded", String(!open));
    });
    const filters = document.querySelectorAll("select[data-filter]");
    for (const select of filters) {
      const field = select.dataset.filter;
      const index = columns.findIndex(({ data: name }) => name === field);
      const values = [...new Set(rows.map((row) => row[field]).filter(Boolean))].sort((a, b) =>
        a.localeCompare(b, "en", { sensitivity: "base" }));
      select.append(...values.map((value) => new Option(value, value)));
      select.addEventListener("change", () => {
        const wanted = select.value;
        data.column(index).search(wanted ? (value) => value === wanted : "").draw();
      });
    }
    table.dataset.ready = "true";
  }
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", start) : start();
})();
