import { rm, writeFile } from "node:fs/promises";
import { ChainUnavailableError } from "@keyquorum/chain";
import type { HttpServer } from "@keyquorum/http";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Readiness } from "../report/readiness.ts";
import { urlFileOf } from "../report/status.ts";
import type { Clock } from "./clock.ts";
import type { Closers } from "./closers.ts";
import { KeeperError } from "./errors.ts";
import type { OwnUrl } from "./ownUrl.ts";

/** One keeper: `start` it once, `stop` it once. */
export type Keeper = {
  /** Resolves when it listens. Throws KeeperError when it must not run; what was opened is then closed. */
  readonly start: () => Promise<void>;
  /** Answers what is being asked, stops, and closes everything in reverse order. */
  readonly stop: () => Promise<void>;
  /** Where it listens; empty before `start`. */
  readonly url: () => string;
  /** Resolves when it stopped: with the reason when it must not continue. */
  readonly ended: Promise<KeeperError | undefined>;
};

/** How long `start` waits for the chain before it listens without it. */
const FIRST_LOOK_MILLISECONDS = 3_000;
const RETRY_MILLISECONDS = 2_000;

/** The life of a composed keeper: looks whether it may run, listens, works, stops. */
export const createKeeperLife = (options: {
  readonly config: Pick<KeeperConfig, "dataDirectory">;
  /** Throws KeeperError when this keeper must not run on this chain, or ChainUnavailableError. */
  readonly assertOwnChain: () => Promise<void>;
  /** The work loop: ends when `stopping` aborts; rejects with KeeperError when this keeper must not continue. */
  readonly work: () => Promise<void>;
  readonly http: HttpServer;
  readonly metricsHttp: HttpServer | undefined;
  readonly ownUrl: OwnUrl;
  readonly stopping: AbortController;
  readonly closers: Closers;
  readonly clock: Clock;
  readonly readiness: Readiness;
  readonly log: Logger;
}): Keeper => {
  const { config, assertOwnChain, http, metricsHttp, ownUrl, stopping, closers, clock, readiness, log } = options;
  let end: (reason: KeeperError | undefined) => void = () => undefined;
  const ended = new Promise<KeeperError | undefined>((resolve) => {
    end = resolve;
  });

  const loop = async (first: Promise<void>): Promise<void> => {
    try {
      let isOwn = await isAnswered(first);
      while (!isOwn && !stopping.signal.aborted) {
        readiness.set("chain_unreachable", true);
        await clock.sleep(RETRY_MILLISECONDS, stopping.signal);
        isOwn = !stopping.signal.aborted && (await isAnswered(assertOwnChain()));
      }
      await options.work();
    } catch (error) {
      if (!(error instanceof KeeperError)) throw error;
      readiness.set("draining", true);
      http.drain();
      end(error);
    }
  };

  /** False: the chain could not be asked. */
  const isAnswered = async (look: Promise<void>): Promise<boolean> => {
    try {
      await look;
      return true;
    } catch (error) {
      if (stopping.signal.aborted) return false;
      if (!(error instanceof ChainUnavailableError)) throw error;
      log.warn("The chain cannot be asked; trying again", describeError(error));
      return false;
    }
  };

  const writeUrlFile = async (): Promise<void> => {
    const file = urlFileOf(config);
    try {
      await writeFile(file, `${ownUrl.now()}\n`);
    } catch (cause) {
      throw new KeeperError(
        "VAULT_IO",
        `${file} cannot be written. Free some space, or correct its folder's owner and mode.`,
        { file },
        { cause },
      );
    }
  };

  const listen = async (): Promise<void> => {
    if (metricsHttp !== undefined) {
      closers.add("metrics server", metricsHttp.close);
      log.info("Metrics are served", { url: await metricsHttp.listen() });
    }
    closers.add("HTTP server", http.close);
    ownUrl.note(await http.listen());
    closers.add("URL file", () => rm(urlFileOf(config), { force: true }));
    await writeUrlFile();
    log.info("Keeper is listening", { url: ownUrl.now() });
  };

  const start = async (): Promise<void> => {
    try {
      const first = assertOwnChain();
      const looked = first.catch((error: unknown) => {
        if (!(error instanceof ChainUnavailableError)) throw error; // a chain that cannot be asked is no reason not to start
      });
      looked.catch(() => undefined); // after the race the loop hears of it
      await Promise.race([looked, clock.sleep(FIRST_LOOK_MILLISECONDS, stopping.signal)]);
      let looping: Promise<void> | undefined;
      closers.add("work loop", async () => {
        stopping.abort();
        await looping;
      });
      await listen();
      looping = loop(first);
    } catch (error) {
      stopping.abort();
      await closers.closeAll();
      end(undefined);
      throw error;
    }
  };

  const stop = async (): Promise<void> => {
    readiness.set("draining", true);
    http.drain();
    await closers.closeAll();
    end(undefined);
  };
  return { start, stop, url: ownUrl.now, ended };
};
