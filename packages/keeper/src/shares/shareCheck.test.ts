import { ChainUnavailableError } from "@keyquorum/chain";
import { KeyquorumError, parseKeyId } from "@keyquorum/wire";
import { expect } from "chai";
import { createLogger } from "../report/logger.ts";
import { KeeperError } from "../run/errors.ts";
import { blockHash, createFakeChain, headsOf } from "../testing/fakeChain.ts";
import type { BookedKey } from "./keyBook.ts";
import { createShareCheck } from "./shareCheck.ts";

describe("createShareCheck", () => {
  let keys: BookedKey[];
  let epoch: number;
  let checked: string[];
  let lines: string[];
  let failure: Error | undefined;
  beforeEach(() => {
    keys = [];
    [epoch, checked, lines, failure] = [1, [], [], undefined];
  });
  const add = (number: number, share: BookedKey["share"] = "held"): void =>
    void keys.push({ keyId: parseKeyId(blockHash(number)), epoch: 1, slot: 2, share, quorumMargin: 1 });
  const create = () => {
    const check = createShareCheck({
      materials: {
        check: async (keyId) => {
          checked.push(keyId);
          if (failure !== undefined) throw failure;
        },
      },
      keyBook: { keys: () => keys },
      epoch: () => epoch,
      log: createLogger("info", { write: (line) => lines.push(line) }),
    });
    return () => check(headsOf(createFakeChain()));
  };

  it("looks at every share that is held, four at a time, once", async () => {
    for (let number = 1; number <= 6; number += 1) add(number);
    add(7, "missing");
    const look = create();
    for (const count of [4, 6, 6]) {
      await look();
      expect(checked).to.have.length(count);
    }
    expect(new Set(checked).size).to.equal(6);
  });
  it("looks at all again in every epoch", async () => {
    add(1);
    const look = create();
    await look();
    epoch = 2;
    await look();
    await look();
    expect(checked).to.have.length(2);
  });
  it("looks again where the chain could not be asked, and says nothing", async () => {
    add(1);
    const look = create();
    failure = new ChainUnavailableError("DISAGREEMENT", "No majority says the same.");
    await look();
    failure = new KeyquorumError("UNAVAILABLE", "This keeper has not mirrored the key yet.");
    await look();
    failure = undefined;
    await look();
    await look();
    expect([checked.length, lines.length]).to.deep.equal([3, 0]);
  });
  it("says which key's share is damaged, and looks at it again when it is back", async () => {
    add(1);
    const look = create();
    failure = new KeyquorumError("UNAVAILABLE", "This keeper's share of the key is damaged.", { details: { slot: 2 } });
    await look();
    expect(lines[0]).to.include(blockHash(1));
    const [held] = keys.splice(0); // missing, by the book
    failure = undefined;
    await look();
    keys.push(held as BookedKey);
    await look();
    expect(checked).to.have.length(2);
  });
  it("says once in an epoch that the mirror lacks what made a key", async () => {
    add(1);
    const look = create();
    failure = new KeeperError("VAULT_UNUSABLE", "The mirrored logs lack a dealing.");
    await look();
    await look();
    expect([checked.length, lines.length]).to.deep.equal([1, 1]);
  });
});
