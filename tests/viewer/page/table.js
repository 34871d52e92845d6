// The log table: a row for each server at the moment chosen.

const CELL = 58, WIDE = 128; // pixels, at least and at most

class LogTable {
  constructor(pane, parent) {
    this.pane = pane;
    this.offset = 0; // columns back from the end
    this.root = element("div", "logs");
    this.caption = element("div", "caption");
    this.root.append(this.caption);
    parent.append(this.root);
    this.earlier = button("\u25c2", "Earlier entries", () => this.scroll(4));
    this.later = button("\u25b8", "Later entries", () => this.scroll(-4));
    this.what = element("span");
    this.caption.append(element("b", "", "Logs, as seen from outside"), this.earlier, this.later, this.what);
    this.what.textContent = "solid: known committed \u00b7 bar: applied \u00b7 dashed: neither \u00b7 red \u2260: conflict \u00b7 ?: not seen";
    this.rows = [];
    this.empty = !pane.story.changes.some((c) => c.length > 6);
    if (this.empty) {
      this.caption.replaceChildren(element("b", "", "No entry is started in this run."));
      return;
    }
    this.head = this.addRow("head");
    for (let i = 0; i < pane.story.servers; i++) this.rows.push(this.addRow(""));
    this.root.addEventListener("wheel", (e) => { e.preventDefault(); this.scroll(e.deltaY > 0 ? -1 : 1); }, { passive: false });
  }

  addRow(kind) {
    const row = { root: element("div", "row " + kind), who: element("div", "who"), cells: [] };
    row.root.append(row.who);
    this.root.append(row.root);
    return row;
  }

  scroll(by) {
    this.offset = Math.max(0, this.offset + by);
    this.pane.app.redraw();
  }

  draw() {
    const { story, logs, time } = this.pane;
    logs.moveTo(this.pane.event);
    if (this.empty) return;
    let last = 0, leader = -1, highest = -1;
    for (let s = 0; s < story.servers; s++) {
      last = Math.max(last, logs.last(s));
      const { role, term } = story.stateAt(s, time);
      if (role === "leader" && term > highest) { leader = s; highest = term; }
    }
    const room = this.root.clientWidth - 136;
    const columns = Math.max(1, Math.floor(room / Math.min(WIDE, Math.max(CELL, room / Math.max(last, 1)))));
    const width = Math.min(WIDE, Math.floor(room / columns)) + "px";
    if (this.width !== width) this.root.style.setProperty("--cell", this.width = width);
    this.offset = Math.min(this.offset, Math.max(0, last - columns));
    const first = Math.max(1, last - columns + 1 - this.offset);
    this.earlier.disabled = first <= 1;
    this.later.disabled = this.offset === 0;
    set(this.head.who, last ? "" : "all empty");
    for (let k = 0; k < columns; k++) this.fill(this.head, k, "cell" + (first + k > last ? " none" : ""), first + k > last ? "" : String(first + k), "");
    this.trim(this.head, columns);
    for (let s = 0; s < story.servers; s++) this.drawServer(s, first, columns, leader);
  }

  drawServer(s, first, columns, leader) {
    const { story, logs, time } = this.pane;
    const row = this.rows[s], log = logs.servers[s];
    const { role, term } = story.stateAt(s, time);
    const star = role === "leader" ? "\u2605 " : "";
    set(row.who, star + story.lanes[s] + (role === "down" ? " down" : " T" + term));
    const kind = "row" + (role === "down" ? " down" : "");
    if (row.root.className !== kind) row.root.className = kind;
    for (let k = 0; k < columns; k++) {
      const index = first + k;
      if (index <= log.base) {
        this.fill(row, k, "cell snapshot", index === log.base ? "\u2264" + index : "", "");
        continue;
      }
      const entry = logs.entry(s, index);
      if (!entry) {
        this.fill(row, k, "cell none", "", "");
        continue;
      }
      const conflict = logs.conflicts(s, index, leader);
      let name = "cell";
      if (index <= log.commit) name += " committed";
      if (index <= log.applied) name += " applied";
      if (conflict) name += " conflict";
      const command = entry.command >= 0 ? story.commandText[entry.command] : "?";
      this.fill(row, k, name, (conflict ? "\u2260" : "") + (entry.term || "?"), command, entry.term);
    }
    this.trim(row, columns);
  }

  // fill changes a cell where it differs, since few do from one moment to the next.
  fill(row, k, name, term, command, number = 0) {
    let cell = row.cells[k];
    if (!cell) {
      cell = { root: element("div"), term: element("span", "term"), command: element("span") };
      cell.root.append(cell.term, cell.command);
      row.root.append(cell.root);
      row.cells[k] = cell;
    }
    const key = name + "|" + term + "|" + command + "|" + theme.paper;
    if (cell.key === key) return;
    cell.key = key;
    cell.root.className = name;
    cell.term.textContent = term;
    cell.command.textContent = command;
    cell.root.title = command;
    const color = number ? theme.term(number) : "";
    const look = color + name.includes("conflict");
    if (cell.look === look) return;
    cell.look = look;
    cell.root.style.borderColor = color;
    cell.root.style.background = color ? color + "26" : "";
    cell.term.style.color = color && !name.includes("conflict") ? color : "";
  }

  trim(row, columns) {
    while (row.cells.length > columns) row.cells.pop().root.remove();
  }
}
