/* Draws an explorer: its controls, and the view that belongs to where they stand.
 *
 * One renderer for two places. In the book it is a plain script: pages work from a web server and
 * from a folder alike, and the views were computed when the book was built. In JupyterLab it is
 * loaded by anywidget, and Python computes each view. */
(function (root) {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const STATE_WORDS = {
    open: "open",
    tried: "tried",
    passed: "passed",
    active: "running",
    stopped: "stopped",
    skipped: "skipped",
  };
  const SIGNS = { open: "○", tried: "◐", passed: "✓", active: "▶", stopped: "✕", skipped: "–" };
  const ITEMS = { bars: "bars", lines: "series", radar: "axes", steps: "steps", table: "rows" };
  const DASHES = ["", "7 4", "2 4", "10 3 2 3", "4 2"];

  /* JupyterLab takes arrows, Space and Enter for its own, except from elements marked so. */
  const KEYS = { "data-lm-suppress-shortcuts": "true" };

  function element(name, attributes, ...children) {
    return filled(document.createElement(name), attributes, children);
  }

  function drawing(name, attributes, ...children) {
    return filled(document.createElementNS(SVG, name), attributes, children);
  }

  function filled(node, attributes, children) {
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== undefined && value !== false) node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  /* A place that scrolls sideways is a stop for the keyboard, and has a name. */
  function scrolling(name, content) {
    const attributes = { ...KEYS, class: "wbx-scroll", tabindex: 0, role: "region" };
    return element("div", { ...attributes, "aria-label": name }, content);
  }

  function table(caption, columns, rows) {
    const row = (cells) =>
      element(
        "tr",
        {},
        ...cells.map((cell, at) => element(at ? "td" : "th", at ? {} : { scope: "row" }, cell)),
      );
    const head = columns.map((column) => element("th", { scope: "col" }, column));
    return scrolling(
      caption,
      element(
        "table",
        {},
        element("caption", {}, caption),
        element("thead", {}, element("tr", {}, ...head)),
        element("tbody", {}, ...rows.map(row)),
      ),
    );
  }

  function chart(part, draw, values) {
    const canvas = element("div", { class: "wbx-canvas" });
    const redraw = () => canvas.replaceChildren(draw(part, Math.max(canvas.clientWidth, 240)));
    new ResizeObserver(redraw).observe(canvas);
    return element(
      "figure",
      { class: "wbx-part" },
      element("figcaption", {}, part.title),
      canvas,
      element("details", {}, element("summary", KEYS, "The same as a table"), values),
    );
  }

  function bars(part) {
    const rows = part.bars.map((bar) => [bar.label, bar.text]);
    return chart(part, drawBars, table(part.title, ["", "Value"], rows));
  }

  function drawBars(part, width) {
    const narrow = width < 480;
    const labels = narrow ? 0 : Math.min(width * 0.38, 8 + 7.8 * longest(part.bars, "label"));
    const texts = 12 + 7.6 * longest(part.bars, "text");
    const height = narrow ? 46 : 30;
    const largest = part.largest || Math.max(...part.bars.map((bar) => bar.value)) || 1;
    const room = width - labels - texts;
    const marks = part.bars.flatMap((bar, at) => {
      const top = at * height + (narrow ? 20 : 4);
      const length = Math.max(1, room * Math.min(1, Math.max(0, bar.value) / largest));
      const label = narrow
        ? { x: 0, y: top - 6 }
        : { x: labels - 8, y: top + 15, "text-anchor": "end" };
      return [
        drawing("text", label, bar.label),
        drawing("rect", {
          x: labels,
          y: top,
          width: length,
          height: 20,
          rx: 2,
          class: `wbx-bar wbx-${bar.tone}`,
        }),
        drawing("text", { x: labels + length + 6, y: top + 15, class: "wbx-value" }, bar.text),
      ];
    });
    const said = part.bars.map((bar) => `${bar.label}: ${bar.text}`).join("; ");
    return image(`${part.title}. ${said}`, width, part.bars.length * height + 4, marks);
  }

  function longest(items, key) {
    return Math.max(...items.map((item) => item[key].length));
  }

  function image(said, width, height, marks) {
    return drawing(
      "svg",
      { role: "img", "aria-label": said, width, height, viewBox: `0 0 ${width} ${height}` },
      ...marks,
    );
  }

  function lines(part) {
    const text = (value) => (value === null ? "–" : value.toFixed(part.digits));
    const rows = part.x.map((x, at) => [x, ...part.series.map((one) => text(one.values[at]))]);
    const columns = [part.x_label, ...part.series.map((one) => one.name)];
    return chart(part, drawLines, table(part.title, columns, rows));
  }

  function drawLines(part, width) {
    const height = 260;
    const [left, right, top, bottom] = [54, 12, 26 + 18 * part.series.length, 44];
    const known = part.series.flatMap((one) => one.values).filter((value) => value !== null);
    const [low, high] = part.y_range || [Math.min(...known), Math.max(...known)];
    const count = part.x.length;
    const x = (at) => left + ((width - left - right) * at) / Math.max(1, count - 1);
    const y = (value) =>
      height - bottom - ((height - bottom - top) * (value - low)) / (high - low || 1);
    const text = (value) => value.toFixed(part.digits);
    const marks = [];
    for (let tick = 0; tick <= 4; tick += 1) {
      const value = low + ((high - low) * tick) / 4;
      const at = y(value);
      marks.push(
        drawing("line", { x1: left, x2: width - right, y1: at, y2: at, class: "wbx-grid" }),
        drawing("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, text(value)),
      );
    }
    const every = Math.ceil((count * 44) / (width - left - right));
    part.x.forEach((label, at) => {
      if (at % every) return;
      const place = { x: x(at), y: height - bottom + 18, "text-anchor": "middle" };
      marks.push(drawing("text", place, label));
    });
    marks.push(
      drawing("text", { x: left, y: 12 }, part.y_label),
      drawing("text", { x: width - right, y: height - 6, "text-anchor": "end" }, part.x_label),
    );
    part.series.forEach((one, at) => {
      const style = { class: `wbx-line wbx-series${at % 5}`, "stroke-dasharray": DASHES[at % 5] };
      const legend = 26 + 18 * at;
      let path = "";
      one.values.forEach((value, position) => {
        if (value === null) return;
        const joined = position > 0 && one.values[position - 1] !== null;
        path += `${joined ? "L" : "M"}${x(position).toFixed(1)} ${y(value).toFixed(1)}`;
      });
      marks.push(
        drawing("path", { d: path, ...style }),
        drawing("path", { d: `M${left} ${legend}h28`, ...style }),
        drawing("text", { x: left + 36, y: legend + 4 }, one.name),
      );
    });
    const said = part.series.map((one) => one.name).join(", ");
    const alternative = `${part.title}. Lines: ${said}. The values are in the table.`;
    return image(alternative, width, height, marks);
  }

  function radar(part) {
    const rows = part.axes.map((axis) => [axis.label, axis.text]);
    return chart(part, drawRadar, table(part.title, ["", "Value"], rows));
  }

  function drawRadar(part, whole) {
    const width = Math.min(whole, 480);
    const height = Math.min(width, 320);
    const [middle, centre] = [width / 2, height / 2];
    const turn = (at) => (2 * Math.PI * at) / part.axes.length - Math.PI / 2;
    const rooms = part.axes.map((axis, at) => {
      const side = Math.abs(Math.cos(turn(at)));
      return side < 0.1 ? Infinity : (middle - 16 - 7.2 * axis.label.length) / side;
    });
    const radius = Math.max(30, Math.min(centre - 44, ...rooms));
    const place = (at, value) => {
      const far = (radius * value) / part.largest;
      return [middle + far * Math.cos(turn(at)), centre + far * Math.sin(turn(at))];
    };
    const shape = (values) =>
      values.map((value, at) => place(at, value).map((x) => x.toFixed(1)).join(",")).join(" ");
    const marks = [];
    for (let ring = 1; ring <= 4; ring += 1) {
      const points = shape(part.axes.map(() => (part.largest * ring) / 4));
      marks.push(drawing("polygon", { points, class: "wbx-grid wbx-ring" }));
    }
    part.axes.forEach((axis, at) => {
      const [x2, y2] = place(at, part.largest);
      marks.push(drawing("line", { x1: middle, y1: centre, x2, y2, class: "wbx-grid" }));
    });
    marks.push(drawing("polygon", { points: shape(part.axes.map((a) => a.value)), class: "wbx-area" }));
    part.axes.forEach((axis, at) => {
      const [x, y] = place(at, axis.value);
      marks.push(drawing("circle", { cx: x, cy: y, r: 4, class: "wbx-accent" }));
      const side = Math.cos(turn(at));
      const anchor = Math.abs(side) < 0.1 ? "middle" : side > 0 ? "start" : "end";
      const [left, top] = place(at, part.largest * (1 + 14 / radius));
      const spot = { x: left, y: top + 4 + 8 * Math.sin(turn(at)), "text-anchor": anchor };
      marks.push(drawing("text", spot, axis.label));
    });
    const said = part.axes.map((axis) => `${axis.label}: ${axis.text}`).join("; ");
    return image(`${part.title}. ${said}`, width, height, marks);
  }

  function steps(part) {
    const boxes = part.steps.map((step) =>
      element(
        "li",
        {
          class: `wbx-step wbx-state-${step.state || "plain"}`,
          "aria-current": step.current ? "true" : undefined,
        },
        step.state
          ? element("span", { class: "wbx-sign", "aria-hidden": "true" }, SIGNS[step.state])
          : null,
        element(
          "span",
          { class: "wbx-step-text" },
          element("span", { class: "wbx-step-label" }, step.label),
          step.state
            ? element("span", { class: "wbx-step-state" }, STATE_WORDS[step.state])
            : null,
          step.detail ? element("span", { class: "wbx-step-detail" }, step.detail) : null,
        ),
      ),
    );
    return element(
      "figure",
      { class: "wbx-part" },
      element("figcaption", {}, part.title),
      element("ol", { class: "wbx-steps", role: "list" }, ...boxes),
    );
  }

  const PARTS = {
    bars,
    lines,
    radar,
    steps,
    table: (part) =>
      element("div", { class: "wbx-part" }, table(part.title, part.columns, part.rows)),
  };

  /* What a view shows, as Markdown: its settings, its headline, its parts as tables. */
  function markdown(spec, position, view) {
    const cell = (text) => String(text).replaceAll("|", "\\|");
    const rows = (columns, body) =>
      [columns, columns.map(() => "---"), ...body].map((row) => `| ${row.map(cell).join(" | ")} |`);
    const settings = spec.parameters.map((p, at) => [p.label, p.texts[position[at]]]);
    const lines_ = [`# ${spec.title}`, "", view.headline, "", ...rows(["Setting", "Value"], settings)];
    for (const part of view.parts) {
      lines_.push("", `## ${part.title}`, "");
      if (part.kind === "table") lines_.push(...rows(part.columns, part.rows));
      else if (part.kind === "steps")
        lines_.push(...rows(["Step", "State"], part.steps.map((s) => [s.label, s.state])));
      else if (part.kind === "lines")
        lines_.push(
          ...rows(
            [part.x_label, ...part.series.map((one) => one.name)],
            part.x.map((x, at) => [x, ...part.series.map((one) => one.values[at] ?? "–")]),
          ),
        );
      else lines_.push(...rows(["", "Value"], part[ITEMS[part.kind]].map((i) => [i.label, i.text])));
    }
    return [...lines_, "", view.note, ""].join("\n");
  }

  function save(name, text) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
    const link = element("a", { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  /* Builds the controls once. `moved` is called with the new position of all of them. */
  function mount(place, spec, moved) {
    const position = [...spec.start];
    const headline = element("p", { class: "wbx-headline", role: "status" });
    const parts = element("div", { class: "wbx-parts" });
    const note = element("p", { class: "wbx-note" });

    const controls = spec.parameters.map((parameter, at) => {
      const last = parameter.texts.length - 1;
      let input;
      let shown = null;
      if (parameter.kind === "slider") {
        input = element("input", { ...KEYS, type: "range", min: 0, max: last, step: 1 });
        shown = element("output", {});
      } else {
        const options = parameter.texts.map((text, value) => element("option", { value }, text));
        input = element("select", KEYS, ...options);
      }
      input.value = position[at];
      const tell = () => {
        const text = parameter.texts[position[at]];
        if (shown === null) return;
        shown.textContent = text;
        input.setAttribute("aria-valuetext", text);
      };
      tell();
      input.addEventListener("input", () => {
        position[at] = Number(input.value);
        tell();
        moved([...position]);
      });
      const label = element("span", { class: "wbx-label" }, parameter.label);
      return element("label", { class: `wbx-control wbx-${parameter.kind}` }, label, input, shown);
    });

    let shownView = null;
    let saving = null;
    if (spec.save_as) {
      saving = element("button", { ...KEYS, type: "button", class: "wbx-save" }, "Save as Markdown");
      saving.addEventListener("click", () =>
        save(spec.save_as, markdown(spec, position, shownView)),
      );
    }

    const panel = element(
      "div",
      { class: "wbx", role: "group", "aria-label": spec.title },
      element("p", { class: "wbx-title" }, spec.title),
      element("p", { class: "wbx-question" }, spec.question),
      element("div", { class: "wbx-controls" }, ...controls),
      headline,
      parts,
      note,
      saving || "",
    );
    place.append(panel);

    return function draw(view) {
      shownView = view;
      const open = [...parts.querySelectorAll("details")].map((details) => details.open);
      headline.textContent = view.headline;
      parts.replaceChildren(...view.parts.map((part) => PARTS[part.kind](part)));
      parts.querySelectorAll("details").forEach((details, at) => {
        details.open = open[at] || false;
      });
      note.textContent = view.note;
      note.hidden = !view.note;
    };
  }

  /* Gives the book's pages the states of an explorer, computed when the book was built. */
  function register(id, payload) {
    const ready = () =>
      document.querySelectorAll(`.workbook-explorer[data-explorer="${id}"]`).forEach((place) => {
        revive(place, payload);
      });
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
    else ready();
  }

  function revive(place, payload) {
    const { spec, items, parts, views, states } = payload;
    const fallback = place.querySelector("table");
    place.replaceChildren();
    const draw = mount(place, spec, (position) => draw(viewAt(position)));
    const whole = (part) => {
      const field = ITEMS[part.kind];
      return { ...part, [field]: part[field].map((item) => items[item]) };
    };
    const viewAt = (position) => {
      const state = spec.parameters.reduce((at, p, i) => at * p.texts.length + position[i], 0);
      const view = views[states[state]];
      return { ...view, parts: view.parts.map((part) => whole(parts[part])) };
    };
    draw(viewAt(spec.start));
    if (!fallback) return;
    const summary = element("summary", KEYS, "States worth seeing");
    const scroll = scrolling(spec.title, fallback);
    place.firstChild.append(element("details", { class: "wbx-keys" }, summary, scroll));
  }

  /* Called by anywidget in JupyterLab. */
  function render({ model, el }) {
    el.classList.add("workbook-explorer");
    const spec = { ...model.get("spec"), start: model.get("position") };
    const draw = mount(el, spec, (position) => {
      model.set("position", position);
      model.save_changes();
    });
    const redraw = () => draw(model.get("view"));
    model.on("change:view", redraw);
    redraw();
    return () => model.off("change:view", redraw);
  }

  root.WorkbookExplorer = { register, render };
})(globalThis);
