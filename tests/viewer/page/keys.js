// Keys and what they do; the help is made from the same table.

const KEYS = [
  ["ArrowLeft", "\u2190", "the event before", (a) => a.step(-1)],
  ["ArrowRight", "\u2192", "the next event", (a) => a.step(1)],
  ["Home", "Home", "the beginning", (a) => a.scrub(a.active, a.active.story.begin)],
  ["End", "End", "the end", (a) => a.scrub(a.active, a.active.story.end)],
  ["+", "+ and \u2212", "zoom", (a) => a.zoom(0.6)],
  ["=", "", "", (a) => a.zoom(0.6)],
  ["-", "", "", (a) => a.zoom(1 / 0.6)],
  ["0", "0", "the whole run", (a) => a.fit()],
  ["[", "[ and ]", "move the view", (a) => a.pan(-0.3)],
  ["]", "", "", (a) => a.pan(0.3)],
  ["e", "e, E", "next election, the one before", (a) => a.jump("election", 1)],
  ["E", "", "", (a) => a.jump("election", -1)],
  ["c", "c, C", "next commit", (a) => a.jump("commit", 1)],
  ["C", "", "", (a) => a.jump("commit", -1)],
  ["x", "x, X", "next conflict", (a) => a.jump("conflict", 1)],
  ["X", "", "", (a) => a.jump("conflict", -1)],
  ["f", "f, F", "next failure", (a) => a.jump("failure", 1)],
  ["F", "", "", (a) => a.jump("failure", -1)],
  ["d", "d", "the first difference (of two traces)", (a) => a.difference()],
  ["p", "p", "dim what cannot have led to this event", (a) => a.dim()],
  ["/", "/", "search; then n, N", (a) => a.search.focus()],
  ["n", "", "", (a) => a.find(1)],
  ["N", "", "", (a) => a.find(-1)],
  ["Tab", "Tab", "from control to control", null],
  ["1", "1 to 9", "show or hide a server (1 is S0)", null],
  ["l", "l", "copy a link to this moment", (a) => a.copyLink()],
  ["t", "t", "dark or light", (a) => a.themed()],
  ["h", "h", "this help", (a) => a.help()],
];

function listenToKeys(app) {
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.target.matches("input[type=search]")) {
      if (e.key === "Enter") { e.preventDefault(); app.find(e.shiftKey ? -1 : 1); }
      if (e.key === "Escape") e.target.blur();
      return;
    }
    if (e.key === "Escape") { app.filters.root.open = false; app.active.selected = app.active.operation = -1; app.redraw(); return; }
    if (/^[1-9]$/.test(e.key)) { app.filters.toggleServer(Number(e.key) - 1); return; }
    const found = KEYS.find(([key, , , act]) => key === e.key && act);
    if (found) { e.preventDefault(); found[3](app); }
  });
}

const SIGNS = [
  ["arrow", "a message: steep if quick; its color is that of its term, pale for answers and for what says nothing new"],
  ["dashed, \u2715", "it got lost"], ["short, with a bar", "nobody was there, or the link was cut"],
  ["long dashes", "it was late"], ["dotted, \u2016", "it was held up"], ["2\u00d7", "a request arrived once more"],
  ["thin line", "a follower"], ["striped line", "a candidate"], ["thick line, \u2605", "a leader"],
  ["hatched", "down; with a label: cut off, or on a side of a partition"],
  ["bar", "an operation of a client from its call to its return, filled if it writes, open if it never returned; red: no order of the operations explains it, or it contradicts that one"],
  ["dot on a bar", "where the operation takes effect, in an order of those on its key that explains what the clients saw; click a bar for that order"],
  ["\u25c7 \u25b3 \u25ad \u25ab", "Start, an entry applied, a snapshot, a save"], ["n", "a note of the program (raftapi.Logger)"],
];

function fillHelp(dialog) {
  const list = (rows) => {
    const dl = element("dl");
    for (const [a, b] of rows) dl.append(element("dt", "", a), element("dd", "", b));
    return dl;
  };
  const left = element("div"), right = element("div"), two = element("div", "two");
  left.append(element("h2", "", "Keys"), list(KEYS.filter(([, shown]) => shown).map(([, shown, what]) => [shown, what])));
  right.append(element("h2", "", "Signs"), list(SIGNS), element("p", "soft",
    "Everything is as seen from outside: roles and terms are what messages and GetState show; a log is put together from what leaders sent and the server accepted, from what Start returned, and from what was applied. Drag to move, turn the wheel to zoom, click a message for its fields."));
  two.append(left, right);
  dialog.append(two, button("Close", "Close the help", () => dialog.close()));
}
