// Draws the graph that pages/_ui/components/graph.py sends. All its text is untrusted: it enters the
// page as textContent and attributes only, never as markup.

const MARGIN = 12;
const WHOLE = 0.58; // the whole flow is shown first if it fits at this scale
const READABLE = 0.78; // otherwise it scrolls at this scale
const SMALL = 0.5; // below this, cards show only their names
const FAR = 0.26; // and below this, only their status signs
const STILL = 4; // pixels a pointer may move within a click
const HIGHEST = 420; // maximum height of the view, in pixels
const TURN = 24; // width of a line's turn to the height at which it passes cards
const BAR = 12; // height of a scrollbar below it
const SIDES = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
const SVG = "http://www.w3.org/2000/svg";

const made = (tag, className, parent, properties) => {
  const element = Object.assign(document.createElement(tag), { className, ...properties });
  parent.append(element);
  return element;
};

const pace = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth");

/**
 * A path from the right of one card to the left of another; backwards along their bottoms. `pass` is
 * the height at which it passes the cards between them, if there are any.
 */
function bend([ax, ay], [bx, by], [w, h], pass) {
  const [x1, y1, x2, y2] = [ax + w, ay + h / 2, bx, by + h / 2];
  if (pass !== null) {
    const wide = Math.min(TURN, (x2 - x1) / 2);
    return `M${x1},${y1}C${x1 + wide / 2},${y1} ${x1 + wide / 2},${pass} ${x1 + wide},${pass}` +
      `L${x2 - wide},${pass}C${x2 - wide / 2},${pass} ${x2 - wide / 2},${y2} ${x2},${y2}`;
  }
  if (bx > ax) {
    const pull = Math.max((x2 - x1) / 2, 20);
    return `M${x1},${y1}C${x1 + pull},${y1} ${x2 - pull},${y2} ${x2},${y2}`;
  }
  const low = Math.max(ay, by) + h + 12;
  return `M${x1},${y1}C${x1 + 20},${y1} ${x1 + 20},${low} ${x1 - 10},${low}` +
    `L${x2 + 10},${low}C${x2 - 20},${low} ${x2 - 20},${y2} ${x2},${y2}`;
}

class Graph {
  still = true; // the pointer has not moved since it was pressed
  choose = () => {}; // sends the selected component's id to Python

  constructor(parent) {
    this.frame = made("div", "frame", parent);
    this.stage = made("div", "stage", this.frame);
    this.view = made("div", "view", this.stage,
      { tabIndex: 0, role: "group", ariaLabel: "Flow graph" });
    this.room = made("div", "room", this.view);
    this.plan = made("div", "plan", this.room, { role: "group" });
    this.tools = made("div", "tools", this.frame);
    const press = { "−": [() => this.zoom(1 / 1.25), "Zoom out"], "+": [() => this.zoom(1.25), "Zoom in"],
      Fit: [() => this.fit(), "Fit to view"] };
    for (const [textContent, [onclick, title]] of Object.entries(press))
      made("button", "", this.tools, { type: "button", textContent, title, ariaLabel: title, onclick });
    // some systems hide scrollbars; not for screen readers, since keys scroll the view itself
    this.beyond = Object.entries(SIDES).map(([side, [x, y]]) =>
      made("button", `more ${side}`, this.stage, { type: "button", textContent: "›",
        title: "Scroll to more", tabIndex: -1, ariaHidden: "true", hidden: true,
        onclick: () => this.go(x, y) }));
    this.view.addEventListener("scroll", () => this.tell(), { passive: true });
    this.view.addEventListener("wheel", (event) => {
      const across = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      const scrolls = across || this.view.scrollHeight > this.view.clientHeight;
      if (scrolls) this.touched = true;
      if (!event.ctrlKey) return; // a plain wheel scrolls
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1, event);
    }, { passive: false });
    this.view.addEventListener("keydown", (event) => {
      this.touched = true;
      if (!["Enter", " "].includes(event.key) || !event.target.matches(".node")) return;
      event.preventDefault();
      this.still = true;
      event.target.click();
    });
    this.view.addEventListener("pointerdown", (event) => this.drag(event));
    this.watch = new ResizeObserver(() => this.resized());
    this.news = new MutationObserver(() => this.told());
  }

  /** Draw `data`, then the states in the text of `room`, now and whenever it changes. */
  show(picture, room) {
    const drawn = JSON.stringify(picture.plan);
    if (drawn !== this.drawn) this.build(picture.plan);
    this.drawn = drawn;
    this.told = (otherwise) => {
      const text = room?.querySelector('[data-testid="stText"]')?.textContent;
      const told = text && JSON.parse(text);
      // another mark: older than the drawing
      const known = told?.mark === picture.mark ? told : otherwise;
      if (known) this.stand(known);
    };
    this.news.disconnect();
    if (room) this.news.observe(room, { subtree: true, childList: true, characterData: true });
    this.told(picture);
  }

  /** Show the components' states. */
  stand({ states, alt }) {
    this.plan.ariaLabel = alt;
    states.forEach((state, index) => this.set(index, state));
    this.ends.forEach(([source, target], index) => {
      const [from, to] = [states[source][0], states[target][0]].map((kind) => kind.split(" ")[0]);
      const way = ["skipped", "apart"].includes(from) || ["skipped", "apart"].includes(to) ? "closed"
        : from !== "done" ? "" : ["running", "suspended"].includes(to) ? "open"
        : ["done", "failed", "interrupted"].includes(to) ? "passed" : "";
      this.edges[index].setAttribute("class", way);
    });
    this.follow(states);
  }

  build(plan) {
    this.size = plan.size;
    this.ends = plan.edges;
    this.plan.replaceChildren();
    this.shown = [];
    const lines = document.createElementNS(SVG, "svg");
    lines.setAttribute("width", plan.size[0]);
    lines.setAttribute("height", plan.size[1]);
    this.plan.append(lines);
    this.edges = plan.edges.map(([source, target, pass]) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", bend(plan.nodes[source], plan.nodes[target], plan.card, pass));
      lines.append(path);
      return path;
    });
    this.nodes = plan.nodes.map(([x, y, name, id]) => {
      const node = made("div", "node", this.plan);
      Object.assign(node.style, { left: `${x}px`, top: `${y}px`, width: `${plan.card[0]}px`,
        height: `${plan.card[1]}px` });
      made("div", "name", node, { textContent: name });
      node.append(" "); // else the label would not contain the text, “InputDone”
      const line = made("div", "line", node);
      return { node, icon: made("span", "icon", line), words: made("span", "words", line),
        name, id };
    });
    this.touched = false;
    this.followed = undefined;
    this.resized();
  }

  set(index, [kind, icon, line, reason]) {
    const state = [kind, icon, line, reason].join("\n");
    if (this.shown[index] === state) return;
    this.shown[index] = state;
    const { node, icon: sign, words, name, id } = this.nodes[index];
    const over = /^(done|failed) /.test(kind); // it has an output to open
    node.className = `node ${kind}`;
    node.tabIndex = over ? 0 : -1;
    node.role = over ? "button" : "img";
    node.onclick = over ? () => this.still && this.choose(id) : null;
    node.ariaLabel = [name, line].join(", ");
    sign.textContent = icon;
    words.textContent = line;
    node.title = [name, line, reason].filter(Boolean).join("\n");
  }

  /** The scale that shows the whole graph. */
  whole() {
    const room = this.view.clientWidth - 2 * MARGIN;
    return Math.min(room / this.size[0], (HIGHEST - 2 * MARGIN) / this.size[1], 1);
  }

  /** The initial scale: the whole graph, or a readable part of it from the left. */
  usual() {
    const whole = this.whole();
    return whole < WHOLE ? READABLE : whole;
  }

  resized() {
    if (!this.size || !this.view.clientWidth) return;
    if (!this.touched) this.to(this.usual());
    else if (this.fitted) this.to(this.whole());
  }

  to(scale) {
    this.scale = Math.min(Math.max(scale, 0.05), 2);
    const [width, height] = this.size.map((side) => side * this.scale);
    // the height of the initial scale at any zoom, so that nothing below it moves
    const high = Math.min(this.size[1] * this.usual() + 2 * MARGIN, HIGHEST);
    const top = Math.max((high - height) / 2, MARGIN);
    this.view.style.height = `${high + BAR}px`;
    this.room.style.width = `${width + 2 * MARGIN}px`;
    this.room.style.height = `${height + 2 * top}px`;
    this.plan.style.transform = `translate(${MARGIN}px, ${top}px) scale(${this.scale})`;
    this.plan.style.setProperty("--scale", this.scale);
    this.plan.classList.toggle("small", this.scale < SMALL && this.scale >= FAR);
    this.plan.classList.toggle("far", this.scale < FAR);
    this.tools.hidden = !this.touched && this.whole() >= READABLE;
    this.tell();
  }

  /** Mark the sides where the graph continues. */
  tell() {
    const { scrollLeft, scrollTop, scrollWidth, scrollHeight, clientWidth, clientHeight } = this.view;
    const past = { left: scrollLeft, right: scrollWidth - clientWidth - scrollLeft,
      up: scrollTop, down: scrollHeight - clientHeight - scrollTop };
    Object.keys(SIDES).forEach((side, index) => {
      this.beyond[index].hidden = past[side] <= MARGIN;
    });
  }

  /** Scroll by most of a view. */
  go(x, y) {
    this.touched = true;
    this.view.scrollBy({ left: x * this.view.clientWidth * 0.7, top: y * this.view.clientHeight * 0.7,
      behavior: pace() });
  }

  zoom(factor, at) {
    this.touched = true;
    this.fitted = false;
    const box = this.view.getBoundingClientRect();
    const [x, y] = at ? [at.clientX, at.clientY]
      : [box.left + box.width / 2, box.top + box.height / 2];
    const [scale, was] = [this.scale, this.plan.getBoundingClientRect()];
    this.to(scale * factor);
    // the point under the pointer stays in place
    const [grown, is] = [this.scale / scale, this.plan.getBoundingClientRect()];
    this.view.scrollBy(is.left + (x - was.left) * grown - x, is.top + (y - was.top) * grown - y);
  }

  fit() {
    this.touched = this.fitted = true;
    this.to(this.whole());
  }

  drag(event) {
    this.touched = this.still = true;
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    const start = [event.clientX + this.view.scrollLeft, event.clientY + this.view.scrollTop];
    const move = ({ clientX, clientY }) => {
      const far = Math.hypot(clientX - event.clientX, clientY - event.clientY);
      this.still &&= far < STILL;
      if (!this.still) this.view.scrollTo(start[0] - clientX, start[1] - clientY);
    };
    const end = () => {
      this.view.classList.remove("dragged");
      removeEventListener("pointermove", move);
    };
    this.view.classList.add("dragged");
    addEventListener("pointermove", move);
    addEventListener("pointerup", end, { once: true });
  }

  /** Scroll to the running components, unless a person has moved the view. */
  follow(states) {
    const active = (kind) => /^(running|suspended|failed) /.test(kind);
    const index = states.findIndex(([kind]) => active(kind));
    if (this.touched || !this.scale || index < 0 || index === this.followed) return;
    const first = this.followed === undefined;
    this.followed = index;
    const { node } = this.nodes[index];
    const [x, y] = [node.offsetLeft * this.scale, node.offsetTop * this.scale];
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.view;
    const inside = x >= scrollLeft && x + node.offsetWidth * this.scale <= scrollLeft + clientWidth
      && y >= scrollTop && y + node.offsetHeight * this.scale <= scrollTop + clientHeight;
    if (inside) return;
    this.view.scrollTo({ left: x - clientWidth / 3, top: y - clientHeight / 3,
      behavior: first ? "instant" : pace() });
  }
}

const graphs = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  let graph = graphs.get(parentElement);
  if (!graph) graphs.set(parentElement, (graph = new Graph(parentElement)));
  graph.choose = (id) => setTriggerValue("chosen", id);
  graph.watch.observe(graph.view);
  graph.show(data, parentElement.host.closest('[class*="st-key-drawing-"]'));
  return () => {
    // also called if the data changed while this module was loading
    if (graph.view.isConnected) return;
    graph.watch.disconnect();
    graph.news.disconnect();
  };
}
