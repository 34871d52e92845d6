// Opens the site of the handouts in headless Chromium and uses it. See run.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { readdirSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const { PAGES, SCREENSHOTS, CHROMIUM } = process.env;
const site = path.join(PAGES, "site");
const pages = readdirSync(site, { recursive: true }).filter((f) => f.endsWith(".html") && !f.startsWith("traces"));
let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM || undefined, args: ["--no-sandbox"] });
});
after(() => browser?.close());

// open opens a page and fails the test if anything leaves it or breaks in it.
async function open(name, { dark = false, width = 1400 } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: dark ? "dark" : "light" });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (e) => wrong.push("error: " + e.message));
  page.on("console", (m) => { if (m.type() === "error") wrong.push("console: " + m.text()); });
  page.on("request", (r) => { if (!r.url().startsWith("file:")) wrong.push("request: " + r.url()); });
  const go = (to) => page.goto(pathToFileURL(path.join(site, to)).href);
  await go(name);
  return {
    page, go,
    shot: (as) => page.screenshot({ path: path.join(SCREENSHOTS, as + ".png") }),
    async close() {
      assert.deepEqual(wrong, []);
      await context.close();
    },
  };
}

// faint returns the texts on a page that have too little contrast with their ground.
function faint() {
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    return [...pixel.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [r, g, b] = rgba(color).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = new Set();
  for (const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walk.nextNode();) {
    const { parentElement: e, data } = walk.currentNode;
    const style = getComputedStyle(e);
    if (!data.trim() || !e.offsetParent || style.opacity === "0") continue;
    let ground = e;
    while (rgba(getComputedStyle(ground).backgroundColor)[3] < 255) ground = ground.parentElement;
    const [low, high] = [luminance(style.color), luminance(getComputedStyle(ground).backgroundColor)].sort((a, b) => a - b);
    if ((high + 0.05) / (low + 0.05) < 4.5) found.add(`${e.tagName} ${e.className} ${style.color}: ${data.trim().slice(0, 40)}`);
  }
  return [...found];
}

for (const width of [1400, 390]) {
  for (const dark of [false, true]) {
    const look = `${width}-${dark ? "dark" : "light"}`;
    test(`all pages, ${look}: nothing is cut off, nothing is faint`, async () => {
      const p = await open("index.html", { width, dark });
      for (const name of pages) {
        await p.go(name);
        assert.equal(await p.page.evaluate(() => document.documentElement.scrollWidth - innerWidth > 0), false, name + " is wider than the window");
        assert.deepEqual(await p.page.evaluate(faint), [], name);
        if (/^(index|2b|behaviors|start)\.html$/.test(name)) await p.shot(`site-${name.replace(".html", "")}-${look}`);
      }
      await p.close();
    });
  }
}

test("search: by the keyboard, to a section", async () => {
  const p = await open("instructors/guide.html");
  await p.page.keyboard.press("/");
  await p.page.keyboard.type("nextIndex guesses");
  const first = p.page.locator(".found a").first();
  await first.waitFor();
  assert.match(await first.innerText(), /Log matching/);
  assert.ok(await first.locator("mark").count() > 0);
  await p.shot("site-search");
  await p.page.keyboard.press("Escape");
  assert.ok(!(await p.page.locator(".found").isVisible()));
  await p.page.keyboard.press("End");
  await p.page.keyboard.press("Backspace");
  await first.waitFor();
  await p.page.keyboard.press("ArrowDown");
  await p.page.keyboard.press("Enter");
  await p.page.waitForURL(/behaviors\.html#log-matching$/);
  await p.page.keyboard.press("/");
  await p.page.keyboard.type("no such words anywhere");
  await p.page.getByText("Nothing found").waitFor();
  await p.close();
});

test("code is copied, and headings have links", async () => {
  const p = await open("start.html");
  const copy = p.page.locator(".copy").first();
  await copy.focus();
  await p.page.keyboard.press("Enter");
  await p.page.getByRole("button", { name: "Copied" }).waitFor();
  await p.page.locator("h2 .anchor").nth(1).focus();
  await p.page.keyboard.press("Enter");
  assert.match(p.page.url(), /#the-first-run$/);
  await p.close();
});

test("the first tab stop skips what is on every page", async () => {
  const p = await open("2a.html");
  await p.page.keyboard.press("Tab");
  assert.equal(await p.page.evaluate(() => document.activeElement.textContent), "Skip to the text");
  await p.page.keyboard.press("Enter");
  assert.equal(await p.page.evaluate(() => document.activeElement.id), "content");
  await p.close();
});

test("the theme is chosen, kept on the next page, and followed by pictures", async () => {
  const p = await open("2b.html");
  const ground = () => p.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const picture = () => p.page.locator("figure img").first().screenshot();
  const [light, drawn] = [await ground(), await picture()];
  const button = p.page.locator("button.theme");
  await button.click();
  await button.click();
  assert.equal(await button.innerText(), "Theme: dark");
  assert.notEqual(await ground(), light);
  assert.ok(!drawn.equals(await picture()));
  await p.page.locator("a[rel=next]").last().click();
  await p.page.waitForURL(/2c\.html$/);
  assert.notEqual(await ground(), light);
  await p.page.emulateMedia({ media: "print" });
  assert.equal(await ground(), light, "paper is white");
  assert.ok(!(await p.page.locator("header").isVisible()));
  await p.close();
});

test("each picture leads to its run", async () => {
  const p = await open("behaviors.html");
  const links = await p.page.locator("figcaption a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  assert.ok(links.length >= 13);
  for (const link of new Set(links)) {
    await p.page.goto(pathToFileURL(path.join(site, link.split("#")[0])).href + "#" + link.split("#")[1]);
    await p.page.waitForFunction(() => window.viewer?.frames.length > 0);
  }
  await p.close();
});

test("no words of a picture cover others, in the font of this machine", async () => {
  const p = await open("index.html");
  for (const name of readdirSync(path.join(site, "pictures"))) {
    await p.go("pictures/" + name);
    const covered = await p.page.evaluate(() => {
      const all = [...document.querySelectorAll("text")].map((t) => ({ t, box: t.getBBox() })), found = [];
      all.forEach(({ t, box: a }, i) => all.slice(0, i).forEach(({ t: u, box: b }) => {
        const [x, y] = [Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x), Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)];
        if (x > 1 && y > 4) found.push(t.textContent + " and " + u.textContent); // a line of text has some room above and below its letters
      }));
      return found;
    });
    assert.deepEqual(covered, [], name);
  }
  await p.close();
});
