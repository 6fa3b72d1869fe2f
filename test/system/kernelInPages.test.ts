import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { build } from "vite";
import { CHROMIUM_MISSING, startChromium } from "./support/chromium.ts";
import { FIREFOX_MISSING, openInFirefox } from "./support/firefox.ts";
import { servePage } from "./support/servePage.ts";

const THRESHOLD = JSON.stringify(join(import.meta.dirname, "../../packages/threshold/src/index.ts"));
/** Encapsulates, answers, verifies and combines, and says over which backend. */
const PAGE = `
import { backend, combineAnswers, deriveContentSecret, encapsulate, encryptShare, randomScalar, SecretScalar, verifyCiphertext } from ${THRESHOLD};
const [label, context, nonceKey] = [1, 2, 3].map((n) => new Uint8Array(32).fill(n));
const [a, b] = [randomScalar(), randomScalar()];
const shareAt = (x) => SecretScalar.from((a + b * BigInt(x)) % 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n);
const publicKey = backend.mulG(a);
const { ciphertext, contentSecret } = encapsulate({ publicKey, label });
const reader = SecretScalar.from(randomScalar());
const readerKey = backend.mulG(reader.reveal());
const answers = [1, 2].map((slot) => {
  const [share, { u }] = [shareAt(slot), ciphertext];
  return { slot, context, verifyingShare: backend.mulG(share.reveal()), answer: encryptShare({ share, u, readerKey, context, nonceKey }) };
});
const { shared } = combineAnswers({ quorum: 2, u: ciphertext.u, readerSecret: reader, answers, publicKey });
const opened = deriveContentSecret({ shared, label, u: ciphertext.u }).every((byte, i) => byte === contentSecret[i]);
document.body.textContent = backend.name + " " + verifyCiphertext({ publicKey, label }, ciphertext) + " " + opened;
`;
/** The same, told to whoever served the page. */
const TELLING_PAGE = `
const tell = (body) => fetch("/said", { method: "POST", body });
import("/main.js").then(() => tell(document.body.textContent), (error) => tell("error: " + error));
`;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "keyquorum-page-"));
  await writeFile(join(folder, "main.js"), PAGE);
  await writeFile(join(folder, "index.html"), '<!doctype html><body><script type="module" src="/main.js"></script></body>');
  await build({ root: folder, configFile: false, logLevel: "error", build: { outDir: "dist", target: "es2024", modulePreload: false } });
});
after(() => rm(folder, { recursive: true, force: true }));

describe("a page and its policy", () => {
  if (CHROMIUM_MISSING !== undefined) {
    it(`in Chromium: ${CHROMIUM_MISSING}`);
    return;
  }

  let chromium: Awaited<ReturnType<typeof startChromium>>;
  before(async () => {
    chromium = await startChromium();
  });
  after(() => chromium?.close());

  /** What the page shows, and what Chromium complains of. */
  const shown = async (webAssembly: boolean): Promise<{ readonly text: string; readonly complaints: readonly string[] }> => {
    const { url, close } = await servePage(join(folder, "dist"), { "/favicon.ico": "" }, { webAssembly });
    const page = await chromium.context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    try {
      await page.goto(url);
      await page.waitForFunction("document.body.textContent.trim() !== ''", undefined, { timeout: 30_000 });
      return { text: ((await page.textContent("body")) ?? "").trim(), complaints };
    } finally {
      await page.close();
      await close();
    }
  };

  it("multiplies in WebAssembly where the policy allows it", async () => {
    expect(await shown(true)).to.deep.equal({ text: "wasm true true", complaints: [] });
  });

  it("falls back to noble where the policy refuses it, and nobody complains", async () => {
    expect(await shown(false)).to.deep.equal({ text: "noble true true", complaints: [] });
  });
});

describe("a page and its policy, in Firefox", () => {
  if (FIREFOX_MISSING !== undefined) {
    it(`in Firefox: ${FIREFOX_MISSING}`);
    return;
  }

  /** What the page says when it is done. */
  const told = async (webAssembly: boolean): Promise<string> => {
    let tell: (text: string) => void = () => undefined;
    const said = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const script = /src="(\/assets\/[^"]+)"/.exec(await readFile(join(folder, "dist", "index.html"), "utf8"))?.[1] ?? "";
    const more = {
      "/index.html": '<!doctype html><body><script type="module" src="/telling.js"></script></body>',
      "/telling.js": TELLING_PAGE.replace("/main.js", script),
    };
    const { url, close } = await servePage(join(folder, "dist"), more, { webAssembly, onPost: tell });
    const firefox = await openInFirefox(url);
    try {
      return (await said).trim();
    } finally {
      await firefox.close();
      await close();
    }
  };

  it("multiplies in WebAssembly where the policy allows it", async () => {
    expect(await told(true)).to.equal("wasm true true");
  });

  it("falls back to noble where the policy refuses it", async () => {
    expect(await told(false)).to.equal("noble true true");
  });
});
