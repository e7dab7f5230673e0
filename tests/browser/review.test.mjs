// In Chromium an operator pauses and resumes a lane on the console, and a reviewer opens the link, sees
// the video's facts, and approves by click.
//   node review.test.mjs PATH/filmgated
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [daemon] = process.argv.slice(2);
const root = await mkdtemp(join(tmpdir(), "filmgate-browser-"));
const host = spawn(daemon, ["--root", root, "--listen", "127.0.0.1:0"], {
  stdio: ["ignore", "ignore", "pipe"],
});
let log = "";
host.stderr.on("data", (text) => { log += text; });

// Asks again and again until there is an answer; the test's own time limit bounds it.
async function until(what, ask) {
  const end = Date.now() + 90_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end || host.exitCode !== null) throw new Error(`waited for ${what}\n${log}`);
    await new Promise((resume) => setTimeout(resume, 100));
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    ...(process.getuid() === 0 ? ["--no-sandbox"] : []),
    "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
try {
  const console_url = await until("the console", () => log.match(/console: (\S+)\//)?.[1]);
  await mkdir(join(root, "uploads"), { recursive: true });
  await writeFile(join(root, "uploads", "clip.mp4.json"),
    JSON.stringify({ title: "<b>Harbour</b> & co", owner: "ann@example.org" }));
  const made = join(root, "made.mp4");
  execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30",
    "-f", "lavfi", "-i", "sine", "-t", "2", "-c:v", "libx264", "-preset", "ultrafast",
    "-pix_fmt", "yuv420p", "-c:a", "aac", made]);
  await rename(made, join(root, "uploads", "clip.mp4"));
  const waiting = await until("approval", async () => {
    const page = await (await fetch(`${console_url}/v1/assets?state=awaiting_approval`)).json();
    return page.assets[0];
  });

  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (line) => { if (line.type() === "error") problems.push(line.text()); });
  page.on("request", (request) => {
    if (!request.url().startsWith(console_url)) problems.push(`asked ${request.url()}`);
  });

  await page.goto(`${console_url}/`);
  await page.locator("#live").filter({ hasText: "live" }).waitFor();
  // A lane is paused and resumed by click, and the page says so.
  const lane = async () => (await (await fetch(`${console_url}/v1/lanes`)).json()).lanes[2];
  await page.getByRole("button", { name: "Pause encode" }).click();
  await page.getByRole("listitem").filter({ hasText: "encode" }).getByText("paused").waitFor();
  assert.equal((await lane()).paused, true);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `the console is ${wide} wide on a phone of 390`);
  await page.getByRole("button", { name: "Resume encode" }).click();
  await page.getByRole("button", { name: "Pause encode" }).waitFor();
  assert.equal((await lane()).paused, false);

  await page.getByRole("link", { name: "clip.mp4" }).click();
  await page.getByRole("link", { name: "Review" }).click();
  await page.getByRole("heading", { name: "<b>Harbour</b> & co" }).waitFor();
  for (const picture of await page.locator("main img").all()) {
    assert.ok(await picture.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
  }
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `the page is ${width} wide on a phone of 390`);
  assert.equal(await page.locator("input[type=radio]:checked").count(), 0);

  // Without a choice the form stays where it is.
  await page.getByRole("button", { name: "Send decision" }).click();
  assert.equal((await (await fetch(`${console_url}/v1/assets/${waiting.id}`)).json()).state,
    "awaiting_approval");

  await page.getByRole("radio", { name: "Approve" }).check();
  await page.getByRole("button", { name: "Send decision" }).click();
  await page.getByRole("heading", { name: "Approved" }).waitFor();
  await until("transcoding", async () => {
    const asset = await (await fetch(`${console_url}/v1/assets/${waiting.id}`)).json();
    return asset.state !== "awaiting_approval" && asset.approval.state === "approved";
  });
  assert.deepEqual(problems, []);
  console.log("approved by click");
} finally {
  await browser.close();
  const ended = new Promise((resume) => host.once("exit", resume));
  host.kill("SIGTERM");
  await ended;
  await rm(root, { recursive: true, force: true });
}
