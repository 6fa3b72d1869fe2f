import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeDeployment } from "@keyquorum/bindings";
import { developmentKey } from "@keyquorum/cluster";
import { expect } from "chai";
import type { BrowserContext, Page } from "playwright-core";
import { build as viteBuild } from "vite";
import webpack from "webpack";
import { CHROMIUM_MISSING, startChromium } from "./support/chromium.ts";
import { pageProject } from "./support/packedProject.ts";
import { servePage } from "./support/servePage.ts";
import { giveWallets, type TestWallet } from "./support/testWallet.ts";
import { withCluster } from "./support/withCluster.ts";

/** What a page installs. It is text on the page, whatever it looks like. */
const TEXT = "the well is behind <b>the third oak</b> <img src=x onerror=alert(1)>";

describe("a page with @keyquorum/client from its tarballs, no configuration of a bundler", () => {
  if (CHROMIUM_MISSING !== undefined) {
    it(`in Chromium: ${CHROMIUM_MISSING}`);
    return;
  }

  const held = withCluster({ keepers: 3, threshold: 1 });
  const browser: { context?: BrowserContext; close?: () => Promise<void> } = {};
  let project: string;
  let wallets: Readonly<Record<string, TestWallet>>;
  before(async () => {
    project = await pageProject();
    Object.assign(browser, await startChromium());
    if (browser.context === undefined) throw new Error("unreachable");
    wallets = await giveWallets(browser.context, held.chain, {
      injected: ["alice", developmentKey(1)],
      announced: { bob: developmentKey(2), mallory: developmentKey(3) },
    });
  });
  after(() => browser.close?.());

  const bundlers: Readonly<Record<string, (project: string) => Promise<string>>> = { Vite: buildByVite, webpack: buildByWebpack };
  for (const [bundler, build] of Object.entries(bundlers))
    it(`built by ${bundler}: encrypts, publishes, grants, reads both ways, with an injected and two announced wallets`, async () => {
      const built = await build(project);
      const { close, url } = await servePage(built, { "/deployment.json": JSON.stringify(encodeDeployment(held.cluster.deployment)) });
      const complaints: string[] = [];
      try {
        await usePage(url, complaints);
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : error}\nThe page complained: ${complaints.join("; ") || "no"}`, {
          cause: error,
        });
      } finally {
        await close();
      }
    });

  const usePage = async (url: string, complaints: string[]): Promise<void> => {
    const page = await browser.context?.newPage();
    if (page === undefined) throw new Error("unreachable");
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(url);
    const [alice, bob, mallory] = [wallets.alice, wallets.bob, wallets.mallory];
    if (alice === undefined || bob === undefined || mallory === undefined) throw new Error("unreachable");
    await page.locator("#wallet option", { hasText: "Injected wallet" }).waitFor({ state: "attached" });
    expect(await page.locator("#wallet option").allTextContents()).to.deep.equal(["bob", "mallory", "Injected wallet"]);

    await page.selectOption("#wallet", "Injected wallet");
    await page.fill("#text", TEXT);
    expect(await press(page, "publish")).to.match(/^Publish: 0x[0-9a-f]{64}, its ciphertext is b[a-z2-7]+$/);
    await page.fill("#reader", bob.address);
    alice.refuseOnce();
    expect(await press(page, "grant"), "alice declines once").to.match(/^Grant failed: ACTION_REJECTED/);
    expect(await press(page, "grant")).to.match(/^Grant: 0x\w{40} may read from block \d+ on$/);
    expect(alice.takePrompts()).to.deep.equal(["eth_sendTransaction", "eth_sendTransaction", "eth_sendTransaction"]);

    await page.selectOption("#wallet", "mallory");
    expect(await press(page, "read")).to.match(/^Read by HTTP failed: ACCESS_DENIED/);
    expect(await press(page, "readOnChain")).to.match(/^Read on chain failed: ACCESS_DENIED/);
    expect(await page.textContent("#content")).to.equal("");

    await page.selectOption("#wallet", "bob");
    expect(await press(page, "read")).to.match(/^Read by HTTP: keepers at slots \d, \d answered, without gas$/);
    expect(await page.textContent("#content")).to.equal(TEXT);
    expect(bob.takePrompts(), "one signature, no transaction").to.deep.equal(["eth_signTypedData_v4"]);

    await page.evaluate("document.getElementById('content').textContent = ''");
    expect(await press(page, "readOnChain")).to.match(/^Read on chain: request 0x[0-9a-f]{64}$/);
    expect(await page.textContent("#content")).to.equal(TEXT);
    expect(bob.takePrompts()).to.include("eth_sendTransaction");

    if (process.env.KEYQUORUM_SCREENSHOT !== undefined) await page.screenshot({ path: process.env.KEYQUORUM_SCREENSHOT, fullPage: true });
    // Keepers refused Mallory with HTTP 403, which Chromium puts on the console. Nothing else may be there: no script error, no breach of the policy.
    expect(complaints.filter((text) => !text.includes("status of 403"))).to.deep.equal([]);
    expect(await page.locator("#content *").count(), "what was read is text").to.equal(0);
    await page.close();
  };
});

/** Presses a button and returns what the page then says of that step. */
const press = async (page: Page, button: string): Promise<string> => {
  const before = await page.locator("#log li").count();
  await page.click(`#${button}`);
  const line = page.locator("#log li").nth(before);
  await page.waitForFunction(
    ([selector, index]) => {
      const { document } = globalThis as unknown as { document: { querySelectorAll: (selector: string) => { textContent: string }[] } };
      return document.querySelectorAll(selector)[index]?.textContent.endsWith(" ...") === false;
    },
    ["#log li", before] as const,
    { timeout: 60_000 },
  );
  return (await line.textContent()) ?? "";
};

/** `vite build`: the example as it is. Returns the folder to serve. */
async function buildByVite(project: string): Promise<string> {
  await viteBuild({ root: project, logLevel: "error", build: { outDir: "dist-vite" } });
  return join(project, "dist-vite");
}

/** `webpack --mode production`, run in the project: it reads JavaScript only, so the page's own script is compiled first, by tsc's rules. */
async function buildByWebpack(project: string): Promise<string> {
  const { ModuleKind, ScriptTarget, transpileModule } = (await import("typescript")).default;
  const source = await readFile(join(project, "src", "main.ts"), "utf8");
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2024 };
  await writeFile(join(project, "src", "index.js"), transpileModule(source, { compilerOptions }).outputText);
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) =>
    webpack({ mode: "production", context: project, output: { path: join(project, "dist") } }, (error, result) =>
      error ? reject(error) : resolve(result),
    ),
  );
  expect(stats?.toJson({ all: false, errors: true }).errors).to.deep.equal([]);
  await cp(join(project, "public"), join(project, "dist"), { recursive: true });
  const html = await readFile(join(project, "index.html"), "utf8");
  await writeFile(join(project, "dist", "index.html"), html.replace("/src/main.ts", "/main.js"));
  return join(project, "dist");
}
