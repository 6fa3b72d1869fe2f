import type { ExtensionServices } from "@keyquorum/keeper";
import { backend, encodePoint, G, SecretScalar } from "@keyquorum/threshold";
import { type Address, bytesToHex, hexToBytes, parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { Wallet } from "ethers";
import { signatureQuestionCode } from "../../../keeper/src/testing/fakeChain.ts";
import { createDocumentKey } from "../formats/documentKey.ts";
import { signRaw } from "../formats/rawSignature.ts";
import { encodeWalletProof, MAX_AUTHOR_SIGNATURE_BYTES } from "../formats/walletProof.ts";
import {
  type GenerationRequest,
  generationTypedData,
  MAX_WALLET_DEADLINE_SECONDS,
  type ReadingRequest,
  readingTypedData,
  type ServerKeyRequest,
  type StorageRequest,
  serverKeyTypedData,
  storageTypedData,
  type WalletDomain,
  type WalletTypedData,
} from "../formats/walletRequests.ts";
import type { PublishedSecret } from "../library/secretStore.ts";
import { encodeWalletAsk, WALLET_PATHS } from "../proofs/walletBodies.ts";
import { alice, bob, createWalletHosts, type WalletHosts } from "../testing/walletHosts.ts";
import { requireGenerationByAuthor, requireStorageByAuthor } from "./authorProof.ts";

const SLOTS = [1, 2, 5];
const mallory = new Wallet(`0x${"66".repeat(32)}`);
/** A contract account, whose word the made-up chain gives. */
const CONTRACT = parseAddress(`0x${"77".repeat(20)}`);
const [NO, YES, NO_CODE, FAILED] = ["0x00", "0x01", "0x02", "0x"] as const;
const secretOf = (wallet: Wallet) => SecretScalar.fromBytes(hexToBytes(wallet.privateKey, 32));
const addressOf = (wallet: Wallet): Address => parseAddress(wallet.address);

describe("what wallets ask", () => {
  let hosts: WalletHosts;
  let domain: WalletDomain;
  let document: PublishedSecret;
  let services: ExtensionServices;
  let ids = 0;

  before(async () => {
    hosts = await createWalletHosts(SLOTS, { keyServer: { quotas: { perAuthor: 1_000, perAddress: 1_000, total: 6 } } });
    ({ domain } = hosts.portsOf(alice));
    document = await hosts.storeOf(alice).publish("for Bob");
    services = hosts.at(1).services;
  });
  after(() => hosts?.remove());
  beforeEach(() => {
    hosts.everywhere((chain) => {
      chain.head += 1;
      chain.simulate = () => NO_CODE;
    });
    hosts.decide((requester) => (requester === addressOf(bob) || requester === CONTRACT ? 1 : 0));
    hosts.failures.length = 0;
  });

  const now = (): bigint => BigInt(Math.floor(services.clock.now() / 1_000));
  const newId = (): Uint8Array => {
    ids += 1;
    return new Uint8Array(32).fill(ids);
  };
  const sign = async (wallet: Wallet, { typed }: WalletTypedData): Promise<Uint8Array> =>
    hexToBytes(await wallet.signTypedData(typed.domain, typed.types, typed.message));
  const post = async (path: string, body: unknown, slot = 0, type = "application/json") => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`${hosts.urls[slot]}${path}`, { method: "POST", headers: { "content-type": type }, body: text });
    const answer = (await response.json()) as { readonly code?: string; readonly details?: { readonly field?: string } };
    return { status: response.status, code: answer.code ?? "answered", field: answer.details?.field };
  };
  const codeOf = async (asked: ReturnType<typeof post>): Promise<string> => (await asked).code;

  const id = (): Uint8Array => hexToBytes(document.id, 32);
  const ask = {
    reading: (changes: Partial<ReadingRequest> = {}): ReadingRequest => ({
      ...{ serverKeyId: id(), reader: addressOf(bob), readerKey: backend.mulG(99n), deadline: now() + 60n },
      ...changes,
    }),
    generation: (changes: Partial<GenerationRequest> = {}): GenerationRequest => ({
      ...{ serverKeyId: id(), author: addressOf(alice), threshold: 1, deadline: now() + 60n },
      ...changes,
    }),
    serverKey: (changes: Partial<ServerKeyRequest> = {}): ServerKeyRequest => ({
      ...{ serverKeyId: id(), author: addressOf(alice), deadline: now() + 60n },
      ...changes,
    }),
    storage: (changes: Partial<StorageRequest> = {}): StorageRequest => ({
      ...{ serverKeyId: id(), author: addressOf(alice), commonPoint: G, encryptedPoint: backend.mulG(2n), deadline: now() + 60n },
      ...changes,
    }),
  };
  const read = async (asked: ReadingRequest, signature?: Uint8Array, slot = 0) =>
    post(WALLET_PATHS.read, readBody(asked, signature ?? (await sign(bob, readingTypedData(domain, asked)))), slot);
  const readBody = (asked: ReadingRequest, signature: Uint8Array) => encodeWalletAsk.read({ ...asked, signature, without: [] });
  const generate = async (asked: GenerationRequest, signature?: Uint8Array, slot = 0) => {
    const by = signature ?? (await sign(alice, generationTypedData(domain, asked)));
    return post(WALLET_PATHS.generate, encodeWalletAsk.generate({ ...asked, signature: by }), slot);
  };
  const serverKey = async (asked: ServerKeyRequest, signature?: Uint8Array) => {
    const by = signature ?? (await sign(alice, serverKeyTypedData(domain, asked)));
    return post(WALLET_PATHS.serverKey, encodeWalletAsk.serverKey({ ...asked, signature: by }));
  };
  const store = async (asked: StorageRequest, signature?: Uint8Array) => {
    const by = signature ?? (await sign(alice, storageTypedData(domain, asked)));
    return post(WALLET_PATHS.store, encodeWalletAsk.store({ ...asked, signature: by }));
  };

  describe("counts for what was signed alone", () => {
    it("a reading: not for another id, account, key or deadline, not on another chain, nor for another registry", async () => {
      const asked = ask.reading();
      const signature = await sign(bob, readingTypedData(domain, asked));
      expect(await codeOf(read(asked, signature))).to.equal("answered");
      expect(await codeOf(read(asked, signature, 1)), "another keeper may answer it, too: to the same key").to.equal("answered");
      const other = await hosts.storeOf(alice).publish("another");
      hosts.decide(() => 1);
      for (const changes of [
        { serverKeyId: hexToBytes(other.id, 32) },
        { reader: addressOf(alice) },
        { readerKey: backend.mulG(100n) },
        { deadline: asked.deadline + 1n },
      ])
        expect(await codeOf(read({ ...asked, ...changes }, signature)), Object.keys(changes).join()).to.equal("INVALID_SIGNATURE");
      for (const elsewhere of [
        { ...domain, chainId: 1n },
        { ...domain, registry: services.chain.contracts.addresses.shareRequests },
      ])
        expect(await codeOf(read(asked, await sign(bob, readingTypedData(elsewhere, asked))))).to.equal("INVALID_SIGNATURE");
      expect(await codeOf(read(asked, new Uint8Array(0))), "nobody's").to.equal("INVALID_SIGNATURE");
    });

    it("an operation: not for another one, nor with another threshold or pair", async () => {
      const [made, key, stored] = [ask.generation(), ask.serverKey(), ask.storage()];
      const forKey = await sign(alice, serverKeyTypedData(domain, key));
      expect(await codeOf(serverKey(key, forKey))).to.equal("answered");
      expect(await codeOf(generate(made, forKey))).to.equal("INVALID_SIGNATURE");
      expect(await codeOf(store(stored, forKey))).to.equal("INVALID_SIGNATURE");
      expect(await codeOf(serverKey(key, await sign(alice, generationTypedData(domain, made))))).to.equal("INVALID_SIGNATURE");
      const forMade = await sign(alice, generationTypedData(domain, made));
      expect(await codeOf(generate({ ...made, threshold: 2 }, forMade))).to.equal("INVALID_SIGNATURE");
      expect(await codeOf(generate({ ...made, serverKeyId: newId() }, forMade))).to.equal("INVALID_SIGNATURE");
      const forStored = await sign(alice, storageTypedData(domain, stored));
      expect(await codeOf(store({ ...stored, commonPoint: backend.mulG(3n) }, forStored))).to.equal("INVALID_SIGNATURE");
      expect(await codeOf(store({ ...stored, encryptedPoint: G }, forStored))).to.equal("INVALID_SIGNATURE");
    });

    it("not an old client's, over the bare id", async () => {
      const [byAlice, byBob] = [signRaw(id(), secretOf(alice)), signRaw(id(), secretOf(bob))];
      expect(await codeOf(read(ask.reading(), byBob))).to.equal("INVALID_SIGNATURE");
      expect(await codeOf(serverKey(ask.serverKey(), byAlice))).to.equal("INVALID_SIGNATURE");
      expect(await codeOf(store(ask.storage(), byAlice))).to.equal("INVALID_SIGNATURE");
      const fresh = newId();
      expect(await codeOf(generate(ask.generation({ serverKeyId: fresh }), signRaw(fresh, secretOf(alice))))).to.equal("INVALID_SIGNATURE");
    });

    it("and none of a wallet on the old routes: it is somebody else's there", async () => {
      const get = async (method: string, path: string) => {
        const response = await fetch(`${hosts.urls[0]}${path}`, { method });
        return { status: response.status, text: await response.text() };
      };
      const hex = (bytes: Uint8Array): string => bytesToHex(bytes).slice(2);
      const bare = hex(id());
      const byBob = hex(await sign(bob, readingTypedData(domain, ask.reading())));
      expect((await get("GET", `/shadow/${bare}/${byBob}`)).status).to.equal(403);
      expect((await get("GET", `/shadow/${bare}/${hex(signRaw(id(), secretOf(bob)))}`)).status, "Bob by the old route").to.equal(200);
      const byAlice = hex(await sign(alice, serverKeyTypedData(domain, ask.serverKey())));
      expect((await get("GET", `/server/${bare}/${byAlice}`)).status).not.to.equal(200);
      const pair = `${hex(encodePoint(G))}`;
      expect((await get("POST", `/shadow/${bare}/${byAlice}/${pair}/${pair}`)).status).not.to.equal(200);
    });
  });

  it("is taken until its deadline, which is 600 s ahead at most", async () => {
    const deadlines: readonly (readonly [bigint, string])[] = [
      [-1n, "DEADLINE_PASSED"],
      [0n, "answered"],
      [BigInt(MAX_WALLET_DEADLINE_SECONDS), "answered"],
      [BigInt(MAX_WALLET_DEADLINE_SECONDS) + 1n, "DEADLINE_TOO_FAR"],
    ];
    for (const [ahead, code] of deadlines) {
      const deadline = now() + ahead;
      expect(await codeOf(read(ask.reading({ deadline }))), `read ${ahead}`).to.equal(code);
      expect(await codeOf(serverKey(ask.serverKey({ deadline }))), `server key ${ahead}`).to.equal(code);
      expect(await codeOf(generate(ask.generation({ deadline }))), `generate ${ahead}`).to.equal(code);
      const code2 = code === "answered" ? "REQUEST_CONFLICT" : code; // this is not the pair that is stored
      expect(await codeOf(store(ask.storage({ deadline }))), `store ${ahead}`).to.equal(code2);
    }
    const last = { deadline: 2n ** 64n - 1n };
    expect(await codeOf(read(ask.reading(last)))).to.equal("DEADLINE_TOO_FAR");
  });

  describe("of a contract account", () => {
    const asked = () => ask.reading({ reader: CONTRACT });
    /** What the account says about this very question, and no to any other. */
    const says = async (word: string | ((block: number) => string), slots: readonly number[] = SLOTS) => {
      const request = asked();
      const toSign = readingTypedData(domain, request);
      const signature = await sign(mallory, toSign); // some signature: the account's word counts
      const question = signatureQuestionCode({ account: CONTRACT, digest: toSign.digest, signature: bytesToHex(signature) });
      for (const slot of slots)
        hosts.at(slot).chain.simulate = (code, block) => (code !== question ? NO : typeof word === "string" ? word : word(block));
      return { request, signature };
    };
    const answerTo = async ({ request, signature }: Awaited<ReturnType<typeof says>>, slot = 0) => codeOf(read(request, signature, slot));
    const final = (): number => hosts.heads().final.number;

    it("is read where it says yes at the head and in the final block, and asked by each holder", async () => {
      const said = await says(YES);
      expect(await answerTo(said)).to.equal("answered");
      for (const slot of [1, 2]) expect(hosts.at(slot).chain.calls.some((call) => call.startsWith("simulate"))).to.equal(true);
      expect(await answerTo({ ...said, signature: new Uint8Array(65).fill(3) }), "another signature").to.equal("INVALID_SIGNATURE");
    });

    const words: readonly (readonly [string, (block: number) => string, string])[] = [
      ["says no, reverts or burns its gas", () => NO, "INVALID_SIGNATURE"],
      ["is not there", () => NO_CODE, "INVALID_SIGNATURE"],
      ["says yes since the final block", (block) => (block > final() ? YES : NO), "SIGNATURE_NOT_FINAL"],
      ["was deployed since the final block", (block) => (block > final() ? YES : NO_CODE), "SIGNATURE_NOT_FINAL"],
      ["has revoked its owner since the final block", (block) => (block > final() ? NO : YES), "INVALID_SIGNATURE"],
      ["cannot be asked", () => FAILED, "UNAVAILABLE"],
    ];
    for (const [what, word, code] of words)
      it(`is not where it ${what}: ${code}`, async () => {
        const before = await Promise.all(hosts.hosts.map(({ audit }) => audit()));
        expect(await answerTo(await says(word))).to.equal(code);
        expect(await Promise.all(hosts.hosts.map(({ audit }) => audit())), "nothing was given out").to.deep.equal(before);
      });

    it("is read without a keeper to which it says otherwise, not where t+1 are too few, and nobody is named for that", async () => {
      const named = hosts.named.length;
      const said = await says(YES, [1, 5]);
      expect(await answerTo(said)).to.equal("answered");
      hosts.everywhere((chain) => {
        chain.head += 1;
        chain.simulate = () => NO;
      });
      expect(await answerTo(await says(YES, [1]))).to.equal("UNAVAILABLE");
      expect(hosts.named.slice(named)).to.deep.equal([]);
    });

    it("publishes as others do, by proofs that its members ask it about, too", async () => {
      hosts.everywhere((chain) => {
        chain.simulate = () => YES;
      });
      const { id: made, encrypted } = await hosts.storeOf(mallory, { account: async () => CONTRACT }).publish("by a contract");
      const { content } = await hosts.storeOf(bob).read(made, encrypted);
      expect(new TextDecoder().decode(content)).to.equal("by a contract");
      hosts.at(5).chain.simulate = () => NO;
      const refused = ask.generation({ serverKeyId: newId(), author: CONTRACT });
      expect(
        await codeOf(generate(refused, await sign(mallory, generationTypedData(domain, refused)))),
        "a member is told no",
      ).not.to.equal("answered");
    });
  });

  it("is asked again by members: none generates or stores by a proof of something else", async () => {
    const made = ask.generation({ serverKeyId: newId() });
    const authorSignature = encodeWalletProof({ deadline: made.deadline, signature: await sign(alice, generationTypedData(domain, made)) });
    const generated = (changes: object = {}) => codeOfError(requireGenerationByAuthor(services, { ...made, authorSignature, ...changes }));
    expect(await generated()).to.equal("done");
    for (const changes of [{ threshold: 0 }, { serverKeyId: id() }, { author: addressOf(bob) }])
      expect(await generated(changes), Object.keys(changes).join()).to.equal("INVALID_SIGNATURE");
    const pair = ask.storage();
    const proof = encodeWalletProof({ deadline: pair.deadline, signature: await sign(alice, storageTypedData(domain, pair)) });
    const stored = (changes: object = {}) => codeOfError(requireStorageByAuthor(services, { ...pair, authorSignature: proof, ...changes }));
    expect(await stored()).to.equal("done");
    for (const changes of [{ commonPoint: backend.mulG(3n) }, { encryptedPoint: G }, { serverKeyId: newId() }, { authorSignature }])
      expect(await stored(changes), Object.keys(changes).join()).to.equal("INVALID_SIGNATURE");
    hosts.everywhere((chain) => {
      chain.head += 61;
    });
    expect(await generated(), "late").to.equal("DEADLINE_PASSED");
  });
  const codeOfError = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "done",
      ({ code }: { readonly code?: string }) => String(code),
    );

  it("does nothing twice: the same key again, the same pair again, and no other one", async () => {
    const { documentKey: _, ...pair } = createDocumentKey(G, hosts.portsOf(mallory).random);
    const made = ask.generation({ serverKeyId: newId(), author: addressOf(mallory) });
    const [byMallory, again] = [await sign(mallory, generationTypedData(domain, made)), { ...made, threshold: 0 }];
    for (const slot of [0, 1, 0]) expect(await codeOf(generate(made, byMallory, slot)), "the same key").to.equal("answered");
    expect(await codeOf(generate(again, await sign(mallory, generationTypedData(domain, again)))), "another t").to.equal(
      "REQUEST_CONFLICT",
    );
    const stolen = ask.generation({ serverKeyId: made.serverKeyId });
    expect(await codeOf(generate(stolen)), "another author").to.equal("REQUEST_CONFLICT");
    const own = { serverKeyId: made.serverKeyId, author: addressOf(mallory) };
    expect(await codeOf(read(ask.reading({ serverKeyId: made.serverKeyId }))), "nothing is stored").to.equal("UNKNOWN_DOCUMENT");
    const toStore = ask.storage({ ...own, ...pair });
    const signature = await sign(mallory, storageTypedData(domain, toStore));
    for (let times = 0; times < 2; times += 1) expect(await codeOf(store(toStore, signature)), "the same pair").to.equal("answered");
    const other = ask.storage(own);
    expect(await codeOf(store(other, await sign(mallory, storageTypedData(domain, other)))), "another pair").to.equal("REQUEST_CONFLICT");
    const strangers = ask.storage({ serverKeyId: made.serverKeyId, author: addressOf(bob) });
    expect(await codeOf(store(strangers, await sign(bob, storageTypedData(domain, strangers)))), "not its author").to.equal(
      "ACCESS_DENIED",
    );
    const foreign = ask.serverKey({ ...own, author: addressOf(bob) });
    expect(await codeOf(serverKey(foreign, await sign(bob, serverKeyTypedData(domain, foreign))))).to.equal("ACCESS_DENIED");
    expect(await codeOf(serverKey(ask.serverKey({ serverKeyId: newId() })))).to.equal("UNKNOWN_KEY");
    expect(await codeOf(read(ask.reading({ serverKeyId: newId() })))).to.equal("UNKNOWN_KEY");
  });

  it("costs its account nothing where somebody else asks in its name, and the key server no quota", async () => {
    const signature = async (asked: GenerationRequest) => sign(mallory, generationTypedData(domain, asked));
    for (let times = 0; times < 12; times += 1) {
      const asked = ask.generation({ serverKeyId: newId() });
      expect(await codeOf(generate(asked, await signature(asked)))).to.equal("INVALID_SIGNATURE");
    }
    const asked = ask.generation({ serverKeyId: newId() });
    expect(await codeOf(generate(asked))).to.equal("answered");
    const beyond = async (): Promise<string> => codeOf(generate(ask.generation({ serverKeyId: newId() })));
    let code = "answered";
    for (let times = 0; times < 6 && code === "answered"; times += 1) code = await beyond();
    expect(code, "there is a quota").to.equal("RATE_LIMITED");
  });

  describe("is refused by its form", () => {
    const signature = new Uint8Array(65).fill(1);
    const reading = () => encodeWalletAsk.read({ ...ask.reading(), signature, without: [] });
    const generation = () => encodeWalletAsk.generate({ ...ask.generation(), signature });
    const storage = () => encodeWalletAsk.store({ ...ask.storage(), signature });
    const bad: readonly (readonly [string, string, () => unknown])[] = [
      ["a field that is not known", WALLET_PATHS.read, () => ({ ...reading(), more: 1 })],
      ["__proto__", WALLET_PATHS.read, () => JSON.stringify(reading()).replace("{", '{"__proto__":{"a":1},')],
      ["no reader", WALLET_PATHS.read, () => ({ ...reading(), reader: undefined })],
      ["upper case", WALLET_PATHS.read, () => ({ ...reading(), serverKeyId: document.id.toUpperCase().replace("0X", "0x") })],
      ["no 0x", WALLET_PATHS.read, () => ({ ...reading(), serverKeyId: document.id.slice(2) })],
      ["31 bytes", WALLET_PATHS.read, () => ({ ...reading(), serverKeyId: document.id.slice(0, -2) })],
      ["33 bytes", WALLET_PATHS.read, () => ({ ...reading(), serverKeyId: `${document.id}00` })],
      ["a checksummed address", WALLET_PATHS.read, () => ({ ...reading(), reader: bob.address })],
      ["a point that is not on the curve", WALLET_PATHS.read, () => ({ ...reading(), readerKey: `0x02${"00".repeat(31)}05` })],
      ["a point of 64 bytes", WALLET_PATHS.read, () => ({ ...reading(), readerKey: `0x${G.toHex(false).slice(2)}` })],
      ["infinity", WALLET_PATHS.read, () => ({ ...reading(), readerKey: "0x00" })],
      ["a deadline that is a number", WALLET_PATHS.read, () => ({ ...reading(), deadline: 1 })],
      ["a deadline of 65 bits", WALLET_PATHS.read, () => ({ ...reading(), deadline: (2n ** 64n).toString() })],
      ["a deadline below 0", WALLET_PATHS.read, () => ({ ...reading(), deadline: "-1" })],
      ["a deadline with a zero before it", WALLET_PATHS.read, () => ({ ...reading(), deadline: `0${now() + 60n}` })],
      ["half a byte", WALLET_PATHS.read, () => ({ ...reading(), signature: "0x123" })],
      ["a signature of 5121 bytes", WALLET_PATHS.read, () => ({ ...reading(), signature: `0x${"01".repeat(5_121)}` })],
      ["65 slots", WALLET_PATHS.read, () => ({ ...reading(), without: Array(65).fill(1) })],
      ["slot 0", WALLET_PATHS.read, () => ({ ...reading(), without: [0] })],
      ["an array", WALLET_PATHS.read, () => [reading()]],
      ["null", WALLET_PATHS.read, () => "null"],
      ["nothing", WALLET_PATHS.read, () => ""],
      ["no JSON", WALLET_PATHS.read, () => "{"],
      ["another operation's body", WALLET_PATHS.read, generation],
      ["t = 256", WALLET_PATHS.generate, () => ({ ...generation(), threshold: 256 })],
      ["t = -1", WALLET_PATHS.generate, () => ({ ...generation(), threshold: -1 })],
      ["t = 1.5", WALLET_PATHS.generate, () => ({ ...generation(), threshold: 1.5 })],
      ["t as text", WALLET_PATHS.generate, () => ({ ...generation(), threshold: "1" })],
      [
        "an author's signature of 1025 bytes",
        WALLET_PATHS.generate,
        () => ({ ...generation(), signature: `0x${"01".repeat(MAX_AUTHOR_SIGNATURE_BYTES + 1)}` }),
      ],
      ["a pair without one point", WALLET_PATHS.store, () => ({ ...storage(), commonPoint: undefined })],
    ];
    for (const [what, path, body] of bad)
      it(what, async () => {
        const answered = await post(path, body());
        expect([answered.status, answered.code]).to.deep.equal([400, "INVALID_REQUEST"]);
      });

    it("another type, another method, and what is too long", async () => {
      expect((await post(WALLET_PATHS.read, reading(), 0, "text/plain")).code).to.equal("UNSUPPORTED_MEDIA_TYPE");
      expect((await fetch(`${hosts.urls[0]}${WALLET_PATHS.read}`)).status).to.equal(400);
      const long = await fetch(`${hosts.urls[0]}${WALLET_PATHS.read}`, { method: "POST", body: " ".repeat(65_537) });
      expect(long.status).to.equal(413);
    });

    it("and no line of the log repeats a signature or an id", () => {
      expect(hosts.lines.filter((line) => /[0-9a-f]{64}/i.test(line))).to.deep.equal([]);
    });
  });
});
