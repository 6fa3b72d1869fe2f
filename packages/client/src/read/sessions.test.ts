import { G, secureRandom } from "@keyquorum/threshold";
import {
  type Address,
  bytesToHex,
  type DocumentHeader,
  type DocumentId,
  documentIdOf,
  headerHashOf,
  hexToBytes,
  parseAddress,
  parseDelegation,
  readingSessionDigest,
  type ShareRequest,
  shareRequestDigest,
  ZERO_HASH,
} from "@keyquorum/wire";
import { expect } from "chai";
import { recoverAddress, type Wallet } from "ethers";
import { rollWallet } from "../../../../test/random/wallet.ts";
import { codeOf, errorOf } from "../fakes/errorOf.ts";
import { fakeClock } from "../fakes/fakeClock.ts";
import { importSession, openSession, type Session, type SessionOptions } from "./sessions.ts";

const START = 1_700_000_000;
const domain = { chainId: 31337n, shareRequests: `0x${"bb".repeat(20)}` as Address };
const bob = rollWallet("bob");
const bobAddress = parseAddress(bob.address);
const alice = `0x${"aa".repeat(20)}` as Address;
const salt = `0x${"05".repeat(32)}` as typeof ZERO_HASH;
const document = documentIdOf(alice, salt);
const other = `0x${"77".repeat(32)}` as DocumentId;

const header = (changes: Partial<DocumentHeader> = {}): DocumentHeader => ({
  chainId: domain.chainId,
  documentRegistry: `0x${"dd".repeat(20)}` as Address,
  keyId: ZERO_HASH as DocumentHeader["keyId"],
  document,
  owner: alice,
  salt,
  initialPermissions: `0x${"cc".repeat(20)}` as Address,
  ciphertext: { u: G, uBar: G, e: 1n, f: 1n },
  ...changes,
});
const request = (): ShareRequest => ({
  document,
  headerHash: headerHashOf(header()),
  requester: bobAddress,
  readerKey: G.toBytes(true),
  contextHash: ZERO_HASH,
  nonce: ZERO_HASH,
  deadline: BigInt(START + 300),
});
const codeThrown = (work: () => unknown): Promise<string> => codeOf(Promise.resolve().then(work));

describe("A reading session", () => {
  let clock = fakeClock(START);
  let prompts = 0;
  const counting = Object.create(bob, {
    signTypedData: {
      value: (...args: Parameters<Wallet["signTypedData"]>) => {
        prompts += 1;
        return bob.signTypedData(...args);
      },
    },
  }) as Wallet; // bob, but counting
  const open = (options: SessionOptions, signer = counting): Promise<Session> =>
    openSession({ signer, domain, clock, random: secureRandom, generationOf: async () => 4n }, options);
  beforeEach(() => {
    clock = fakeClock(START);
    prompts = 0;
  });

  it("is signed by the wallet, once, for what was asked", async () => {
    const session = await open({ documents: [document], hours: 2 });
    const { session: statement, signature } = parseDelegation(session.delegation);
    expect(statement).to.deep.include({ requester: bobAddress, since: BigInt(START), until: BigInt(START + 7_200), generation: 4n });
    expect(statement.scope).to.deep.equal({ kind: "documents", documents: [document] });
    expect(recoverAddress(readingSessionDigest(domain, statement), bytesToHex(signature))).to.equal(bob.address);
    await session.sign(domain, request());
    await session.sign(domain, request());
    expect(prompts).to.equal(1);
  });

  it("signs requests with its own key, which is another one each time", async () => {
    const [one, two] = [await open({ owner: alice }), await open({ owner: alice })];
    const signature = await one.sign(domain, request());
    expect(recoverAddress(shareRequestDigest(domain, request()), bytesToHex(signature)).toLowerCase()).to.equal(one.session.sessionKey);
    expect(one.session.sessionKey).to.not.equal(bobAddress);
    expect(one.session.sessionKey).to.not.equal(two.session.sessionKey);
  });

  it("shows nothing secret when it is printed", async () => {
    const session = await open({ owner: alice });
    const { secret } = session.exportSecret();
    const shown = JSON.stringify(session, (_, value) => (typeof value === "bigint" ? value.toString() : value)) + String(session);
    expect(shown).to.not.include(secret.slice(2));
  });

  it("covers the documents that it names, and no others", async () => {
    const session = await open({ documents: [document] });
    session.check({ document });
    session.check(header());
    expect(await codeThrown(() => session.check({ document: other }))).to.equal("SESSION_OUT_OF_SCOPE");
  });

  it("covers an owner's documents, and no others'", async () => {
    const session = await open({ owner: alice });
    session.check({ document: other });
    session.check(header());
    expect(await codeThrown(() => session.check(header({ owner: bobAddress })))).to.equal("SESSION_OUT_OF_SCOPE");
  });

  it("is over when its time is", async () => {
    const session = await open({ owner: alice, hours: 1 });
    clock.setSeconds(START + 3_599);
    session.check(header());
    clock.setSeconds(START + 3_600);
    expect(await codeThrown(() => session.check(header()))).to.equal("SESSION_EXPIRED");
    expect(await codeOf(session.sign(domain, request()))).to.equal("SESSION_EXPIRED");
    expect(await codeThrown(() => session.exportSecret())).to.equal("SESSION_EXPIRED");
  });

  it("signs no more once it is erased", async () => {
    const session = await open({ owner: alice });
    session.erase();
    expect(await codeOf(session.sign(domain, request()))).to.equal("SESSION_ENDED");
    expect(await codeThrown(() => session.check(header()))).to.equal("SESSION_ENDED");
  });

  it("is for one deployment", async () => {
    const session = await open({ owner: alice });
    expect(await codeOf(session.sign({ ...domain, chainId: 1n }, request()))).to.equal("WRONG_CHAIN");
    expect(await codeOf(session.sign({ ...domain, shareRequests: alice }, request()))).to.equal("WRONG_CHAIN");
    expect(await codeThrown(() => session.check(header({ chainId: 1n })))).to.equal("WRONG_CHAIN");
  });

  const many = Array.from({ length: 33 }, (_, index) => `0x${index.toString(16).padStart(64, "0")}` as DocumentId);
  const refused: Readonly<Record<string, unknown>> = {
    "no scope": {},
    "both scopes": { documents: [document], owner: alice },
    "no document": { documents: [] },
    "33 documents": { documents: many },
    "a document twice": { documents: [document, document] },
    "no document id": { documents: ["0x12"] },
    "no owner's address": { owner: "alice" },
    "the zero owner": { owner: `0x${"00".repeat(20)}` },
    "0 hours": { owner: alice, hours: 0 },
    "25 hours": { owner: alice, hours: 25 },
    "no number of hours": { owner: alice, hours: "1" },
    "not a number": { owner: alice, hours: Number.NaN },
  };
  for (const [name, options] of Object.entries(refused))
    it(`is refused before the wallet is asked: ${name}`, async () => {
      expect(await codeOf(open(options as SessionOptions))).to.equal("INVALID_VALUE");
      expect(prompts).to.equal(0);
    });

  it("says ACTION_REJECTED when the wallet declines", async () => {
    const declining = Object.create(bob, { signTypedData: { value: () => Promise.reject(new Error("user rejected")) } }) as Wallet;
    expect(await codeOf(open({ owner: alice }, declining))).to.equal("ACTION_REJECTED");
  });

  it("does not wait for the wallet when the caller aborts", async () => {
    const silent = Object.create(bob, { signTypedData: { value: () => new Promise(() => undefined) } }) as Wallet;
    const aborting = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => aborting.abort(reason), 20);
    expect(await open({ owner: alice, signal: aborting.signal }, silent).catch((caught: unknown) => caught)).to.equal(reason);
  });

  describe("that was exported", () => {
    it("signs as before", async () => {
      const session = await open({ documents: [document] });
      const again = importSession(JSON.parse(JSON.stringify(session.exportSecret())), { clock });
      expect(again.session).to.deep.equal(session.session);
      expect(await again.sign(domain, request())).to.deep.equal(await session.sign(domain, request()));
    });

    it("says SESSION_EXPIRED when its time is over", async () => {
      const file = (await open({ owner: alice, hours: 1 })).exportSecret();
      clock.setSeconds(START + 3_600);
      expect(await codeThrown(() => importSession(file, { clock }))).to.equal("SESSION_EXPIRED");
    });

    type File = Record<string, unknown>;
    const changes: Readonly<Record<string, (file: File) => unknown>> = {
      "is not an object": () => "nothing of the kind",
      "has another format": (file) => ({ ...file, format: "keyquorum-grant" }),
      "has another version": (file) => ({ ...file, version: 2 }),
      "has an unknown field": (file) => ({ ...file, extra: 1 }),
      "has no chain": (file) => ({ ...file, chainId: 31337 }),
      "has no contract": (file) => ({ ...file, shareRequests: "0x1" }),
      "has a cut delegation": (file) => ({ ...file, delegation: String(file.delegation).slice(0, 60) }),
      "has too long a delegation": (file) => ({ ...file, delegation: `0x${"00".repeat(5_000)}` }),
      "has a short secret": (file) => ({ ...file, secret: "0x12" }),
      "has a secret that is no key": (file) => ({ ...file, secret: `0x${"ff".repeat(32)}` }),
      "has the secret of zero": (file) => ({ ...file, secret: `0x${"00".repeat(32)}` }),
      "has another session's secret": (file) => ({ ...file, secret: `0x${"11".repeat(32)}` }),
    };
    for (const [name, change] of Object.entries(changes))
      it(`is refused when it ${name}, and its secret is not repeated`, async () => {
        const file = { ...(await open({ owner: alice })).exportSecret() } as File;
        const changed = change(file) as File;
        const error = await errorOf(Promise.resolve().then(() => importSession(changed, { clock })));
        expect(error.code).to.equal("INVALID_VALUE");
        const secret = String(typeof changed === "object" ? changed.secret : changed);
        expect(`${error.message}${JSON.stringify(error.details)}${String(error.cause)}`).to.not.include(secret.replace("0x", ""));
      });
  });

  it("takes a contract wallet's long signature", async () => {
    const long = `0x${"5a".repeat(2_000)}`;
    const wallet = Object.create(bob, { signTypedData: { value: async () => long } }) as Wallet;
    const session = await open({ owner: alice }, wallet);
    expect(parseDelegation(session.delegation).signature).to.deep.equal(hexToBytes(long));
  });
});
