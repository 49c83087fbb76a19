// The table of the record: search, sort and filter all models, with the source of every value.
(() => {
  const here = document.currentScript.src;
  const place = (name) => new URL(name, here);
  const escaped = (text) => {
    const span = document.createElement("span");
    span.textContent = text ?? "";
    return span.innerHTML;
  };
  const shown = { display: (value) => escaped(value) };

  // Each source as a line: column, value, grade, link; nothing from the record is markup.
  function sources(row) {
    const list = document.createElement("dl");
    list.className = "sources";
    for (const [column, value, grade, kind, url, note] of row.evidence) {
      const term = document.createElement("dt");
      term.textContent = `${column}: ${value}`;
      const detail = document.createElement("dd");
      const link = document.createElement("a");
      link.href = /^https?:/.test(url) ? url : "#";
      link.textContent = url.replace(/^https?:\/\//, "");
      detail.append(`${grade} (${kind}) `, link, note ? ` ${note}` : "");
      list.append(term, detail);
    }
    return list;
  }

  async function start() {
    const table = document.querySelector("table.catalogue");
    if (!table) return;
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = place("datatables.bundle.css");
    document.head.append(style);
    const [{ default: DataTable }, rows] = await Promise.all([
      import(place("datatables.bundle.js")),
      fetch(place("catalogue.json")).then((answer) => answer.json()),
    ]);
    const columns = [...table.querySelectorAll("thead th")].map((th) => ({
      data: th.dataset.field,
      title: th.textContent,
      type: th.dataset.type,
      render: shown,
      className: th.dataset.type === "num" ? "dt-right" : undefined,
    }));
    columns[0].render = {
      display: (value, _, row) =>
        `<button type="button" class="show-sources" aria-expanded="false">${escaped(value)}</button>`
        + (row.url ? ` <a href="${escaped(row.url)}" aria-label="Page of ${escaped(value)}">\u2197</a>` : ""),
    };
    table.querySelector("tbody").replaceChildren();
    const data = new DataTable(table, {
      data: rows,
      columns,
      order: [[3, "desc"]],
      deferRender: true,
      pageLength: 25,
      autoWidth: false,
      language: { search: "Search models:", lengthMenu: "Show _MENU_ models", info: "_START_ to _END_ of _TOTAL_ models",
                  infoFiltered: "(of _MAX_)", infoEmpty: "No models", zeroRecords: "No model matches" },
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
      const index = columns.findIndex(({ data: field }) => field === select.dataset.filter);
      const values = [...new Set(rows.map((row) => row[select.dataset.filter]).filter(Boolean))].sort();
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
