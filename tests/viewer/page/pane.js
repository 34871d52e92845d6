// A pane shows one story: lanes, the strip, the logs.

class Pane {
  constructor(app, story, differs) {
    this.app = app;
    this.story = story;
    this.differs = differs; // the first event that the other story does not have
    this.logs = new Logs(story);
    this.event = -1;
    this.selected = -1; // message
    this.operation = -1; // that is framed
    this.time = 0;
    this.past = null;
    this.dimmed = false;
    this.root = element("section", "pane");
    document.getElementById("panes").append(this.root);
    if (app.stories.length > 1) this.root.append(element("div", "name", story.title));
    const lanes = element("div", "lanes"), strip = element("div", "overview");
    this.root.append(lanes, strip);
    this.lanes = new Lanes(this, lanes);
    this.overview = new Overview(this, strip);
    this.table = new LogTable(this, this.root);
    this.listen();
  }

  get view() { return this.app.view; }
  get routine() { return this.app.filters.routine; }

  filter() { this.shown = this.app.filters.apply(this.story); }

  draw() {
    this.root.classList.toggle("active", this.app.active === this);
    this.lanes.draw();
    this.overview.draw();
    this.table.draw();
  }

  // moveTo goes to an instant.
  moveTo(time) {
    this.time = time;
    this.event = this.story.eventAt(time);
    this.selected = this.operation = -1;
  }

  // choose goes to an event.
  choose(event) {
    this.event = event;
    this.time = this.story.at[event];
    this.selected = this.story.message[event];
    this.operation = this.story.failures.find((f) => f.event === event)?.misfit ?? this.story.operationOf[event];
  }

  toggleDim(roots) {
    this.dimmed = !this.dimmed;
    this.past = this.dimmed ? this.story.past(roots) : null;
    this.app.redraw();
  }

  // step returns the next event that is shown, or the one before.
  step(by) {
    let i = this.event;
    do { i += by; } while (i >= 0 && i < this.story.count && !this.shown.event[i]);
    return i >= 0 && i < this.story.count ? i : -1;
  }

  // jump returns the next moment of a kind, or the one before.
  jump(kind, by) {
    const moments = this.story.moments.filter((m) => m.Kind === kind).map((m) => m.Event);
    return (by > 0 ? moments.find((e) => e > this.event) : moments.findLast((e) => e < this.event)) ?? -1;
  }

  listen() {
    const canvas = this.lanes.surface.canvas, strip = this.overview.surface.canvas;
    const place = (e) => { const r = e.currentTarget.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
    let drag = null;
    canvas.addEventListener("pointerdown", (e) => {
      this.app.activate(this);
      canvas.setPointerCapture(e.pointerId);
      const [x, y] = place(e);
      drag = { x, y: e.clientY, top: canvas.parentElement.scrollTop, from: this.view.from, to: this.view.to, moved: false };
    });
    canvas.addEventListener("pointermove", (e) => {
      const [x, y] = place(e);
      if (!drag) { this.app.hover(this, x, y, e.clientX, e.clientY); return; }
      if (Math.hypot(x - drag.x, e.clientY - drag.y) > 3) drag.moved = true;
      if (drag.moved) {
        const by = ((x - drag.x) / (this.lanes.surface.width - LEFT - RIGHT)) * (drag.to - drag.from);
        this.app.show(drag.from - by, drag.to - by);
        canvas.parentElement.scrollTop = drag.top - (e.clientY - drag.y); // if not all lanes have room
      }
    });
    canvas.addEventListener("pointerup", (e) => {
      const [x, y] = place(e);
      if (drag && !drag.moved) this.click(x, y);
      drag = null;
    });
    canvas.addEventListener("pointercancel", () => { drag = null; }); // a finger that scrolls the page
    canvas.addEventListener("pointerleave", () => this.app.hover(null));
    canvas.addEventListener("wheel", (e) => {
      e.preventDefault();
      const sideways = e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY);
      const span = this.view.to - this.view.from;
      if (sideways) {
        const by = ((e.deltaX || e.deltaY) / 600) * span;
        this.app.show(this.view.from + by, this.view.to + by);
      } else {
        this.app.zoom(Math.exp(Math.max(-300, Math.min(300, e.deltaY)) * 0.002), this.lanes.time(place(e)[0]));
      }
    }, { passive: false });
    const scrub = (e) => this.app.scrub(this, this.overview.time(place(e)[0]));
    strip.addEventListener("pointerdown", (e) => { this.app.activate(this); strip.setPointerCapture(e.pointerId); scrub(e); });
    strip.addEventListener("pointermove", (e) => { if (e.buttons) scrub(e); });
  }

  click(x, y) {
    const found = this.lanes.hit(x, y);
    if (found && found.operation !== undefined) this.app.pick(this, found.operation, { stay: true });
    else if (found && found.message !== undefined) this.app.select(this, found.message);
    else if (found) this.app.goTo(this, found.event, { stay: true });
    else this.app.scrub(this, Math.max(this.story.begin, Math.min(this.story.end, this.lanes.time(x))), { stay: true });
  }
}
