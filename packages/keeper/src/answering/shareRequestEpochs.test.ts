import type { HttpServer } from "@keyquorum/http";
import { toXY } from "@keyquorum/threshold";
import { parseShareAnswer, type ShareRequestBody } from "@keyquorum/wire";
import { expect } from "chai";
import { createMetrics } from "../report/metrics.ts";
import { createFakeChain, type FakeChain } from "../testing/fakeChain.ts";
import { bob, bodyOf, createHeader, createRequest, JOINT_KEY, signRequest } from "../testing/reader.ts";
import { createShareRequestServer, outcomeOf } from "../testing/shareRequestServer.ts";
import { createTempVault, OPERATOR, type TempVault } from "../testing/tempVault.ts";

/** Seconds: the head's time. */
const NOW = 1_800_000_020;
const LIFETIME = 120n;

describe("POST /v1/share-requests while a key is handed over", () => {
  let temp: TempVault;
  let chain: FakeChain;
  let servers: HttpServer[];
  /** From which block on the key is active in epoch 2. The head is block 20, the final block 18. */
  let movedAt: number;
  /** In seconds of block time; 0 while it is active. */
  let retiredAt: bigint;

  beforeEach(async () => {
    temp = await createTempVault(() => NOW * 1000);
    chain = createFakeChain();
    servers = [];
    movedAt = 10;
    retiredAt = BigInt(chain.genesisTime + 10);
    chain.answers["shareRequests.decide"] = () => [1];
    chain.answers["shareRequests.requestLifetime"] = () => [60n];
    chain.answers["optimisticRequests.requestLifetime"] = () => [LIFETIME];
    chain.answers["keeperRegistry.committeeOf"] = () => [[[4, OPERATOR, toXY(JOINT_KEY), toXY(JOINT_KEY)]]];
    chain.answers["keyGeneration.retiredAtOf"] = ([, epoch]) => [epoch === 1n ? retiredAt : 0n];
    chain.answers["keyGeneration.keyOf"] = (_args, block) => [
      [0, block < movedAt ? 1 : 2, bob.address, toXY(JOINT_KEY), bob.address, `0x${"00".repeat(32)}`],
    ];
  });
  afterEach(async () => {
    for (const server of servers) await server.close();
    await temp.remove();
  });

  type Other = Partial<Pick<Parameters<typeof createShareRequestServer>[0], "vault" | "steady">>;
  const serve = async (epochs: readonly number[] = [1, 2], other: Other = {}): Promise<string> => {
    const http = await createShareRequestServer({
      ...{ vault: temp.vault, ownVault: temp.vault, chain, epochs, onLine: () => undefined, ...other },
      clock: { now: () => NOW * 1000, sleep: async () => undefined },
      metrics: createMetrics({ version: "0", processMetrics: false }),
    });
    servers.push(http);
    return http.listen();
  };
  const signed = async (): Promise<ShareRequestBody> => {
    const header = createHeader();
    return bodyOf(await signRequest(header, createRequest(header, BigInt(NOW) + 60n)));
  };
  const post = (url: string, body: ShareRequestBody, epoch?: number): Promise<Response> =>
    fetch(`${url}/v1/share-requests`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(epoch === undefined ? body : { ...body, epoch }),
    });
  const epochOf = async (response: Response): Promise<number> => {
    const { epoch, receipt } = parseShareAnswer(await response.json());
    expect(receipt.receipt.epoch).to.equal(epoch);
    return epoch;
  };

  it("answers in the epoch of the final block when none is named", async () => {
    expect(await epochOf(await post(await serve(), await signed()))).to.equal(2);
    movedAt = 19;
    expect(await epochOf(await post(await serve(), await signed()))).to.equal(1);
  });

  it("attack 35: answers in the head's epoch only when it is final: a reorg may take it back, and receipts stay", async () => {
    const url = await serve();
    const body = await signed();
    movedAt = 19;
    retiredAt = BigInt(chain.genesisTime + 19);
    expect(await outcomeOf(await post(url, body, 2))).to.deep.equal([409, "KEY_NOT_READY"]);
    expect(await epochOf(await post(url, body, 1))).to.equal(1);
    movedAt = 18;
    expect(await epochOf(await post(await serve(), body, 2))).to.equal(2);
  });

  it("attack 15: answers in the former epoch as long as a request may live, and not a second longer", async () => {
    const final = BigInt(chain.genesisTime + 18);
    retiredAt = final - LIFETIME + 1n;
    expect(await epochOf(await post(await serve(), await signed(), 1))).to.equal(1);
    retiredAt = final - LIFETIME;
    expect(await outcomeOf(await post(await serve(), await signed(), 1))).to.deep.equal([409, "EPOCH_NOT_SERVED"]);
  });

  it("attack 15: gives no answer of an epoch whose time ended while it was written down", async () => {
    let waited = 0;
    movedAt = 20;
    const transaction: TempVault["vault"]["transaction"] = async (work) => {
      const done = await temp.vault.transaction(work);
      [waited, chain.head, retiredAt] = [1_001, 200, BigInt(chain.genesisTime + 20)];
      return done;
    };
    const url = await serve([1, 2], { vault: { ...temp.vault, transaction }, steady: () => waited });
    expect(await outcomeOf(await post(url, await signed()))).to.deep.equal([409, "EPOCH_NOT_SERVED"]);
  });

  it("refuses an epoch in which the key never was, and one that is to come", async () => {
    retiredAt = 0n;
    const url = await serve([1, 2, 3]);
    expect(await outcomeOf(await post(url, await signed(), 1))).to.deep.equal([409, "EPOCH_NOT_SERVED"]);
    expect(await outcomeOf(await post(url, await signed(), 3))).to.deep.equal([409, "KEY_NOT_READY"]);
  });

  it("says that its share is missing where it is a member without one, also after a restore (attack 41)", async () => {
    const url = await serve([1]);
    expect(await outcomeOf(await post(url, await signed()))).to.deep.equal([409, "SHARE_MISSING"]);
    expect(await epochOf(await post(url, await signed(), 1))).to.equal(1);
  });

  it("gives one signed request an answer in each epoch, and each of them again with the same bytes", async () => {
    const url = await serve();
    const body = await signed();
    const texts: string[] = [];
    for (const epoch of [1, 2, 1, 2]) texts.push(await (await post(url, body, epoch)).text());
    expect(texts[2]).to.equal(texts[0]);
    expect(texts[3]).to.equal(texts[1]);
    expect(texts[1]).to.not.equal(texts[0]);
    expect(texts.map((text) => (JSON.parse(text) as { epoch: number }).epoch)).to.deep.equal([1, 2, 1, 2]);
  });

  it("gives the same bytes to many who ask in both epochs at once", async () => {
    const url = await serve();
    const body = await signed();
    const asked = Array.from({ length: 12 }, (_, index) => 1 + (index % 2));
    const texts = await Promise.all(asked.map(async (epoch) => (await post(url, body, epoch)).text()));
    for (const epoch of [1, 2]) {
      const given = texts.filter((_, index) => asked[index] === epoch);
      expect(new Set(given).size).to.equal(1);
      expect((JSON.parse(given[0] ?? "{}") as { epoch: number }).epoch).to.equal(epoch);
    }
  });
});
