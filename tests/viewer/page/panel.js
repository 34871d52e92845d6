// The panel at the right: what the monitor saw, and what is chosen. All that
// comes from a trace is set as text, never as markup.

function element(tag, name = "", text = "") {
  const e = document.createElement(tag);
  if (name) e.className = name;
  if (text) e.textContent = text;
  return e;
}

function button(text, title, act) {
  const b = element("button", "", text);
  b.type = "button";
  b.title = title;
  b.setAttribute("aria-label", title);
  b.addEventListener("click", act);
  return b;
}

function set(e, text) { if (e.textContent !== text) e.textContent = text; }

class Panel {
  constructor(app) {
    this.app = app;
    this.root = document.getElementById("panel");
    this.seen = element("div");
    this.now = element("div");
    this.now.setAttribute("aria-live", "polite");
    this.servers = element("div");
    this.verdicts = element("div");
    this.root.append(this.seen, this.now, this.servers, this.verdicts);
    this.key = "";
  }

  draw() {
    const pane = this.app.active;
    const key = [this.app.panes.indexOf(pane), pane.event, pane.time, pane.selected, pane.operation, pane.dimmed].join();
    if (key === this.key) return;
    this.key = key;
    this.drawSeen(pane);
    this.drawNow(pane);
    this.drawServers(pane);
    this.drawVerdicts(pane);
  }

  drawSeen(pane) {
    const { story } = pane;
    if (this.of !== story || this.dimmed !== pane.dimmed) {
      this.of = story;
      this.dimmed = pane.dimmed;
      this.steps = [];
      this.seen.replaceChildren(...story.failures.map((f) => this.failure(pane, f)));
    }
    for (const [event, b] of this.steps) b.classList.toggle("here", event === pane.event);
  }

  failure(pane, f) {
    const { story } = pane;
    const box = element("div", "violation");
    box.append(element("h2", "", "\u2715 " + (f.property || "The case failed") + ", at " + seconds(story.at[f.event])));
    if (f.misfit >= 0) box.append(...this.misfit(pane, f));
    box.append(element("p", "", f.what));
    if (f.paper) box.append(element("p", "soft", "paper: " + f.paper));
    if (f.handout) box.append(element("p", "soft", "read: handouts/" + f.handout));
    if (story.header.again) box.append(element("p", "soft", "rerun: " + story.header.again));
    const dim = button("Dim the rest", "Show only what can have led to it (p)", () => pane.toggleDim(f.roots));
    dim.setAttribute("aria-pressed", String(pane.dimmed));
    box.append(element("h2", "", "What led to it"), dim);
    if (f.earlier) box.append(element("p", "soft", `\u2026 after ${f.earlier} earlier steps`));
    box.append(this.list(pane, f.steps, f.event));
    return box;
  }

  list(pane, steps, end) {
    const list = element("ol", "steps");
    for (const event of [...steps, end]) {
      const b = element("button");
      b.type = "button";
      const words = event === end ? "\u2715 this is where it was seen" : pane.story.words[event];
      b.append(element("time", "", (pane.story.at[event] / 1e9).toFixed(3)), element("span", "", words));
      b.addEventListener("click", () => this.app.goTo(pane, event));
      this.steps.push([event, b]);
      const item = element("li");
      item.append(b);
      list.append(item);
    }
    return list;
  }

  drawNow(pane) {
    const { story, event, selected } = pane;
    const parts = [];
    if (pane.operation >= 0) {
      parts.push(...this.operation(pane, pane.operation));
    } else if (event >= 0 && !story.failures.some((f) => f.event === event)) {
      parts.push(element("h2", "", "At " + seconds(story.at[event], 6)), element("p", "words", story.words[event]));
      if (selected < 0 && story.fields[event]) parts.push(this.fields(story.fields[event]));
    }
    if (selected >= 0) parts.push(...this.message(pane, selected));
    this.now.replaceChildren(...parts);
  }

  // misfit says which operation no order explains, and which ones contradict it.
  misfit(pane, f) {
    const { story } = pane, o = story.operations[f.misfit], list = element("ol", "steps");
    for (const k of [f.misfit, ...f.conflicts]) {
      const item = element("li");
      item.append(this.step(pane, k));
      list.append(item);
    }
    const order = story.orders.get(o.Key);
    const against = f.conflicts.length ? " The others contradict it." : "";
    const before = order.length ? ` The line and the numbers show an order of the ${order.length} operations before it.` : "";
    return [element("p", "", `No order of the operations on "${o.Key}" explains the first of these.${against}${before}`), list];
  }

  // step is a button that leads to an operation.
  step(pane, k) {
    const o = pane.story.operations[k], b = element("button");
    b.type = "button";
    b.append(element("time", "", (o.From / 1e9).toFixed(3)), element("span", "", `${o.Misfit ? "\u2715 " : ""}${pane.story.lanes[o.Lane]} ${describe(o, { room: 40 })}`));
    b.addEventListener("click", () => this.app.pick(pane, k));
    return b;
  }

  operation(pane, k) {
    const { story } = pane, o = story.operations[k], order = story.orders.get(o.Key), n = order.indexOf(k);
    const cut = new TextEncoder().encode(o.Value).length < o.Bytes ? `${o.Value} (${o.Bytes} bytes)` : o.Value;
    const fields = { client: story.lanes[o.Lane], key: o.Key };
    if (o.Kind !== "Get" || !o.Open) fields[o.Kind === "Get" ? "returned" : "value"] = cut || "\u201c\u201d (empty)";
    fields.from = seconds(o.From, 6);
    fields.to = o.Open ? "it never returned" : `${seconds(o.To, 6)}, ${((o.To - o.From) / 1e6).toFixed(3)} ms later`;
    const parts = [element("h2", "", o.Kind + " " + o.Key), this.fields(fields)];
    if (o.Misfit) return [...parts, element("p", "", "No order of the operations on this key explains what it returned.")];
    if (n < 0) return [...parts, element("p", "soft", "Its place among the others is not known.")];
    const near = element("div", "steps");
    for (const [words, next] of [["The one before:", order[n - 1]], ["The next one:", order[n + 1]]]) {
      if (next !== undefined) near.append(element("p", "soft", words), this.step(pane, next));
    }
    return [...parts, element("p", "", `It is number ${o.Place} on this key, in an order that explains what the clients saw.`), near];
  }

  message(pane, i) {
    const { story } = pane, m = story.messages;
    const says = { arrived: "arrived", late: "arrived late", lost: "was lost on the way", cut: "found nobody there", "no end": "nobody waited for it any more", double: "arrived once more" };
    const name = (k) => story.lanes[k];
    let fate = says[story.fate(i)];
    if (m.Held[i]) fate = "was held up, then " + fate;
    if (story.came[i] >= 0) fate += `, ${((story.came[i] - story.left[i]) / 1e6).toFixed(3)} ms after it left`;
    const parts = [
      element("h2", "", `${m.Reply[i] ? "Answer to " : ""}${story.method(i)}, ${name(m.From[i])} \u2192 ${name(m.To[i])}`),
      element("p", "", "It " + fate + "." + (m.Routine[i] ? " It told its receiver nothing new." : "")),
    ];
    if (story.fields[m.Left[i]]) parts.push(this.fields(story.fields[m.Left[i]]));
    const other = this.partner(story, i);
    if (other >= 0) {
      const jump = button(m.Reply[i] ? "Show the request" : "Show the answer", "The other half of the call", () => this.app.select(pane, other));
      parts.push(jump);
      if (!m.Reply[i] && story.fields[m.Left[other]]) parts.push(element("h2", "", "The answer"), this.fields(story.fields[m.Left[other]]));
    }
    return parts;
  }

  // partner returns the reply to a request, or the request of a reply.
  partner(story, i) {
    const m = story.messages;
    if (m.Reply[i]) {
      const asked = story.cause[m.Left[i]];
      return asked >= 0 ? story.message[asked] : -1;
    }
    if (m.Came[i] < 0) return -1;
    for (let e = m.Came[i] + 1; e < story.count; e++) {
      if (story.cause[e] === m.Came[i]) return story.message[e];
    }
    return -1;
  }

  fields(values) {
    const table = element("table", "fields");
    for (const [name, value] of Object.entries(values)) {
      const row = element("tr");
      const cell = element("td");
      if (Array.isArray(value)) {
        for (const one of value) cell.append(element("div", "", typeof one === "object" && one ? Object.entries(one).map(([k, v]) => k + " " + plain(v)).join(", ") : plain(one)));
      } else {
        cell.textContent = plain(value);
      }
      row.append(element("th", "", name), cell);
      table.append(row);
    }
    return table;
  }

  // drawServers says where the servers are; the logs are at this event already.
  drawServers(pane) {
    const { story, logs, time } = pane;
    if (this.serversOf !== story) {
      this.serversOf = story;
      const table = element("table", "servers"), head = element("tr");
      for (const name of ["", "role", "term", "log to", "committed", "applied"]) head.append(element("th", "", name));
      table.append(head);
      this.rows = story.spans.map((_, s) => {
        const row = element("tr");
        const cells = Array.from({ length: 6 }, () => element("td"));
        set(cells[0], story.lanes[s]);
        row.append(...cells);
        table.append(row);
        return cells;
      });
      this.servers.replaceChildren(element("h2", "", "The servers then"), table);
    }
    this.rows.forEach((cells, s) => {
      const { role, term } = story.stateAt(s, time), log = logs.servers[s];
      set(cells[1], (role === "leader" ? "\u2605 " : "") + role);
      set(cells[2], String(term));
      set(cells[3], String(logs.last(s) || "\u2013"));
      set(cells[4], String(log.commit));
      set(cells[5], story.kinds.includes("apply") ? String(log.applied) : "\u2013");
    });
  }

  drawVerdicts(pane) {
    if (this.verdictsOf === pane.story) return;
    this.verdictsOf = pane.story;
    const { verdicts } = pane.story;
    if (!verdicts.length) { this.verdicts.replaceChildren(); return; }
    const parts = [element("h2", "", "Monitors, at the end")];
    const holding = verdicts.filter((v) => !v.Unseen).map((v) => v.Property);
    if (holding.length) parts.push(element("p", "", "These properties held: " + holding.join(", ") + "."));
    for (const v of verdicts) if (v.Unseen) parts.push(element("p", "", `${v.Property} was not checked, or in part: ${v.Unseen}.`));
    this.verdicts.replaceChildren(...parts);
  }
}
