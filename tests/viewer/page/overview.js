// The strip below the lanes: the whole run, to scrub in.

class Overview {
  constructor(pane, parent) {
    this.pane = pane;
    this.surface = new Surface(parent, "The whole run");
    this.surface.canvas.classList.add("strip");
  }

  x(time) { const s = this.pane.story; return LEFT + ((time - s.begin) / (s.end - s.begin || 1)) * (this.surface.width - LEFT - RIGHT); }
  time(x) { const s = this.pane.story; return s.begin + ((x - LEFT) / (this.surface.width - LEFT - RIGHT)) * (s.end - s.begin); }

  draw() {
    const c = this.surface.begin();
    const background = this.background();
    c.drawImage(background, 0, 0, this.surface.width, this.surface.height);
    const { view, time } = this.pane;
    c.fillStyle = theme.accent;
    c.globalAlpha = 0.16;
    const x0 = this.x(view.from), x1 = this.x(view.to);
    c.fillRect(x0, 0, Math.max(2, x1 - x0), this.surface.height);
    c.globalAlpha = 1;
    c.fillRect(x0, 0, 1, this.surface.height);
    c.fillRect(x1, 0, 1, this.surface.height);
    c.fillStyle = theme.ink;
    c.fillRect(this.x(time) - 1, 0, 2, this.surface.height);
  }

  // background draws what does not change, once for each size and theme.
  background() {
    const key = [this.surface.canvas.width, this.surface.canvas.height, theme.paper].join();
    if (this.key === key) return this.kept;
    this.key = key;
    this.kept = document.createElement("canvas");
    this.kept.width = this.surface.canvas.width;
    this.kept.height = this.surface.canvas.height;
    const c = this.kept.getContext("2d");
    c.scale(this.kept.width / this.surface.width, this.kept.height / this.surface.height);
    const story = this.pane.story, row = (this.surface.height - 14) / story.servers;
    story.spans.forEach((spans, lane) => {
      for (const [from, to, role, term] of spans) {
        const x = this.x(from), w = Math.max(0.6, this.x(to) - x);
        const h = role === "leader" ? row * 0.85 : row * 0.3;
        c.globalAlpha = role === "leader" ? 1 : 0.6;
        if (role === "over") continue;
        c.fillStyle = role === "down" ? theme.line : theme.term(term);
        c.fillRect(x, 10 + (lane + 0.5) * row - h / 2, w, h);
      }
    });
    c.globalAlpha = 1;
    for (const m of story.moments) {
      const x = this.x(story.at[m.Event]);
      if (m.Kind === "failure") { c.fillStyle = theme.bad; c.fillRect(x - 1, 0, 3, this.surface.height); }
      if (m.Kind === "conflict") { c.fillStyle = theme.bad; c.fillRect(x, 5, 1, 5); }
      if (m.Kind === "commit") { c.fillStyle = theme.soft; c.fillRect(x, 7, 1, 3); }
    }
    c.fillStyle = theme.soft;
    c.font = "11px system-ui, sans-serif";
    c.fillText("all", 12, 16);
    c.fillText(seconds(story.end, 1), 12, 30);
    return this.kept;
  }
}
