// Opens pages of the viewer in headless Chromium and uses them. See run.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { statSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const { PAGES, SCREENSHOTS, CHROMIUM } = process.env;
let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM || undefined, args: ["--no-sandbox"] });
});
after(() => browser?.close());

// open opens a page and fails the test if anything leaves it or breaks in it.
async function open(name, { dark = false, width = 1280, hash = "" } = {}) {
  const context = await browser.newContext({ viewport: { width, height: width < 500 ? 844 : 800 }, colorScheme: dark ? "dark" : "light", hasTouch: width < 500 });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (e) => wrong.push("error: " + e.message));
  page.on("console", (m) => { if (m.type() === "error") wrong.push("console: " + m.text()); });
  page.on("request", (r) => { if (!r.url().startsWith("file:")) wrong.push("request: " + r.url()); });
  page.on("dialog", (d) => { wrong.push("dialog: " + d.message()); d.dismiss(); });
  const files = [];
  page.on("request", (r) => files.push(r.url()));
  await page.goto(pathToFileURL(path.join(PAGES, name)).href + hash);
  await page.waitForFunction(() => window.viewer?.frames.length > 0);
  return {
    page,
    shot: (as) => page.screenshot({ path: path.join(SCREENSHOTS, as + ".png") }),
    state: () => page.evaluate(() => {
      const { active: p, view } = window.viewer;
      return { event: p.event, time: p.time, selected: p.selected, operation: p.operation, count: p.story.count, words: p.story.words[p.event], view };
    }),
    settle: () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))),
    async close() {
      assert.deepEqual(wrong, []);
      assert.equal(files.length, 1, "the page is one file: " + files);
      await context.close();
    },
  };
}

const reference = ["first-election", "split-vote", "leader-crash", "set-x", "figure-7", "partition", "figure-8", "figure-8-crashes", "snapshot", "operations"];
const mutants = { "figure-8-broken": "just replicated to a majority|has only", "two-leaders": "VoteSafety", "vote-forgotten": "VoteSafety",
  "stale-read": "No order of the operations", "repeated-append": "contradict it", "no-answer": "OperationsEnd" };

for (const name of reference) {
  test(`${name}: opens, steps, jumps, shows no failure`, async () => {
    const p = await open(name + ".html", { dark: name === "partition" });
    await p.shot(name);
    const first = await p.state();
    assert.match(first.words, /leads term/, "it opens at the first election");
    await p.page.keyboard.press("ArrowRight");
    const next = await p.state();
    assert.ok(next.event > first.event && next.time >= first.time);
    await p.page.keyboard.press("ArrowLeft");
    assert.equal((await p.state()).event, first.event);
    assert.ok(await p.page.getByRole("button", { name: /Next failure/ }).isDisabled());
    assert.equal(await p.page.locator(".violation").count(), 0);
    await p.close();
  });
}

for (const [name, says] of Object.entries(mutants)) {
  test(`${name}: the violation is on screen`, async () => {
    const p = await open(name + ".html", { dark: name === "two-leaders" });
    const box = p.page.locator(".violation").first(); // of a monitor's finding and the case's
    await box.waitFor();
    assert.match(await box.innerText(), new RegExp(says));
    const steps = box.locator(".steps button");
    assert.ok(await steps.count() >= 2, "what led to it is told");
    const { time, view } = await p.state();
    assert.ok(time >= view.from && time <= view.to, "the moment is in view");
    const red = await p.page.evaluate(() => {
      const { lanes, story } = window.viewer.active, c = lanes.surface.canvas, ratio = devicePixelRatio;
      const x = Math.round(lanes.x(story.at[story.failures[0].event]) * ratio);
      const { data } = c.getContext("2d").getImageData(x - 3, c.height - 4, 6, 1);
      const all = Array.from({ length: 6 }, (_, k) => [...data.slice(4 * k, 4 * k + 3)]);
      return all.sort((a, b) => b[0] - b[1] - (a[0] - a[1]))[0];
    });
    assert.ok(red[0] > 120 && red[0] > red[1] + 60, "a red line marks it: " + red);
    await p.shot(name);
    await steps.first().click();
    await p.settle();
    const there = await p.state();
    assert.ok(there.time < time && there.time >= there.view.from && there.time <= there.view.to, "a step of the past is one click away");
    await p.page.keyboard.press("f");
    assert.equal((await p.state()).time, time);
    const dim = box.getByRole("button", { name: /only what can have led/ });
    assert.equal(await dim.getAttribute("aria-pressed"), "true");
    await dim.click();
    await p.settle();
    assert.equal(await p.page.evaluate(() => window.viewer.active.past), null);
    await p.close();
  });
}

test("a message is read by a click", async () => {
  const p = await open("first-election.html");
  const at = await p.page.evaluate(() => {
    const { lanes, story } = window.viewer.active, m = story.messages;
    const i = m.Label.findIndex((l, k) => l === "RV" && m.To[k] === 1);
    const [x0, y0, x1, y1] = lanes.segment(i), r = lanes.surface.canvas.getBoundingClientRect();
    return { x: r.left + (x0 + x1) / 2, y: r.top + (y0 + y1) / 2 };
  });
  await p.page.mouse.move(at.x, at.y);
  await p.settle();
  assert.match(await p.page.locator("#tip").innerText(), /RequestVote/);
  await p.page.mouse.click(at.x, at.y);
  await p.settle();
  const panel = await p.page.locator("#panel").innerText();
  assert.match(panel, /RequestVote, S\d → S1/);
  assert.match(panel, /CandidateId/);
  assert.match(panel, /VoteGranted/);
  assert.match(panel, /arrived, \d+\.\d+ ms after it left/);
  await p.shot("message");
  await p.close();
});

test("logs: entries, what is committed, and conflicts", async () => {
  const p = await open("figure-7.html");
  assert.equal(await p.page.locator(".cell.conflict").count(), 0);
  for (let k = 0; k < 3; k++) await p.page.keyboard.press("x");
  await p.settle();
  assert.match((await p.state()).words, /refuses|drops/);
  assert.ok(await p.page.locator(".cell.conflict").count() > 0, "conflicts are marked");
  assert.ok(await p.page.locator(".cell.committed").count() > 0);
  await p.shot("figure-7-conflicts");
  await p.page.keyboard.press("End");
  await p.settle();
  assert.equal(await p.page.locator(".cell.conflict").count(), 0, "at the end the logs are one");
  await p.close();
});

test("set-x: uncommitted, committed on the leader, committed everywhere", async () => {
  const p = await open("set-x.html");
  const committed = () => p.page.evaluate(() => window.viewer.active.logs.servers.map((l) => l.commit >= 1));
  const find = async (text) => {
    await p.page.locator("#search").fill(text);
    await p.page.keyboard.press("Enter");
    await p.page.keyboard.press("Escape");
    await p.settle();
  };
  await p.page.keyboard.press("Home");
  await find("starts a command");
  assert.match(await p.page.locator(".logs").innerText(), /SET x=5/);
  assert.deepEqual((await committed()).filter(Boolean), []);
  await p.page.keyboard.press("c");
  await p.settle();
  assert.equal((await committed()).filter(Boolean).length, 1, "the leader first");
  await p.shot("set-x-committed");
  await p.page.keyboard.press("End");
  await p.settle();
  assert.equal((await committed()).filter(Boolean).length, 3);
  await p.close();
});

test("filters, search, zoom and keys", async () => {
  const p = await open("partition.html");
  const shown = () => p.page.evaluate(() => window.viewer.active.shown.message.reduce((a, b) => a + b, 0));
  const all = await shown();
  await p.page.getByText("Filter", { exact: true }).click();
  await p.shot("filter");
  await p.page.getByLabel("AppendEntries", { exact: true }).uncheck();
  const votes = await shown();
  assert.ok(votes > 0 && votes < all);
  await p.page.getByLabel("S0", { exact: true }).uncheck();
  assert.ok(await shown() < votes);
  await p.page.getByLabel("lost", { exact: true }).count();
  await p.page.getByLabel("AppendEntries", { exact: true }).check();
  await p.page.getByLabel("S0", { exact: true }).check();
  await p.page.keyboard.press("Escape");
  assert.equal(await shown(), all);
  await p.page.locator("#search").fill("leads term 2");
  await p.page.keyboard.press("Enter");
  assert.match((await p.state()).words, /leads term 2/);
  await p.page.keyboard.press("Escape");
  const before = (await p.state()).view;
  await p.page.keyboard.press("+");
  const after = (await p.state()).view;
  assert.ok(after.to - after.from < before.to - before.from);
  await p.page.keyboard.press("0");
  const whole = await p.state();
  assert.ok(whole.view.from <= 0);
  await p.page.mouse.move(500, 300);
  await p.page.mouse.wheel(0, -400);
  await p.settle();
  const wheeled = (await p.state()).view;
  assert.ok(wheeled.to - wheeled.from < whole.view.to - whole.view.from);
  await p.page.keyboard.press("h");
  assert.ok(await p.page.locator("#help").isVisible());
  await p.shot("help");
  await p.page.keyboard.press("Escape");
  await p.page.keyboard.press("t");
  assert.equal(await p.page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await p.close();
});

test("two traces: they part at the first difference", async () => {
  const p = await open("compare.html");
  assert.equal(await p.page.locator(".pane").count(), 2);
  await p.shot("compare");
  const times = await p.page.evaluate(() => window.viewer.panes.map((q) => [q.time, q.differs >= 0 ? q.story.at[q.differs] : null]));
  assert.equal(times[0][0], times[1][0], "both are at one instant");
  assert.ok(times.some(([, d]) => d !== null), "there is a difference");
  await p.close();
});

test("a part of a trace: it begins where it is cut, with the logs of that time", async () => {
  const p = await open("part.html", { dark: false });
  const { begin, end, earlier, later } = await p.page.evaluate(() => {
    const { begin, end, earlier, later } = window.viewer.active.story;
    return { begin, end, earlier, later };
  });
  assert.ok(begin > 0 && begin < end && earlier > 0 && later > 0);
  assert.match(await p.page.locator("#subtitle").innerText(), /of [0-9]+ events, from/);
  const { view } = await p.state();
  assert.ok(view.to > begin && view.from < end, "the part is in view");
  await p.page.keyboard.press("Home");
  const entries = await p.page.evaluate(() => {
    const { logs } = window.viewer.active;
    logs.moveTo(0);
    return logs.servers.map((s) => s.base + s.entries.length);
  });
  assert.ok(Math.max(...entries) > 0, "what was in the logs before");
  await p.close();
});

test("operations: bars from call to return, with their result and the order that explains them", async () => {
  const p = await open("operations.html", { width: 1400 });
  const all = await p.page.evaluate(() => {
    const { story, lanes } = window.viewer.active, { operations } = story;
    window.viewer.show(4.3e8, 6.3e8);
    const bar = operations.findIndex((o) => o.Kind === "Append" && o.From > 5e8);
    return { clients: story.clients, servers: story.servers, lanes: story.lanes, operations, bar, order: story.orders.get("k"), tall: lanes.tall };
  });
  assert.equal(all.lanes.length, all.servers + all.clients);
  assert.ok(all.operations.every((o) => o.Lane >= all.tall && o.From <= o.Effect && o.Effect <= o.To), "each takes effect in between");
  const effects = all.order.map((k) => all.operations[k].Effect);
  assert.deepEqual(effects, effects.toSorted((a, b) => a - b), "one after the other");
  assert.equal(all.order.length, all.operations.filter((o) => o.Key === "k").length, "all of them have a place");
  await p.settle();
  const at = await p.page.evaluate((k) => {
    const { lanes } = window.viewer.active, [, x0, x1, y] = lanes.bars.find(([bar]) => bar === k), r = lanes.surface.canvas.getBoundingClientRect();
    return { x: r.left + (x0 + x1) / 2, y: r.top + y };
  }, all.bar);
  await p.page.mouse.move(at.x, at.y);
  await p.settle();
  assert.match(await p.page.locator("#tip").innerText(), /C\d Append k \+ \(\d/);
  await p.page.mouse.click(at.x, at.y);
  await p.settle();
  assert.equal((await p.state()).operation, all.bar);
  const panel = await p.page.locator("#panel").innerText();
  assert.match(panel, /Append k/);
  assert.match(panel, /ms later/);
  assert.match(panel, new RegExp(`number ${all.operations[all.bar].Place} on this key`));
  await p.shot("operations-order");
  assert.deepEqual(await overlaps(p.page), []);
  await p.page.locator("#panel .steps button").last().click();
  await p.settle();
  assert.equal((await p.state()).operation, all.order[all.operations[all.bar].Place], "the next one is one click away");
  await p.close();
});

// overlaps returns labels on the lanes of clients that lie on each other as the page is
// drawn anew.
function overlaps(page) {
  return page.evaluate(() => {
    const { lanes } = window.viewer.active, labels = [], draw = CanvasRenderingContext2D.prototype.fillText;
    const least = lanes.y(lanes.tall) - 11;
    const record = (f) => {
      labels.length = 0;
      f();
      const found = [];
      for (const [k, a] of labels.entries()) for (const b of labels.slice(0, k)) {
        if (Math.abs(a.y - b.y) < 9 && a.x < b.x + b.width && b.x < a.x + a.width) found.push([a.text, b.text]);
      }
      return found;
    };
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
      if (text && y > least) labels.push({ text, x, y, width: this.measureText(text).width });
      draw.call(this, text, x, y);
    };
    lanes.drawnFor = null;
    const found = record(() => lanes.scene()).concat(record(() => { if (lanes.pane.operation >= 0) lanes.drawOrder(lanes.surface.c, lanes.pane.operation); }));
    CanvasRenderingContext2D.prototype.fillText = draw;
    return found;
  });
}

test("operations: the one that no order explains, and those that contradict it", async () => {
  const p = await open("stale-read.html", { dark: true });
  const { operation } = await p.state();
  const { misfit, conflicts, operations } = await p.page.evaluate(() => ({ ...window.viewer.active.story.failures[0], operations: window.viewer.active.story.operations }));
  assert.equal(operation, misfit, "it is chosen as the page opens");
  assert.equal(operations[misfit].Value, "old");
  assert.deepEqual(conflicts.map((k) => operations[k].Value), ["new"]);
  await p.page.locator(".violation .steps button", { hasText: "Put" }).click();
  await p.settle();
  assert.equal((await p.state()).operation, conflicts[0]);
  assert.match(await p.page.locator("#panel").innerText(), /number 3 on this key/);
  await p.shot("stale-read-conflict");
  await p.close();
});

test("operations: one that never returned is open", async () => {
  const p = await open("no-answer.html");
  const open_ = await p.page.evaluate(() => {
    const app = window.viewer, { operations, end } = app.active.story, k = operations.findIndex((o) => o.Open);
    app.pick(app.active, k);
    return { to: operations[k].To, end };
  });
  assert.equal(open_.to, open_.end);
  await p.settle();
  assert.match(await p.page.locator("#panel").innerText(), /it never returned/);
  await p.close();
});

test("operations: a part of a trace has those that were under way", async () => {
  const p = await open("clients-part.html");
  const { operations, begin, end, clients } = await p.page.evaluate(() => window.viewer.active.story);
  assert.ok(operations.length > 0 && operations.every((o) => o.To >= begin && o.From <= end));
  const before = operations.filter((o) => o.Event < 0);
  assert.ok(before.length > 0 && before.length <= clients);
  await p.page.evaluate((k) => window.viewer.pick(window.viewer.active, k), operations.indexOf(before[0]));
  await p.settle();
  assert.match(await p.page.locator("#panel").innerText(), new RegExp(before[0].Kind + " " + before[0].Key));
  await p.close();
});

for (const [name, dark] of [["stale-read", false], ["repeated-append", true], ["figure-7", false], ["compare", true]]) {
  test(`${name}: on a narrow screen the panel is below the diagram`, async () => {
    const p = await open(name + ".html", { dark, width: 390 });
    const box = (selector) => p.page.locator(selector).first().boundingBox();
    const panes = await box("#panes"), panel = await box("#panel"), lanes = await box(".lanes canvas");
    assert.ok(panel.y >= panes.y + panes.height - 1, "the panel is below");
    assert.ok(lanes.height >= 320 && lanes.width > 380, "the diagram keeps its size: " + JSON.stringify(lanes));
    assert.ok(await p.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is wider than the screen");
    await p.shot(name + "-narrow");
    assert.deepEqual(await overlaps(p.page), []);
    await p.page.getByText("Filter", { exact: true }).click();
    const sheet = await box(".sheet");
    assert.ok(sheet.x >= 0 && sheet.x + sheet.width <= 390, "the filter fits");
    await p.close();
  });
}

test("a link leads to a moment and follows the selection", async () => {
  const p = await open("figure-7.html");
  assert.equal(new URL(p.page.url()).hash, "", "a page that opens by itself has no moment in its address");
  for (let k = 0; k < 7; k++) await p.page.keyboard.press("ArrowRight");
  await p.page.waitForFunction(() => location.hash);
  const there = await p.state(), { hash } = new URL(p.page.url());
  assert.equal(hash, `#t=${there.time / 1e9}&event=${there.event}`);
  await p.page.getByRole("button", { name: /Copy a link/ }).click();
  await p.page.getByText("Copied", { exact: true }).waitFor();
  assert.equal(await p.page.evaluate(() => navigator.clipboard.readText()), p.page.url());
  await p.page.evaluate(() => { location.hash = "#t=0.5"; });
  await p.page.waitForFunction(() => window.viewer.active.time === 5e8);
  await p.close();

  const again = await open("figure-7.html", { hash });
  const { event, time, view } = await again.state();
  assert.deepEqual([event, time], [there.event, there.time]);
  assert.ok(time > view.from && time < view.to, "it is in view");
  await again.close();
  for (const wrong of ["#t=abc", "#event=-5", "#nothing", "#t=1e300&event=1e300", "#t=-1", "#trace=9&t=0.1"]) {
    await (await open("figure-7.html", { hash: wrong })).close();
  }
});

test("a link to a failed run, to a part of a trace, and to the second of two", async () => {
  const failed = await open("two-leaders.html", { hash: "#t=0.2" });
  assert.equal((await failed.state()).time, 2e8);
  assert.ok(await failed.page.locator(".violation").first().isVisible());
  await failed.close();

  const part = await open("part.html");
  await part.page.keyboard.press("ArrowRight");
  await part.page.waitForFunction(() => location.hash);
  const { event, time } = await part.state(), { hash } = new URL(part.page.url());
  assert.ok(Number(new URLSearchParams(hash.slice(1)).get("event")) > event, "events have their numbers in the whole trace");
  await part.close();
  const whole = await open("part.html", { hash });
  assert.deepEqual([(await whole.state()).event, (await whole.state()).time], [event, time]);
  await whole.close();
  const outside = await open("part.html", { hash: "#t=0.1&event=3" });
  await outside.page.getByText("a moment that is not on this page").waitFor();
  await outside.close();

  const two = await open("compare.html");
  await two.page.evaluate(() => { const a = window.viewer; a.goTo(a.panes[1], 40); });
  await two.page.waitForFunction(() => location.hash);
  const second = new URL(two.page.url()).hash;
  assert.match(second, /&trace=2$/);
  await two.close();
  const back = await open("compare.html", { hash: second });
  assert.equal(await back.page.evaluate(() => window.viewer.panes.indexOf(window.viewer.active)), 1);
  assert.equal((await back.state()).event, 40);
  await back.close();
});

test("hostile strings stay text", async () => {
  const p = await open("hostile.html");
  for (const key of ["End", "Home", "e", "c", "f", "0"]) await p.page.keyboard.press(key);
  for (let k = 0; k < 30; k++) await p.page.keyboard.press("ArrowRight");
  for (let k = 0; k < 30; k++) { await p.page.keyboard.press("ArrowLeft"); await p.settle(); }
  await p.page.evaluate(() => { const a = window.viewer; for (let i = 0; i < a.active.story.messageCount; i++) { a.select(a.active, i); a.panel.draw(); } });
  await p.page.getByText("Filter", { exact: true }).click();
  await p.settle();
  assert.equal(await p.page.evaluate(() => window.hacked), undefined);
  assert.equal(await p.page.locator("img, b.bold, iframe").count(), 0, "no markup came in");
  assert.match(await p.page.locator(".violation").innerText(), /<\/script><script>window.hacked=1<\/script><img/, "it is shown as it is");
  await p.shot("hostile");
  await p.close();
});

test("20,000 events: time to interactive, and frames while scrubbing", async (t) => {
  const began = performance.now();
  const p = await open("long.html");
  const interactive = performance.now() - began;
  const { count } = await p.state();
  assert.ok(count >= 20000, `only ${count} events`);
  await p.shot("long");
  const measure = () => p.page.evaluate(async () => {
    const app = window.viewer, pane = app.active;
    const gaps = [];
    app.frames.length = 0;
    const strip = pane.overview.surface.canvas, r = strip.getBoundingClientRect();
    const send = (type, x) => strip.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: r.top + 9, buttons: 1, pointerId: 1, bubbles: true }));
    strip.setPointerCapture = () => {};
    await new Promise((done) => {
      let k = 0, last = 0;
      const frame = (now) => {
        if (last) gaps.push(now - last);
        last = now;
        if (++k > 240) { done(); return; }
        send(k === 1 ? "pointerdown" : "pointermove", r.left + 70 + ((k * 37) % 240) / 240 * (r.width - 90));
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    const at = (list, q) => [...list].sort((a, b) => a - b)[Math.floor(list.length * q)];
    return { gap: at(gaps, 0.95), draw: at(app.frames, 0.95), worst: Math.max(...app.frames), frames: app.frames.length };
  });
  // Time of the page's own thread, which other programs do not lengthen.
  const devtools = await p.page.context().newCDPSession(p.page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => (await devtools.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value * 1000;
  const views = [["some milliseconds in view, as it opens", 0], ["two seconds in view", 2e9], ["ten seconds in view", 10e9], ["the whole run in view", 1e15]];
  for (const [name, span] of views) {
    await p.page.evaluate((span) => {
      const app = window.viewer, middle = app.active.story.end / 2;
      if (span) app.show(middle - span / 2, middle + span / 2);
    }, span);
    await p.settle();
    const before = await busy();
    const m = await measure();
    const each = (await busy() - before) / m.frames;
    t.diagnostic(`${count} events, ${name}: p95 of ${m.frames} frames: ${m.draw.toFixed(1)} ms to draw (worst ${m.worst.toFixed(1)}), ${m.gap.toFixed(1)} ms apart; ${each.toFixed(1)} ms of processor time each`);
    // Times are for reading: they depend on the machine. What makes them is not:
    // only what is in view is drawn, and no pixel of a lane twice.
    const drawn = await p.page.evaluate(() => {
      const { lanes, story } = window.viewer.active, strokes = lanes.strokes;
      let lines = 0;
      const line = strokes.line.bind(strokes);
      strokes.line = (...a) => { lines++; line(...a); };
      lanes.drawnFor = null;
      lanes.scene();
      strokes.line = line;
      return { lines, all: story.messageCount, room: lanes.surface.width * story.servers };
    });
    t.diagnostic(`${drawn.lines} of ${drawn.all} messages drawn`);
    assert.ok((!span || drawn.lines > 0) && drawn.lines < drawn.all / 2 && drawn.lines < drawn.room, JSON.stringify(drawn));
  }
  const size = statSync(path.join(PAGES, "long.html")).size;
  t.diagnostic(`page ${(size / 1e6).toFixed(2)} MB; interactive after ${interactive.toFixed(0)} ms`);
  await p.shot("long-whole");
  await p.close();
});
