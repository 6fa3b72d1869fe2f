import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { interfaceOf } from "@keyquorum/bindings";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { waitFor } from "@keyquorum/cluster";
import { type DocumentHeader, headerHashOf, parseRequestId, type RequestId, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { type Signer, Wallet } from "ethers";
import { type SharedDocument, shareDocument } from "./support/sharedDocument.ts";
import { withCluster } from "./support/withCluster.ts";

const LIAR = "@keyquorum/testing/lyingKeeper";
const [HONEST, LIARS] = [
  [1, 2, 3],
  [4, 5],
] as const;
/** Two or three challenges of one liar's answers fit into a day's budget: not the twelve that it takes. */
const GAS_PER_LIAR = 330_000;
const PRICE = 10n ** 16n;
const READER_KEY = {
  x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
}; // G: nothing secret is read here

/**
 * The liars are the shipped keeper with an extension that alters its answers. They answer first because the honest keepers are stopped (SIGSTOP) until
 * they have: no part of the program knows of the test.
 */
describe("optimistic requests at n = 5, t = 2, with two liars", () => {
  let shared: SharedDocument;
  let header: DocumentHeader;

  const held = withCluster(
    { keepers: 5, threshold: 2, extensions: { 4: [LIAR], 5: [LIAR] }, limits: { challengeGasPerLiarPerDay: GAS_PER_LIAR } },
    async (cluster) => {
      shared = await shareDocument(cluster, { keyId: held.keyId, blobDirectory: join(held.directory, "blobs") });
      header = shared.header;
    },
  );

  const contract = () => held.cluster.contracts.optimisticRequests;
  const provider = () => held.chain.provider;
  const bob = (): Signer => held.chain.account(2);
  const operatorOf = (slot: number): string => held.cluster.keeper(slot).operator;
  const signal = (slots: readonly number[], name: NodeJS.Signals): void => {
    for (const slot of slots) held.cluster.keeper(slot).process().signal(name);
  };
  const setPrice = async (price: bigint): Promise<void> => {
    await (await contract().connect(held.chain.account(0)).setPrice(price)).wait();
  };
  const ask = async (price: bigint): Promise<RequestId> => {
    const asking = contract().connect(bob());
    const sent = await asking.request(header.document, headerHashOf(header), READER_KEY, ZERO_HASH, {
      value: 3n * price,
      gasLimit: 1_000_000,
    });
    const receipt = await sent.wait();
    const logs = (receipt?.logs ?? []).map((log) => interfaceOf("optimisticRequests").parseLog(log));
    return parseRequestId(logs.find((log) => log?.name === "SharesRequested")?.args.requestId);
  };
  const answersTo = async (requestId: RequestId): Promise<readonly number[]> =>
    (await contract().queryFilter(contract().filters.ShareAnswered(requestId))).map(({ args }) => Number(args.slot));
  const convictedIn = async (requestId: RequestId): Promise<readonly number[]> =>
    (await contract().queryFilter(contract().filters.AnswerDisproved(requestId))).map(({ args }) => Number(args.slot)).sort();
  const untilAnswered = async (requestIds: readonly RequestId[], count: number): Promise<void> => {
    for (const requestId of requestIds)
      await waitFor(
        `${count} have answered ${requestId}`,
        async (saw) => {
          const slots = await answersTo(requestId);
          saw(`answers of slots ${slots.join(", ") || "none"}`);
          return slots.length >= count;
        },
        held,
      );
  };
  /** Requests that both liars have answered while nobody else could. */
  const lieFirst = async (count: number, price: bigint): Promise<readonly RequestId[]> => {
    signal(HONEST, "SIGSTOP");
    try {
      const requestIds = await Promise.all(Array.from({ length: count }, () => ask(price)));
      await untilAnswered(requestIds, 2);
      for (const requestId of requestIds) expect([...(await answersTo(requestId))].sort(), "the control").to.deep.equal(LIARS);
      return requestIds;
    } finally {
      signal(HONEST, "SIGCONT");
    }
  };
  /** Every transaction with a challenge since a block, whether it did what it should or not. */
  const challengesSince = async (from: number) => {
    const selector = interfaceOf("optimisticRequests").getFunction("challenge").selector;
    const found: { readonly from: string; readonly liar: number; readonly gas: bigint }[] = [];
    for (let number = from; number <= (await provider().getBlockNumber()); number += 1) {
      const block = await provider().getBlock(number, true);
      for (const transaction of block?.prefetchedTransactions ?? []) {
        if (!transaction.data.startsWith(selector)) continue;
        const receipt = await provider().getTransactionReceipt(transaction.hash);
        const [, , challenge] = interfaceOf("optimisticRequests").decodeFunctionData("challenge", transaction.data);
        found.push({ from: transaction.from.toLowerCase(), liar: Number(challenge.slot), gas: receipt?.gasUsed ?? 0n });
      }
    }
    return found;
  };

  let paidFor: RequestId;
  let accused: RequestId;
  let balanceOfLiar: bigint;
  let spentByLiar: bigint;

  it("two liars answer first: the displaced keepers challenge them, each lie once", async () => {
    await setPrice(PRICE);
    const from = await provider().getBlockNumber();
    [paidFor] = (await lieFirst(1, PRICE)) as [RequestId];
    await untilAnswered([paidFor], 5);
    await waitFor("both liars are convicted", async () => (await convictedIn(paidFor)).length === 2, held);
    expect(await convictedIn(paidFor)).to.deep.equal(LIARS);
    const order = await answersTo(paidFor);
    const challenges = await challengesSince(from);
    const displaced = order.slice(3).map((slot) => operatorOf(slot).toLowerCase());
    // Whoever is first may leave the other one paid: then the rest is its to challenge, too.
    expect(challenges.map(({ liar }) => liar).sort(), "one transaction for each lie").to.deep.equal(LIARS);
    for (const { from: challenger } of challenges) expect(displaced, "by who was displaced").to.include(challenger);
    for (const slot of LIARS) {
      const challenger = await contract().queryFilter(contract().filters.AnswerDisproved(paidFor, slot));
      expect(challenger.map(({ args }) => args.challenger.toLowerCase())).to.deep.equal(
        challenges.filter(({ liar }) => liar === slot).map((challenge) => challenge.from),
      );
    }
  });

  it("a liar that challenges itself gets nothing for it", async () => {
    signal(HONEST, "SIGSTOP");
    const key = (await readFile(join(held.cluster.keeper(4).directory, "operator.key"), "utf8")).trim();
    const liar = new Wallet(key.startsWith("0x") ? key : `0x${key}`, provider());
    expect(liar.address.toLowerCase()).to.equal(operatorOf(4).toLowerCase());
    [accused] = (await lieFirst(1, PRICE)) as [RequestId];
    signal([...HONEST, 4], "SIGSTOP"); // its account is used below
    balanceOfLiar = await provider().getBalance(liar.address);
    const blobs = await openFileBlobStore(join(held.directory, "blobs"));
    const client = createClient({
      signer: liar,
      deployment: held.cluster.deployment,
      provider: provider(),
      blobs,
      cipher: nodeChunkCipher,
    });
    const { transaction } = await client.challenge({ requestId: accused, slot: 4 });
    const receipt = await provider().getTransactionReceipt(transaction.hash);
    spentByLiar = receipt === null ? 0n : receipt.gasUsed * receipt.gasPrice;
    expect(spentByLiar > 0n).to.equal(true);
    signal(HONEST, "SIGCONT");
    await untilAnswered([accused], 5);
    await waitFor("the other liar is convicted by an honest keeper", async () => (await convictedIn(accused)).length === 2, held);
    const other = await contract().queryFilter(contract().filters.AnswerDisproved(accused, 5));
    expect(HONEST.map((slot) => operatorOf(slot).toLowerCase())).to.include(other[0]?.args.challenger.toLowerCase());
    expect(await provider().getBalance(liar.address)).to.equal(balanceOfLiar - spentByLiar);
    signal([4], "SIGCONT");
  });

  it("at price 0 a dozen lies of each cost every honest keeper no more than its budget, read from the chain", async () => {
    await setPrice(0n);
    const from = (await provider().getBlockNumber()) + 1;
    const requestIds = await lieFirst(12, 0n);
    await untilAnswered(requestIds, 5);
    let [seen, since] = [-1, 0];
    await waitFor(
      "no keeper challenges any more for 24 blocks",
      async (saw) => {
        const [count, block] = [
          (await contract().queryFilter(contract().filters.AnswerDisproved(), from)).length,
          await provider().getBlockNumber(),
        ];
        saw(`${count} challenges`);
        if (count !== seen) [seen, since] = [count, block];
        return block - since >= 24;
      },
      held,
    );
    const challenges = await challengesSince(from);
    for (const slot of HONEST)
      for (const liar of LIARS) {
        const own = challenges.filter((challenge) => challenge.from === operatorOf(slot).toLowerCase() && challenge.liar === liar);
        expect(Number(own.reduce((sum, { gas }) => sum + gas, 0n)), `keeper ${slot}, for liar ${liar}`).to.be.at.most(GAS_PER_LIAR);
      }
    expect(challenges.length, "the control: it was spent").to.be.at.least(4);
    expect(challenges.length, "the control: there were more lies than budget").to.be.below(LIARS.length * requestIds.length);
    for (const { from: sender } of challenges) expect(HONEST.map((slot) => operatorOf(slot).toLowerCase())).to.include(sender);
  });

  it("after the window exactly the right answers are paid, in both requests, and the contract holds what it owes", async () => {
    const window = Number((await contract().requestLifetime()) + (await contract().challengeWindow()));
    await held.chain.send("evm_increaseTime", [window + 1]);
    await held.chain.send("evm_mine", []);
    for (const requestId of [paidFor, accused]) await (await contract().connect(bob()).settle(requestId)).wait();
    const credits = await Promise.all([1, 2, 3, 4, 5].map((slot) => contract().creditOf(operatorOf(slot))));
    expect(credits).to.deep.equal([2n * PRICE, 2n * PRICE, 2n * PRICE, 0n, 0n]);
    expect(await provider().getBalance(await contract().getAddress())).to.equal(6n * PRICE);
    for (const slot of LIARS) expect(Number(await contract().faultsOf(slot))).to.be.at.least(2);
  });
});
