// The lanes: servers as rows, time to the right, messages as arrows.

const LEFT = 66, RIGHT = 10, TOP = 30; // margins
const LEAST = 40, CLIENT = 22, BAR = 14; // heights: of a server's lane at least, of a client's, of an operation
const CROWDED = 600; // from so many messages on, routine ones and heads are left out
const ROLE_WIDTH = { follower: 3, candidate: 7, leader: 11 };
const FINE = new Set(["save", "apply", "note", "start", "boot"]); // marks that are left out of a crowd
const MARKS = new Set(["save", "apply", "start", "snapshot", "install", "boot", "crash", "note", "timeout", "won"]);

class Lanes {
  constructor(pane, parent) {
    this.pane = pane;
    this.parent = parent;
    this.surface = new Surface(parent, "Servers and clients as rows, time to the right, messages as arrows, operations as bars");
    this.strokes = new Strokes();
    this.seen = new Int32Array(0); // stamps, so that no pixel is drawn twice
    this.stamp = 0;
  }

  x(time) { const { from, to } = this.pane.view; return LEFT + ((time - from) / (to - from)) * (this.surface.width - LEFT - RIGHT); }
  time(x) { const { from, to } = this.pane.view; return from + ((x - LEFT) / (this.surface.width - LEFT - RIGHT)) * (to - from); }
  y(lane) {
    const tall = this.tall;
    return TOP + (lane < tall ? (lane + 0.5) * this.laneHeight : tall * this.laneHeight + (lane - tall + 0.5) * CLIENT);
  }

  // tall is how many lanes are not those of clients.
  get tall() { return this.pane.story.lanes.length - this.pane.story.clients; }

  // fit makes the canvas as high as its place, or as its lanes need.
  fit() {
    const { story } = this.pane, rest = TOP + 4 + story.clients * CLIENT;
    const height = Math.max(this.parent.clientHeight, rest + this.tall * LEAST) + "px";
    if (this.surface.canvas.style.height !== height) this.surface.canvas.style.height = height;
    const c = this.surface.begin();
    this.laneHeight = (this.surface.height - rest) / this.tall;
    return c;
  }

  // draw copies the scene, which changes only with the view, and draws on it
  // what moves with the chosen moment.
  draw() {
    const c = this.fit();
    const scene = this.scene();
    c.drawImage(scene, 0, 0, this.surface.width, this.surface.height);
    this.clipped(c, () => {
      if (this.pane.operation >= 0) this.drawOrder(c, this.pane.operation);
      if (this.pane.selected >= 0) this.drawChosen(c, this.pane.selected);
      this.drawCursor(c);
    });
    this.drawNames(c);
  }

  scene() {
    const { view, shown, past, routine } = this.pane;
    const { canvas } = this.surface;
    const same = this.drawnFor;
    const now = [view.from, view.to, shown, past, routine, theme.paper, canvas.width, canvas.height];
    if (same && now.every((x, k) => x === same[k])) return this.kept;
    this.drawnFor = now;
    this.kept ??= document.createElement("canvas");
    if (this.kept.width !== canvas.width || this.kept.height !== canvas.height) {
      this.kept.width = canvas.width;
      this.kept.height = canvas.height;
    }
    const c = this.kept.getContext("2d");
    c.setTransform(canvas.width / this.surface.width, 0, 0, canvas.height / this.surface.height, 0, 0);
    c.clearRect(0, 0, this.surface.width, this.surface.height);
    this.drawGrid(c);
    this.clipped(c, () => {
      this.drawBands(c);
      this.drawMessages(c);
      this.drawOperations(c);
      this.drawSpans(c);
      this.drawMarks(c);
      this.drawMoments(c);
    });
    return this.kept;
  }

  // clipped draws within the margins.
  clipped(c, draw) {
    c.save();
    c.beginPath();
    c.rect(LEFT, 0, this.surface.width - LEFT - RIGHT, this.surface.height);
    c.clip();
    draw();
    c.restore();
  }

  drawGrid(c) {
    const { from, to } = this.pane.view;
    const step = niceStep((to - from) / Math.max(2, this.surface.width / 110));
    const digits = Math.max(0, Math.min(6, 9 - Math.floor(Math.log10(step))));
    c.font = "11px system-ui, sans-serif";
    c.textAlign = "center";
    c.textBaseline = "alphabetic";
    c.fillStyle = theme.soft;
    c.strokeStyle = theme.line;
    c.lineWidth = 1;
    c.beginPath();
    for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
      const x = Math.round(this.x(t)) + 0.5;
      c.moveTo(x, 14);
      c.lineTo(x, this.surface.height);
      if (x < this.surface.width - 26) c.fillText(seconds(t, digits), x, 11);
    }
    c.stroke();
  }

  drawBands(c) {
    for (const [from, to, lane, peer, label] of this.pane.story.bands) {
      const x0 = this.x(from), x1 = this.x(to);
      if (x1 < LEFT || x0 > this.surface.width) continue;
      const half = this.laneHeight * (peer < 0 ? 0.4 : 0.2);
      c.globalAlpha = 0.5;
      c.fillStyle = theme.cut;
      c.fillRect(x0, this.y(lane) - half, x1 - x0, half * 2);
      c.globalAlpha = 1;
      if (x1 - x0 > 50) this.label(c, label, Math.max(x0, LEFT) + 4, this.y(lane) + half - 3, theme.soft, x1 - Math.max(x0, LEFT) - 6);
    }
  }

  drawSpans(c) {
    this.pane.story.spans.forEach((spans, lane) => {
      const y = this.y(lane);
      for (const [from, to, role, term] of spans) {
        const x0 = Math.max(this.x(from), LEFT - 20), x1 = Math.min(this.x(to), this.surface.width);
        if (x1 < LEFT || x0 > this.surface.width) continue;
        const width = x1 - x0, seen = x1 - Math.max(x0, LEFT);
        if (role === "over") continue;
        if (role === "down") {
          c.fillStyle = theme.down;
          c.fillRect(x0, y - 9, width, 18);
          if (seen > 40) this.label(c, "down", Math.max(x0, LEFT) + 4, y + 4, theme.soft, seen);
          continue;
        }
        const half = ROLE_WIDTH[role] / 2;
        c.fillStyle = theme.term(term);
        if (role === "candidate") {
          for (let x = x0; x < x1; x += 7) c.fillRect(x, y - half, Math.min(4, x1 - x), half * 2);
        } else {
          c.fillRect(x0, y - half, Math.max(width, 1), half * 2);
        }
        const words = (role === "leader" ? "\u2605 leader " : role === "candidate" ? "candidate " : "") + "T" + term;
        if (seen > (role === "follower" ? 24 : 72)) {
          this.label(c, words, Math.max(x0, LEFT) + 3, y - half - 3, theme.term(term), seen - 4, role === "leader");
        } else if (role === "leader" && seen > 14) {
          this.label(c, "\u2605", Math.max(x0, LEFT) + 1, y - half - 3, theme.term(term), 20, true);
        }
      }
    });
  }

  label(c, text, x, y, color, room, bold) {
    c.font = (bold ? "bold " : "") + "11px system-ui, sans-serif";
    c.textAlign = "left";
    const width = c.measureText(text).width;
    if (width > room + 2) return;
    c.globalAlpha = 0.8;
    c.fillStyle = theme.paper;
    c.fillRect(x - 1, y - 10, width + 2, 13);
    c.globalAlpha = 1;
    c.fillStyle = color;
    c.fillText(text, x, y);
  }

  // fresh reports whether nothing was drawn yet at a pixel of a pair of lanes.
  fresh(x, slot, slots) {
    const width = this.surface.width + 2;
    if (this.seen.length < width * slots) this.seen = new Int32Array(width * slots);
    const place = slot * width + Math.max(0, Math.min(width - 1, Math.round(x)));
    if (this.seen[place] === this.stamp) return false;
    this.seen[place] = this.stamp;
    return true;
  }

  // reach returns how far along its way a message is drawn.
  reach(i) {
    switch (this.pane.story.fate(i)) {
      case "lost": return 0.6;
      case "cut": return 0.3;
      case "no end": return 0.2;
    }
    return 1;
  }

  // segment returns the ends of the arrow of a message.
  segment(i) {
    const story = this.pane.story, m = story.messages;
    const y0 = this.y(m.From[i]), y1 = this.y(m.To[i]);
    const x0 = this.x(story.left[i]);
    const part = this.reach(i);
    const arrives = story.came[i] >= 0 && part === 1;
    const x1 = arrives ? this.x(story.came[i]) : x0 + Math.min(30, Math.abs(y1 - y0) * 0.25) * part;
    const side = Math.sign(y1 - y0) * 6;
    return [x0, y0 + side, x1, arrives ? y1 - side : y0 + side + (y1 - y0) * part];
  }

  drawMessages(c) {
    const { story, view, shown, past, routine } = this.pane;
    const visible = [];
    let crowd = 0;
    story.between(view.from, view.to, (i) => { if (shown.message[i]) { visible.push(i); crowd++; } });
    const busy = this.busy = crowd > CROWDED;
    this.left = busy ? 0 : -1;
    this.stamp++;
    const lanes = story.lanes.length;
    const heads = [];
    for (const i of visible) {
      const m = story.messages;
      if ((busy || !routine) && m.Routine[i]) { this.left++; continue; }
      const s = this.segment(i);
      if (busy && !this.fresh(s[0], m.From[i] * lanes + m.To[i], lanes * lanes)) { this.left++; continue; }
      this.strokes.line(this.look(i, past), ...s);
      if (!busy) heads.push([i, s]);
    }
    this.strokes.draw(c);
    this.labelled = []; // where labels are: from, to, height
    for (const [i, s] of heads) this.drawHead(c, i, s, past, heads.length);
    c.globalAlpha = 1;
    this.drawn = heads;
    this.visible = visible;
  }

  // drawOperations draws a bar from each call to its return, open if there was none, with
  // a dot where the operation takes effect.
  drawOperations(c) {
    const { story, view, shown, past } = this.pane;
    this.bars = [];
    this.stamp++;
    story.operations.forEach((o, k) => {
      if (o.To < view.from || o.From > view.to || !shown.operation[k]) return;
      const x0 = this.x(o.From), x1 = Math.max(x0 + 2, this.x(o.To)), y = this.y(o.Lane);
      if (x1 - x0 < 4 && !o.Misfit && !o.Conflict && !this.fresh(x0, o.Lane, story.lanes.length)) return;
      this.bars.push([k, x0, x1, y]);
      c.globalAlpha = past && o.Event >= 0 && !past[o.Event] && !o.Conflict ? 0.35 : 1;
      this.bar(c, o, x0, x1, y, "");
    });
    c.globalAlpha = 1;
  }

  // bar draws an operation; its label begins with a sign.
  bar(c, o, x0, x1, y, sign) {
    const top = y - BAR / 2, wrong = o.Misfit || o.Conflict;
    c.fillStyle = o.Misfit ? theme.badPaper : o.Kind === "Get" ? theme.paper : theme.write;
    c.fillRect(x0, top, x1 - x0, BAR);
    c.strokeStyle = wrong ? theme.bad : theme.accent;
    c.lineWidth = wrong ? 2 : 1;
    c.setLineDash(o.Open ? [4, 3] : []);
    c.beginPath();
    c.moveTo(x1, top); c.lineTo(x0, top); c.lineTo(x0, top + BAR); c.lineTo(x1, top + BAR);
    if (!o.Open) c.closePath();
    c.stroke();
    c.setLineDash([]);
    const left = Math.max(x0, LEFT) + 4, room = Math.min(x1, this.surface.width - RIGHT) - left - 4;
    if (o.Misfit) sign = "\u2715 ";
    c.font = (o.Misfit ? "bold " : "") + "10px system-ui, sans-serif";
    c.textAlign = "left";
    c.fillStyle = o.Misfit ? theme.bad : theme.ink;
    const label = [describe(o), describe(o, { room: 12 }), describe(o, { brief: true }), o.Kind, o.Kind[0], ""].find((text) => c.measureText(sign + text).width <= room);
    if (label !== undefined) c.fillText(sign + label, left, y + 3.5);
    if (!o.Place) return;
    c.fillStyle = wrong ? theme.bad : theme.accent;
    c.beginPath(); c.arc(this.x(o.Effect), top + BAR, 2.5, 0, 7); c.fill();
  }

  // drawOrder draws the order in which the operations on a key take effect, as a line that
  // passes beneath the bars and as numbers, and frames one of them.
  drawOrder(c, chosen) {
    const { story } = this.pane, { operations } = story;
    const key = operations[chosen].Key, order = story.orders.get(key).map((k) => operations[k]);
    const dot = (o) => [this.x(o.Effect), this.y(o.Lane) + BAR / 2 + 1];
    c.strokeStyle = theme.accent;
    c.lineWidth = 1.5;
    c.beginPath();
    order.forEach((o, n) => { if (n) c.lineTo(...dot(o)); else c.moveTo(...dot(o)); });
    c.stroke();
    for (const [k, x0, x1, y] of this.bars) {
      const o = operations[k], same = o.Key === key;
      c.fillStyle = theme.paper;
      c.fillRect(x0, y - BAR / 2, x1 - x0, BAR);
      c.globalAlpha = same ? 1 : 0.6;
      this.bar(c, o, x0, x1, y, same && o.Place ? o.Place + ". " : "");
      c.globalAlpha = 1;
    }
    c.fillStyle = theme.accent;
    for (const o of order) { c.beginPath(); c.arc(...dot(o), 3.5, 0, 7); c.fill(); }
    const o = operations[chosen], x0 = this.x(o.From), x1 = Math.max(x0 + 2, this.x(o.To)), y = this.y(o.Lane);
    c.strokeStyle = theme.ink;
    c.lineWidth = 2;
    c.strokeRect(x0 - 2, y - BAR / 2 - 2, x1 - x0 + 4, BAR + 4);
  }

  alpha(i, past) {
    const m = this.pane.story.messages;
    if (past && !(past[m.Left[i]] && (m.Came[i] < 0 || past[m.Came[i]]) && !m.Routine[i])) return 0.16;
    return m.Routine[i] ? 0.35 : m.Reply[i] ? 0.6 : 1;
  }

  look(i, past) {
    const story = this.pane.story, m = story.messages;
    const fate = story.fate(i);
    const color = theme.term(m.Term[i]);
    const dash = this.busy ? [] : fate === "lost" ? [5, 4] : fate === "cut" || fate === "no end" ? [2, 3] : m.Held[i] ? [2, 4] : fate === "late" ? [9, 3] : [];
    const width = m.Reply[i] ? 1 : 1.6, alpha = this.alpha(i, past) * (this.busy ? 0.4 : 1);
    return { key: color + dash + width + alpha, color, dash, width, alpha };
  }

  drawHead(c, i, [x0, y0, x1, y1], past, count) {
    const story = this.pane.story, m = story.messages, fate = story.fate(i);
    c.globalAlpha = this.alpha(i, past);
    c.strokeStyle = c.fillStyle = theme.term(m.Term[i]);
    c.lineWidth = 2;
    if (fate === "lost") {
      c.strokeStyle = theme.bad;
      cross(c, x1, y1, 4);
    } else if (fate === "cut") {
      c.beginPath();
      c.moveTo(x1 - 5, y1); c.lineTo(x1 + 5, y1);
      c.stroke();
    } else if (fate !== "no end") {
      arrowHead(c, x0, y0, x1, y1, m.Reply[i] ? 6 : 8);
    }
    if (m.Held[i]) {
      c.fillRect(x0 - 3, y0 - 4, 2, 8);
      c.fillRect(x0 + 1, y0 - 4, 2, 8);
    }
    const name = (fate === "double" ? "2\u00d7 " : "") + m.Label[i] + (m.Term[i] && !m.Reply[i] ? " T" + m.Term[i] : "");
    const room = (this.surface.width - LEFT) / Math.max(count, 1);
    if (fate !== "cut" && room > 14 && !(m.Routine[i] && room < 40) && c.globalAlpha > 0.2 && this.laneHeight > 34) {
      c.font = "10px system-ui, sans-serif";
      c.textAlign = "left";
      const x = x0 + (x1 - x0) * 0.3 + 3, y = y0 + (y1 - y0) * 0.3 + (y1 > y0 ? -1 : 8), end = x + c.measureText(name).width;
      if (x < LEFT || this.labelled.some(([l, r, at]) => x < r + 2 && l < end + 2 && Math.abs(y - at) < 11)) return; // it would lie on another
      this.labelled.push([x, end, y]);
      c.globalAlpha = 1;
      c.lineWidth = 3;
      c.strokeStyle = theme.paper; // arrows do not cross it
      c.strokeText(name, x, y);
      c.fillText(name, x, y);
    }
  }

  drawChosen(c, i) {
    const s = this.segment(i);
    c.globalAlpha = 1;
    c.strokeStyle = theme.ink;
    c.lineWidth = 3;
    c.beginPath();
    c.moveTo(s[0], s[1]); c.lineTo(s[2], s[3]);
    c.stroke();
    c.fillStyle = theme.ink;
    if (this.reach(i) === 1) arrowHead(c, ...s, 11); else cross(c, s[2], s[3], 5);
  }

  drawMarks(c) {
    const { story, view, shown, past } = this.pane;
    const first = Math.max(0, story.eventAt(view.from)), last = story.eventAt(view.to);
    this.stamp++;
    this.marks = [];
    const crowded = this.busy;
    for (let i = first; i <= last; i++) {
      const kind = story.kinds[story.kind[i]];
      if (!MARKS.has(kind) || !shown.event[i] || story.lane[i] < 0) continue;
      if (crowded && FINE.has(kind)) continue;
      const x = this.x(story.at[i]);
      if (!this.fresh(x, story.lane[i] * story.kinds.length + story.kind[i], story.lanes.length * story.kinds.length)) continue;
      const y = this.y(story.lane[i]);
      c.globalAlpha = past && !past[i] ? 0.3 : 1;
      this.mark(c, kind, x, y);
      this.marks.push([i, x, y]);
    }
    c.globalAlpha = 1;
  }

  mark(c, kind, x, y) {
    c.lineWidth = 1.5;
    c.fillStyle = c.strokeStyle = theme.ink;
    const stroke = (...points) => {
      c.beginPath();
      points.forEach(([px, py], k) => (k ? c.lineTo(px, py) : c.moveTo(px, py)));
      c.closePath();
      c.fillStyle = theme.paper;
      c.fill();
      c.stroke();
    };
    switch (kind) {
      case "save": c.fillRect(x - 1.5, y + 6, 3, 5); break;
      case "apply": stroke([x - 3, y + 15], [x + 3, y + 15], [x, y + 9]); break;
      case "start": stroke([x - 4, y], [x, y - 4], [x + 4, y], [x, y + 4]); break;
      case "snapshot": case "install": stroke([x - 4, y + 7], [x + 4, y + 7], [x + 4, y + 14], [x - 4, y + 14]); break;
      case "boot": c.beginPath(); c.arc(x, y, 4, 0, 7); c.fillStyle = theme.paper; c.fill(); c.stroke(); break;
      case "crash": c.strokeStyle = theme.bad; c.lineWidth = 3; cross(c, x, y, 6); break;
      case "note": c.font = "bold 10px system-ui"; c.textAlign = "center"; c.fillText("n", x, y + 20); break;
      case "timeout": c.beginPath(); c.arc(x, y, 5, 0, 7); c.fillStyle = theme.paper; c.fill(); c.stroke();
        c.beginPath(); c.moveTo(x, y - 3); c.lineTo(x, y); c.lineTo(x + 2, y); c.stroke(); break;
      case "won": c.font = "16px system-ui"; c.textAlign = "center"; c.fillText("\u2605", x, y + 6); break;
    }
  }

  drawMoments(c) {
    const { story, view } = this.pane;
    for (const m of story.moments) {
      const at = story.at[m.Event];
      if (at < view.from || at > view.to) continue;
      const x = this.x(at);
      c.globalAlpha = 1;
      if (m.Kind === "failure") {
        c.strokeStyle = theme.bad;
        c.lineWidth = 3;
        c.beginPath(); c.moveTo(x, 16); c.lineTo(x, this.surface.height); c.stroke();
        const left = x + 74 > this.surface.width - RIGHT;
        this.label(c, "\u2715 violation", left ? x - 70 : x + 4, 26, theme.bad, 100, true);
      } else if (m.Kind === "conflict") {
        c.fillStyle = theme.bad;
        c.fillRect(x - 1, 17, 2, 7);
      } else if (m.Kind === "commit") {
        c.fillStyle = theme.soft;
        c.fillRect(x - 0.5, 20, 1, 4);
      }
    }
    if (this.pane.differs >= 0) {
      const x = this.x(story.at[this.pane.differs]);
      c.strokeStyle = theme.accent;
      c.setLineDash([6, 4]);
      c.lineWidth = 2;
      c.beginPath(); c.moveTo(x, 16); c.lineTo(x, this.surface.height); c.stroke();
      c.setLineDash([]);
      this.label(c, "first difference", x + 4, 26, theme.accent, 200, true);
    }
  }

  drawCursor(c) {
    const x = this.x(this.pane.time);
    c.strokeStyle = theme.ink;
    c.lineWidth = 1;
    c.beginPath(); c.moveTo(x, 14); c.lineTo(x, this.surface.height); c.stroke();
    c.fillStyle = theme.ink;
    c.beginPath(); c.moveTo(x - 5, 14); c.lineTo(x + 5, 14); c.lineTo(x, 21); c.fill();
    const i = this.pane.event;
    if (i >= 0 && this.pane.story.lane[i] >= 0 && this.pane.operation < 0) {
      c.beginPath();
      c.lineWidth = 2;
      c.arc(this.x(this.pane.story.at[i]), this.y(this.pane.story.lane[i]), 8, 0, 7);
      c.stroke();
    }
  }

  drawNames(c) {
    const story = this.pane.story;
    c.textAlign = "left";
    story.lanes.forEach((name, lane) => {
      const y = this.y(lane);
      c.font = lane < this.tall ? "bold 13px system-ui, sans-serif" : "bold 11px system-ui, sans-serif";
      c.fillStyle = theme.ink;
      if (lane >= story.servers) {
        c.fillText(name, 12, y + 4);
        return;
      }
      const { role, term } = story.stateAt(lane, this.pane.time);
      c.fillText((role === "leader" ? "\u2605 " : "") + name, 12, y);
      c.font = "11px system-ui, sans-serif";
      c.fillStyle = role === "down" || role === "over" ? theme.soft : theme.term(term);
      c.fillText(role === "down" || role === "over" ? role : (role === "candidate" ? "cand. " : "") + "T" + term, 12, y + 13);
    });
    if (this.left > 0) {
      c.font = "11px system-ui, sans-serif";
      c.textAlign = "right";
      c.fillStyle = theme.soft;
      const text = "zoom in for all messages", y = this.y(this.tall - 1) + this.laneHeight / 2 - 4;
      const width = c.measureText(text).width;
      c.fillStyle = theme.paper;
      c.fillRect(this.surface.width - RIGHT - width - 6, y - 12, width + 8, 16);
      c.fillStyle = theme.soft;
      c.fillText(text, this.surface.width - RIGHT - 2, y);
    }
  }

  // hit returns what is under a point: an operation, a message, or an event, or nothing.
  hit(x, y) {
    const bar = (this.bars || []).findLast(([, x0, x1, middle]) => Math.abs(y - middle) <= BAR / 2 + 1 && x >= x0 - 2 && x <= x1 + 2);
    if (bar) return { operation: bar[0] };
    let best = 7, found = null;
    for (const [i, mx, my] of this.marks || []) {
      const d = Math.hypot(x - mx, y - my);
      if (d < best) { best = d; found = { event: i }; }
    }
    const messages = this.drawn && this.drawn.length ? this.drawn.map(([i]) => i) : this.visible || [];
    for (const i of messages) {
      const d = distance(x, y, this.segment(i));
      if (d < best) { best = d; found = { message: i }; }
    }
    return found;
  }
}

// distance of a point from a segment.
function distance(x, y, [x0, y0, x1, y1]) {
  const dx = x1 - x0, dy = y1 - y0;
  const part = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x0 - part * dx, y - y0 - part * dy);
}
