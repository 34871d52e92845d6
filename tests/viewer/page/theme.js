// Colors, read from the style sheet once per theme.

const TERMS = 6;

const theme = {
  load() {
    const style = getComputedStyle(document.documentElement);
    const get = (name) => style.getPropertyValue("--" + name).trim();
    for (const name of ["paper", "panel", "ink", "soft", "line", "accent", "bad", "hatch", "mark"]) this[name] = get(name);
    this.badPaper = get("bad-paper");
    this.write = get("write");
    this.terms = Array.from({ length: TERMS }, (_, k) => get("term" + k));
    this.down = hatch(this.hatch, 1);
    this.cut = hatch(this.hatch, -1);
  },

  // know numbers the terms of all traces, so that those that follow each other
  // have different colors.
  know(terms) { this.rank = new Map([...new Set(terms)].sort((a, b) => a - b).map((t, k) => [t, k])); },

  term(n) {
    const rank = this.rank.get(n);
    return rank === undefined ? this.soft : this.terms[rank % TERMS];
  },

  toggle() {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    this.load();
  },

  begin() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    this.load();
  },
};

// hatch makes a pattern of thin lines that rise or fall.
function hatch(color, slope) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const c = tile.getContext("2d");
  c.strokeStyle = color;
  c.lineWidth = 1;
  c.beginPath();
  for (const d of [-8, 0, 8]) {
    c.moveTo(d, slope > 0 ? 8 : 0);
    c.lineTo(d + 8, slope > 0 ? 0 : 8);
  }
  c.stroke();
  return c.createPattern(tile, "repeat");
}
