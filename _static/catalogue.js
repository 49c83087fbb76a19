// The explorer of the record: it searches, filters, sorts and pages the rows that the page holds,
// opens a model's sources, and keeps what is shown in the address of the page.
(() => {
  const here = document.currentScript.src;
  const place = (name) => new URL(name, here);
  const element = (name, properties) => Object.assign(document.createElement(name), properties);
  const root = document.documentElement;

  const LENGTHS = [25, 50, 100, 500];
  const FIRST = { sort: "-released", length: "25", page: "1" }; // not named in an address
  const NUMBERS = /^(total|active|context)$/; // fields that hold nothing else
  const PAUSE = 120; // milliseconds without a key, then the table follows what was typed
  const GRADES = {
    A: "the vendor's own file",
    B: "the vendor's words",
    C: "a secondary list",
    D: "inferred",
  };
  const SAYS = ["used", "says the same", "says otherwise, not used"];
  const count = (number) => number.toLocaleString("en-GB");
  const number = (text) => (/^[\d.,]+$/.test(text) ? Number(text.replaceAll(",", "")) : null);
  const day = (text) => (/^\d{4}-/.test(text) ? text.slice(0, 10) : null);

  function script(name) {
    return new Promise((resolve, reject) => {
      const src = place(name).href;
      document.head.append(element("script", { src, onload: resolve, onerror: reject }));
    });
  }

  // Numbers and days; what is not known comes last, in either direction.
  function addType(DataTable) {
    const order = (sign) => (a, b) =>
      a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -sign : sign;
    DataTable.type("known", {
      order: { pre: (text) => day(text) ?? number(text), asc: order(1), desc: order(-1) },
    });
  }

  // What sources say, as the scripts hand it over: a list of models by the number of its script.
  const pieces = new Map();
  const reading = new Map();
  globalThis.almanacSources = (piece, models) => pieces.set(piece, models);
  async function sourcesOf(id, position, run) {
    const piece = Math.floor(position / run);
    const name = `sources/${String(piece).padStart(3, "0")}.js`;
    if (!reading.has(piece)) reading.set(piece, script(name));
    try {
      await reading.get(piece);
    } catch (fault) {
      reading.delete(piece); // to be tried again
      throw fault;
    }
    const found = pieces.get(piece)[position % run];
    if (found[0] !== id) throw new Error(`${name} is of another edition`);
    return found;
  }

  function link(address, text = address.replace(/^https?:\/\//, "")) {
    // nothing but the web's addresses is a link, whatever a record holds
    if (!/^https?:\/\//.test(address)) return text;
    return element("a", { href: address, textContent: text, rel: "noopener" });
  }

  // Nothing of the record is markup: all of it is set as text.
  function panel([, page, weights, values, missing], copy) {
    const box = element("div", { className: "model-panel" });
    const links = element("p");
    if (page) links.append(link(page, "Page of the release"));
    if (weights) links.append(link(weights, "Weights"));
    links.append(copy);
    const list = element("dl");
    for (const [label, value, sources] of values) {
      list.append(element("dt", { textContent: `${label}: ${value || "not stated"}` }));
      for (const [says, grade, kind, address, note, agrees] of sources) {
        const line = element("dd", { className: agrees === 2 ? "otherwise" : "" });
        const stated = agrees === 2 ? `${says} (${SAYS[2]})` : SAYS[agrees];
        const meaning = GRADES[grade] ?? "";
        line.append(
          element("abbr", { className: "grade", textContent: grade, title: meaning }),
          ` ${stated}: ${kind}${address ? ", " : ""}`,
          address ? link(address) : "",
          note ? `; ${note}` : "",
        );
        list.append(line);
      }
      if (!sources.length) list.append(element("dd", { textContent: "no source is given" }));
    }
    box.append(links, list);
    if (missing.length) {
      box.append(element("p", { textContent: `Not stated: ${missing.join(", ")}.` }));
    }
    return box;
  }

  function copyOf(cell) {
    const copy = document.createDocumentFragment();
    copy.append(...[...cell.childNodes].map((node) => node.cloneNode(true)));
    return copy;
  }
  const nameIn = (row) => row.querySelector("th a");

  // Numbers go into a file as numbers.
  const plain = (text, isNumber) =>
    isNumber && text ? Number(text.replaceAll(",", "")) : text;

  function explore(DataTable, table) {
    const form = document.querySelector("form.explorer-controls");
    const counted = document.querySelector(".explorer-count");
    const note = form.querySelector(".explorer-note");
    const heads = [...table.tHead.rows[0].cells];
    const fields = heads.map((head) => head.dataset.field);
    const column = (field) => fields.indexOf(field);
    const rows = [...table.tBodies[0].rows];
    const run = Number(table.dataset.run);
    const textOf = (row, field) => row.cells[column(field)].textContent;
    const places = new Map(); // of each row, by its anchor and by those it once had
    rows.forEach((row, position) => places.set(row.id, position));
    for (const former of table.querySelectorAll("tbody th span[id]")) {
      places.set(former.id, places.get(former.closest("tr").id));
    }

    addType(DataTable);
    const first = FIRST.sort.slice(1);
    // DataTables reads texts of the rows only as it sorts or searches, and makes a row of its own
    // of what it shows: to take over thousands of rows would cost seconds on a phone.
    table.tBodies[0].replaceChildren();
    const data = new DataTable(table, {
      data: rows.map((row) => ({ row })),
      deferRender: true,
      columns: heads.map((head, place) => ({
        data: null,
        render: (_, type, { row }) =>
          type === "display" ? copyOf(row.cells[place]) : row.cells[place].textContent,
        cellType: place ? "td" : "th",
        createdCell: (cell) => place || (cell.scope = "row"),
        type: head.dataset.kind === "known" ? "known" : "string",
        orderSequence: head.dataset.kind === "known" ? ["desc", "asc"] : ["asc", "desc"],
        className: NUMBERS.test(head.dataset.field) ? "quantity" : "",
      })),
      createdRow: (node, { row }) => {
        node.id = row.id;
        nameIn(node).setAttribute("aria-expanded", "false");
      },
      order: [[column(first), "desc"]],
      orderMulti: false,
      autoWidth: false,
      pageLength: Number(FIRST.length),
      lengthMenu: LENGTHS,
      layout: {
        topStart: null,
        topEnd: null,
        bottomStart: ["info", "pageLength"],
        bottomEnd: "paging",
      },
      language: {
        lengthMenu: "_MENU_ a page",
        info: "_START_ to _END_ of _TOTAL_",
        infoFiltered: "",
        infoEmpty: "None",
        zeroRecords: "No model matches",
        emptyTable: "The record holds no models",
      },
    });
    // what it says anew on every page turned is heard from the count of models already
    table.closest(".dt-container").querySelector(".dt-info")?.removeAttribute("aria-live");

    // Filters, and the address that names them.
    const controls = [...form.elements].filter((control) => control.name);
    const filters = controls.filter((control) => control.name !== "search");
    let facts; // what filters ask of each row, read when the first is used
    const factsOf = (row) => ({
      organisation: row.cells[column("organisation")].firstChild.getAttribute("href").split("#")[1],
      ...Object.fromEntries(
        ["region", "architecture", "reasoning", "class", "licence"].map((field) => [
          field,
          textOf(row, field),
        ]),
      ),
      released: day(textOf(row, "released")),
      total: number(textOf(row, "total")),
      active: number(textOf(row, "active")),
    });
    const ranges = {
      from: (fact, end) => fact.released >= end,
      to: (fact, end) => fact.released !== null && fact.released <= end,
      min: (fact, end) => fact.total !== null && fact.total >= Number(end),
      max: (fact, end) => fact.total !== null && fact.total <= Number(end),
      "active-min": (fact, end) => fact.active !== null && fact.active >= Number(end),
      "active-max": (fact, end) => fact.active !== null && fact.active <= Number(end),
    };

    // The test of a control that is set, on the facts of a row.
    function test({ name, value, selectedOptions }) {
      if (name in ranges) return (fact) => ranges[name](fact, value);
      const wanted = name === "organisation" ? value : selectedOptions[0].textContent;
      return (fact) => fact[name] === wanted;
    }

    function narrow() {
      const tests = filters.filter(({ value }) => value).map(test);
      if (tests.length) facts ??= rows.map(factsOf);
      data.search.fixed(
        "filters",
        tests.length ? (_, __, position) => tests.every((one) => one(facts[position])) : null,
      );
      data.search(form.elements.search.value);
    }

    let open = null; // position of the row whose sources are shown
    const shownRow = (position) => data.row(position).node();
    const onPage = (position) => shownRow(position)?.isConnected;
    function query() {
      const asked = new URLSearchParams();
      for (const { name, value } of controls) if (value) asked.set(name, value);
      const [[sorted, direction]] = data.order();
      const shown = {
        sort: (direction === "desc" ? "-" : "") + fields[sorted],
        length: String(data.page.len()),
        page: String(open === null ? data.page() + 1 : 1), // that of an open model is where it is
      };
      for (const [name, value] of Object.entries(shown)) {
        if (value !== FIRST[name]) asked.set(name, value);
      }
      const text = asked.toString();
      return text ? `?${text}` : "";
    }

    // Take the address of what is shown: as a new step, or in the place of the last one.
    let typedIn = null; // the control whose typing the last step is
    function remember(control = null) {
      const hash = open === null ? "" : `#${rows[open].id}`;
      const address = location.pathname + query() + hash;
      if (address === location.pathname + location.search + location.hash) return;
      const same = control !== null && control === typedIn;
      typedIn = control;
      try {
        history[same ? "replaceState" : "pushState"](null, "", address);
      } catch {
        // some browsers count the steps of a page and refuse when there are too many
      }
    }

    // Show what the address asks for; what it asks in vain is left out.
    function restore() {
      const asked = new URLSearchParams(location.search);
      for (const control of controls) control.value = asked.get(control.name) ?? "";
      form.elements.search.value ||= asked.get("q") ?? ""; // as links of earlier editions have it
      const sort = asked.get("sort") ?? FIRST.sort;
      const sorted = column(sort.replace(/^-/, ""));
      const length = Number(asked.get("length"));
      data.order(
        sorted < 0
          ? [[column(first), "desc"]]
          : [[sorted, sort.startsWith("-") ? "desc" : "asc"]],
      );
      data.page.len(LENGTHS.includes(length) ? length : Number(FIRST.length));
      narrow();
      data.draw();
      const page = Number(asked.get("page") ?? 1) - 1;
      if (page > 0 && page < data.page.info().pages) data.page(page).draw("page");
    }

    function say() {
      const { recordsDisplay, recordsTotal } = data.page.info();
      const text =
        recordsDisplay === recordsTotal
          ? `${count(recordsTotal)} models`
          : `${count(recordsDisplay)} of ${count(recordsTotal)} models match`;
      if (counted.textContent !== text) counted.textContent = text;
      const set = filters.filter(({ value }) => value).length;
      form.querySelector("summary").textContent = set ? `Filters (${set} set)` : "Filters";
    }

    // The panel of a model.
    function close() {
      if (open === null) return;
      data.row(open).child.remove();
      nameIn(shownRow(open)).setAttribute("aria-expanded", "false");
      open = null;
    }

    function copyButton(name, address) {
      const button = element("button", { type: "button", textContent: name });
      button.addEventListener("click", () => copy(address()));
      return button;
    }

    async function copy(address) {
      try {
        await navigator.clipboard.writeText(address);
        note.textContent = "Link copied.";
      } catch {
        note.textContent = address; // to be copied by hand
      }
    }

    const bare = () => location.href.split(/[?#]/)[0];
    async function show(position) {
      close();
      open = position;
      const row = rows[position];
      nameIn(shownRow(position)).setAttribute("aria-expanded", "true");
      const child = data.row(position).child;
      child(element("div", { className: "model-panel", textContent: "Reading its sources …" }));
      child.show();
      let content;
      try {
        const found = await sourcesOf(row.id, position, run);
        const own = copyButton("Copy link to this model", () => `${bare()}#${row.id}`);
        content = panel(found, own);
      } catch {
        content = element("div", { className: "model-panel" });
        content.append(
          "The sources could not be read; they are in ",
          element("a", { href: "../data/evidence.csv", textContent: "evidence.csv" }),
          ".",
        );
      }
      if (open === position) data.row(position).child(content).show();
    }

    // Bring a row into view, on whichever page it is and whatever the filters.
    function find(position) {
      const applied = () =>
        data.rows({ search: "applied", order: "applied" }).indexes().toArray().indexOf(position);
      note.textContent = "";
      if (applied() < 0) {
        for (const control of controls) control.value = "";
        narrow();
        data.draw();
        note.textContent = `Filters cleared to show ${textOf(rows[position], "name")}.`;
      }
      const page = Math.floor(applied() / data.page.len());
      if (page !== data.page()) data.page(page).draw("page");
    }

    function followAddress() {
      typedIn = null;
      close();
      if (query() !== location.search) restore();
      let id = location.hash.slice(1);
      try {
        id = decodeURIComponent(id);
      } catch {
        // a lone % is itself
      }
      const position = places.get(id);
      if (position === undefined) return;
      find(position);
      show(position);
      const address = location.pathname + query() + `#${rows[position].id}`;
      history.replaceState(null, "", address);
      shownRow(position).scrollIntoView();
      nameIn(shownRow(position)).focus({ preventScroll: true });
    }

    data.on("draw", () => {
      if (open !== null && !onPage(open)) close(); // or the address would bring it back
      say();
    });
    data.on("order length page", () => setTimeout(remember)); // when it has drawn
    let typing;
    form.addEventListener("input", ({ target }) => {
      clearTimeout(typing);
      const follow = () => {
        note.textContent = "";
        narrow();
        data.draw();
        remember(target.matches("input") ? target.name : null);
      };
      typing = setTimeout(follow, target.matches("input") ? PAUSE : 0);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault(); // it would bring back what the browser kept from the last visit
      for (const control of controls) control.value = "";
      note.textContent = "";
      narrow();
      data.draw();
      remember();
    });
    form.addEventListener("click", ({ target }) => {
      if (target.dataset.does === "copy") copy(location.href);
      if (target.dataset.does === "csv") download();
    });
    table.addEventListener("click", (event) => {
      const name = event.target.closest("tbody th a");
      const changed = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
      if (!name || changed) return; // in a tab of its own, as any link
      event.preventDefault();
      const position = places.get(name.closest("tr").id);
      position === open ? close() : show(position);
      remember();
    });
    addEventListener("popstate", followAddress);

    function download() {
      const shown = data.rows({ search: "applied", order: "applied" }).indexes().toArray();
      const titles = heads.flatMap((head) => {
        const title = head.querySelector(".dt-column-title") ?? head;
        return head.dataset.field === "released"
          ? ["released", "released (note)"]
          : [title.textContent];
      });
      const lines = shown.map((position) => {
        const row = rows[position];
        const cells = fields.flatMap((field) => {
          const text = textOf(row, field);
          if (field !== "released") return [plain(text, NUMBERS.test(field))];
          return [day(text) ?? "", day(text) ? text.slice(11) : text];
        });
        return [row.id, ...cells];
      });
      const file = almanacDownload.csv([["model_id", ...titles], ...lines]);
      almanacDownload.save("open-weights-almanac-models.csv", file);
    }

    // a browser may have kept what was typed here at the last visit: the address decides
    if (location.search || controls.some(({ value }) => value)) restore();
    followAddress();
    say();
  }

  async function start() {
    const table = document.querySelector("table.catalogue");
    if (!table) return;
    if (matchMedia("(max-width: 700px)").matches) {
      document.querySelector("details.explorer-filters").open = false;
    }
    root.classList.add("explorer");
    try {
      await script("datatables.bundle.js");
      explore(globalThis.DataTable, table);
      table.dataset.ready = "true";
    } catch (fault) {
      root.classList.replace("explorer", "plain"); // the table has all rows
      throw fault;
    }
  }
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", start) : start();
})();
