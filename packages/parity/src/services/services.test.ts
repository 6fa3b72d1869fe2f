import type { MayResend } from "@keyquorum/keeper";
import { backend, SecretScalar } from "@keyquorum/threshold";
import { accountOf, bytesToHex, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { EXTENSION_NAME } from "../extensionName.ts";
import { createDocumentKey, openDocumentKey } from "../formats/documentKey.ts";
import { decryptEcies } from "../formats/ecies.ts";
import { KeyServerError } from "../formats/keyServerError.ts";
import { encodePoint64, parsePoint64 } from "../formats/point64.ts";
import { createServerKeyRecords } from "../records/serverKeyRecords.ts";
import { ALICE, BOB, ID } from "../testing/keyHolders.ts";
import { CONTRACT, createServiceHosts, type Said, type ServiceHosts } from "../testing/serviceHosts.ts";
import { readAbi } from "./abi.ts";
import { MOST_AGAIN } from "./askedAgain.ts";
import { KEPT_BLOCKS } from "./logPruning.ts";
import { PUBLISH, type PublishAsk } from "./publishMessage.ts";
import { encodeServiceProof } from "./serviceProof.ts";

const keyOf = (secret: SecretScalar) => backend.mulG(secret.reveal());
const addressOf = (secret: SecretScalar) => accountOf(keyOf(secret));
const alice = addressOf(ALICE);
const bob = addressOf(BOB);
const bobPublic = encodePoint64(keyOf(BOB));

const GENERATED = "ebbcc2e1";
const NOT_GENERATED = "3fbd7ecd";
const STORED = "8a9a9a0f";
const NOT_STORED = "87f76b1a";
const COMMON = "7b97eecc";
const PART = "b9b36c42";
const NO_SHADOW = "e2f1d4f9";

describe("service contracts", () => {
  let net: ServiceHosts;
  afterEach(() => net.remove());

  const said = (selector: string): readonly Said[] => net.contract.said.filter((one) => one.selector === selector);
  const heldBy = (slot: number, id = ID) =>
    createServerKeyRecords(net.at(slot).services).use(id, ({ author, threshold, commitments, documentKey }) => ({
      ...{ author, threshold, documentKey, publicKey: encodePoint64(commitments[0] as Parameters<typeof encodePoint64>[0]) },
    }));
  const hasLine = (slot: number, text: string): boolean => net.at(slot).lines.some((line) => line.includes(text));
  const generate = async (threshold = 1): Promise<Uint8Array> => {
    net.contract.ask.generation(ID, alice, threshold);
    for (let i = 0; i < 6; i += 1) await net.pass();
    net.contract.close();
    const held = await heldBy(net.hosts[0]?.slot ?? 0);
    if (held === undefined) throw new Error("no key");
    return held.publicKey;
  };
  const store = async (publicKey: Uint8Array) => {
    const pair = createDocumentKey(parsePoint64(publicKey));
    net.contract.ask.storing(ID, alice, encodePoint64(pair.commonPoint), encodePoint64(pair.encryptedPoint));
    for (let i = 0; i < 6; i += 1) await net.pass();
    net.contract.close();
    return pair;
  };
  /** What bob opens of what the holders posted. */
  const openedByBob = async (parts: readonly Said[], commonPoint: Uint8Array): Promise<Uint8Array> => {
    const read = parts.map(({ data }) => readAbi(data));
    const shadows = await Promise.all(read.map(async (one) => SecretScalar.fromBytes(await decryptEcies(BOB, one.bytes(4, 145))).reveal()));
    const [first] = read;
    if (first === undefined) throw new Error("nothing was posted");
    return openDocumentKey({ decryptedSecret: parsePoint64(first.bytes(3, 64)), commonPoint: parsePoint64(commonPoint), shadows });
  };

  describe("generation", () => {
    for (const [slots, threshold] of [
      [[1, 2, 3], 0],
      [[1, 2, 4, 5, 9], 2],
    ] as const)
      it(`is answered by all with the one key, in the asker's name: n = ${slots.length}, t = ${threshold}`, async () => {
        net = await createServiceHosts(slots);
        net.contract.ask.generation(ID, alice, threshold);
        for (let i = 0; i < 6; i += 1) await net.pass();
        const answers = said(GENERATED);
        expect(answers.map(({ by }) => by).toSorted()).to.deep.equal([...net.contract.keyServers].toSorted());
        const keys = answers.map(({ data }) => bytesToHex(readAbi(data).bytes(1, 64)));
        const held = await heldBy(slots[0]);
        expect([...new Set(keys)]).to.deep.equal([bytesToHex(held?.publicKey ?? new Uint8Array(0))]);
        expect([held?.author, held?.threshold]).to.deep.equal([alice, threshold]);
        expect(net.contract.said).to.have.length(slots.length);
      });

    it("begins when the request is final and three blocks deep, and not before", async () => {
      net = await createServiceHosts([1, 2, 3]);
      net.contract.ask.generation(ID, alice, 1);
      for (const depth of [0, 1, 2]) {
        await net.pass();
        expect([await heldBy(1), net.hosts.some(({ posted }) => posted.length > 0)], `${depth} blocks on top`).to.deep.equal([
          undefined,
          false,
        ]);
      }
      await net.pass();
      expect(await heldBy(1)).not.to.equal(undefined);
    });

    it("waits for finality where that takes longer than three blocks", async () => {
      net = await createServiceHosts([1, 2, 3]);
      net.everywhere((chain) => {
        chain.finalLag = 5;
      });
      net.contract.ask.generation(ID, alice, 1);
      for (let depth = 0; depth <= 4; depth += 1) await net.pass();
      expect(await heldBy(1)).to.equal(undefined);
      await net.pass();
      expect(await heldBy(1)).not.to.equal(undefined);
    });

    it("is driven by the next member where the one whose turn it is does nothing", async () => {
      net = await createServiceHosts([1, 2, 3]);
      for (const first of [1, 2, 3]) {
        const id = new Uint8Array(32).fill(first);
        net.contract.ask.generation(id, alice, 1);
        // Who drives may not be asked for its rounds, and still answers the others: it is slow, not away.
        const slow = net.dutiesOf(first);
        const { eachRound } = slow;
        Object.assign(slow, { eachRound: async () => undefined });
        for (let i = 0; i < 8; i += 1) await net.pass(16);
        Object.assign(slow, { eachRound });
        expect(await heldBy(first, id), `without ${first}`).not.to.equal(undefined);
        net.contract.close();
      }
    });

    it("is refused for an id of somebody else's, for another threshold, where it is too high, and where the operator's rules say so", async () => {
      const denied = async ({ threshold }: { readonly threshold: number }) => {
        if (threshold === 0) throw new KeyquorumError("ACCESS_DENIED", "not 0");
      };
      net = await createServiceHosts([1, 2, 3], { mayGenerate: denied });
      await generate(1);
      const before = net.contract.said.length;
      const other = new Uint8Array(32).fill(7);
      for (const [id, author, threshold] of [
        [ID, bob, 1],
        [ID, alice, 2],
        [other, alice, 3],
        [other, alice, 0],
      ] as const) {
        net.contract.ask.generation(id, author, threshold);
        for (let i = 0; i < 5; i += 1) await net.pass();
        net.contract.close();
      }
      const answers = net.contract.said.slice(before);
      expect(answers.map(({ selector }) => selector)).to.deep.equal(new Array(12).fill(NOT_GENERATED));
      expect(await heldBy(1, other)).to.equal(undefined);
    });

    it("of a key that is there already is answered with it", async () => {
      net = await createServiceHosts([1, 2, 3]);
      await generate(1);
      net.contract.ask.generation(ID, alice, 1);
      for (let i = 0; i < 5; i += 1) await net.pass();
      expect(said(GENERATED)).to.have.length(6);
    });

    it("is taken part in by nobody who has not read the request on the chain itself, as it was made", async () => {
      net = await createServiceHosts([1, 2, 3], { following: [1, 2] });
      net.contract.ask.generation(ID, alice, 1);
      for (let i = 0; i < 5; i += 1) await net.pass();
      expect([await heldBy(1), net.contract.said.length], "3 follows no contract").to.deep.equal([undefined, 0]);
      await net.remove();
      net = await createServiceHosts([1, 2, 3]);
      net.contract.ask.generation(ID, alice, 1);
      net.contract.close(); // nobody drives it by itself
      const signature = encodeServiceProof(CONTRACT);
      const early = net.boardOf(1).generate({ serverKeyId: ID, author: alice, threshold: 1, signature });
      expect(await early.catch((reason: unknown) => reason), "before it is confirmed").to.be.instanceOf(KeyServerError);
      for (let i = 0; i < 5; i += 1) await net.pass();
      for (const changed of [{ author: bob }, { threshold: 0 }, { serverKeyId: new Uint8Array(32).fill(1) }]) {
        const ask = { serverKeyId: ID, author: alice, threshold: 1, signature, ...changed };
        const error = await net
          .boardOf(1)
          .generate(ask)
          .catch((reason: unknown) => reason);
        expect(error, Object.keys(changed).join()).to.be.instanceOf(KeyServerError);
      }
      expect(await heldBy(1)).to.equal(undefined);
      expect(await net.boardOf(1).generate({ serverKeyId: ID, author: alice, threshold: 1, signature }), "as it was made").to.have.length(
        64,
      );
    });

    it("forgets a request that a reorganisation took back", async () => {
      net = await createServiceHosts([1, 2, 3]);
      net.contract.ask.generation(ID, alice, 1);
      await net.pass();
      net.everywhere((chain) => {
        chain.logs = [];
        chain.reorgedFrom = chain.head;
      });
      for (let i = 0; i < 5; i += 1) await net.pass();
      expect([await heldBy(1), net.contract.said.length]).to.deep.equal([undefined, 0]);
    });

    it("is answered once whatever is killed: the same bytes under the same name, and nothing that the contract does not want", async () => {
      net = await createServiceHosts([1, 2, 3]);
      net.contract.ask.generation(ID, alice, 1);
      for (let i = 0; i < 4; i += 1) {
        await net.pass();
        for (const slot of [1, 2, 3]) await net.restart(slot);
      }
      for (let i = 0; i < 3; i += 1) await net.pass();
      for (const { posted, slot } of net.hosts) {
        const names = new Set(posted.map(({ id, data }) => `${id} ${data}`));
        expect([...names], `keeper ${slot}`).to.have.length(1);
      }
      expect(said(GENERATED)).to.have.length(3);
    });

    it("is answered again by who had answered when the set of key servers changed, and not without end", async () => {
      net = await createServiceHosts([1, 2, 3]);
      net.contract.ask.generation(ID, alice, 1);
      for (let i = 0; i < 6; i += 1) await net.pass();
      const names = () => net.hosts.map(({ posted }) => new Set(posted.map(({ id }) => id)).size);
      expect([said(GENERATED).length, names()]).to.deep.equal([3, [1, 1, 1]]);
      net.contract.askAgain();
      for (let i = 0; i < 3; i += 1) await net.pass(31);
      expect([said(GENERATED).length, names()], "each once more").to.deep.equal([6, [2, 2, 2]]);
      for (const slot of [1, 2, 3]) await net.restart(slot);
      for (let i = 0; i < 3; i += 1) await net.pass(31);
      expect(names(), "after a restart").to.deep.equal([2, 2, 2]);
      for (let i = 0; i < 2 * MOST_AGAIN; i += 1) {
        net.contract.askAgain();
        await net.pass(31);
      }
      expect(names()).to.deep.equal(new Array(3).fill(1 + MOST_AGAIN));
      expect(hasLine(1, "the same answer too often")).to.equal(true);
    });

    it("is the same transaction while the answer is not final, and may be sent again under each of its names", async () => {
      net = await createServiceHosts([1, 2, 3]);
      net.everywhere((chain) => {
        chain.finalLag = 10;
      });
      net.contract.ask.generation(ID, alice, 1);
      for (let i = 0; i < 14; i += 1) {
        await net.pass();
        net.contract.askAgain();
      }
      const { posted } = net.at(1);
      expect(new Set(posted.map(({ id }) => id)).size).to.equal(1);
      for (let i = 0; i < 12; i += 1) {
        await net.pass();
        net.contract.askAgain();
      }
      const last = posted.at(-1) as (typeof posted)[number]; // true: it was posted above
      expect(new Set(posted.map(({ id }) => id)).size).to.equal(2);
      const mayResend = Object.values(net.dutiesOf(1).mayResend)[0] as MayResend; // true: it has one kind
      for (const { id, kind, subject, to, data } of [posted[0] ?? last, last])
        expect(await mayResend(subject, { id, to, data, kind } as unknown as Parameters<MayResend>[1])).to.equal("yes"); // true: it reads these
    });

    it("is answered by nobody below the operator's reserve, and not by who is no key server of the contract", async () => {
      net = await createServiceHosts([1, 2, 3]);
      net.at(2).chain.balance = 1n;
      net.contract.keyServers = net.contract.keyServers.slice(0, 2);
      net.contract.ask.generation(ID, alice, 1);
      for (let i = 0; i < 6; i += 1) await net.pass();
      expect(net.hosts.map(({ posted }) => posted.length > 0)).to.deep.equal([true, false, false]);
      expect([hasLine(2, "less than its reserve"), hasLine(3, "is no key server of a contract")]).to.deep.equal([true, true]);
      expect((await net.dutiesOf(3).status()).notKeyServerOf).to.deep.equal([CONTRACT]);
    });
  });

  it("an answer that would take more gas than its contract may is not sent, and said once; one that may is sent with a limit", async () => {
    net = await createServiceHosts([1, 2, 3]);
    net.at(1).chain.gas = 833_335n; // a fifth more than that is more than a million
    net.at(2).chain.gas = 833_333n;
    net.contract.ask.retrieval(ID);
    for (let i = 0; i < 6; i += 1) await net.pass();
    expect(net.hosts.map(({ posted }) => posted.at(0)?.gasLimit)).to.deep.equal([undefined, 999_999n, 120_000n]);
    expect(net.at(1).lines.filter((line) => line.includes("more gas than it may"))).to.have.length(1);
  });

  it("mirrored logs of answered requests are deleted after a week, and requests that are made then are still answered", async () => {
    net = await createServiceHosts([1, 2, 3]);
    net.contract.ask.retrieval(ID);
    for (let i = 0; i < 6; i += 1) await net.pass();
    const mirrored = async () =>
      (
        await net
          .at(1)
          .temp.vault.logsOf({ extension: EXTENSION_NAME, name: `service-${CONTRACT.slice(2)}-1` })
          .find()
      ).length;
    expect(await mirrored()).to.equal(1);
    await net.pass(KEPT_BLOCKS);
    for (let i = 0; i < 60 && (await mirrored()) > 0; i += 1) await net.pass(1_000);
    expect(await mirrored()).to.equal(0);
    net.contract.ask.retrieval(new Uint8Array(32).fill(9));
    for (let i = 0; i < 6; i += 1) await net.pass();
    expect(said("15eb5309")).to.have.length(6);
  });

  it("retrieval of a server key is answered by who has it, and refused by who does not", async () => {
    net = await createServiceHosts([1, 2, 3]);
    const publicKey = await generate(1);
    net.contract.ask.retrieval(ID);
    for (let i = 0; i < 4; i += 1) await net.pass();
    const answers = said("a45362f6");
    expect(answers.map(({ data }) => [bytesToHex(readAbi(data).bytes(1, 64)), readAbi(data).integer(2, 256n)])).to.deep.equal(
      new Array(3).fill([bytesToHex(publicKey), 1n]),
    );
    net.contract.close();
    net.contract.ask.retrieval(new Uint8Array(32).fill(9));
    for (let i = 0; i < 5; i += 1) await net.pass();
    expect(said("15eb5309")).to.have.length(3);
  });

  it("more requests than there are places wait for places, whoever is killed, and each is answered by all", async () => {
    net = await createServiceHosts([1, 2, 3]);
    const ask = (from: number) => {
      for (let i = 0; i < 30; i += 1) net.contract.ask.retrieval(new Uint8Array(32).fill(from + i));
    };
    ask(1);
    for (let i = 0; i < 6; i += 1) await net.pass();
    expect(said("15eb5309")).to.have.length(3 * 30);
    ask(101);
    for (const slot of [1, 2, 3]) await net.restart(slot);
    for (let i = 0; i < 8; i += 1) await net.pass();
    expect(said("15eb5309")).to.have.length(3 * 60);
  });

  describe("storing", () => {
    it("is confirmed by every keeper that has a certificate of the very pair", async () => {
      net = await createServiceHosts([1, 2, 4, 5, 9]);
      const pair = await store(await generate(2));
      expect(said(STORED).map(({ by }) => by)).to.have.members([...net.contract.keyServers]);
      const held = await Promise.all([1, 2, 4, 5, 9].map((slot) => heldBy(slot)));
      expect(
        held.every((one) => one?.documentKey?.commonPoint.equals(pair.commonPoint) && one.documentKey.certificate.length >= 4),
      ).to.equal(true);
    });

    it("is refused for who is not the author, another pair, points that are none, and a key that is not there", async () => {
      net = await createServiceHosts([1, 2, 3]);
      const publicKey = await generate(1);
      const other = createDocumentKey(parsePoint64(publicKey));
      const [common, encrypted] = [encodePoint64(other.commonPoint), encodePoint64(other.encryptedPoint)];
      const refused = async (...asked: Parameters<ServiceHosts["contract"]["ask"]["storing"]>): Promise<number> => {
        const before = said(NOT_STORED).length;
        net.contract.ask.storing(...asked);
        for (let i = 0; i < 5; i += 1) await net.pass();
        net.contract.close();
        return said(NOT_STORED).length - before;
      };
      expect(await refused(ID, bob, common, encrypted), "not the author").to.equal(3);
      expect(await refused(ID, alice, new Uint8Array(64).fill(1), encrypted), "no point").to.equal(3);
      expect(await refused(new Uint8Array(32), alice, common, encrypted), "no key").to.equal(3);
      await store(publicKey);
      expect(await refused(ID, alice, common, encrypted), "another pair").to.equal(3);
      expect(said(STORED)).to.have.length(3);
    });
  });

  describe("reading", () => {
    const prepared = async (slots: readonly number[], threshold: number, options: Parameters<typeof createServiceHosts>[1] = {}) => {
      net = await createServiceHosts(slots, options);
      return store(await generate(threshold));
    };
    const readCommon = async (): Promise<Uint8Array> => {
      net.contract.ask.common(ID, bob);
      for (let i = 0; i < 5; i += 1) await net.pass();
      net.contract.close();
      return readAbi(said(COMMON)[0]?.data ?? "0x").bytes(2, 64);
    };

    const secretOf = ({ data }: Said): string => bytesToHex(readAbi(data).bytes(3, 64));
    /** Parts of a set that all of its holders have posted: t = 1. */
    const complete = (): readonly Said[] =>
      [...Map.groupBy(said(PART), secretOf).values()]
        .map((set) => [...new Map(set.map((part) => [part.by, part])).values()])
        .find((set) => set.length === 2) ?? [];
    /** What a keeper posts of readings is another part, or none. */
    const postInstead = (slot: number, change: (data: string) => string | undefined): void => {
      const { transactions } = net.at(slot).services;
      const { post } = transactions;
      const changed: typeof post = (call) => {
        const data = call.data.startsWith(`0x${PART}`) ? change(call.data) : call.data;
        if (data !== undefined) post({ ...call, data: data as typeof call.data });
      };
      Object.assign(transactions, { post: changed });
    };

    for (const [slots, threshold] of [
      [[1, 2, 3], 0],
      [[1, 2, 3], 1],
      [[1, 2, 4, 5, 9], 2],
    ] as const)
      it(`gives the reader, and nobody else, the document key: n = ${slots.length}, t = ${threshold}`, async () => {
        const pair = await prepared(slots, threshold);
        const common = await readCommon();
        expect(said(COMMON)).to.have.length(slots.length);
        expect(readAbi(said(COMMON)[0]?.data ?? "0x").integer(3, 256n)).to.equal(BigInt(threshold));
        net.contract.ask.personal(ID, bobPublic);
        for (let i = 0; i < 6; i += 1) await net.pass();
        const parts = [...new Map(said(PART).map((part) => [part.by, part])).values()];
        expect(parts).to.have.length(threshold + 1);
        const mask = parts.reduce((sum, { by }) => sum | (1n << BigInt(net.contract.keyServers.indexOf(by))), 0n);
        for (const { data } of parts) expect(readAbi(data).integer(2, 2n ** 255n)).to.equal(mask);
        expect(new Set(parts.map(({ data }) => bytesToHex(readAbi(data).bytes(3, 64)))).size).to.equal(1);
        expect(bytesToHex(await openedByBob(parts, common))).to.equal(bytesToHex(pair.documentKey));
        const audits = await Promise.all(net.hosts.map(({ audit }) => audit()));
        expect(audits.flat().filter(({ kind }) => kind === "parity/shadow-on-chain")).to.have.length(threshold + 1);
      });

    it("is refused in either phase where the contract denies, and waits where it permits at the head only", async () => {
      await prepared([1, 2, 3], 1);
      net.decide(() => 2);
      net.contract.ask.common(ID, bob);
      for (let i = 0; i < 5; i += 1) await net.pass();
      expect([said(COMMON).length, said(NO_SHADOW).length]).to.deep.equal([0, 3]);
      net.contract.close();
      net.contract.ask.personal(ID, bobPublic);
      for (let i = 0; i < 5; i += 1) await net.pass();
      expect([said(PART).length, said(NO_SHADOW).length]).to.deep.equal([0, 6]);
      net.contract.close();
      net.decide((_, block) => (block === net.heads().head.number ? 1 : 2));
      net.contract.ask.personal(ID, bobPublic);
      net.contract.ask.common(ID, bob);
      for (let i = 0; i < 5; i += 1) await net.pass();
      expect([said(COMMON).length, said(PART).length, said(NO_SHADOW).length]).to.deep.equal([0, 0, 6]);
    });

    it("posts nothing where the permission ends after the holders gave their parts", async () => {
      await prepared([1, 2, 3], 1);
      net.contract.ask.personal(ID, bobPublic);
      for (let i = 0; i < 20 && !net.hosts.some(({ posted }) => posted.some(({ data }) => data.startsWith(`0x${PART}`))); i += 1) {
        await net.pass();
        const audits = await Promise.all(net.hosts.map(({ audit }) => audit()));
        if (audits.flat().some(({ kind }) => kind === "parity/shadow")) net.decide(() => 2);
      }
      expect(said(PART)).to.have.length(0);
      expect(said(NO_SHADOW).length).to.be.greaterThan(0);
    });

    it("of a document key that is not there is refused", async () => {
      net = await createServiceHosts([1, 2, 3]);
      await generate(1);
      net.contract.ask.common(ID, bob);
      for (let i = 0; i < 5; i += 1) await net.pass();
      expect(said(NO_SHADOW)).to.have.length(3);
    });

    it("drops a holder whose part is wrong, and another set posts", async () => {
      const pair = await prepared([1, 2, 3], 1, {
        change: (slot) => (holder) =>
          slot === 2 ? { ...holder, contribute: async (ask) => ({ ...(await holder.contribute(ask)), point: backend.mulG(5n) }) } : holder,
      });
      const common = await readCommon();
      net.contract.ask.personal(ID, bobPublic);
      for (let i = 0; i < 10; i += 1) await net.pass(20);
      const parts = [...new Map(said(PART).map((part) => [part.by, part])).values()];
      expect(parts.map(({ by }) => by)).not.to.include(net.contract.keyServers[1]);
      expect(bytesToHex(await openedByBob(parts, common))).to.equal(bytesToHex(pair.documentKey));
    });

    it("goes on without who drove it: another set posts, ten minutes after a holder was shown the first one", async () => {
      let gone: number | undefined;
      const network: NonNullable<Parameters<typeof createServiceHosts>[1]>["network"] = (inner) => ({
        ask: async (message, endpoint, ask) => {
          const answer = await inner.ask(message, endpoint, ask);
          if (message === (PUBLISH as unknown)) {
            gone ??= (ask as PublishAsk).asked.slot; // true: asks of that message
            net.away.add(gone);
          }
          return answer;
        },
      });
      const pair = await prepared([1, 2, 3], 1, { network });
      const common = await readCommon();
      net.contract.ask.personal(ID, bobPublic);
      for (let i = 0; i < 5; i += 1) await net.pass();
      for (let i = 0; i < 16; i += 1) await net.pass(50);
      const away = net.at(gone ?? 0).services.transactions.account;
      const parts = said(PART).filter(({ by }) => by !== away);
      const last = parts.filter((part) => secretOf(part) === secretOf(parts.at(-1) as Said)); // true: openedByBob throws where there is none
      const each = [...new Map(last.map((part) => [part.by, part])).values()];
      expect(each).to.have.length(2);
      expect(bytesToHex(await openedByBob(each, common))).to.equal(bytesToHex(pair.documentKey));
    });

    it("is given at once by who can pay: a holder below its reserve gives no part to a set", async () => {
      const pair = await prepared([1, 2, 3], 1);
      const common = await readCommon();
      net.at(1).chain.balance = 1n;
      net.contract.ask.personal(ID, bobPublic);
      for (let i = 0; i < 12; i += 1) await net.pass(10);
      expect(complete().map(({ by }) => by)).to.have.members(net.contract.keyServers.slice(1));
      expect(bytesToHex(await openedByBob(complete(), common))).to.equal(bytesToHex(pair.documentKey));
      expect([2, 3].some((slot) => hasLine(slot, "broke its word"))).to.equal(false);
      const ask = said(PART).length;
      for (let i = 0; i < 5; i += 1) await net.pass();
      expect(said(PART).length, "nothing more of one set").to.equal(ask);
    });

    it("asks other holders for another request: no two are in every set", async () => {
      await prepared([1, 2, 3], 1);
      const [, second = "", third = ""] = net.contract.keyServers;
      const isWithoutFirst = (): boolean => {
        const accounts = complete().map(({ by }) => by);
        return accounts.includes(second as (typeof accounts)[number]) && accounts.includes(third as (typeof accounts)[number]);
      };
      // Who drives, and whom it asks, follow from the ids and blocks here: no luck is in it.
      for (let request = 0; request < 8 && !isWithoutFirst(); request += 1) {
        net.contract.close();
        net.contract.said.length = 0;
        net.contract.ask.personal(ID, bobPublic);
        for (let i = 0; i < 20 && complete().length === 0; i += 1) await net.pass(10);
      }
      expect(isWithoutFirst()).to.equal(true);
    });

    it("goes on without a holder that signs that it will post its part, and posts none: it is named, and left out", async () => {
      const pair = await prepared([1, 2, 3], 1);
      const common = await readCommon();
      postInstead(1, () => undefined);
      net.contract.ask.personal(ID, bobPublic);
      for (let i = 0; i < 60 && complete().length === 0; i += 1) await net.pass(50);
      expect(complete().map(({ by }) => by)).to.have.members(net.contract.keyServers.slice(1));
      expect(bytesToHex(await openedByBob(complete(), common))).to.equal(bytesToHex(pair.documentKey));
      const named = net.hosts.flatMap(({ lines }) => lines.filter((line) => line.includes("broke its word")));
      expect(named.every((line) => line.includes('"slot":1') && line.includes("and has not"))).to.equal(true);
    });

    it("takes part in two sets at most with a holder that broke its word, and in none that it drives", async () => {
      await prepared([1, 2, 3], 2);
      postInstead(1, () => undefined);
      net.contract.ask.personal(ID, bobPublic);
      for (let i = 0; i < 60; i += 1) await net.pass(50);
      expect([2, 3].map((slot) => hasLine(slot, "broke its word"))).to.deep.equal([true, true]);
      const secrets = (slot: number) =>
        new Set(
          said(PART)
            .filter(({ by }) => by === net.at(slot).services.transactions.account)
            .map(secretOf),
        );
      expect([2, 3].map((slot) => secrets(slot).size)).to.deep.equal([2, 2]);
    });

    it("names who posted another shadow than the one that it signed, once the set is over", async () => {
      await prepared([1, 2, 3], 2);
      postInstead(1, (data) => `${data.slice(0, -60)}${"0".repeat(60)}`);
      net.contract.ask.personal(ID, bobPublic);
      for (let i = 0; i < 8; i += 1) await net.pass();
      expect(said(PART)).to.have.length(3);
      net.contract.close();
      for (let i = 0; i < 2; i += 1) await net.pass(31);
      const named = net.hosts.flatMap(({ slot, lines }) =>
        lines.filter((line) => line.includes("broke its word")).map((line) => [slot, line]),
      );
      expect(named.map(([slot]) => slot)).to.deep.equal([2, 3]);
      expect(named.every(([, line]) => String(line).includes('"slot":1') && String(line).includes("another shadow"))).to.equal(true);
    });

    it("ends with the same part where every holder is killed after each step", async () => {
      const pair = await prepared([1, 2, 3], 1);
      const common = await readCommon();
      net.contract.ask.personal(ID, bobPublic);
      for (let i = 0; i < 5; i += 1) {
        await net.pass();
        for (const slot of [1, 2, 3]) await net.restart(slot);
      }
      for (let i = 0; i < 3; i += 1) await net.pass();
      for (const { posted } of net.hosts) {
        const names = posted.filter(({ data }) => data.startsWith(`0x${PART}`)).map(({ id, data }) => `${id} ${data}`);
        expect(new Set(names).size).to.be.lessThan(2);
      }
      const parts = [...new Map(said(PART).map((part) => [part.by, part])).values()];
      expect(bytesToHex(await openedByBob(parts, common))).to.equal(bytesToHex(pair.documentKey));
    });
  });
});
