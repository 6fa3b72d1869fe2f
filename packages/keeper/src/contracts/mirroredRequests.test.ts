import type { MirroredLog } from "@keyquorum/vault";
import { headerHashOf, type RequestId } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { blockHash, FAKE_ADDRESSES, fakeContracts } from "../testing/fakeChain.ts";
import { publishedLog, requestedLog } from "../testing/optimisticRequest.ts";
import { createHeader } from "../testing/reader.ts";
import { createMirroredRequests } from "./mirroredRequests.ts";

describe("requests on chain, as the mirror has them", () => {
  const dice = rollDice("mirrored requests");
  const requestId = dice.hex(32) as RequestId;
  const header = createHeader();
  const requested = (blockNumber: number, deadline = 1_900_000_000n) => requestedLog(header, { requestId, blockNumber, deadline });
  const published = publishedLog(header);

  const mirror = (...begin: readonly MirroredLog[]) => {
    let logs = begin;
    const find = async ({ address, topic0 }: { readonly address?: string; readonly topic0?: string }) =>
      logs.filter((log) => log.address === address && log.topics[0] === topic0);
    const requests = createMirroredRequests({ vault: { logs: { find } } as never, contracts: fakeContracts() });
    const set = (...now: readonly MirroredLog[]): void => {
      logs = now;
    };
    return { requests, set };
  };

  it("are decoded once", async () => {
    const { requests } = mirror(requested(7), published);
    const [first, again] = [await requests.find({ requestId }), await requests.find({ requestId, blockHash: blockHash(7) })];
    if (first === undefined) throw new Error("It is mirrored.");
    expect(again).to.equal(first);
    const found = await requests.headerOf(first);
    expect(found === undefined ? undefined : headerHashOf(found)).to.equal(headerHashOf(header));
    expect(await requests.headerOf(first)).to.equal(found);
  });

  it("are found in the block that was named, and only there", async () => {
    const { requests } = mirror(requested(7));
    expect(await requests.find({ requestId, blockHash: blockHash(8) })).to.equal(undefined);
    expect((await requests.find({ requestId, blockHash: blockHash(7) }))?.contract).to.equal("optimisticRequests");
  });

  it("are gone when a reorg takes their event, or their header's, away", async () => {
    const { requests, set } = mirror(requested(7), published);
    const before = await requests.find({ requestId });
    if (before === undefined) throw new Error("It is mirrored.");
    await requests.headerOf(before);
    set();
    expect(await requests.find({ requestId })).to.equal(undefined);
    expect(await requests.headerOf(before)).to.equal(undefined);
  });

  it("are what the mirror has now, where it was given another log in the same place before", async () => {
    const { requests, set } = mirror(requested(7));
    await requests.find({ requestId });
    set(requested(7, 5n));
    expect((await requests.find({ requestId }))?.request.deadline).to.equal(5n);
  });

  it("have no header of another version", async () => {
    const { requests } = mirror(requested(7), publishedLog({ ...header, salt: createHeader().salt }));
    const found = await requests.find({ requestId });
    expect(found?.request.headerHash).to.equal(headerHashOf(header));
    expect(found === undefined ? "none" : await requests.headerOf(found)).to.equal(undefined);
    expect(FAKE_ADDRESSES.documentRegistry).to.equal(header.documentRegistry);
  });
});
