// Which events and messages are shown.

class Filters {
  constructor(app, stories) {
    this.app = app;
    const all = (list) => [...new Set(stories.flatMap(list))];
    this.choices = {
      Lanes: new Map(all((s) => s.lanes).map((n) => [n, true])),
      Methods: new Map(all((s) => s.methods).map((n) => [n, true])),
      Kinds: new Map(all((s) => s.kinds).sort().map((n) => [n, n !== "state" && n !== "verdict"])),
    };
    this.routine = true;
    this.root = element("details", "menu");
    this.summary = element("summary", "", "Filter");
    const sheet = element("div", "sheet");
    for (const [title, choice] of Object.entries(this.choices)) sheet.append(this.group(title, choice));
    const more = element("fieldset");
    more.append(element("legend", "", "Messages"), this.box("that tell nothing new", true, (on) => { this.routine = on; }));
    sheet.append(more);
    this.root.append(this.summary, sheet);
    document.addEventListener("click", (e) => { if (!this.root.contains(e.target)) this.root.open = false; });
  }

  group(title, choice) {
    const set = element("fieldset", choice.size > 9 ? "long" : "");
    set.append(element("legend", "", title));
    for (const [name, on] of choice) set.append(this.box(name, on, (now) => choice.set(name, now)));
    return set;
  }

  box(name, on, act) {
    const label = element("label"), box = element("input");
    box.type = "checkbox";
    box.checked = on;
    box.addEventListener("change", () => { act(box.checked); this.app.filtered(); });
    label.append(box, element("span", "", name));
    return label;
  }

  // toggleServer switches a lane on or off.
  toggleServer(k) {
    const box = this.root.querySelectorAll("fieldset")[0].querySelectorAll("input")[k];
    if (box) box.click();
  }

  // apply returns which events, messages and operations of a story are shown. A message is
  // shown if both its ends are, or if the only lane left is one of them.
  apply(story) {
    const lanes = story.lanes.map((n) => this.choices.Lanes.get(n));
    const alone = lanes.filter(Boolean).length === 1;
    const kinds = story.kinds.map((n) => this.choices.Kinds.get(n));
    const methods = story.methods.map((n) => this.choices.Methods.get(n));
    const m = story.messages;
    const event = new Uint8Array(story.count), message = new Uint8Array(story.messageCount);
    for (let i = 0; i < story.messageCount; i++) {
      const ends = alone ? lanes[m.From[i]] || lanes[m.To[i]] : lanes[m.From[i]] && lanes[m.To[i]];
      const came = m.Came[i];
      message[i] = ends && methods[m.Method[i]] && kinds[story.kind[m.Left[i]]] && (came < 0 || kinds[story.kind[came]]) ? 1 : 0;
    }
    for (let i = 0; i < story.count; i++) {
      const lane = story.lane[i], msg = story.message[i];
      let on = kinds[story.kind[i]];
      if (msg >= 0) on = on && message[msg] && (this.routine || !m.Routine[msg]);
      else if (lane >= 0) on = on && lanes[lane];
      event[i] = on ? 1 : 0;
    }
    const operation = story.operations.map((o) => lanes[o.Lane] && this.choices.Kinds.get("operation") ? 1 : 0);
    const off = [...Object.values(this.choices)].some((c) => [...c].some(([n, on]) => !on && n !== "state" && n !== "verdict")) || !this.routine;
    this.summary.textContent = off ? "Filter \u2022" : "Filter";
    return { event, message, operation };
  }
}
