import { readdir, readFile } from "node:fs/promises";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { G, toXY } from "@keyquorum/threshold";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import type { KeeperExtension } from "../extensions/extension.ts";
import { startExtension } from "../extensions/extensionStory.ts";
import { createForgetTakenBack } from "../following/forgetTakenBack.ts";
import { createLogger } from "../report/logger.ts";
import { blockHash, emitLog, fakeContracts } from "../testing/fakeChain.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import type { Core } from "./core.ts";
import { OWN_DUTIES } from "./ownDuties.ts";
import { createDutyRunner } from "./performDuties.ts";

const address = `0x${"ad".repeat(20)}`;
const sid = blockHash(0x51d);
const point = toXY(G);
const EVENTS = {
  EpochProposed: [2, 99, 0b1110n],
  KeyRequested: [blockHash(1), sid, address, 0, 2, 1, 1, ZERO_HASH],
  ReshareRequested: [blockHash(1), sid, 2, 1, 2, 1],
  SharesRequested: [blockHash(3), blockHash(2), address, 1, blockHash(1), 1, ZERO_HASH, point, ZERO_HASH, 9n],
};

describe("duties", () => {
  let temp: TempVault;
  let lines: string[];
  let now: number;
  beforeEach(async () => {
    now = 0;
    temp = await createTempVault(() => now);
    lines = [];
  });
  afterEach(() => temp.remove());

  const rollBack = (toBlock: number): Promise<void> => temp.vault.follower().rollback(toBlock, {}, createForgetTakenBack(fakeContracts()));
  const log = createLogger("trace", { write: (line) => lines.push(line) });
  const mirror = async (logs: readonly MirroredLog[], extensions: readonly KeeperExtension[] = []) => {
    const core = { log } as Core; // true: nothing else of it is used by an extension that is not started
    const stories = [...OWN_DUTIES, ...(await Promise.all(extensions.map((extension) => startExtension(extension, core))))];
    const run = createDutyRunner({ contracts: fakeContracts(), stories, log });
    await temp.vault.follower().commit({ logs, state: {} }, run);
  };
  const due = async (): Promise<readonly string[]> => (await temp.vault.work.due({ now: 1 })).map(({ id }) => id);

  it("there is one per event that the contracts name, in the file that they name", async () => {
    const files = await readdir(new URL("..", import.meta.url), { recursive: true });
    const named = OWN_DUTIES.flatMap(({ on }) => Object.keys(on ?? {}));
    expect(files.flatMap((path) => /\/on([A-Z]\w*)[.]ts$/.exec(path)?.[1] ?? []).toSorted()).to.deep.equal(named.toSorted());
    for (const name of named) {
      const file = files.find((path) => path.endsWith(`/on${name}.ts`));
      expect(await readFile(new URL(`../${file}`, import.meta.url), "utf8")).to.include(`export const on${name}: Duty<"${name}">`);
    }
  });

  it("a block of many logs is read in several turns of the event loop: answers go on meanwhile", async () => {
    const logs = Array.from({ length: 100 }, (_, index) =>
      emitLog("KeyRequested", [blockHash(1), blockHash(index), address, 0, 2, 1, 1, ZERO_HASH], 7, index),
    );
    const run = createDutyRunner({ contracts: fakeContracts(), stories: [{ on: { KeyRequested: async () => undefined } }], log });
    let [isOver, turns] = [false, 0];
    const running = run({} as Parameters<typeof run>[0], logs).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await endOfTurn();
      turns += 1;
    }
    await running;
    expect(turns).to.be.greaterThan(5);
  });

  it("only logs are read that some duty is for; a name that no contract's event has is none's", async () => {
    const asked = emitLog("SharesRequested", EVENTS.SharesRequested, 7);
    const other = { ...emitLog("EpochProposed", EVENTS.EpochProposed, 7), data: "0xread" };
    const seen: string[] = [];
    const on = { SharesRequested: async ({ name }: { readonly name: string }) => void seen.push(name), NoEvent: async () => undefined };
    const run = createDutyRunner({ contracts: fakeContracts(), stories: [{ on }], log });
    await run({} as Parameters<typeof run>[0], [other, asked]);
    expect(seen).to.deep.equal(["SharesRequested"]);
  });

  for (const [name, work] of [
    ["EpochProposed", `epochKey:2:${blockHash(7)}`],
    ["KeyRequested", `session:${sid}:${blockHash(7)}`],
    ["ReshareRequested", `reshare:${sid}:${blockHash(7)}`],
    ["SharesRequested", `request:${blockHash(3)}:${blockHash(7)}`],
  ] as const)
    it(`${name} sets work going, once, in the transaction that mirrors it`, async () => {
      await mirror([emitLog(name, EVENTS[name], 7)]);
      await mirror([emitLog(name, EVENTS[name], 7, 1)]);
      expect(await due()).to.deep.equal([work]);
    });

  it("attack 50: the first sight of a proposal is stored in the transaction that mirrors it, and stays while the mirror has it", async () => {
    now = 1_000;
    await mirror([emitLog("EpochProposed", EVENTS.EpochProposed, 7)]);
    now = 2_000;
    await rollBack(7);
    await mirror([emitLog("EpochProposed", [2, 199, 0b1110n], 8)]);
    expect(await temp.vault.epochProposals.see({ epoch: 2, candidates: 0b1110n })).to.equal(1_000);
    await mirror([emitLog("EpochProposed", [2, 199, 0b10110n], 9)]);
    now = 3_000;
    expect(await temp.vault.epochProposals.see({ epoch: 2, candidates: 0b10110n }), "other candidates").to.equal(2_000);
  });

  it("attack 50: a proposal that a reorg took back was not seen: shown again, by a liar or by the chain, it counts from then", async () => {
    const proposal = { epoch: 2, candidates: 0b1110n };
    await mirror([emitLog("EpochProposed", [1, 50, 0b110n], 5), emitLog("EpochProposed", EVENTS.EpochProposed, 7)]);
    now = 3_600_000;
    await rollBack(6);
    await mirror([emitLog("EpochProposed", EVENTS.EpochProposed, 8)]);
    expect(await temp.vault.epochProposals.see(proposal)).to.equal(3_600_000);
    expect(await temp.vault.epochProposals.see({ epoch: 1, candidates: 0b110n }), "the other one stays").to.equal(0);
  });

  it("attack 50: a proposal that a call named, and no log announced, was not seen", async () => {
    const proposal = { epoch: 2, candidates: 0b1110n };
    await temp.vault.epochProposals.see(proposal);
    now = 3_600_000;
    await temp.vault.transaction(createForgetTakenBack(fakeContracts()));
    expect(await temp.vault.epochProposals.see(proposal)).to.equal(3_600_000);
  });

  it("SharesRequested of OptimisticRequests sets the same work going, and the watch over its answers", async () => {
    await mirror([emitLog("SharesRequested", EVENTS.SharesRequested, 7, 0, "optimisticRequests")]);
    expect(await due()).to.deep.equal(["request", "challenge"].map((kind) => `${kind}:${blockHash(3)}:${blockHash(7)}`));
    expect(lines.join("")).to.include("optimisticRequests");
  });

  it("an event that comes again in another block is other work", async () => {
    await mirror([emitLog("SharesRequested", EVENTS.SharesRequested, 7)]);
    await temp.vault.follower().rollback(6, {});
    await mirror([emitLog("SharesRequested", EVENTS.SharesRequested, 8)]);
    expect(await due()).to.have.length(2);
  });

  it("an event whose mirroring fails sets nothing going", async () => {
    const failing = { on: { KeyRequested: () => Promise.reject(new Error("disk full")) } };
    const run = createDutyRunner({ contracts: fakeContracts(), stories: [...OWN_DUTIES, failing], log });
    const logs = [emitLog("EpochProposed", EVENTS.EpochProposed, 7), emitLog("KeyRequested", EVENTS.KeyRequested, 7, 1)];
    const error = await temp.vault
      .follower()
      .commit({ logs, state: {} }, run)
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error);
    expect(await due()).to.deep.equal([]);
    expect(await temp.vault.logs.find()).to.have.length(0);
  });

  it("runs an extension's duty after its own, and survives its failure", async () => {
    const seen: string[] = [];
    const good = {
      name: "good",
      duties: {
        EpochProposed: async (_event: unknown, { tx }: { readonly tx: Pick<Vault, "work"> }) =>
          void seen.push(String((await tx.work.due({ now: 1 })).length)),
      },
    };
    const bad = { name: "bad", duties: { EpochProposed: () => Promise.reject(new Error("mine")) } };
    await mirror([emitLog("EpochProposed", EVENTS.EpochProposed, 7)], [bad, good]);
    expect(seen).to.deep.equal(["1"]);
    expect(await due()).to.have.length(1);
    expect(lines.join("")).to.include("An extension's duty failed");
  });

  it("passes over logs that are not ours", async () => {
    await mirror([{ ...emitLog("EpochProposed", EVENTS.EpochProposed, 7), address }]);
    expect(await due()).to.deep.equal([]);
  });
});
