import { encodeScalar, keccakWords, parseSchnorrSignature, verifySchnorrSignature } from "@keyquorum/threshold";
import {
  type Address,
  accountOfSecret,
  bootIdOf,
  encodeTypedData,
  type Hash32,
  hexToBytes,
  KeyquorumError,
  type NonceAsk,
  parseAddress,
  SIGNING_MESSAGES,
  type Statement,
  ZERO_HASH,
} from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import type { PeerTransport } from "../peers/peerTransport.ts";
import {
  createSigningNetwork,
  httpRequestBy,
  SIGNING_EPOCH,
  SIGNING_KEY,
  SIGNING_SLOTS,
  type SigningNetwork,
} from "../testing/signingNetwork.ts";
import { type FoundRequest, requestByHttp } from "./foundRequest.ts";

const dice = rollDice("signing in a keeper");
const statement = (changes: Partial<Statement> = {}): Statement => ({
  ...{ keyId: SIGNING_KEY, derivation: ZERO_HASH, kind: "TypedData" },
  payload: encodeTypedData({ domainSeparator: dice.hex(32) as Hash32, encodedStruct: dice.bytes(64) }),
  ...changes,
});
type Answer = SigningNetwork["chain"]["answers"][string];
/** Has a contract answer something else. */
const answering =
  (name: string, answer: Answer) =>
  ({ chain }: SigningNetwork): void => {
    chain.answers[name] = answer;
  };
const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return "no error";
  } catch (error) {
    if (error instanceof KeyquorumError) return error.code;
    throw error;
  }
};
const detailsOf = async (work: () => Promise<unknown>) => {
  try {
    await work();
  } catch (error) {
    if (error instanceof KeyquorumError) return error.details;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("Keys sign, in keepers that talk to each other", () => {
  let net: SigningNetwork;
  /** Called before a message goes on its way. */
  let onTheWay: (path: string, endpoint: string) => void | Promise<void> = () => undefined;
  let onAnswered: (path: string, endpoint: string) => void = () => undefined;
  const watched = (inner: PeerTransport): PeerTransport => ({
    ask: async (message, endpoint, ask) => {
      await onTheWay(message.route.path, endpoint);
      const answer = await inner.ask(message, endpoint, ask);
      onAnswered(message.route.path, endpoint);
      return answer;
    },
  });
  beforeEach(async () => {
    onTheWay = () => undefined;
    onAnswered = () => undefined;
    net = await createSigningNetwork({ network: watched });
  });
  afterEach(() => net.remove());

  const releases = async (): Promise<readonly number[]> => {
    const all = await Promise.all(net.hosts.map(({ released }) => released()));
    return SIGNING_SLOTS.filter((_, at) => (all[at] ?? 0) > 0);
  };
  const liveNonces = (): number => net.hosts.reduce((sum, { signing }) => sum + signing.signer.live(), 0);
  const isRight = (found: FoundRequest, signature: Uint8Array): boolean =>
    verifySchnorrSignature(net.publicKey, hexToBytes(found.digest, 32), parseSchnorrSignature(signature));

  describe("a request on chain", () => {
    it("is signed by t+1, each with a durable record of key, digest, requester and blocks", async () => {
      const found = await net.request(statement());
      const { signature, faults } = await net.at(2).signing.coordinate(found);
      expect([isRight(found, signature), faults]).to.deep.equal([true, []]);
      const signers = await releases();
      expect(signers).to.have.length(2);
      for (const slot of signers) {
        const { vault } = net.at(slot).temp;
        const [record] = (await vault.audit.find()).filter(({ kind }) => kind === "signature");
        expect(record).to.include({ keyId: SIGNING_KEY, digest: found.digest, requester: found.requester, requestId: found.requestId });
        await vault.audit.verify();
      }
    });
    it("is signed under a derived key, and no other", async () => {
      const found = await net.request(statement({ derivation: dice.hex(32) as Hash32 }));
      const { signature } = await net.at(2).signing.coordinate(found);
      expect(isRight(found, signature), "the key itself did not sign it").to.equal(false);
      const { publicKey } = await net.at(1).signing.parties.requestIn(found, SIGNING_EPOCH);
      expect(verifySchnorrSignature(publicKey, hexToBytes(found.digest, 32), parseSchnorrSignature(signature))).to.equal(true);
    });
    it("is signed by two coordinators at once", async () => {
      const found = await net.request(statement());
      const made = await Promise.all([1, 4, 7].map((slot) => net.at(slot).signing.coordinate(found)));
      for (const { signature } of made) expect(isRight(found, signature)).to.equal(true);
    });
    it("is signed while all but t+1 are away, and names whoever is when too few are left", async () => {
      const found = await net.request(statement());
      for (const slot of [1, 7]) net.at(slot).answerers = undefined;
      expect(isRight(found, (await net.at(2).signing.coordinate(found)).signature)).to.equal(true);
      net.at(4).answerers = undefined;
      const other = await net.request(statement());
      const details = await detailsOf(() => net.at(2).signing.coordinate(other));
      expect(details).to.include({ need: 2 });
      expect(details.perKeeper).to.include.members(["1 UNAVAILABLE", "4 UNAVAILABLE", "7 UNAVAILABLE"]);
    });

    it("attack S7: names a keeper that signs a wrong share, by evidence that it signed itself, and asks it no more", async () => {
      net.at(4).extensions = [{ name: "liar", shiftSigningShare: () => 1n }];
      await net.at(4).restart();
      // The others give no nonce before the liar gave its share: it is one of the first two.
      let letGo: () => void = () => undefined;
      const shareGiven = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      onTheWay = async (path, endpoint) => {
        if (path === "/v1/signing/nonces" && endpoint !== "http://4") await shareGiven;
      };
      onAnswered = (path, endpoint) => {
        if (path === "/v1/signing/shares" && endpoint === "http://4") letGo();
      };
      const first = await net.request(statement());
      const made = await net.at(2).signing.coordinate(first);
      expect([isRight(first, made.signature), made.faults]).to.deep.equal([true, [4]]);
      const [accused, ...more] = await net.at(2).temp.vault.signingEvidence.list();
      expect(more).to.deep.equal([]);
      expect(accused).to.include({ slot: 4, reason: "WRONG_SHARE", epoch: SIGNING_EPOCH, keyId: SIGNING_KEY, requestId: first.requestId });
      const asked: string[] = [];
      onTheWay = (_path, endpoint) => void asked.push(endpoint);
      const found = await net.request(statement());
      expect(isRight(found, (await net.at(2).signing.coordinate(found)).signature)).to.equal(true);
      expect(asked).to.not.include("http://4");
    });
  });

  describe("no nonce and no share leaves", () => {
    const refused: readonly (readonly [string, string, (net: SigningNetwork, found: FoundRequest) => void])[] = [
      ["whose rules say no at the head", "SIGNING_DENIED", answering("signingRequests.decide", () => [0])],
      [
        "whose rules said yes at the head only",
        "SIGNING_NOT_FINAL",
        (given) => answering("signingRequests.decide", (_, block) => [block === given.chain.head ? 1 : 0])(given),
      ],
      [
        "that is not known at the final block (S11)",
        "SIGNING_NOT_FINAL",
        (given) => answering("signingRequests.statusOf", (_, block) => [block === given.chain.head ? 1 : 0])(given),
      ],
      ["that was signed", "SIGNING_DENIED", answering("signingRequests.statusOf", () => [2])],
      ["that has expired (S11)", "SIGNING_DENIED", answering("signingRequests.statusOf", () => [3])],
      ...(
        [
          ["Decrypt", 0],
          ["Ecdsa", 2],
        ] as const
      ).map(
        ([purpose, number]) =>
          [
            `of a key of purpose ${purpose}, whatever the contract says (S18)`,
            "SIGNING_DENIED",
            ({ chain }: SigningNetwork) => {
              const before = chain.answers["keyGeneration.keyOf"]?.([], 0)[0] as unknown[];
              chain.answers["keyGeneration.keyOf"] = () => [[number, ...before.slice(1)]];
            },
          ] as const,
      ),
      ["whose answer is no word of the contract", "UNAVAILABLE", answering("signingRequests.decide", () => [7])],
    ];
    for (const [what, code, change] of refused)
      it(`for a request ${what}: ${code}`, async () => {
        const found = await net.request(statement());
        change(net, found);
        const details = await detailsOf(() => net.at(2).signing.coordinate(found));
        const said = (details.perKeeper as readonly string[]) ?? [];
        expect(said).to.deep.equal(SIGNING_SLOTS.map((slot) => `${slot} ${code}`));
        expect([await releases(), liveNonces()]).to.deep.equal([[], 0]);
      });
    it("attack S9: for a request whose digest is not that of its statement: the keeper computes it itself", async () => {
      const found = await net.request(statement());
      const [log] = await net.at(1).temp.vault.logs.find({ topic1: found.requestId });
      if (log === undefined) throw new Error("the request is mirrored");
      const forged = { ...log, data: log.data.replace(found.digest.slice(2), "11".repeat(32)) };
      expect(forged.data, "control: it is another one").to.not.equal(log.data);
      const { vault } = net.at(1).temp;
      await vault.logs.prune({ addresses: [net.contract.address], belowBlock: net.chain.head + 1 });
      await vault.follower().commit({ logs: [forged], state: {} });
      expect(await codeOf(() => net.at(1).signing.mirrored.find({ requestId: found.requestId }))).to.equal("SIGNING_DENIED");
    });
    it("for a request that is in no final block yet", async () => {
      const found = await net.request(statement(), { isFinal: false });
      const details = await detailsOf(() => net.at(2).signing.coordinate(found));
      expect(details.perKeeper).to.deep.equal(SIGNING_SLOTS.map((slot) => `${slot} SIGNING_NOT_FINAL`));
      expect([await releases(), liveNonces()]).to.deep.equal([[], 0]);
    });

    const between: readonly (readonly [string, (net: SigningNetwork) => void])[] = [
      ["attack S12: the rules say no", answering("signingRequests.decide", () => [0])],
      ["attack S11: the request is gone", answering("signingRequests.statusOf", () => [0])],
      [
        "attack S14: the key has moved to another epoch",
        ({ chain }) => {
          const before = chain.answers["keyGeneration.keyOf"]?.([], 0)[0] as unknown[];
          chain.answers["keyGeneration.keyOf"] = () => [[before[0], SIGNING_EPOCH + 1, ...before.slice(2)]];
          chain.head += 1;
        },
      ],
      [
        "the chain cannot be asked",
        ({ chain }) => {
          chain.isReachable = false;
        },
      ],
    ];
    for (const [what, change] of between)
      it(`${what} between nonce and share: decided anew, no share`, async () => {
        const found = await net.request(statement());
        let changed = false;
        onTheWay = (path) => {
          if (path !== "/v1/signing/shares" || changed) return;
          changed = true;
          change(net);
        };
        // This keeper's own share may be ready before: it is the coordinator's.
        net.at(2).answerers = undefined;
        expect(await codeOf(() => net.at(2).signing.coordinate(found))).to.not.equal("no error");
        expect(changed, "control: nonces were given").to.equal(true);
        expect((await releases()).filter((slot) => slot !== 2)).to.deep.equal([]);
      });
  });

  describe("a request by HTTP", () => {
    const secret = encodeScalar(4242n);
    const requester = accountOfSecret(secret);
    const allowOnly = (account: Address): void => {
      net.chain.answers["signingRequests.decide"] = ([asked]) => [parseAddress(String(asked)) === account ? 1 : 0];
    };
    const ask = (by: { readonly secret?: Uint8Array; readonly requester?: Address; readonly deadline?: bigint } = {}) =>
      httpRequestBy(net, { secret, requester, statement: statement(), ...by });
    const coordinate = (asked: ReturnType<typeof ask>) =>
      net.at(2).signing.coordinate(requestByHttp(net.at(2).signing.domain, asked), asked);

    it("is signed for whom the rules permit, shown to every signer", async () => {
      allowOnly(requester);
      const asked = ask();
      const { signature } = await coordinate(asked);
      expect(isRight(requestByHttp(net.at(2).signing.domain, asked), signature)).to.equal(true);
      const [record] = (await net.at((await releases())[0] ?? 0).temp.vault.audit.find()).filter(({ kind }) => kind === "signature");
      expect(record).to.include({ requester });
    });
    it("of a stranger is refused by every keeper, and none gives a nonce", async () => {
      allowOnly(requester);
      const mallory = encodeScalar(666n);
      const details = await detailsOf(() => coordinate(ask({ secret: mallory, requester: accountOfSecret(mallory) })));
      expect(details.perKeeper).to.deep.equal(SIGNING_SLOTS.map((slot) => `${slot} SIGNING_DENIED`));
      expect([await releases(), liveNonces()]).to.deep.equal([[], 0]);
    });
    it("in another's name is refused: its account did not sign it", async () => {
      const details = await detailsOf(() => coordinate(ask({ secret: encodeScalar(666n) })));
      for (const said of details.perKeeper as readonly string[]) expect(said).to.match(/^\d+ (INVALID_SIGNATURE|WALLET_NOT_DEPLOYED)$/);
      expect(liveNonces()).to.equal(0);
    });
    it("is refused after its deadline, and where that is too far", async () => {
      const now = BigInt(net.chain.genesisTime + net.chain.head);
      for (const [deadline, code] of [
        [now, "DEADLINE_PASSED"],
        [now + 601n, "DEADLINE_TOO_FAR"],
      ] as const) {
        const details = await detailsOf(() => coordinate(ask({ deadline })));
        expect(details.perKeeper).to.deep.equal(SIGNING_SLOTS.map((slot) => `${slot} ${code}`));
      }
    });
    it("is refused under the id of another one", async () => {
      const [one, other] = [ask(), ask()];
      const { domain } = net.at(2).signing;
      expect(await codeOf(async () => requestByHttp(domain, one, requestByHttp(domain, other).requestId))).to.equal("INVALID_REQUEST");
    });
  });

  describe("a keeper whose nonces are asked for again", () => {
    /** As a coordinator at slot 2 that keeps what it was told, and is hostile. */
    const hostile = async (found: FoundRequest, asks: number) => {
      const { signing } = net.at(2);
      const context = await signing.parties.contextOf(SIGNING_EPOCH);
      const boot = bootIdOf({ count: net.at(2).starts, id: new Uint8Array(16).fill(2) });
      const askOf = (index: number): NonceAsk => {
        const said = {
          ...{ requestId: found.requestId, epoch: SIGNING_EPOCH, coordinator: { slot: 2, boot }, to: 1 },
          askId: `0x${index.toString(16).padStart(64, "0")}` as Hash32,
        };
        const content = keccakWords(said.to, hexToBytes(said.askId, 32));
        const { requestId, epoch } = said;
        return { ...said, signature: context.sign({ kind: SIGNING_MESSAGES.askNonce, requestId, epoch, slot: 2, boot, content }) };
      };
      return Promise.allSettled(Array.from({ length: asks }, (_, index) => net.at(1).signing.signer.nonce(askOf(index))));
    };
    it("attack S17: gives a coordinator few for one request", async () => {
      const found = await net.request(statement());
      const given = (await hostile(found, 9)).filter(({ status }) => status === "fulfilled");
      expect(given.length).to.equal(4);
      expect(net.at(1).signing.signer.live()).to.equal(4);
    });
    it("attack S5: has none of them after a restart, and none is on its disk", async () => {
      const found = await net.request(statement());
      await hostile(found, 3);
      await net.at(1).restart();
      expect(net.at(1).signing.signer.live()).to.equal(0);
    });
    it("attack S5, A15: refuses an earlier life of a coordinator, and a copy of it with the same count", async () => {
      const found = await net.request(statement());
      await net.at(2).restart(9);
      expect(isRight(found, (await net.at(2).signing.coordinate(found)).signature)).to.equal(true);
      await net.at(2).restart(8);
      const details = await detailsOf(() => net.at(2).signing.coordinate(found));
      expect((details.perKeeper as readonly string[]).filter((said) => said.endsWith("OLDER_BOOT")).length).to.be.at.least(3);
      await net.at(1).restart();
      expect((await detailsOf(() => net.at(2).signing.coordinate(found))).perKeeper, "after a restart, too").to.include("1 OLDER_BOOT");
      await net.at(2).restart(10);
      expect(isRight(found, (await net.at(2).signing.coordinate(found)).signature)).to.equal(true);
    });
  });

  it("A5: a key that was served for one SigningRequests is served for no second one", async () => {
    const other = parseAddress(`0x${"77".repeat(20)}`);
    for (const slot of [1, 4, 7])
      await net.at(slot).temp.vault.signingPins.pin({ keyId: SIGNING_KEY, chainId: 31337n, signingRequests: other });
    const found = await net.request(statement());
    const details = await detailsOf(() => net.at(2).signing.coordinate(found));
    expect(details.perKeeper).to.include.members(["1 SIGNING_DENIED", "4 SIGNING_DENIED", "7 SIGNING_DENIED"]);
    expect(await net.at(2).temp.vault.signingPins.list()).to.deep.equal([
      { keyId: SIGNING_KEY, chainId: 31337n, signingRequests: net.contract.address },
    ]);
  });

  it("A8: one tenant gets half of a key's day, and the others the rest", async () => {
    const { budget } = await import("./signingBudget.ts").then(({ createSigningBudget }) => ({
      budget: createSigningBudget({ signaturesPerKeyPerDay: 4, clock: { now: () => 0 } }),
    }));
    const count = (id: number, who: number) =>
      codeOf(async () =>
        budget.count({
          requestId: `0x${id.toString(16).padStart(64, "0")}` as Hash32,
          requester: parseAddress(`0x${who.toString(16).padStart(40, "0")}`),
          statement: statement(),
        }),
      );
    expect([await count(1, 1), await count(1, 1), await count(2, 1), await count(3, 1)]).to.deep.equal([
      "no error",
      "no error",
      "no error",
      "RATE_LIMITED",
    ]);
    expect([await count(4, 2), await count(5, 3), await count(6, 4)]).to.deep.equal(["no error", "no error", "RATE_LIMITED"]);
  });
});
