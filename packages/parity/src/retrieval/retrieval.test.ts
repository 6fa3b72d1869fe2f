import type { PeerTransport } from "@keyquorum/keeper";
import { readDocumentKey } from "@keyquorum/protocol";
import { backend, CURVE_ORDER, encodeScalar, G } from "@keyquorum/threshold";
import { bytesToHex, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { HOSTS_EPOCH, isIdentityOf } from "../../../keeper/src/testing/extensionHosts.ts";
import { createDocumentKey } from "../formats/documentKey.ts";
import { encryptEcies } from "../formats/ecies.ts";
import { KeyServerError } from "../formats/keyServerError.ts";
import { createServerKeyRecords } from "../records/serverKeyRecords.ts";
import type { SlotSignature } from "../records/slotSignature.ts";
import { ACL, ALICE, BOB, createKeyHolders, ID, type KeyHolders, openedBy, readAsBefore, signedBy } from "../testing/keyHolders.ts";
import { createHolder, type Holder } from "./holder.ts";
import { domainOf, ownMembership } from "./membership.ts";
import type { ContributeAsk } from "./messages.ts";
import { askContributionStatement, askStoreStatement, contributionStatement, digestOf } from "./statements.ts";

/** Slots need not begin at 1, nor be without gaps. */
const FIVE = [1, 2, 4, 5, 9] as const;
const T1 = [7n, 5n];
const T2 = [7n, 5n, 3n];

/** What a client sees of it: a kind of refusal, or another failure's code. */
const kindOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => "nothing was thrown",
    (reason: unknown) => reason,
  );
  if (error instanceof KeyServerError) return error.kind;
  return error instanceof KeyquorumError ? error.code : String(error);
};

describe("document keys among keepers", () => {
  let net: KeyHolders;
  afterEach(() => net.remove());

  const newPair = () => createDocumentKey(net.publicKey);
  type Pair = ReturnType<typeof newPair>;
  const storeAt = (slot: number, { commonPoint, encryptedPoint }: Pair, by = ALICE) => {
    const { address: author, signature } = signedBy(by);
    return net.keysOf(slot).storeDocumentKey({ serverKeyId: ID, author, signature, commonPoint, encryptedPoint });
  };
  const readAt = (slot: number, by = BOB) => net.keysOf(slot).shadows({ serverKeyId: ID, ...signedBy(by) });
  const heldBy = async (slot: number) => (await createServerKeyRecords(net.at(slot).services).find(ID))?.documentKey;
  const isHeldBy = async (slot: number, { commonPoint }: Pair) => (await heldBy(slot))?.commonPoint.equals(commonPoint) ?? false;
  const away = (...slots: readonly number[]): void => {
    for (const slot of slots) net.at(slot).answerers = undefined;
  };
  const back = (...slots: readonly number[]): void => {
    for (const slot of slots) net.at(slot).answerers = net.keysOf(slot).answerers;
  };
  const nextBlocks = (count: number): void =>
    net.everywhere((chain) => {
      chain.head += count;
    });
  const hasLine = (slot: number, ...texts: readonly string[]) =>
    net.at(slot).lines.some((line) => texts.every((text) => line.includes(text)));

  for (const [n, slots, coefficients] of [
    [3, [1, 2, 3], [7n]],
    [3, [1, 2, 3], T1],
    [5, FIVE, T1],
    [5, FIVE, T2],
    [3, [1, 2, 3], T2],
  ] as const)
    it(`are stored through one and read through every other one: t = ${coefficients.length - 1}, n = ${n}`, async () => {
      net = await createKeyHolders(slots, coefficients);
      const pair = newPair();
      await storeAt(slots[0], pair);
      for (const slot of slots) {
        const given = await readAt(slot);
        expect(given.shadows).to.have.length(coefficients.length);
        expect(await readAsBefore(BOB, given), "as an old client").to.deep.equal(pair.documentKey);
        expect(readDocumentKey(await openedBy(BOB, given)).kind, "as ours").to.equal("read");
      }
    });

  it("are read where a share is 0", async () => {
    net = await createKeyHolders([1, 2, 3], [CURVE_ORDER - 1n, 1n]); // f(1) = 0
    const pair = newPair();
    await storeAt(2, pair);
    expect(await readAsBefore(BOB, await readAt(1))).to.deep.equal(pair.documentKey);
  });

  it("are read when the keeper that stored them is gone at once, and for good, though the others are too few for a certificate", async () => {
    net = await createKeyHolders([1, 2, 3], T1);
    const pair = newPair();
    await storeAt(1, pair);
    away(1);
    for (const slot of [2, 3]) expect(await readAsBefore(BOB, await readAt(slot))).to.deep.equal(pair.documentKey);
  });

  describe("refuse", () => {
    beforeEach(async () => {
      net = await createKeyHolders(FIVE, T1);
    });

    it("what is not there, and who is not the author", async () => {
      const { address: author, signature, requesterKey } = signedBy(ALICE, new Uint8Array(32));
      const elsewhere = { serverKeyId: new Uint8Array(32), signature };
      expect(await kindOf(net.keysOf(1).shadows({ ...elsewhere, requesterKey }))).to.equal("ServerKeyIsNotFound");
      expect(await kindOf(net.keysOf(1).storeDocumentKey({ ...elsewhere, author, ...newPair() }))).to.equal("ServerKeyIsNotFound");
      expect(await kindOf(net.keysOf(1).publicKey({ serverKeyId: elsewhere.serverKeyId, requester: author }))).to.equal(
        "ServerKeyIsNotFound",
      );
      expect(await kindOf(readAt(1))).to.equal("DocumentKeyIsNotFound");
      expect(await kindOf(storeAt(1, newPair(), BOB))).to.equal("AccessDenied");
      expect(await kindOf(net.keysOf(1).publicKey({ serverKeyId: ID, requester: signedBy(BOB).address }))).to.equal("AccessDenied");
      expect(await net.keysOf(1).publicKey({ serverKeyId: ID, requester: signedBy(ALICE).address })).to.have.length(64);
    });

    it("to say that nothing is stored, where t liars could hide what is", async () => {
      away(5, 9);
      expect(await kindOf(readAt(1)), "two of three that hold none are honest").to.equal("DocumentKeyIsNotFound");
      away(4);
      expect(await kindOf(readAt(1)), "one of two is: the other four may have confirmed").to.equal("ConsensusTemporaryUnreachable");
    });

    it("a second store, of the same pair and of another one, through whomever", async () => {
      const pair = newPair();
      await storeAt(1, pair);
      expect(await kindOf(storeAt(1, pair))).to.equal("DocumentKeyAlreadyStored");
      for (const slot of FIVE) expect(await kindOf(storeAt(slot, newPair()))).to.equal("DocumentKeyAlreadyStored");
      for (const slot of FIVE) expect(await isHeldBy(slot, pair)).to.equal(true);
    });

    it("a reader who is denied, whose permission is not final, and nobody for a chain that does not answer", async () => {
      await storeAt(1, newPair());
      const bob = signedBy(BOB).address;
      const asked: string[] = [];
      net.decide((requester) => {
        asked.push(requester);
        return 0;
      });
      nextBlocks(1);
      expect(await kindOf(readAt(2))).to.equal("ConsensusUnreachable");
      expect(asked, "about the reader").to.deep.equal([bob]);
      net.decide((_, block) => (block > net.heads().final.number ? 1 : 0));
      nextBlocks(1);
      expect(await kindOf(readAt(2))).to.equal("ConsensusTemporaryUnreachable");
      net.everywhere((chain) => {
        chain.isReachable = false;
      });
      expect(await kindOf(readAt(2))).to.include("ChainUnavailable");
      const audits = await Promise.all(net.hosts.map(({ audit }) => audit()));
      expect(audits.flat(), "nothing was given out").to.deep.equal([]);
    });

    it("a reader whom the asked keeper alone sees permitted: every holder decides for itself", async () => {
      await storeAt(1, newPair());
      net.decide(() => 0);
      net.at(1).chain.answers["shareRequests.decide"] = () => [1];
      nextBlocks(1);
      expect(await kindOf(readAt(1))).to.equal("ConsensusUnreachable");
      expect(await net.at(2).audit()).to.deep.equal([]);
    });
  });

  it("are given out with a record in every holder's audit log before a byte leaves, and not without", async () => {
    net = await createKeyHolders([1, 2, 3], T1);
    await storeAt(1, newPair());
    const { shadows } = await readAt(1);
    for (const { slot } of shadows) {
      const [record, ...others] = await net.at(slot).audit();
      expect(others).to.deep.equal([]);
      expect(record).to.deep.include({
        kind: "parity/shadow",
        document: bytesToHex(ID),
        requester: signedBy(BOB).address,
        decision: "PERMITTED",
      });
      expect(record?.headBlock).to.equal(net.heads().head.hash);
    }
    Object.assign(net.at(2).temp.vault.audit, { append: () => Promise.reject(new Error("disk full")) });
    expect(
      (await readAt(1)).shadows.map(({ slot }) => slot),
      "who cannot write gives nothing",
    ).to.deep.equal([1, 3]);
  });

  describe("with a holder that lies", () => {
    const LIAR = 2;
    type Given = Awaited<ReturnType<Holder["contribute"]>>;
    /** It signs its lies by its own key. */
    const signedAgain = async (ask: ContributeAsk, given: Given): Promise<Given> => {
      const { services } = net.at(LIAR);
      const { sign } = await ownMembership(services, ask.epoch, net.heads());
      const asked = digestOf(domainOf(services), askContributionStatement(ask));
      return { ...given, signature: sign(contributionStatement({ ...ask, slot: LIAR }, asked, given)) };
    };
    const lying = async (lie: (given: Given, ask: ContributeAsk) => Promise<Given> | Given): Promise<Pair> => {
      const change = (slot: number) => (holder: Holder) =>
        slot === LIAR ? { ...holder, contribute: async (ask: ContributeAsk) => lie(await holder.contribute(ask), ask) } : holder;
      net = await createKeyHolders(FIVE, T1, { change });
      const pair = newPair();
      await storeAt(1, pair);
      return pair;
    };

    const lies: readonly (readonly [string, string, (given: Given, ask: ContributeAsk) => Promise<Given> | Given])[] = [
      ["its point", "BAD_PROOF", (given, ask) => signedAgain(ask, { ...given, point: backend.add(given.point, G) })],
      ["its commitment", "BAD_PROOF", (given, ask) => signedAgain(ask, { ...given, commitment: G })],
      ["its proof", "BAD_PROOF", (given, ask) => signedAgain(ask, { ...given, proof: { ...given.proof, c: given.proof.c ^ 1n } })],
      ["its slot", "LIED", (given, ask) => signedAgain(ask, { ...given, slot: 4 })],
      ["its signature", "LIED", (given) => ({ ...given, signature: new Uint8Array(65).fill(1) })],
      ["what its signature is not over", "LIED", (given) => ({ ...given, shadow: new Uint8Array(145).fill(4) })],
    ];
    for (const [what, reason, lie] of lies)
      it(`in ${what}: it is dropped and named, and another one is asked`, async () => {
        const pair = await lying(lie);
        const given = await readAt(1);
        expect(given.shadows.map(({ slot }) => slot)).to.deep.equal([1, 4]);
        expect(await readAsBefore(BOB, given)).to.deep.equal(pair.documentKey);
        expect(hasLine(1, "A member is dropped", '"slot":2', reason)).to.equal(true);
        expect(net.named).to.deep.equal([[LIAR, reason]]);
      });

    it("in its mask: an old client reads garbage without a word, our reader names it", async () => {
      const other = await encryptEcies(signedBy(BOB).requesterKey, encodeScalar(5n));
      const pair = await lying((given, ask) => signedAgain(ask, { ...given, shadow: other }));
      const given = await readAt(1);
      expect(
        given.shadows.map(({ slot }) => slot),
        "no keeper can see it",
      ).to.deep.equal([1, LIAR]);
      expect(await readAsBefore(BOB, given)).not.to.deep.equal(pair.documentKey);
      expect(readDocumentKey(await openedBy(BOB, given))).to.deep.equal({ kind: "faults", slots: [LIAR] });
    });
  });

  describe("with holders that are away", () => {
    beforeEach(async () => {
      net = await createKeyHolders(FIVE, T1);
    });

    it("are read as long as t+1 are there, and then again", async () => {
      const pair = newPair();
      await storeAt(1, pair);
      away(2, 4, 5);
      expect((await readAt(1)).shadows.map(({ slot }) => slot)).to.deep.equal([1, 9]);
      away(9);
      expect(await kindOf(readAt(1))).to.equal("ConsensusTemporaryUnreachable");
      back(5);
      expect(await readAsBefore(BOB, await readAt(1))).to.deep.equal(pair.documentKey);
    });

    it("are stored by more than (n+t)/2, and the rest is brought up when it is back", async () => {
      const pair = newPair();
      away(9);
      await storeAt(1, pair);
      expect(await heldBy(9)).to.equal(undefined);
      const work = net.keysOf(1).work["document-key"];
      const bringUp = async () => (await work?.handler({ serverKeyId: bytesToHex(ID) }, net.heads() as never))?.kind;
      expect(await bringUp(), "it is still away").to.equal("wait");
      back(9);
      nextBlocks(31);
      expect(await bringUp()).to.equal("done");
      expect(await isHeldBy(9, pair)).to.equal(true);
      expect((await heldBy(9))?.certificate.length).to.be.greaterThanOrEqual(4);
    });

    it("are not stored by fewer, and are when the author tries again", async () => {
      const pair = newPair();
      away(5, 9);
      expect(await kindOf(storeAt(1, pair))).to.equal("ConsensusTemporaryUnreachable");
      expect(await kindOf(readAt(1)), "nobody was told that it is stored").to.equal("ConsensusTemporaryUnreachable");
      back(5);
      await storeAt(2, pair);
      expect(await readAsBefore(BOB, await readAt(4))).to.deep.equal(pair.documentKey);
    });

    it("are read through one that was away when they were stored, which holds them from then on", async () => {
      const pair = newPair();
      away(9);
      await storeAt(1, pair);
      back(9);
      expect(await readAsBefore(BOB, await readAt(9))).to.deep.equal(pair.documentKey);
      expect(await isHeldBy(9, pair)).to.equal(true);
    });
  });

  it("are read when a holder says nothing at all", async () => {
    const silence: { slot?: string } = {};
    const network = (inner: PeerTransport): PeerTransport => ({
      ask: (message, endpoint, ask) => (endpoint === silence.slot ? new Promise(() => undefined) : inner.ask(message, endpoint, ask)),
    });
    net = await createKeyHolders([1, 2, 3], T1, { network, longestSleep: 1_500 });
    const pair = newPair();
    await storeAt(1, pair);
    silence.slot = "http://2";
    expect((await readAt(1)).shadows.map(({ slot }) => slot)).to.deep.equal([1, 3]);
  });

  describe("when a holder's part comes late, long after the asked keeper decided about its own", () => {
    /** What happens on chain while the part of keeper 2 is under way, a second of it. */
    const meanwhile: { happens?: () => void } = {};
    beforeEach(async () => {
      const network = (inner: PeerTransport): PeerTransport => ({
        ask: async (message, endpoint, ask) => {
          const answer = await inner.ask(message, endpoint, ask);
          if (meanwhile.happens === undefined) return answer;
          while ((await net.at(1).audit()).length === 0) await new Promise(setImmediate);
          meanwhile.happens();
          nextBlocks(1);
          return answer;
        },
      });
      net = await createKeyHolders([1, 2, 3], T1, { network });
    });
    afterEach(() => {
      delete meanwhile.happens;
    });

    it("are read where the reader still may", async () => {
      const pair = newPair();
      await storeAt(1, pair);
      meanwhile.happens = () => undefined;
      expect(await readAsBefore(BOB, await readAt(1))).to.deep.equal(pair.documentKey);
    });

    it("are not read where the reader's permission is gone, or the asked keeper was removed (D76)", async () => {
      await storeAt(1, newPair());
      meanwhile.happens = () => net.decide(() => 0);
      expect(await kindOf(readAt(1))).to.equal("ConsensusUnreachable");
      net.decide(() => 1);
      nextBlocks(1);
      meanwhile.happens = () =>
        net.everywhere((chain) => {
          chain.answers["keeperRegistry.removedKeepers"] = () => [1n << 1n];
        });
      expect(await kindOf(readAt(1))).to.equal("NOT_MEMBER");
    });

    it("are not read where each further decision takes as long", async () => {
      await storeAt(1, newPair());
      meanwhile.happens = () =>
        net.decide(() => {
          nextBlocks(1);
          return 1;
        });
      expect(await kindOf(readAt(1))).to.equal("UNAVAILABLE");
    });
  });

  describe("when the keeper that stores them ends in between", () => {
    /** Lets so many questions through, and then none: what a coordinator that is killed has sent. */
    const killedAfter = async (stores: number) => {
      let left = Number.POSITIVE_INFINITY;
      const network = (inner: PeerTransport): PeerTransport => ({
        ask: (message, endpoint, ask) => {
          left -= 1;
          if (left < 0) return Promise.reject(new KeyquorumError("UNAVAILABLE"));
          return inner.ask(message, endpoint, ask);
        },
      });
      net = await createKeyHolders(FIVE, T1, { network });
      const pair = newPair();
      left = stores;
      await storeAt(1, pair).catch(() => undefined);
      left = Number.POSITIVE_INFINITY;
      await net.restart(1);
      return pair;
    };

    for (const stores of [0, 1, 2])
      it(`after ${stores} others have confirmed: nobody reads it, and its author stores it through another one`, async () => {
        const pair = await killedAfter(stores);
        // Three confirmed it then: if one of the other two lies, it has its four.
        expect(await kindOf(readAt(2))).to.equal(stores === 2 ? "ConsensusTemporaryUnreachable" : "DocumentKeyIsNotFound");
        await storeAt(4, pair);
        expect(await readAsBefore(BOB, await readAt(1))).to.deep.equal(pair.documentKey);
      });

    it("after enough have confirmed and before it wrote that down: every keeper finds it out", async () => {
      net = await createKeyHolders(FIVE, T1);
      const { address: author, signature } = signedBy(ALICE);
      const pair = newPair();
      await confirmAtAll(pair, signature);
      expect((await heldBy(1))?.certificate).to.deep.equal([]);
      expect(await readAsBefore(BOB, await readAt(5))).to.deep.equal(pair.documentKey);
      const { commonPoint, encryptedPoint } = newPair();
      const again = net.keysOf(2).storeDocumentKey({ serverKeyId: ID, author, signature, commonPoint, encryptedPoint });
      expect(await kindOf(again)).to.equal("DocumentKeyAlreadyStored");
    });
  });

  /** What a coordinator asks, without the end of it. */
  const askStore = async (from: number, pair: Pair, authorSignature: Uint8Array, certificate: readonly SlotSignature[] = []) => {
    const { sign } = await ownMembership(net.at(from).services, HOSTS_EPOCH, net.heads());
    const unsigned = { serverKeyId: ID, epoch: HOSTS_EPOCH, slot: from, pair, authorSignature, certificate };
    return { ...unsigned, signature: sign(askStoreStatement(unsigned)) };
  };
  const confirmAtAll = async (pair: Pair, authorSignature: Uint8Array): Promise<readonly SlotSignature[]> => {
    const ask = await askStore(1, pair, authorSignature);
    return Promise.all(FIVE.map((slot) => net.keysOf(slot).holder.store(ask)));
  };

  describe("of which there is one", () => {
    beforeEach(async () => {
      net = await createKeyHolders(FIVE, T1);
    });
    const alice = signedBy(ALICE).signature;

    it("confirms no second pair, unless it is shown a certificate of that one", async () => {
      const [first, second] = [newPair(), newPair()];
      await net.keysOf(9).holder.store(await askStore(1, first, alice));
      expect(await kindOf(net.keysOf(9).holder.store(await askStore(2, second, alice)))).to.equal("REQUEST_CONFLICT");
      const ask = await askStore(1, second, alice);
      const certificate = await Promise.all([1, 2, 4, 5].map((slot) => net.keysOf(slot).holder.store(ask)));
      const nobody = new Uint8Array(0);
      for (const [what, wrong] of [
        ["too few", certificate.slice(1)],
        ["one twice", [...certificate.slice(1), ...certificate.slice(1, 2)]],
        ["one of another pair", [...certificate.slice(1), await net.keysOf(9).holder.store(await askStore(1, first, alice))]],
        ["one in another's name", [...certificate.slice(1), { ...certificate[1], slot: 9 } as SlotSignature]],
      ] as const)
        expect(await kindOf(net.keysOf(9).holder.store(await askStore(1, second, nobody, wrong))), what).to.equal("INVALID_REQUEST");
      expect(await isHeldBy(9, first)).to.equal(true);
      await net.keysOf(9).holder.store(await askStore(1, second, nobody, certificate));
      expect(await isHeldBy(9, second)).to.equal(true);
    });

    it("takes a pair through no keeper that was removed since (D56)", async () => {
      const ask = await askStore(1, newPair(), alice);
      net.everywhere((chain) => {
        chain.answers["keeperRegistry.removedKeepers"] = () => [1n << 1n];
        chain.head += 1;
      });
      expect(await kindOf(net.keysOf(9).holder.store(ask))).to.equal("NOT_MEMBER");
    });

    it("takes a pair from its author alone", async () => {
      expect(await kindOf(net.keysOf(9).holder.store(await askStore(1, newPair(), signedBy(BOB).signature)))).to.equal("INVALID_SIGNATURE");
      expect(await kindOf(net.keysOf(9).holder.store(await askStore(1, newPair(), new Uint8Array(0))))).to.equal("INVALID_SIGNATURE");
    });

    it("never two, however two stores through two keepers meet", async () => {
      for (const split of [0, 1, 2, 3, 4, 5]) {
        await net.remove();
        net = await createKeyHolders(FIVE, T1);
        const [first, second] = [newPair(), newPair()];
        const asks = [await askStore(1, first, alice), await askStore(2, second, alice)] as const;
        for (const [at, slot] of FIVE.entries()) await net.keysOf(slot).holder.store(at < split ? asks[0] : asks[1]);
        const outcomes = await Promise.all([kindOf(storeAt(1, first)), kindOf(storeAt(2, second))]);
        const stored = outcomes.filter((kind) => kind === "nothing was thrown");
        expect(stored.length, `${split} hold the first`).to.equal(split <= 1 || split >= 4 ? 1 : 0);
        const read = await kindOf(readAt(4));
        expect(read).to.equal(stored.length === 1 ? "nothing was thrown" : "ConsensusTemporaryUnreachable");
      }
    });
  });

  describe("are contributed to", () => {
    let pair: Pair;
    beforeEach(async () => {
      net = await createKeyHolders(FIVE, T1);
      pair = newPair();
      await storeAt(1, pair);
    });

    let nonces = 0;
    const askContribution = async (from: number, change: Partial<ContributeAsk> = {}): Promise<ContributeAsk> => {
      const stored = await heldBy(1);
      const { sign } = await ownMembership(net.at(from).services, HOSTS_EPOCH, net.heads());
      nonces += 1;
      const unsigned = {
        ...{ serverKeyId: ID, epoch: HOSTS_EPOCH, slot: from, holders: [1, 2], pair, certificate: stored?.certificate ?? [] },
        ...{ readerSignature: signedBy(BOB).signature, nonce: new Uint8Array(32).fill(nonces), ...change },
      };
      return { ...unsigned, signature: sign(askContributionStatement(unsigned)) };
    };
    const contributeAt2 = async (ask: ContributeAsk) => net.keysOf(2).holder.contribute(ask);

    it("on the pair that the holder stored, never on one that is brought", async () => {
      const other = newPair();
      expect(await kindOf(contributeAt2(await askContribution(1, { pair: other })))).to.equal("INVALID_REQUEST");
      expect(await kindOf(contributeAt2(await askContribution(1, { pair: other, certificate: [] })))).to.equal("REQUEST_CONFLICT");
      expect(await isHeldBy(2, pair)).to.equal(true);
    });

    it("not while nobody has shown that enough members hold the pair", async () => {
      await net.remove();
      net = await createKeyHolders(FIVE, T1);
      await net.keysOf(2).holder.store(await askStore(1, pair, signedBy(ALICE).signature));
      expect(await isHeldBy(2, pair)).to.equal(true);
      expect(await kindOf(contributeAt2(await askContribution(1, { certificate: [] })))).to.equal("INVALID_REQUEST");
    });

    it("not for what is not as it must be", async () => {
      for (const [what, change, code] of [
        ["too few holders", { holders: [2] }, "INVALID_REQUEST"],
        ["too many", { holders: [1, 2, 4] }, "INVALID_REQUEST"],
        ["holders in another order", { holders: [2, 1] }, "INVALID_REQUEST"],
        ["holders without it", { holders: [1, 4] }, "INVALID_REQUEST"],
        ["a holder that is no member", { holders: [2, 3] }, "INVALID_REQUEST"],
        ["another epoch", { epoch: HOSTS_EPOCH + 1 }, "UNKNOWN_KEY"],
        ["another server key", { serverKeyId: new Uint8Array(32) }, "UNKNOWN_KEY"],
        ["a reader that nobody is", { readerSignature: new Uint8Array(65) }, "INVALID_SIGNATURE"],
      ] as const)
        expect(await kindOf(askContribution(1, change).then(contributeAt2)), what).to.equal(code);
      expect((await net.at(2).audit()).length).to.equal(0);
    });

    it("not for a stranger, who costs no question to the chain", async () => {
      const ask = await askContribution(1);
      const before = net.at(2).chain.calls.length;
      for (const wrong of [
        { ...ask, slot: 4 },
        { ...ask, slot: 3 },
        { ...ask, nonce: new Uint8Array(32) },
        { ...ask, signature: new Uint8Array(65) },
      ])
        expect(await kindOf(contributeAt2(wrong))).to.equal("INVALID_SIGNATURE");
      expect(net.at(2).chain.calls.length - before, "the epoch's members are known").to.equal(0);
    });

    it("by a fresh mask each time; what is repeated is written down once, and refused a second later", async () => {
      const [first, second] = [await contributeAt2(await askContribution(1)), await contributeAt2(await askContribution(1))];
      expect(first.commitment.equals(second.commitment)).to.equal(false);
      const ask = await askContribution(1);
      const given = await contributeAt2(ask);
      for (let times = 0; times < 20; times += 1) expect(await contributeAt2(ask)).to.deep.equal(given);
      expect((await net.at(2).audit()).length).to.equal(3);
      nextBlocks(1);
      const before = net.at(2).chain.calls.length;
      expect(await kindOf(contributeAt2(ask)), "it is nobody who asks now").to.equal("INVALID_REQUEST");
      expect(net.at(2).chain.calls.length - before).to.equal(0);
      expect((await net.at(2).audit()).length).to.equal(3);
    });

    it("by a new decision where the same answer leaves again when the last one is old", async () => {
      const { services, chain } = net.at(2);
      let late = 0;
      const clock = { ...services.clock, now: () => services.clock.now() + late };
      const holder = createHolder({ services: { ...services, clock }, records: createServerKeyRecords(services), acl: ACL });
      const ask = await askContribution(1);
      await holder.contribute(ask);
      late = 800;
      await holder.contribute(ask);
      expect((await net.at(2).audit()).length).to.equal(2);
      const next = await askContribution(1);
      await holder.contribute(next);
      chain.answers["shareRequests.decide"] = () => [0];
      chain.head += 1; // a second
      late -= 200;
      expect(await kindOf(holder.contribute(next))).to.equal("ACCESS_DENIED");
      expect((await net.at(2).audit()).length).to.equal(3);
    });

    it("by no removed keeper, and to none (D56)", async () => {
      const removed = (slot: number, at: (block: number) => boolean) =>
        net.everywhere((chain) => {
          chain.answers["keeperRegistry.removedKeepers"] = (_, block) => [at(block) ? 1n << BigInt(slot) : 0n];
          chain.head += 1;
        });
      for (const at of [(block: number) => block > net.heads().final.number, () => true]) {
        removed(1, at);
        expect(await kindOf(askContribution(2, { slot: 1 }).then(contributeAt2))).to.equal("INVALID_SIGNATURE");
        expect(await kindOf(contributeAt2(await askContribution(4, { holders: [1, 2] })))).to.equal("INVALID_REQUEST");
        expect((await readAt(2)).shadows.map(({ slot }) => slot)).to.deep.equal([2, 4]);
        expect(await kindOf(readAt(1))).to.equal("NOT_MEMBER");
        removed(2, at);
        expect(await kindOf(askContribution(1).then(contributeAt2))).to.equal("NOT_MEMBER");
        removed(7, at);
      }
    });

    for (const stolen of ["account", "identity key"] as const)
      it(`by no keeper whose ${stolen} was revoked as stolen, and to none`, async () => {
        const rob = (slot: number, at: (block: number) => boolean) =>
          net.everywhere((chain) => {
            chain.answers["keeperRegistry.absentIn"] = ([epoch, slots], block) => [
              stolen === "account" && Number(epoch) === HOSTS_EPOCH && at(block) ? BigInt(slots as bigint) & (1n << BigInt(slot)) : 0n,
            ];
            chain.answers["keeperRegistry.identityRevokedAt"] = ([key], block) => [
              stolen === "identity key" && at(block) && isIdentityOf(slot, key) ? 1n : 0n,
            ];
            chain.head += 1;
          });
        for (const at of [(block: number) => block > net.heads().final.number, () => true]) {
          rob(1, at);
          expect(await kindOf(contributeAt2(await askContribution(4, { holders: [1, 2] })))).to.equal("INVALID_REQUEST");
          expect((await readAt(2)).shadows.map(({ slot }) => slot)).to.deep.equal([2, 4]);
          expect(await kindOf(readAt(1))).to.equal("NOT_MEMBER");
          rob(9, () => false);
          const ask = await askContribution(1);
          rob(1, at);
          expect(await kindOf(contributeAt2(ask)), "what the thief signs counts for nothing").to.equal("NOT_MEMBER");
          rob(9, () => false);
        }
      });

    it("and nothing secret is in any log or answer", async () => {
      const given = await readAt(4);
      const { shadows } = await openedBy(BOB, given);
      const secrets = [
        ...FIVE.map((slot) => encodeScalar(net.shareOf(slot))),
        ...shadows.map(({ shadow }) => shadow.toBytes()),
        signedBy(BOB).signature,
        signedBy(ALICE).signature,
      ];
      const logged = net.hosts.flatMap(({ lines }) => lines).join("");
      expect(logged).to.include("Stored a document key");
      for (const secret of secrets) expect(logged).not.to.include(Buffer.from(secret).toString("hex"));
    });
  });
});
