import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian's Firefox, or the one that KEYQUORUM_FIREFOX names. */
export const FIREFOX = process.env.KEYQUORUM_FIREFOX ?? "/usr/bin/firefox-esr";

/** Said in a test's title where Firefox is missing, so that nobody takes the gap for a pass. */
export const FIREFOX_MISSING = existsSync(FIREFOX)
  ? undefined
  : `there is no ${FIREFOX}: install it by \`apt-get install --no-install-recommends firefox-esr\` or name yours in KEYQUORUM_FIREFOX`;

/** Nothing of its own at the start, and everything but 127.0.0.1 through a proxy that is not there: it reaches nobody else. */
const SETTINGS = {
  "app.normandy.enabled": false,
  "app.update.auto": false,
  "browser.aboutwelcome.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": 9,
  "network.proxy.no_proxies_on": "127.0.0.1",
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": 9,
  "network.proxy.type": 1,
  "security.sandbox.content.level": 0, // as Chromium's: tests may run as root
  "toolkit.telemetry.enabled": false,
};

/** A headless Firefox with an empty profile that shows one page. `close` ends it. */
export const openInFirefox = async (url: string): Promise<{ readonly close: () => Promise<void> }> => {
  const profile = await mkdtemp(join(tmpdir(), "keyquorum-firefox-"));
  const lines = Object.entries(SETTINGS).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  await writeFile(join(profile, "user.js"), lines.join(""));
  const child = spawn(FIREFOX, ["--headless", "--no-remote", "--profile", profile, url], {
    stdio: "ignore",
    detached: true, // a group of its own: its content processes end with it
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" },
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
  return {
    close: async () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
