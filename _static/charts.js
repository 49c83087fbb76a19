// Replace the picture in every <figure class="chart"> with the live chart, when it comes near
// the screen. The picture stays wherever this script does not run or the bundle does not load.
// Points are read by pointer or by arrow keys; what is drawn can be taken away.
(() => {
  const here = document.currentScript.src;
  let vega; // the bundle, fetched once and only by pages that have charts

  function element(name, properties = {}) {
    return Object.assign(document.createElement(name), properties);
  }

  function bundle() {
    vega ??= new Promise((resolve, reject) => {
      document.head.append(element("script", {
        src: new URL("vega.bundle.js", here), onload: resolve, onerror: reject,
      }));
    });
    return vega;
  }

  // ---- drawing ----

  const titleOf = (figure) => figure.querySelector("figcaption").textContent;
  const specOf = (figure) => JSON.parse(figure.querySelector("script").textContent);

  // What has no room on a phone, as a legend beside its first entry; the picture has the same.
  function fitted(spec, width) {
    const { narrow } = spec.usermeta;
    if (!narrow || width >= narrow.below) return spec;
    spec.config ??= {};
    for (const [name, given] of Object.entries(narrow.config)) {
      spec.config[name] = { ...spec.config[name], ...given };
    }
    return spec;
  }

  async function draw(figure) {
    await bundle();
    const view = figure.querySelector(".chart-view");
    const spec = specOf(figure);
    const stage = element("div", { className: "chart-stage" });
    stage.ariaHidden = "true"; // the view around it has its words, a table has its rows
    view.prepend(stage);
    const controls = figure.querySelector(".chart-controls");
    controls?.replaceChildren(); // of what kept their room
    try {
      const { view: chart } = await vegaEmbed(stage, fitted(spec, stage.clientWidth), {
        actions: false,
        renderer: "svg", // takes the colour of the page's text, in light and dark
        ast: true, // no eval: lets the page forbid it
        tooltip: { theme: "custom", disableDefaultStyle: true }, // styles are the site's own:
        defaultStyle: false, // a strict policy refuses those that a script writes
        ...(controls && { bind: controls }),
      });
      view.replaceChildren(stage);
      figure.chart = chart; // Vega's view
      readable(figure, view);
      follow.observe(view);
      figure.dataset.drawn = "true";
    } catch (error) {
      stage.remove();
      controls?.remove();
      console.error(`${figure.id}: ${error}`);
    }
  }

  // Vega looks at the width of its place when the window is resized, and then only once: what the
  // page still moves afterwards, or a sidebar that opens, it would miss.
  let asked;
  const follow = new ResizeObserver(() => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => {
      const differs = ({ clientWidth, firstElementChild }) =>
        Math.abs(firstElementChild.querySelector("svg").clientWidth - clientWidth) > 1;
      const views = [...document.querySelectorAll("figure[data-drawn] .chart-view")];
      if (views.some(differs)) dispatchEvent(new Event("resize"));
    });
  });

  // ---- reading point by point ----

  // Marks that have something to tell, from left to right and then from top to bottom.
  function points(view) {
    return [...view.querySelectorAll("svg .role-mark > *")]
      .filter((mark) => mark.__data__?.tooltip != null)
      .map((mark) => ({ mark, at: mark.getBoundingClientRect() }))
      .sort((a, b) => a.at.x - b.at.x || a.at.y - b.at.y)
      .map(({ mark }) => mark);
  }

  function hover(mark, kind) {
    const { x, y, width, height } = mark.getBoundingClientRect();
    mark.dispatchEvent(new PointerEvent(kind, {
      bubbles: true, clientX: x + width / 2, clientY: y + height / 2,
    }));
  }

  // A live chart can be entered with the keyboard: arrow keys go from point to point and show
  // what the pointer would; it is said aloud too.
  function readable(figure, view) {
    if (!points(view).length) return;
    const said = element("span", { className: "visually-hidden" });
    said.setAttribute("aria-live", "polite");
    view.after(said);
    view.tabIndex = 0;
    view.setAttribute("role", "application");
    view.setAttribute("aria-roledescription", "chart");
    view.setAttribute("aria-description", "Arrow keys go from point to point.");
    let now = null;

    function leave() {
      if (now?.isConnected) hover(now, "mouseout");
      now?.classList.remove("read");
      now = null;
      said.textContent = "";
    }
    view.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
      const jumps = { Home: 0, End: -1 };
      if (event.key === "Escape") return leave();
      if (!(event.key in steps || event.key in jumps)) return undefined;
      event.preventDefault(); // or the page scrolls
      const all = points(view);
      const at = all.indexOf(now);
      const to = event.key in jumps ? jumps[event.key]
        : at < 0 ? (steps[event.key] > 0 ? 0 : -1)
        : Math.min(Math.max(at + steps[event.key], 0), all.length - 1);
      leave();
      now = all.at(to);
      now.classList.add("read");
      hover(now, "pointermove");
      said.textContent = Object.entries(now.__data__.tooltip)
        .map(([name, value]) => `${name}: ${value}`).join("; ");
      return undefined;
    });
    view.addEventListener("blur", leave);
  }

  // ---- taking away ----

  // What the marks of the live chart draw now, whatever its settings are.
  function drawnRows(chart) {
    const rows = new Set();
    (function walk(group) {
      for (const item of group.items ?? []) {
        if (item.marktype) walk(item);
        else if (group.marktype === "group") (item.items ?? []).forEach(walk);
        else if (group.role === "mark" && item.datum) rows.add(item.datum);
      }
    })(chart.scenegraph().root);
    return [...rows];
  }

  function csvOf(chart) {
    const rows = drawnRows(chart);
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return almanacDownload.csv(
      [columns, ...rows.map((row) => columns.map((column) => row[column]))],
    );
  }

  const SVG = "http://www.w3.org/2000/svg";
  const MARGIN = 20; // pixels round an exported chart
  const INK = "#222"; // exported charts are for light paper

  function lines(text, font, width) {
    const pen = element("canvas").getContext("2d");
    pen.font = font;
    const found = [""];
    for (const word of text.split(" ")) {
      const longer = `${found.at(-1)} ${word}`.trim();
      if (found.at(-1) && pen.measureText(longer).width > width) found.push(word);
      else found[found.length - 1] = longer;
    }
    return found;
  }

  // The chart as it stands, with its title above and its source below.
  function exported(figure) {
    const shown = [...figure.querySelectorAll(".chart-view svg")]
      .find((svg) => svg.getBoundingClientRect().width) ?? figure.querySelector("svg");
    const { width, height } = shown.viewBox.baseVal;
    const family = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif";
    const svg = document.createElementNS(SVG, "svg");
    let y = MARGIN;
    const write = (text, size, weight) => {
      for (const line of lines(text, `${weight} ${size}px ${family}`, width)) {
        y += size * 1.3;
        const node = document.createElementNS(SVG, "text");
        Object.entries({
          x: MARGIN, y, fill: INK, "font-size": size, "font-weight": weight, "font-family": family,
        }).forEach(([name, value]) => node.setAttribute(name, value));
        node.textContent = line;
        svg.append(node);
      }
    };
    const ground = document.createElementNS(SVG, "rect");
    svg.append(ground);
    write(titleOf(figure), 17, 600);
    y += 8;
    const copy = shown.cloneNode(true);
    Object.entries({ x: MARGIN, y, width, height, color: INK, class: "" })
      .forEach(([name, value]) => copy.setAttribute(name, value));
    copy.removeAttribute("style");
    svg.append(copy);
    y += height;
    write(addressed(figure.dataset.source, figure), 11, 400);
    y += MARGIN;
    const size = { width: width + 2 * MARGIN, height: Math.ceil(y) };
    Object.entries({ ...size, fill: "white" })
      .forEach(([name, value]) => ground.setAttribute(name, value));
    Object.entries({ ...size, viewBox: `0 0 ${size.width} ${size.height}`, xmlns: SVG })
      .forEach(([name, value]) => svg.setAttribute(name, value));
    return { ...size, text: new XMLSerializer().serializeToString(svg) };
  }

  async function png({ width, height, text }) {
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = element("canvas", { width: 2 * width, height: 2 * height });
    canvas.getContext("2d").drawImage(image, 0, 0, 2 * width, 2 * height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }

  function addressOf(figure) {
    return new URL(`#${figure.id}`, location.href).href;
  }

  // A file on the reader's own disk has no address that anyone else could use; an edition that is
  // published names its own.
  function addressed(text, figure) {
    const known = location.protocol === "file:" || figure.dataset.cite.includes("://");
    return known ? text : `${text} ${addressOf(figure)}`;
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // not allowed, or not a secure page
      const area = element("textarea", { value: text, className: "visually-hidden" });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  function tell(button, words) {
    const before = button.dataset.words ??= button.textContent;
    button.textContent = words;
    clearTimeout(button.told);
    button.told = setTimeout(() => { button.textContent = before; }, 2000);
  }

  const DOES = {
    png: async (figure) => almanacDownload.save(`${figure.id}.png`, await png(exported(figure))),
    svg: (figure) => almanacDownload.save(`${figure.id}.svg`,
      new Blob([exported(figure).text], { type: "image/svg+xml" })),
    // the file beside the page holds the same, unless the reader has moved a control
    csv: (figure) => almanacDownload.save(`${figure.id}.csv`, csvOf(figure.chart)),
    link: (figure) => copy(addressOf(figure)),
    cite: (figure) => copy(addressed(figure.dataset.cite, figure)),
  };

  function offer(figure) {
    for (const tool of figure.querySelectorAll("[data-take]")) {
      const does = tool.dataset.take;
      tool.hidden = false;
      tool.addEventListener("click", async (event) => {
        if (does === "csv" && !figure.querySelector(".chart-controls")) return;
        if (does !== "link") event.preventDefault();
        await DOES[does](figure);
        if (does === "link" || does === "cite") tell(tool, "Copied");
      });
    }
  }

  // ---- starting ----

  function start() {
    const figures = document.querySelectorAll("figure.chart");
    const watch = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        draw(target);
      }
    }, { rootMargin: "600px" });
    figures.forEach((figure) => {
      offer(figure);
      watch.observe(figure);
    });
  }
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", start) : start();
})();
