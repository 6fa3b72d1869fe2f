import { backend, encodeScalar, G, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex } from "@keyquorum/wire";
import { expect } from "chai";
import { HOSTS_EPOCH } from "../../../keeper/src/testing/extensionHosts.ts";
import { encryptEcies } from "../formats/ecies.ts";
import { contributionEvidence, type HolderEvidence, isConvicted, shadowEvidence } from "../proofs/holderEvidence.ts";
import { checkReading } from "../proofs/readingCheck.ts";
import { encodeWalletAnswer, parseWalletAnswer, parseWalletAsk, type ReadingAnswer, type SignedReading } from "../proofs/walletBodies.ts";
import { domainOf, ownMembership } from "../retrieval/membership.ts";
import type { ContributeAsk, HeldContribution } from "../retrieval/messages.ts";
import { askContributionStatement, contributionStatement, digestOf } from "../retrieval/statements.ts";
import { alice, bob, createWalletHosts, type WalletHosts } from "../testing/walletHosts.ts";
import type { PublishedSecret } from "./secretStore.ts";
import type { SecretStorePorts } from "./secretStorePorts.ts";
import { seenEpochOf } from "./walletSession.ts";

const SLOTS = [1, 2, 5] as const;
const LIAR = 2;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    ({ code }: { readonly code?: string }) => String(code),
  );

type Answer = ReturnType<typeof encodeWalletAnswer.reading>;
type Lie = (given: HeldContribution, ask: ContributeAsk) => Promise<HeldContribution> | HeldContribution;

describe("a wallet's reading", () => {
  let hosts: WalletHosts;
  let ports: SecretStorePorts;
  let document: PublishedSecret;
  let other: PublishedSecret;
  /** What holders give instead of their parts, by slot. */
  const lies = new Map<number, Lie>();

  before(async () => {
    hosts = await createWalletHosts(SLOTS, {
      holder: (slot) => (holder) => ({
        ...holder,
        contribute: async (ask) => {
          const given = await holder.contribute(ask);
          const lie = lies.get(slot);
          return lie === undefined ? given : signedAgain(slot, ask, await lie(given, ask));
        },
      }),
    });
    ports = hosts.portsOf(bob);
    document = await hosts.storeOf(alice).publish("for Bob");
    other = await hosts.storeOf(alice).publish("another");
  });
  after(() => hosts?.remove());
  beforeEach(() => {
    lies.clear();
    hosts.failures.length = 0;
  });

  /** A holder's own signature over what it gives. */
  const signedAgain = async (slot: number, ask: Omit<ContributeAsk, "signature">, given: HeldContribution): Promise<HeldContribution> => {
    const { services } = hosts.at(slot);
    const { sign } = await ownMembership(services, ask.epoch, hosts.heads());
    const asked = digestOf(domainOf(services), askContributionStatement(ask));
    return { ...given, signature: sign(contributionStatement({ ...ask, slot }, asked, given)) };
  };
  const askOf = (request: SignedReading, answer: ReadingAnswer): Omit<ContributeAsk, "signature"> => ({
    ...{ serverKeyId: request.serverKeyId, epoch: answer.key.epoch, slot: answer.coordinator, holders: answer.holders },
    ...{ pair: answer.pair, certificate: answer.certificate, readerSignature: request.signature, nonce: answer.nonce },
    wallet: { account: request.reader, readerKey: request.readerKey, deadline: request.deadline },
  });
  const read = (changes: Partial<SecretStorePorts> & { readonly keyServers?: readonly string[] } = {}) =>
    hosts.storeOf(bob, changes).read(document.id, document.encrypted);
  /** The first keeper's answers are what `change` makes of them. */
  const firstLies = (change: (answer: Answer, body: unknown) => unknown): Pick<SecretStorePorts, "post"> => ({
    post: async (url, body) => {
      const answer = await ports.post(url, body);
      if (!url.startsWith(hosts.urls[0] ?? "") || answer.status !== 200) return answer;
      return { ...answer, body: await change(structuredClone(answer.body) as Answer, body) };
    },
  });
  const isGuilty = async (evidence: unknown): Promise<boolean> =>
    isConvicted(ports.domain, await seenEpochOf(ports, HOSTS_EPOCH), JSON.parse(JSON.stringify(evidence)));

  describe("names a holder that lies to it, with evidence, and asks another one", () => {
    const fiveFor = async (readerKey: Parameters<typeof encryptEcies>[0]) => encryptEcies(readerKey, encodeScalar(5n));
    const masks: Readonly<Record<string, Lie>> = {
      "it encrypts another mask": async (given, { wallet }) => ({ ...given, shadow: await fiveFor(wallet?.readerKey ?? G) }),
      "it encrypts to somebody else": async (given) => ({ ...given, shadow: await fiveFor(G) }),
      "it encrypts what is no scalar": async (given, { wallet }) => ({
        ...given,
        shadow: await encryptEcies(wallet?.readerKey ?? G, new Uint8Array(32).fill(255)),
      }),
      "it writes no point": (given) => ({ ...given, shadow: new Uint8Array(145).fill(4) }),
    };
    for (const [what, lie] of Object.entries(masks))
      it(`when ${what}`, async () => {
        lies.set(LIAR, lie);
        const { content, named, failures } = await read();
        expect(text(content)).to.equal("for Bob");
        expect([named.map(({ slot, code }) => [slot, code]), failures]).to.deep.equal([[[LIAR, "BAD_SHADOW"]], []]);
        expect(hosts.failures, "told at once").to.deep.equal(named);
        expect(await isGuilty(named[0]?.evidence)).to.equal(true);
        expect(hosts.named, "no keeper sees it").to.deep.equal([]);
      });

    it("when the keeper that was asked does not check its part either", async () => {
      const { content, named, failures } = await read(
        firstLies(async (body, asked) => {
          const [answer, request] = [parseWalletAnswer.reading(body), parseWalletAsk.read(asked)];
          const contributions = answer.contributions.map((given) =>
            given.slot === LIAR
              ? signedAgain(LIAR, askOf(request, answer), { ...given, point: backend.add(given.point, G) })
              : Promise.resolve(given),
          );
          return encodeWalletAnswer.reading({ ...answer, contributions: await Promise.all(contributions) });
        }),
      );
      expect(text(content)).to.equal("for Bob");
      expect([named.map(({ slot, code }) => [slot, code]), failures]).to.deep.equal([[[LIAR, "BAD_CONTRIBUTION"]], []]);
      expect(await isGuilty(named[0]?.evidence)).to.equal(true);
    });

    it("and where all but t of them lie, reads nothing, and names all of them", async () => {
      for (const slot of [1, LIAR]) lies.set(slot, masks["it encrypts another mask"] as Lie);
      const told = await codeOf(read());
      expect(told).to.equal("UNAVAILABLE");
      const slots = hosts.failures.flatMap((failure) => ("slot" in failure ? [failure.slot] : []));
      expect(slots).to.deep.equal([1, LIAR]);
    });
  });

  describe("evidence", () => {
    /** One right answer, and one with a lie in its mask, with what the reader knows. */
    const evidenceOf = async (lie?: Lie) => {
      const secret = SecretScalar.from(0xb0b1n);
      if (lie !== undefined) lies.set(LIAR, lie);
      const unsigned = { serverKeyId: hexOf(document.id), reader: await ports.account(), readerKey: backend.mulG(secret.reveal()) };
      const asked = { ...unsigned, deadline: BigInt(Math.floor(ports.now() / 1_000) + 60) };
      const request = await signedReading(asked);
      const answer = await hosts.walletsOf(1).read(request);
      const digest = digestOf(
        { chainId: ports.domain.chainId, contract: ports.domain.registry },
        askContributionStatement(askOf(request, answer)),
      );
      const shadow = (slot: number, by = secret, of = answer) =>
        shadowEvidence({ slot, secret: by, asked: digest }, request, of, ports.random);
      return { request, answer, shadow, secret };
    };
    const hexOf = (id: string): Uint8Array => Uint8Array.from(Buffer.from(id.slice(2), "hex"));
    const signedReading = async (asked: Omit<SignedReading, "signature" | "without">): Promise<SignedReading> => {
      const { readingTypedData } = await import("../formats/walletRequests.ts");
      return { ...asked, signature: await ports.sign({ ...readingTypedData(ports.domain, asked), what: "the reading" }), without: [] };
    };
    const otherMask: Lie = async (given, { wallet }) => ({
      ...given,
      shadow: await encryptEcies(wallet?.readerKey ?? G, encodeScalar(5n)),
    });

    it("convicts no honest holder, whatever its reader says", async () => {
      const { request, answer, shadow } = await evidenceOf();
      for (const slot of [1, LIAR]) {
        expect(await isGuilty(shadow(slot)), "what it opens is right").to.equal(false);
        expect(await isGuilty(contributionEvidence(slot, request, answer)), "nothing is opened").to.equal(false);
        expect(await isGuilty(shadow(slot, SecretScalar.from(7n))), "opened by another key").to.equal(false);
        const { opened } = shadow(slot === 1 ? LIAR : 1);
        expect(await isGuilty({ ...shadow(slot), opened }), "another holder's opened").to.equal(false);
        const altered = { ...answer, contributions: answer.contributions.map((one) => ({ ...one, shadow: new Uint8Array(145).fill(4) })) };
        expect(await isGuilty(contributionEvidence(slot, request, altered)), "it signed no such thing").to.equal(false);
        const replaced = { ...answer, contributions: answer.contributions.map((one) => ({ ...one, point: backend.add(one.point, G) })) };
        expect(await isGuilty(contributionEvidence(slot, request, replaced)), "nor such a point").to.equal(false);
      }
      expect(await isGuilty(shadow(5)), "who was not asked").to.equal(false);
    });

    it("convicts the liar, only it, and only as it stands", async () => {
      const { request, shadow } = await evidenceOf(otherMask);
      const evidence = shadow(LIAR);
      expect(await isGuilty(evidence)).to.equal(true);
      expect(await isGuilty({ ...evidence, slot: 1 }), "another holder").to.equal(false);
      const { opened: _, ...closed } = evidence;
      expect(await isGuilty(closed), "not opened").to.equal(false);
      const altered = (change: Partial<HolderEvidence["request"]>): unknown => ({
        ...evidence,
        request: { ...evidence.request, ...change },
      });
      for (const change of [
        { deadline: (request.deadline + 1n).toString() },
        { signature: "0x1234" },
        { serverKeyId: other.id },
        { reader: `0x${"11".repeat(20)}` },
        { readerKey: evidence.answer.pair.commonPoint },
        { without: [LIAR] },
      ])
        expect(await isGuilty(altered(change)), JSON.stringify(change)).to.equal(false);
      const elsewhere = { ...ports.domain, chainId: 1n };
      const epoch = await seenEpochOf({ ...ports, domain: elsewhere }, HOSTS_EPOCH);
      expect(await isConvicted(elsewhere, epoch, evidence), "another chain").to.equal(false);
      for (const nonsense of [{}, null, { ...evidence, more: 1 }, { ...evidence, opened: {} }])
        expect(await codeOf(isGuilty(nonsense))).to.equal("BAD_ANSWER");
    });
  });

  describe("takes nothing from a keeper that lies, and names no holder for it", () => {
    let earlier: Answer;
    let asked: unknown;
    let others: Answer;
    before(async () => {
      await read(
        firstLies((answer, body) => {
          asked = body;
          earlier = answer;
          return answer;
        }),
      );
      await hosts
        .storeOf(
          bob,
          firstLies((answer) => (others = answer)),
        )
        .read(other.id, other.encrypted);
    });
    const first = <Item>(items: readonly Item[]): Item => items[0] as Item;
    const cases: Readonly<Record<string, (answer: Answer) => unknown>> = {
      "an answer of an earlier reading": () => earlier,
      "another document's": () => others,
      "another document's key": (answer) => ({ ...answer, key: others.key }),
      "another document's pair and certificate": (answer) => ({ ...answer, pair: others.pair, certificate: others.certificate }),
      "another public key": (answer) => ({
        ...answer,
        key: { ...answer.key, commitments: [bytesToHex(G.toBytes(true)), ...answer.key.commitments.slice(1)] },
      }),
      "another threshold": (answer) => ({
        ...answer,
        key: { ...answer.key, threshold: 0, commitments: answer.key.commitments.slice(0, 1) },
      }),
      "another sid": (answer) => ({ ...answer, key: { ...answer.key, sid: others.key.sid } }),
      "another verifying root": (answer) => ({ ...answer, key: { ...answer.key, verifyingRoot: others.key.verifyingRoot } }),
      "another epoch": (answer) => ({ ...answer, key: { ...answer.key, epoch: 5 } }),
      "a key that is said to be moved": (answer) => ({ ...answer, key: { ...answer.key, moved: others.key.sid } }),
      "a member left out": ({ key, ...answer }) => ({
        ...{ ...answer, key: { ...key, members: [1, 5], confirmations: key.confirmations.filter(({ slot }) => slot !== 2) } },
      }),
      "a confirmation left out": ({ key, ...answer }) => ({ ...answer, key: { ...key, confirmations: key.confirmations.slice(1) } }),
      "one confirmation three times": ({ key, ...answer }) => ({
        ...{ ...answer, key: { ...key, confirmations: key.confirmations.map(() => first(key.confirmations)) } },
      }),
      "another document's confirmations": ({ key, ...answer }) => ({ ...answer, key: { ...key, confirmations: others.key.confirmations } }),
      "another pair": (answer) => ({ ...answer, pair: others.pair }),
      "its points the other way round": ({ pair, ...answer }) => ({
        ...{ ...answer, pair: { commonPoint: pair.encryptedPoint, encryptedPoint: pair.commonPoint } },
      }),
      "a certificate that is too short": ({ certificate, ...answer }) => ({ ...answer, certificate: certificate.slice(0, 2) }),
      "one signature for the whole certificate": ({ certificate, ...answer }) => ({
        ...{ ...answer, certificate: certificate.map(() => first(certificate)) },
      }),
      "another coordinator": (answer) => ({ ...answer, coordinator: 5 }),
      "a coordinator that is no member": (answer) => ({ ...answer, coordinator: 7 }),
      "other holders": (answer) => ({ ...answer, holders: [1, 5] }),
      "holders in another order": ({ holders, contributions, ...answer }) => ({
        ...{ ...answer, holders: holders.toReversed(), contributions: contributions.toReversed() },
      }),
      "one holder": ({ holders, contributions, ...answer }) => ({
        ...{ ...answer, holders: holders.slice(0, 1), contributions: contributions.slice(0, 1) },
      }),
      "one holder twice": ({ contributions, ...answer }) => ({
        ...{ ...answer, holders: [1, 1], contributions: contributions.map(() => first(contributions)) },
      }),
      "a part left out": ({ contributions, ...answer }) => ({ ...answer, contributions: contributions.slice(0, 1) }),
      "another nonce": (answer) => ({ ...answer, nonce: earlier.nonce }),
      "an earlier part": ({ contributions, ...answer }) => ({
        ...{ ...answer, contributions: [first(contributions), ...earlier.contributions.slice(1)] },
      }),
      "masks exchanged": ({ contributions, ...answer }) => ({
        ...{
          ...answer,
          contributions: contributions.map((one, i) => ({ ...one, shadow: contributions[1 - i]?.shadow ?? one.shadow })),
        },
      }),
      "a commitment of its own": ({ contributions, ...answer }) => ({
        ...{ ...answer, contributions: contributions.map((one) => ({ ...one, commitment: bytesToHex(G.toBytes(true)) })) },
      }),
      "what is no point": (answer) => ({ ...answer, pair: { ...answer.pair, commonPoint: `0x02${"ff".repeat(32)}` } }),
      "a member more": (answer) => ({ ...answer, more: 1 }),
      nothing: () => ({}),
      "no object": () => [],
    };
    /** Which check sees it first, where others would see it, too. */
    const whys: Readonly<Record<string, string>> = {
      "another document's": "the server key: its id",
      "another sid": "the server key: a confirmation",
      "a member left out": "the server key: its threshold",
      "another pair": "the certificate",
      "a certificate that is too short": "the certificate",
      "one signature for the whole certificate": "the certificate",
      "other holders": "the contributions",
      "holders in another order": "the holders",
      "another nonce": "the signature of slot 1",
      "masks exchanged": "the signature of slot 1",
    };
    for (const [what, change] of Object.entries(cases))
      it(`but ${what}`, async () => {
        let told = 0;
        const { content, named, failures } = await read(
          firstLies((answer) => {
            told += 1;
            return change(answer);
          }),
        );
        expect(text(content)).to.equal("for Bob");
        expect([told, named]).to.deep.equal([1, []]);
        expect(failures.map(({ keyServer, code }) => [keyServer, code])).to.deep.equal([[hosts.urls[0], "LIED"]]);
        expect(failures[0]?.reason).to.include(whys[what] ?? "");
      });

    it("nor where any one value of its answer is another, whichever", async () => {
      const request = parseWalletAsk.read(asked);
      const epoch = await seenEpochOf(ports, HOSTS_EPOCH);
      const told = (answer: unknown): string => {
        try {
          return checkReading(ports.domain, epoch, request, parseWalletAnswer.reading(answer)).kind;
        } catch (error) {
          return String((error as { readonly code?: string }).code);
        }
      };
      expect(told(earlier)).to.equal("right");
      const others = (value: unknown): readonly unknown[] => {
        if (typeof value === "number") return [value + 1, value - 1, -1, 2 ** 32, "1"];
        const hex = String(value);
        const flipped = hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");
        return [flipped, `0x${"0".repeat(hex.length - 2)}`, `0x${"f".repeat(hex.length - 2)}`, "0x", hex.toUpperCase(), null, [hex], {}];
      };
      let count = 0;
      const walk = (value: unknown, path: readonly string[], put: (other: unknown) => unknown): void => {
        if (typeof value === "object" && value !== null) {
          for (const [name, inner] of Object.entries(value))
            walk(inner, [...path, name], (other) =>
              put(Array.isArray(value) ? value.with(Number(name), other) : { ...value, [name]: other }),
            );
          return;
        }
        for (const other of others(value)) {
          count += 1;
          const kind = told(put(other));
          const allowed = path.join(".") === "key.author" ? ["right", "BAD_ANSWER"] : ["coordinator", "BAD_ANSWER"];
          expect(allowed, `${path.join(".")} = ${JSON.stringify(other)}: ${kind}`).to.include(kind);
        }
      };
      walk(earlier, [], (other) => other);
      expect(count).to.be.greaterThan(200);
    });

    it("that keeps a holder which lied, though it was told to leave it out", async () => {
      lies.set(LIAR, async (given, { wallet }) => ({ ...given, shadow: await encryptEcies(wallet?.readerKey ?? G, encodeScalar(5n)) }));
      const { content, named, failures } = await read({
        post: (url, body) => {
          const { without: _, ...rest } = body as { readonly without?: unknown };
          return ports.post(url, url.startsWith(hosts.urls[0] ?? "") ? rest : body);
        },
      });
      expect(text(content)).to.equal("for Bob");
      expect([named.map(({ slot }) => slot), failures.map(({ code }) => code)]).to.deep.equal([[LIAR], ["LIED"]]);
    });

    it("that asks for a key of its own: no holder answers, as the wallet signed another one", async () => {
      const own = bytesToHex(backend.mulG(77n).toBytes(true));
      const swapped = (url: string, body: unknown) =>
        ports.post(url, url.startsWith(hosts.urls[0] ?? "") ? { ...(body as object), readerKey: own } : body);
      const { content, failures } = await read({ post: swapped });
      expect(text(content)).to.equal("for Bob");
      expect(failures.map(({ code }) => code)).to.deep.equal(["INVALID_SIGNATURE"]);
    });

    it("and where all of them do, says so", async () => {
      const nothing = { post: async () => ({ status: 200, body: {} }) };
      expect(await codeOf(read(nothing))).to.equal("BAD_ANSWER");
      expect(hosts.failures.map((failure) => failure.code)).to.deep.equal(["LIED", "LIED", "LIED"]);
    });
  });

  it("takes no key but the one that the caller knows: members of a former epoch who all lie have another one for the id", async () => {
    const liars = await createWalletHosts(SLOTS); // their identity keys are the members'
    try {
      const lie = await liars.storeOf(alice).publish("a lie", { id: document.id });
      const { publicKey } = document.serverKey;
      const keyServers = [...liars.urls, ...hosts.urls];
      const store = hosts.storeOf(bob, { keyServers });
      const unknown = await store.read(document.id, document.encrypted);
      expect(unknown.serverKey.publicKey, "the control: who knows no key takes theirs").to.equal(lie.serverKey.publicKey);
      expect(text(unknown.content)).not.to.equal("for Bob");
      for (const known of [publicKey, publicKey.slice(2).toUpperCase()]) {
        const { content, serverKey, named, failures } = await store.read(document.id, document.encrypted, { publicKey: known });
        expect([text(content), serverKey.publicKey, named]).to.deep.equal(["for Bob", publicKey, []]);
        expect(failures.map(({ code }) => code)).to.deep.equal(["LIED", "LIED", "LIED"]);
        expect(failures[0]?.reason).to.include("another server key");
      }
      const authors = hosts.storeOf(alice, { keyServers });
      expect((await authors.serverKey(document.id)).publicKey, "the control").to.equal(lie.serverKey.publicKey);
      expect((await authors.serverKey(document.id, { publicKey })).publicKey).to.equal(publicKey);
      expect(await codeOf(store.read(document.id, document.encrypted, { publicKey: "0x12" }))).to.equal("INVALID_VALUE");
    } finally {
      await liars.remove();
    }
  });

  it("goes on at the next keeper where one is silent or has a refusal of its own, and says what most of them said", async () => {
    const silent = (url: string, body: unknown) => {
      if (url.startsWith(hosts.urls[0] ?? "")) return Promise.reject(new Error("connection refused"));
      return url.startsWith(hosts.urls[1] ?? "") ? Promise.resolve({ status: 429, body: '"come back later"' }) : ports.post(url, body);
    };
    const { content, failures } = await read({ post: silent });
    expect(text(content)).to.equal("for Bob");
    expect(failures.map(({ code }) => code)).to.deep.equal(["UNAVAILABLE", "RATE_LIMITED"]);
    hosts.decide(() => 0);
    hosts.everywhere((chain) => {
      chain.head += 1;
    });
    try {
      const denied = await read({
        post: (url, body) => (url.startsWith(hosts.urls[0] ?? "") ? silent(url, body) : ports.post(url, body)),
      }).then(
        () => undefined,
        (error: unknown) => error as { readonly code: string; readonly details: object },
      );
      expect(denied?.code).to.equal("ACCESS_DENIED");
      expect(denied?.details).to.deep.include({
        keyServers: [`${hosts.urls[0]}: UNAVAILABLE`, `${hosts.urls[1]}: ACCESS_DENIED`, `${hosts.urls[2]}: ACCESS_DENIED`],
      });
    } finally {
      hosts.decide(() => 1);
      hosts.everywhere((chain) => {
        chain.head += 1;
      });
    }
  });

  it("is ended by no keeper's word about the reader's own wallet or chain", async () => {
    for (const code of ["ACTION_REJECTED", "CHAIN_UNAVAILABLE", "NO_SIGNER", "INVALID_VALUE", "no code", ""]) {
      const says = { status: 503, body: { code, message: "m", retryable: false, details: {} } };
      const post = (url: string, body: unknown) => (url.startsWith(hosts.urls[0] ?? "") ? Promise.resolve(says) : ports.post(url, body));
      const { content, failures } = await read({ post });
      expect([text(content), failures.length], code).to.deep.equal(["for Bob", 1]);
    }
  });

  it("takes no key that a member of its epoch did not sign, unless that one is absent", async () => {
    const epochOf = (absent: readonly number[]): Pick<SecretStorePorts, "epochOf"> => ({
      epochOf: async (epoch) => {
        const { members, ...rest } = await ports.epochOf(epoch);
        return { ...rest, members: [...members, { slot: 7, identity: await ports.account() }], absent };
      },
    });
    expect(await codeOf(read(epochOf([])))).to.equal("BAD_ANSWER");
    expect(hosts.failures.map((failure) => failure.reason)).to.have.length(3);
    for (const { reason } of hosts.failures) expect(reason).to.include("the server key: its members");
    expect(text((await read(epochOf([7]))).content)).to.equal("for Bob");
  });

  it("takes no part of a holder that the chain has as removed, where keepers do not see it yet", async () => {
    const epochOf: SecretStorePorts["epochOf"] = async (epoch) => ({ ...(await ports.epochOf(epoch)), absent: [LIAR] });
    const { content, failures } = await read({ epochOf });
    expect(text(content), "through the keeper whose holders are there").to.equal("for Bob");
    expect(failures.map(({ code }) => code)).to.deep.equal(["LIED", "LIED"]);
  });
});
