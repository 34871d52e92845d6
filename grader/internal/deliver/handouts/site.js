// Search, themes, and buttons that copy code. The pages can be read without this script.
"use strict";

const root = document.documentElement;

// The theme: that of the system, or the one that the reader chose.
const themes = ["system", "light", "dark"];
let theme = "system";
try { theme = localStorage.getItem("raftlab-theme") ?? theme; } catch { /* a browser that keeps nothing */ }

function setTheme(name) {
  theme = themes.includes(name) ? name : "system";
  root.style.colorScheme = theme === "system" ? "" : theme;
  try { localStorage.setItem("raftlab-theme", theme); } catch { /* as above */ }
}
setTheme(theme); // before anything is drawn

function element(tag, properties, ...children) {
  const e = Object.assign(document.createElement(tag), properties);
  e.append(...children);
  return e;
}

// loadIndex returns the sections of all pages, as [address, page, heading, text]. A page
// that was opened as a file may not fetch, but may run a script.
let index;
function loadIndex() {
  index ??= new Promise((resolve, reject) => {
    const script = element("script", { src: root.dataset.up + "search-index.js", onerror: reject });
    script.onload = () => resolve(window.searchIndex.map(([href, page, heading, text]) => (
      { href, page, heading, text, low: text.toLowerCase(), lowHeading: `${page} ${heading}`.toLowerCase() })));
    document.head.append(script);
  });
  return index;
}

// find returns the sections that have all words, those with the words in their heading, and
// those with many of them, first.
function find(sections, words) {
  const found = [];
  for (const s of sections) {
    let score = 0;
    for (const w of words) {
      const times = s.low.split(w).length - 1;
      const inHeading = s.lowHeading.includes(w);
      if (!times && !inHeading) { score = 0; break; }
      score += Math.min(times, 5) + (inHeading ? 10 : 0);
    }
    if (score) found.push([score, s]);
  }
  return found.sort((a, b) => b[0] - a[0]).map(([, s]) => s);
}

// snippet is the text around the first of the words, with all of them marked.
function snippet(section, words) {
  const first = Math.min(...words.map((w) => section.low.indexOf(w)).filter((at) => at >= 0));
  const from = first > 50 && Number.isFinite(first) ? section.text.indexOf(" ", first - 50) + 1 : 0;
  const text = (from ? "…" : "") + section.text.slice(from, from + 160) + (from + 160 < section.text.length ? "…" : "");
  const low = text.toLowerCase(), parts = [];
  for (let at = 0; at < text.length;) {
    let next = text.length, long = 0;
    for (const w of words) {
      const k = low.indexOf(w, at);
      if (k >= 0 && k < next) { next = k; long = w.length; }
    }
    parts.push(text.slice(at, next));
    if (long) parts.push(element("mark", {}, text.slice(next, next + long)));
    at = next + long;
  }
  return parts;
}

function startSearch() {
  const box = document.querySelector(".search"), input = box.querySelector("input");
  const found = box.querySelector(".found"), status = box.querySelector("p"), list = box.querySelector("ol");
  const most = 15;
  let asked = "";
  box.hidden = false;

  async function search() {
    const query = input.value.trim().toLowerCase();
    asked = query;
    found.hidden = query.length < 2;
    if (found.hidden) return;
    const words = query.split(/\s+/);
    let all;
    try { all = find(await loadIndex(), words); } catch { status.textContent = "search-index.js cannot be read."; return; }
    if (asked !== query) return;
    status.textContent = all.length ? `${all.length} section${all.length === 1 ? "" : "s"}` : "Nothing found";
    list.replaceChildren(...all.slice(0, most).map((s) => element("li", {}, element("a", { href: root.dataset.up + s.href },
      element("b", {}, s.heading && s.heading !== s.page ? `${s.page}: ${s.heading}` : s.page), element("span", {}, ...snippet(s, words))))));
  }

  function close() { found.hidden = true; }
  input.addEventListener("input", search);
  input.addEventListener("focus", () => { loadIndex().catch(() => {}); search(); });
  box.addEventListener("keydown", (e) => {
    const links = [...list.querySelectorAll("a")], at = links.indexOf(document.activeElement);
    if (e.key === "Escape") { close(); input.focus(); close(); }
    else if (e.key === "Enter" && at < 0) links[0]?.click();
    else if (e.key === "ArrowDown") (links[at + 1] ?? links[at])?.focus();
    else if (e.key === "ArrowUp") (links[at - 1] ?? input).focus();
    else return;
    e.preventDefault();
  });
  list.addEventListener("click", close); // the section may be on this page
  document.addEventListener("click", (e) => { if (!box.contains(e.target)) close(); });
  box.addEventListener("focusout", (e) => { if (e.relatedTarget && !box.contains(e.relatedTarget)) close(); });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || e.target === input) return;
    e.preventDefault();
    input.focus();
    input.select();
  });
}

function startTheme() {
  const button = document.querySelector("button.theme");
  const show = () => { button.textContent = "Theme: " + theme; };
  button.hidden = false;
  show();
  button.addEventListener("click", () => { setTheme(themes[(themes.indexOf(theme) + 1) % themes.length]); show(); });
}

// copy puts text on the clipboard, and reports whether it could.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { /* not allowed here: as browsers did it before */ }
  const area = element("textarea", { value: text, className: "unseen" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

function addCopyButtons() {
  for (const pre of document.querySelectorAll("main pre")) {
    const button = element("button", { type: "button", className: "copy", textContent: "Copy" });
    button.addEventListener("click", async () => {
      button.textContent = await copy(pre.textContent) ? "Copied" : "Not copied";
      button.focus();
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    const box = element("div", { className: "code" });
    pre.replaceWith(box);
    box.append(pre, button);
  }
}

// What is wider than the screen scrolls, by the keyboard too.
function letScroll() {
  for (const e of document.querySelectorAll("main pre, main .wide")) {
    if (e.scrollWidth <= e.clientWidth) continue;
    e.tabIndex = 0;
    e.setAttribute("role", "group");
    e.setAttribute("aria-label", "Scrolls sideways");
  }
}

document.addEventListener("DOMContentLoaded", () => {
  // Where they come before the text, they are closed at first.
  for (const [name, width] of [[".pages", "60rem"], [".toc", "80rem"]]) {
    if (matchMedia(`(max-width: ${width})`).matches) document.querySelector(name)?.removeAttribute("open");
  }
  const list = document.querySelector(".pages"), here = list.querySelector("[aria-current]");
  list.scrollTop = here.offsetTop - list.clientHeight / 2; // scrollIntoView moves the focus, too
  startSearch();
  startTheme();
  addCopyButtons();
  letScroll();
});
