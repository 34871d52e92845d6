// A story as the page uses it: columns, and what finds rows by time.

const CHUNK = 128; // messages whose latest end is kept together

class Story {
  constructor(raw) {
    Object.assign(this, raw);
    const e = raw.events;
    this.count = e.at.length;
    this.at = Float64Array.from(e.at);
    this.kind = Uint8Array.from(e.kind);
    this.lane = Int16Array.from(e.lane);
    this.message = Int32Array.from(e.message);
    this.cause = Int32Array.from(e.cause);
    this.words = e.words;
    this.fields = e.fields;
    this.begin = this.count ? Math.min(raw.begin, this.at[0]) : raw.begin;
    this.readMessages(raw.messages);
    this.before = this.findBefore();
    this.readOperations();
    this.commandText = raw.commands.map(shortCommand);
  }

  readMessages(m) {
    const n = (m.From || []).length;
    this.messageCount = n;
    this.messages = m;
    this.left = new Float64Array(n);
    this.came = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      this.left[i] = this.at[m.Left[i]];
      this.came[i] = m.Came[i] >= 0 ? this.at[m.Came[i]] : NaN;
    }
    this.order = Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => this.left[a] - this.left[b]);
    this.chunkEnd = new Float64Array(Math.ceil(n / CHUNK)).fill(-Infinity);
    this.order.forEach((i, place) => {
      const end = this.came[i] >= 0 ? this.came[i] : this.left[i];
      const chunk = (place / CHUNK) | 0;
      if (end > this.chunkEnd[chunk]) this.chunkEnd[chunk] = end;
    });
  }

  // readOperations finds operations by the event of their call, and the order of those on
  // each key in which they take effect.
  readOperations() {
    this.operationOf = new Int32Array(this.count).fill(-1);
    this.orders = new Map();
    this.operations.forEach((o, k) => {
      if (o.Event >= 0) this.operationOf[o.Event] = k;
      if (!this.orders.has(o.Key)) this.orders.set(o.Key, []);
      if (o.Place) this.orders.get(o.Key).push(k);
    });
    for (const order of this.orders.values()) order.sort((a, b) => this.operations[a].Place - this.operations[b].Place);
  }

  // eventAt returns the last event that is not after an instant, -1 if none is.
  eventAt(time) {
    let low = 0, high = this.count;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.at[mid] <= time) low = mid + 1; else high = mid;
    }
    return low - 1;
  }

  // between calls f with each message that is on its way in a span of time.
  between(from, to, f) {
    for (let chunk = 0; chunk < this.chunkEnd.length; chunk++) {
      const first = chunk * CHUNK;
      if (this.left[this.order[first]] > to) return;
      if (this.chunkEnd[chunk] < from) continue;
      const last = Math.min(first + CHUNK, this.messageCount);
      for (let place = first; place < last; place++) {
        const i = this.order[place];
        if (this.left[i] > to) return;
        if ((this.came[i] >= 0 ? this.came[i] : this.left[i]) >= from) f(i);
      }
    }
  }

  // findBefore links each event to the one before it on its lane.
  findBefore() {
    const last = new Int32Array(this.lanes.length).fill(-1);
    const before = new Int32Array(this.count).fill(-1);
    for (let i = 0; i < this.count; i++) {
      if (this.lane[i] < 0) continue;
      before[i] = last[this.lane[i]];
      const kind = this.kinds[this.kind[i]];
      if (kind !== "held" && kind !== "note") last[this.lane[i]] = i;
    }
    return before;
  }

  // past marks what may have led to some events: what happened before them on
  // their lanes, or elsewhere with a message in between.
  past(roots) {
    const marked = new Uint8Array(this.count);
    const todo = [...roots];
    while (todo.length) {
      const i = todo.pop();
      if (i < 0 || marked[i]) continue;
      marked[i] = 1;
      todo.push(this.before[i], this.cause[i]);
    }
    return marked;
  }

  // stateAt returns a server's role and term at an instant.
  stateAt(server, time) {
    const spans = this.spans[server];
    let low = 0, high = spans.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (spans[mid][0] <= time) low = mid + 1; else high = mid;
    }
    const span = spans[Math.max(0, low - 1)];
    return span ? { role: span[2], term: span[3] } : { role: "down", term: 0 };
  }

  // size says how many events there are and, if some are left out, where the others are.
  size() {
    const left = this.earlier + this.later;
    if (!left) return `${this.count} events`;
    return `${this.count} of ${this.count + left} events, from ${seconds(this.begin)} to ${seconds(this.end)} (others: view --from ... --to ...)`;
  }

  fate(message) { return this.fates[this.messages.Fate[message]]; }
  method(message) { return this.methods[this.messages.Method[message]]; }
}

// describe names an operation, with what it wrote or read unless it is to be brief.
function describe(o, { room = 200, brief = false } = {}) {
  const name = o.Kind + " " + o.Key;
  if (brief || (o.Open && o.Kind === "Get")) return name;
  const sign = { Get: " \u2192 ", Append: " + " }[o.Kind] || " = ";
  return name + sign + (o.Value.length > room ? "\u2026" + o.Value.slice(-room) : o.Value || "\u201c\u201d");
}

// shortCommand turns the JSON of a command into a few characters.
function shortCommand(json) {
  let value;
  try { value = JSON.parse(json); } catch { return json; }
  if (value === null || typeof value !== "object") return plain(value);
  const telling = Object.values(value).filter((v) => !(typeof v === "number" && Math.abs(v) >= NAME));
  return telling.map(plain).join(" ");
}

const NAME = 1e6; // numbers from here on are names of clients and the like

// plain is a value as a line of text.
function plain(value) {
  if (Array.isArray(value)) return "[" + value.map(plain).join(", ") + "]";
  if (value === null || typeof value !== "object") return String(value);
  return "{" + Object.entries(value).map(([k, v]) => k + " " + plain(v)).join(", ") + "}";
}

function seconds(ns, digits = 3) { return (ns / 1e9).toFixed(digits) + " s"; }
