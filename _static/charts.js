// Replace the picture in every <figure class="chart"> with the live chart, when it comes near
// the screen. The picture stays wherever this script does not run or the bundle does not load.
(() => {
  const here = document.currentScript.src;
  const NARROW = 420; // pixels
  let vega; // the bundle, fetched once and only by pages that have charts

  function bundle() {
    vega ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("vega.bundle.js", here);
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return vega;
  }

  // A legend beside its first entry has no room on a phone.
  function fitted(spec, width) {
    if (width < NARROW) spec.config.legend = { ...spec.config.legend, columns: 1 };
    return spec;
  }

  // Controls stand above the picture and not in it: what is in a picture nobody can reach.
  function controls(spec, figure) {
    if (!spec.params?.some((one) => one.bind)) return {};
    const form = document.createElement("div");
    form.className = "chart-controls";
    form.setAttribute("role", "group");
    form.setAttribute("aria-label", "Settings of this chart");
    figure.querySelector(".chart-view").before(form);
    return { bind: form };
  }

  async function draw(figure) {
    await bundle();
    const view = figure.querySelector(".chart-view");
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const stage = document.createElement("div");
    stage.className = "chart-stage";
    stage.ariaHidden = "true"; // the view is the picture, and has its words
    view.prepend(stage);
    const bound = controls(spec, figure);
    try {
      await vegaEmbed(stage, fitted(spec, stage.clientWidth), {
        actions: false,
        renderer: "svg", // takes the colour of the page's text, in light and dark
        ast: true, // no eval: lets the page forbid it
        tooltip: { theme: "custom", disableDefaultStyle: true }, // styles are the site's own:
        defaultStyle: false, // a strict policy refuses those that a script writes
        ...bound,
      });
      view.replaceChildren(stage);
      figure.dataset.drawn = "true";
    } catch (error) {
      stage.remove();
      bound.bind?.remove();
      console.error(`${figure.id}: ${error}`);
    }
  }

  function start() {
    const watch = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        draw(target);
      }
    }, { rootMargin: "600px" });
    document.querySelectorAll("figure.chart").forEach((figure) => watch.observe(figure));
  }
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", start) : start();
})();
