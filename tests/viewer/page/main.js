// The page: panes that share a clock, a toolbar, a panel.

class App {
  constructor(data) {
    this.stories = data.stories.map((raw) => new Story(raw));
    theme.know(this.stories.flatMap((s) => s.terms));
    this.filters = new Filters(this, this.stories);
    const [first] = this.stories;
    this.view = { from: first.begin, to: first.end || 1 };
    this.panes = this.stories.map((s, k) => new Pane(this, s, data.difference.length ? data.difference[k] : -1));
    this.active = this.panes[0];
    this.panel = new Panel(this);
    this.tip = document.getElementById("tip");
    this.frames = []; // milliseconds that the latest frames took to draw
    document.title = this.stories.map((s) => s.title).join(" | ");
    set(document.getElementById("title"), first.header.case + (this.stories.length > 1 ? " and " + this.stories[1].header.case : ""));
    set(document.getElementById("subtitle"), this.stories.map((s) => `part ${s.header.part}, seed ${s.header.seed}, ${s.header.clock} clock, ${s.size()}${s.header.verdict ? ", " + s.header.verdict : ""}`).join("   |   "));
    this.makeToolbar();
    for (const pane of this.panes) pane.filter();
    listenToKeys(this);
    fillHelp(document.getElementById("help"));
    document.getElementById("help-button").addEventListener("click", () => this.help());
    document.getElementById("theme-button").addEventListener("click", () => this.themed());
    window.addEventListener("hashchange", () => this.open());
    new ResizeObserver(() => this.redraw()).observe(document.getElementById("panes"));
    this.begin();
    this.opened = this.address(); // the address names a moment when it is another one
    this.open();
  }

  makeToolbar() {
    const bar = document.getElementById("toolbar");
    const group = (name, ...parts) => {
      const g = element("div", "group");
      if (name) g.append(element("span", "", name));
      g.append(...parts);
      bar.append(g);
    };
    this.clock = element("span", "clock");
    group("", this.clock, button("\u25c2", "Event before (left arrow)", () => this.step(-1)), button("\u25b8", "Next event (right arrow)", () => this.step(1)));
    group("Next", ...["election", "commit", "conflict", "failure"].map((kind) => {
      const b = button(kind, `Next ${kind} (${kind === "conflict" ? "x" : kind[0]}); with shift the one before`, (e) => this.jump(kind, e.shiftKey ? -1 : 1));
      b.disabled = !this.stories.some((s) => s.moments.some((m) => m.Kind === kind));
      return b;
    }));
    if (this.stories.length > 1) group("", button("difference", "First difference (d)", () => this.difference()));
    group("Zoom", button("\u2212", "Zoom out (-)", () => this.zoom(1 / 0.6)), button("+", "Zoom in (+)", () => this.zoom(0.6)), button("all", "The whole run (0)", () => this.fit()));
    group("", this.filters.root);
    this.search = element("input");
    this.search.id = "search";
    this.search.type = "search";
    this.search.placeholder = "Search (/)";
    this.search.setAttribute("aria-label", "Search the events");
    this.search.addEventListener("input", () => { this.hits = null; this.count(); });
    this.found = element("span", "soft");
    group("", this.search, this.found);
    this.said = element("span", "soft");
    this.said.setAttribute("role", "status");
    group("", button("Copy link", "Copy a link to this moment (l)", () => this.copyLink()), this.said);
  }

  // begin shows the failure, or else the first second or two.
  begin() {
    const failing = this.panes.find((p) => p.story.failures.length);
    if (this.stories.length > 1 && this.panes.some((p) => p.differs >= 0)) this.difference();
    else if (failing) {
      const f = failing.story.failures[0];
      const at = failing.story.at[f.event];
      const steps = f.steps.length ? failing.story.at[f.steps[Math.max(0, f.steps.length - 2)]] : at - 5e8;
      const span = Math.max(2e7, Math.min(3e9, (at - steps) * 1.5));
      this.active = failing;
      this.view = { from: at - span * 0.85, to: at + span * 0.15 };
      failing.choose(f.event);
      failing.toggleDim(f.roots);
    } else {
      const { begin } = this.active.story;
      this.view = { from: begin, to: Math.min(this.view.to, begin + 2e9) };
      const election = this.active.jump("election", 1);
      if (election >= 0) {
        this.goTo(this.active, election);
        this.show(this.active.time - 9e6, this.active.time + 7e6); // a few round trips
      }
    }
    this.redraw();
  }

  redraw() {
    if (this.due) return;
    this.due = requestAnimationFrame(() => {
      this.due = 0;
      const began = performance.now();
      for (const pane of this.panes) pane.draw();
      this.panel.draw();
      set(this.clock, seconds(this.active.time, 4));
      clearTimeout(this.later);
      this.later = setTimeout(() => this.remember(), 200); // browsers allow few changes a second
      this.frames.push(performance.now() - began);
      if (this.frames.length > 2000) this.frames.shift();
    });
  }

  activate(pane) { this.active = pane; this.redraw(); }

  filtered() {
    for (const pane of this.panes) pane.filter();
    this.hits = null;
    this.redraw();
  }

  // scrub moves all panes to an instant; those that are not active follow.
  scrub(pane, time, { stay = false } = {}) {
    const { begin, end } = pane.story;
    time = Math.max(begin, Math.min(end, time));
    for (const p of this.panes) p.moveTo(time);
    if (!stay) this.follow(time);
    this.redraw();
  }

  // goTo chooses an event; other panes go to its time.
  goTo(pane, event, { stay = false } = {}) {
    if (event < 0) return;
    this.active = pane;
    pane.choose(event);
    for (const p of this.panes) if (p !== pane) p.moveTo(pane.time);
    if (!stay) this.follow(pane.time);
    this.redraw();
  }

  // pick chooses an operation, by its call if that is on the page.
  pick(pane, operation, { stay = false } = {}) {
    const o = pane.story.operations[operation];
    if (o.Event >= 0) this.goTo(pane, o.Event, { stay });
    else this.scrub(pane, o.From, { stay });
    pane.operation = operation;
  }

  select(pane, message) {
    this.goTo(pane, pane.story.messages.Left[message]);
    pane.selected = message;
  }

  // address names the moment: its time in seconds, the number of its event in the whole
  // trace, and of two traces which one.
  address() {
    const { story, time, event } = this.active;
    const place = new URLSearchParams({ t: String(Math.round(time) / 1e9) });
    if (event >= 0) place.set("event", story.earlier + event);
    if (this.active !== this.panes[0]) place.set("trace", this.panes.indexOf(this.active) + 1);
    return "#" + place;
  }

  // remember puts the moment into the address, unless it is the one at which a page opens
  // anyway: a page that is written anew opens at its own.
  remember() {
    const now = this.address();
    if (now === location.hash || (now === this.opened && !location.hash)) return;
    try { history.replaceState(null, "", now); } catch { /* a frame without an address */ }
  }

  // open goes to the moment that the address names, if it names one.
  open() {
    const place = new URLSearchParams(location.hash.slice(1));
    const time = Math.round(Number(place.get("t") ?? NaN) * 1e9), number = place.has("event") ? Number(place.get("event")) : NaN;
    if (location.hash === this.address() || (Number.isNaN(time) && Number.isNaN(number))) return;
    const pane = this.panes[Number(place.get("trace") ?? 1) - 1] ?? this.panes[0];
    const event = number - pane.story.earlier, at = pane.story.at[event];
    this.active = pane;
    if (at !== undefined && (Number.isNaN(time) || time === at)) this.goTo(pane, event, { stay: true });
    else this.scrub(pane, Number.isNaN(time) ? pane.time : time, { stay: true });
    if (pane.dimmed) pane.toggleDim([]);
    const missing = Number.isNaN(time) ? at === undefined : time < pane.story.begin || time > pane.story.end;
    set(this.said, missing ? "The link leads to a moment that is not on this page." : "");
    const { from, to } = this.view;
    this.show(pane.time - (to - from) / 2, pane.time + (to - from) / 2);
  }

  async copyLink() {
    this.remember();
    const link = new URL(this.address(), location.href).href;
    let copied = "Copied";
    try { await navigator.clipboard.writeText(link); } catch { copied = "The browser does not let the page copy: take the address"; }
    set(this.said, copied);
    setTimeout(() => { if (this.said.textContent === copied) set(this.said, ""); }, 4000);
  }

  step(by) { this.goTo(this.active, this.active.step(by)); }
  jump(kind, by) { this.goTo(this.active, this.active.jump(kind, by)); }

  difference() {
    const pane = [this.active, ...this.panes].find((p) => p.differs >= 0);
    if (!pane) return;
    this.goTo(pane, pane.differs);
    const span = Math.min(this.view.to - this.view.from, 6e8);
    this.show(pane.time - span / 2, pane.time + span / 2);
  }

  dim() {
    const pane = this.active;
    if (pane.event >= 0) pane.toggleDim(pane.story.failures.some((f) => f.event === pane.event) ? pane.story.failures.find((f) => f.event === pane.event).roots : [pane.event]);
  }

  show(from, to) {
    const first = Math.min(...this.stories.map((s) => s.begin)), last = Math.max(...this.stories.map((s) => s.end), 1);
    let span = Math.max(20e3, Math.min(to - from, (last - first) * 1.1));
    const middle = Math.max(first, Math.min(last, (from + to) / 2));
    this.view = { from: middle - span / 2, to: middle + span / 2 };
    this.redraw();
  }

  zoom(by, around = this.active.time) {
    const { from, to } = this.view;
    if (around < from || around > to) around = (from + to) / 2;
    this.show(around - (around - from) * by, around + (to - around) * by);
  }

  pan(by) { const span = this.view.to - this.view.from; this.show(this.view.from + by * span, this.view.to + by * span); }

  fit() {
    const first = Math.min(...this.stories.map((s) => s.begin)), last = Math.max(...this.stories.map((s) => s.end), 1);
    const margin = (last - first) * 0.01;
    this.show(first - margin, last + margin);
  }

  // follow moves the view so that an instant is in it.
  follow(time) {
    const { from, to } = this.view, span = to - from;
    const first = Math.min(...this.stories.map((s) => s.begin)), last = Math.max(...this.stories.map((s) => s.end));
    if (time < from + span * 0.03 && from > first) this.show(time - span * 0.3, time + span * 0.7);
    else if (time > to - span * 0.03 && to < last) this.show(time - span * 0.7, time + span * 0.3);
  }

  // find goes to the next event whose words hold what is searched for.
  find(by) {
    this.count();
    const { hits, active } = this;
    if (!hits || !hits.length) return;
    const next = by > 0 ? hits.find((e) => e > active.event) ?? hits[0] : hits.findLast((e) => e < active.event) ?? hits[hits.length - 1];
    this.goTo(active, next);
    set(this.found, `${hits.indexOf(next) + 1} of ${hits.length}`);
  }

  count() {
    const text = this.search.value.trim().toLowerCase();
    if (!text) { this.hits = null; set(this.found, ""); return; }
    if (this.hits && this.hitsOf === this.active) return;
    const { story, shown } = this.active;
    this.lower ??= new Map();
    if (!this.lower.has(story)) this.lower.set(story, story.words.map((w) => w.toLowerCase()));
    const words = this.lower.get(story);
    this.hits = [];
    this.hitsOf = this.active;
    for (let i = 0; i < story.count; i++) if (shown.event[i] && words[i].includes(text)) this.hits.push(i);
    set(this.found, this.hits.length + " found");
  }

  hover(pane, x, y, left, top) {
    const found = pane && pane.lanes.hit(x, y);
    this.tip.hidden = !found;
    if (!found) return;
    const { story } = pane, o = story.operations[found.operation];
    const event = found.message !== undefined ? story.messages.Left[found.message] : found.event;
    set(this.tip, o ? seconds(o.From, 4) + "  " + story.lanes[o.Lane] + " " + describe(o) : seconds(story.at[event], 4) + "  " + story.words[event]);
    this.tip.style.left = Math.max(4, Math.min(left + 14, window.innerWidth - 430)) + "px";
    this.tip.style.top = top + 16 + "px";
  }

  themed() {
    theme.toggle();
    for (const pane of this.panes) pane.overview.key = "";
    this.redraw();
  }

  help() { document.getElementById("help").showModal(); }
}

theme.begin();
window.viewer = new App(JSON.parse(document.getElementById("data").textContent)); // for tests, and for the curious
