import { type Clock, systemClock } from "@keyquorum/chain";
import { parsePoint, toXY } from "@keyquorum/threshold";
import type { KeeperExtension } from "../extensions/extension.ts";
import { createLogger } from "../report/logger.ts";
import { createKeeper } from "../run/createKeeper.ts";
import { initialiseKeeper } from "../run/initialiseKeeper.ts";
import type { Keeper } from "../run/keeperLife.ts";
import { createFakeChain, type FakeChain } from "./fakeChain.ts";
import { createTempKeeper, type TempKeeper } from "./tempKeeper.ts";

/** A registered keeper over a made-up chain, whose clock agrees with the chain's. Tests only. */
export type LiveKeeper = {
  readonly chain: FakeChain;
  readonly temp: TempKeeper;
  /** Lines that it logged, of all its lives. */
  readonly lines: readonly string[];
  readonly start: () => Promise<Keeper>;
  readonly stop: () => Promise<void>;
  readonly url: () => string;
  /** As the registry has it. */
  readonly identityKey: { readonly x: bigint; readonly y: bigint };
  readonly reasons: () => Promise<readonly string[]>;
  readonly until: (holds: () => boolean | Promise<boolean>) => Promise<void>;
  readonly metric: (line: string) => Promise<boolean>;
  readonly remove: () => Promise<void>;
};

export const createLiveKeeper = async (httpToml = "", extensions: readonly KeeperExtension[] = []): Promise<LiveKeeper> => {
  const temp = await createTempKeeper(httpToml);
  const chain = createFakeChain();
  const lines: string[] = [];
  let running: Keeper | undefined;
  const clock: Clock = {
    now: () => (chain.genesisTime + chain.head) * 1000,
    sleep: (milliseconds, signal) => systemClock.sleep(Math.min(milliseconds, 50), signal),
  };
  const { identityKey } = await initialiseKeeper(temp.config, { createOperatorKey: false });
  const key = toXY(parsePoint(Buffer.from(identityKey.slice(2), "hex")));
  chain.answers["keeperRegistry.slotOf"] = () => [3];
  chain.answers["keeperRegistry.keeperAt"] = () => [[`0x${"11".repeat(20)}`, 3, false, key, "", "", "Clara"]];

  const urlOf = (): string => running?.url() ?? "";
  const stop = async (): Promise<void> => {
    const [keeper] = [running];
    running = undefined;
    await keeper?.stop();
  };
  return {
    chain,
    temp,
    lines,
    start: async () => {
      running = await createKeeper(temp.config, {
        rpc: chain.rpc,
        extensions,
        clock,
        log: createLogger("trace", { write: (line) => lines.push(line) }),
      });
      await running.start();
      return running;
    },
    stop,
    url: urlOf,
    identityKey: key,
    reasons: async () => ((await (await fetch(`${urlOf()}/readyz`)).json()) as { reasons: readonly string[] }).reasons,
    until: async (holds) => {
      for (let tries = 0; tries < 3_000; tries += 1) {
        if (await holds()) return;
        await systemClock.sleep(20);
      }
      throw new Error(`not within a minute; log:\n${lines.slice(-40).join("")}`);
    },
    metric: async (line) => (await (await fetch(`${urlOf()}/metrics`)).text()).includes(line),
    remove: async () => {
      await stop();
      await temp.remove();
    },
  };
};
