// Draws the pictures that `dflow graph --format=html` wrote into this page. Where the boxes stand was worked out by dflow;
// cytoscape.js draws them, zooms, and says what is under the mouse. Names come from programs: they are only ever
// text, never markup.
"use strict";
(() => {
  const pictures = JSON.parse(document.getElementById("pictures").textContent);
  const kManyElements = 3000;  // beyond which frames are drawn more simply
  const kLongestList = 200;
  const palette = ["#a6cee3", "#b2df8a", "#fdbf6f", "#cab2d6", "#fb9a99", "#ffff99", "#8dd3c7", "#d9d9d9"];
  const heat = ["#ffffcc", "#fed976", "#fd8d3c", "#e31a1c", "#800026"];

  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const table = (rows) =>
      element("dl", {}, ...rows.flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, value)]));
  const readable = (ns) => {
    for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]])
      if (ns >= size) return `${(ns / size).toPrecision(3)} ${unit}`;
    return `${Math.round(ns)} ns`;
  };

  // ---- the page's parts

  const title = element("h1");
  const chooser = element("select", {id: "graph", title: "Which graph"});
  const search = element("input", {id: "search", type: "search", placeholder: "find tasks", size: 18});
  const found = element("span", {id: "found"});
  const next = element("button", {id: "next", textContent: "next", title: "The next one found (Enter)"});
  const colouring = element("select", {id: "colouring", title: "What the colours tell"},
                            element("option", {value: "task"}, "coloured by task"),
                            element("option", {value: "time"}, "coloured by time"));
  const critical = element("input", {id: "critical", type: "checkbox", checked: true});
  const criticalGroup = element("label", {className: "group"}, critical, "critical path");
  const zoomed = element("span", {id: "zoom"});
  const zoomIn = element("button", {id: "in", textContent: "+", title: "Larger (+)"});
  const zoomOut = element("button", {id: "out", textContent: "−", title: "Smaller (-)"});
  const fit = element("button", {id: "fit", textContent: "all", title: "The whole graph (0)"});
  const canvas = element("div", {id: "canvas"});
  const tip = element("div", {id: "tip", hidden: true});
  const chosen = element("div", {id: "chosen"});
  const facts = element("div", {id: "facts"});
  const legend = element("div", {id: "legend"});
  const path = element("div", {id: "path"});
  const group = (...children) => element("span", {className: "group"}, ...children);
  document.body.append(
      element("header", {}, title, chooser, group(search, next, found), colouring, criticalGroup,
              group(zoomOut, zoomIn, fit, zoomed)),
      canvas, element("aside", {}, chosen, facts, legend, path));

  // ---- what is shown

  const state = new URLSearchParams(location.hash.slice(1));  // graph, search, at, colour: a view to link to
  const remember = (key, value) => {
    if (value) state.set(key, value); else state.delete(key);
    try { history.replaceState(null, "", `#${state}`); } catch { /* a frame may forbid it */ }
  };
  let picture, cy, hits = [], hit = -1, thickening = 0;

  const shade = (share) => {
    const at = Math.min(Math.max(share, 0), 1) * (heat.length - 1);
    const low = Math.min(Math.floor(at), heat.length - 2);
    const part = (i) => {
      const channel = (colour) => parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
      return Math.round(channel(heat[low]) + (at - low) * (channel(heat[low + 1]) - channel(heat[low])));
    };
    return `rgb(${part(0)},${part(1)},${part(2)})`;
  };
  // By magnitude: times of tasks differ by factors, and most are short.
  const range = () => {
    const times = picture.nodes.map((node) => node.ns).filter((ns) => ns > 0);
    return times.reduce(([low, high], ns) => [Math.min(low, ns), Math.max(high, ns)], [Infinity, 0]);
  };
  const colourOf = (node, [low, high]) => {
    if (["outside", "boundary", "relation"].includes(node.look)) return "#ffffff";
    if (colouring.value !== "time") return palette[node.colour % palette.length];
    if (!node.ns) return "#eeeeee";
    return shade(high > low ? Math.log(node.ns / low) / Math.log(high / low) : 0.5);
  };

  const elementsOf = () => {
    const limits = range();
    const steps = new Map(picture.critical.map((node, i) => [node, i]));
    const onPath = (edge) => steps.has(edge.from) && steps.get(edge.to) === steps.get(edge.from) + 1;
    return picture.nodes.map((node, i) => ({
      group: "nodes", position: {x: node.x, y: node.y}, classes: node.look + (steps.has(i) ? " critical" : ""),
      data: {id: `n${i}`, thick: 4, label: node.label, width: node.width, height: node.height, colour: colourOf(node, limits),
             ink: colouring.value === "time" && node.ns > Math.sqrt(limits[0] * limits[1]) ? "#ffffff" : "#222222"},
    })).concat(picture.edges.map((edge, i) => ({
      group: "edges", classes: (edge.look || "plain") + (onPath(edge) ? " critical" : ""),
      data: {id: `e${i}`, thick: 4, source: `n${edge.from}`, target: `n${edge.to}`},
    })));
  };

  const style = (many) => [
    {selector: "node", style: {
      shape: many ? "rectangle" : "round-rectangle", width: "data(width)", height: "data(height)",
      "background-color": "data(colour)", "border-width": 1, "border-color": "#888", label: "data(label)", color: "#222",
      "font-family": "monospace", "font-size": 12, "text-valign": "center", "text-halign": "center",
      "text-wrap": "wrap", "text-max-width": 440, "line-height": 1.3, "min-zoomed-font-size": 7}},
    {selector: ".task", style: {color: "data(ink)"}},
    {selector: ".outside", style: {"border-style": "dashed"}},
    {selector: ".boundary", style: {shape: "cut-rectangle", "border-style": "dashed", "border-color": "#b00"}},
    {selector: ".family", style: {"border-width": 2}},
    {selector: "edge", style: {
      width: 1, "line-color": "#999", "curve-style": many ? "haystack" : "bezier", "haystack-radius": 0,
      "target-arrow-shape": many ? "none" : "triangle", "target-arrow-color": "#999", "arrow-scale": 0.8}},
    {selector: ".relation", style: {"border-width": 0, color: "#446", "background-opacity": 0.85}},
    {selector: "edge.stem", style: {"target-arrow-shape": "none"}},
    {selector: ".dashed", style: {"line-style": "dashed"}},
    {selector: "edge.dotted", style: {"line-style": "dotted", "target-arrow-shape": "none"}},
    {selector: "node.critical.marked", style: {"border-width": 4, "border-color": "#0050d0"}},
    {selector: "edge.critical.marked", style: {
      width: "data(thick)", "line-color": "#0050d0", "target-arrow-color": "#0050d0", "z-index": 5}},
    {selector: ".dim", style: {opacity: 0.15, "text-opacity": 0}},
    {selector: ".hit", style: {"border-width": "data(thick)", "border-color": "#d000a0"}},
    {selector: ".at", style: {"border-width": "data(thick)", "border-color": "#d000a0", "z-index": 9}},
  ];

  const show = (index) => {
    if (cy) cy.destroy();
    picture = pictures[index];
    title.textContent = picture ? picture.title : "no graph";
    document.title = `${title.textContent} - dflow`;
    criticalGroup.hidden = !picture || picture.critical.length === 0;
    colouring.hidden = !picture || !picture.timed;
    if (!picture) return;
    if (!picture.timed) colouring.value = "task";
    const many = picture.nodes.length + picture.edges.length > kManyElements;
    cy = cytoscape({
      container: canvas, elements: elementsOf(), layout: {name: "preset"}, style: style(many), minZoom: 1e-4, maxZoom: 5,
      boxSelectionEnabled: false, hideEdgesOnViewport: many, textureOnViewport: many, pixelRatio: many ? 1 : "auto",
    });
    cy.on("zoom", showZoom);
    cy.on("mouseover", "node, edge", (event) => showTip(event.target, event.renderedPosition));
    cy.on("mouseout pan zoom", () => { tip.hidden = true; });
    cy.on("tap", (event) => choose(event.target === cy || event.target.isEdge() ? null : event.target));
    canvas.append(tip);
    whole();
    markCritical();
    showFacts();
    find(search.value);
  };

  const whole = () => { cy.fit(undefined, 30); if (cy.zoom() > 1.2) { cy.zoom(1.2); cy.center(); } showZoom(); };
  const showZoom = () => {
    zoomed.textContent = `${(100 * cy.zoom()).toPrecision(3)} %`;
    clearTimeout(thickening);
    thickening = setTimeout(thicken, 150);
  };
  // What is marked stays visible from afar.
  const thicken = () => {
    const width = Math.max(4, 2.5 / cy.zoom());
    const frames = cy.nodes(".hit, .at");
    cy.batch(() => {
      cy.edges(".critical.marked").data("thick", width);
      if (frames.length <= kLongestList) frames.data("thick", Math.min(width, 40));
    });
  };
  const zoomBy = (factor) => cy.zoom({level: cy.zoom() * factor,
                                      renderedPosition: {x: canvas.clientWidth / 2, y: canvas.clientHeight / 2}});
  const recolour = () => {
    const fresh = elementsOf().filter((one) => one.group === "nodes");
    cy.batch(() => fresh.forEach(({data: {id, colour, ink}}) => cy.getElementById(id).data({colour, ink})));
    showLegend();
  };
  const markCritical = () => cy.elements(".critical").toggleClass("marked", critical.checked);

  const told = (shown) => shown.isNode() ? picture.nodes[+shown.id().slice(1)] : picture.edges[+shown.id().slice(1)];
  const nameOf = (shown) => {
    if (shown.isNode()) return told(shown).label;
    const edge = told(shown), first = (node) => picture.nodes[node].label.split("\n")[0];
    return `${first(edge.to)} <- ${first(edge.from)}`;
  };
  const describe = (shown) => [element("strong", {}, nameOf(shown)), table(told(shown).details || [])];

  const showTip = (shown, {x, y}) => {
    tip.replaceChildren(...describe(shown));
    tip.hidden = false;
    tip.style.left = `${Math.max(4, Math.min(x + 14, canvas.clientWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.max(4, Math.min(y + 14, canvas.clientHeight - tip.offsetHeight - 4))}px`;
  };

  // Pins a node's details to the side and makes its neighbours stand out.
  const choose = (node) => {
    cy.elements(".at").removeClass("at");
    chosen.replaceChildren();
    remember("at", node ? told(node).label : "");
    if (!node) return;
    node.addClass("at");
    thicken();
    const names = (nodes) => nodes.map((other) => told(other).label.split("\n")[0]);
    const list = (heading, nodes) => nodes.length === 0 ? [] : [element("h2", {}, heading), taskList(nodes, names(nodes))];
    chosen.append(element("h2", {}, "chosen"), ...describe(node),
                  ...list("needs", node.incomers("node").toArray()), ...list("is needed by", node.outgoers("node").toArray()));
  };
  const goTo = (node) => {
    cy.animate({center: {eles: node}, zoom: Math.max(cy.zoom(), 0.8), duration: 200});
    choose(node);
  };
  const taskList = (nodes, names) => {
    const list = element("ol", {}, ...names.slice(0, kLongestList).map(
        (name, i) => element("li", {onclick: () => goTo(nodes[i])}, name)));
    if (names.length > kLongestList) list.append(element("div", {}, `and ${names.length - kLongestList} more`));
    return list;
  };

  const showFacts = () => {
    facts.replaceChildren();
    if (picture.facts.length > 0)
      facts.append(element("h2", {}, picture.timed ? "the run" : "about"), table(picture.facts));
    path.replaceChildren();
    if (picture.critical.length > 0) {
      const nodes = picture.critical.map((i) => cy.getElementById(`n${i}`));
      const names = picture.critical.map((i) => `${picture.nodes[i].label}, ${readable(picture.nodes[i].ns)}`);
      path.append(element("h2", {}, "critical path"), taskList(nodes, names));
    }
    showLegend();
  };
  const showLegend = () => {
    legend.replaceChildren();
    if (colouring.value === "time") {
      const [low, high] = range();
      if (high === 0) return;
      const scale = element("div", {className: "scale"});
      scale.style.background = `linear-gradient(to right, ${heat.join(",")})`;
      legend.append(element("h2", {}, "time of a task"), scale,
                    element("div", {className: "ends"}, element("span", {}, readable(low)), element("span", {}, readable(high))));
      return;
    }
    const names = new Map(picture.nodes.filter((node) => node.look === "task" && /#\d+$/.test(node.label))
                              .map((node) => [node.colour, node.label.replace(/#\d+$/, "")]));
    if (names.size === 0) return;
    legend.append(element("h2", {}, "tasks"));
    for (const [colour, name] of names) {
      const swatch = element("span", {className: "swatch"});
      swatch.style.background = palette[colour % palette.length];
      legend.append(element("div", {}, swatch, name));
    }
  };

  // ---- searching

  const find = (text) => {
    const wanted = text.trim().toLowerCase();
    remember("search", text.trim());
    hit = -1;
    cy.batch(() => {
      cy.elements(".dim, .hit").removeClass("dim hit");
      hits = wanted === "" ? [] : cy.nodes().filter((node) => node.data("label").toLowerCase().includes(wanted)).toArray();
      if (wanted === "") return;
      const kept = cy.collection(hits);
      cy.elements().not(kept).addClass("dim");
      kept.addClass("hit");
    });
    found.textContent = wanted === "" ? "" : `${hits.length} found`;
    thicken();
  };
  const findNext = () => {
    if (hits.length === 0) return;
    hit = (hit + 1) % hits.length;
    found.textContent = `${hit + 1} of ${hits.length}`;
    goTo(hits[hit]);
  };

  // ---- wiring

  chooser.append(...pictures.map((one, i) => element("option", {value: i}, one.title)));
  chooser.hidden = pictures.length < 2;
  chooser.onchange = () => { remember("graph", chooser.value); remember("at", ""); chosen.replaceChildren(); show(+chooser.value); };
  let waiting = 0;
  search.oninput = () => { clearTimeout(waiting); waiting = setTimeout(() => find(search.value), 120); };
  search.onkeydown = (event) => { if (event.key === "Enter") { if (hit < 0) find(search.value); findNext(); } };
  next.onclick = findNext;
  colouring.onchange = () => { remember("colour", colouring.value); recolour(); };
  critical.onchange = markCritical;
  zoomIn.onclick = () => zoomBy(1.4);
  zoomOut.onclick = () => zoomBy(1 / 1.4);
  fit.onclick = () => whole();
  document.onkeydown = (event) => {
    if (event.target instanceof HTMLInputElement || !cy) return;
    const action = {"+": () => zoomBy(1.4), "=": () => zoomBy(1.4), "-": () => zoomBy(1 / 1.4), "0": whole}[event.key];
    if (action) action();
  };

  const first = pictures.length > 0 ? Math.min(Math.max(0, parseInt(state.get("graph") || "0", 10) || 0), pictures.length - 1) : 0;
  chooser.value = first;
  colouring.value = state.get("colour") === "task" ? "task" : "time";
  search.value = state.get("search") || "";
  const at = state.get("at");
  show(first);
  if (cy && at) {
    const node = cy.nodes().filter((one) => one.data("label") === at);
    if (node.nonempty()) goTo(node[0]);
  }
  window.dflow = {get cy() { return cy; }};  // for the console, and for tests
  document.body.dataset.ready = "yes";
})();
