import { existsSync } from "node:fs";
import { type BrowserContext, chromium } from "playwright-core";

/** Debian's Chromium, or the one that KEYQUORUM_CHROMIUM names. */
export const CHROMIUM = process.env.KEYQUORUM_CHROMIUM ?? "/usr/bin/chromium";

/** Said in a test's title where Chromium is missing, so that nobody takes the gap for a pass. */
export const CHROMIUM_MISSING = existsSync(CHROMIUM)
  ? undefined
  : `there is no ${CHROMIUM}: install it by \`apt-get install --no-install-recommends chromium\` or name yours in KEYQUORUM_CHROMIUM`;

/** Without these, Chromium calls its makers' servers at every start. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A headless browser with an empty profile that reaches 127.0.0.1 and nothing else. `close` ends it. */
export const startChromium = async (): Promise<{ readonly context: BrowserContext; readonly close: () => Promise<void> }> => {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
  const context = await browser.newContext();
  await context.route(
    (url) => url.hostname !== "127.0.0.1",
    (route) => route.abort(),
  );
  return { context, close: () => browser.close() };
};
