import { G } from "@keyquorum/threshold";
import { bytesToHex } from "@keyquorum/wire";
import { expect } from "chai";
import { type encodeWalletAnswer, WALLET_PATHS } from "../proofs/walletBodies.ts";
import { alice, bob, createWalletHosts, type WalletHosts } from "../testing/walletHosts.ts";
import type { SecretStorePorts } from "./secretStorePorts.ts";

const SLOTS = [1, 2, 5];
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    ({ code }: { readonly code?: string }) => String(code),
  );

type Key = ReturnType<typeof encodeWalletAnswer.key>;
type Stored = ReturnType<typeof encodeWalletAnswer.stored>;

describe("a wallet's publishing", () => {
  let hosts: WalletHosts;
  let ports: SecretStorePorts;
  /** What a keeper truly said of another key, and of another pair. */
  let otherKey: Key;
  let otherStored: Stored;

  before(async () => {
    hosts = await createWalletHosts(SLOTS, { keyServer: { quotas: { perAuthor: 1_000, perAddress: 1_000, total: 1_000 } } });
    ports = hosts.portsOf(alice);
    await hosts
      .storeOf(alice, {
        post: async (url, body) => {
          const answer = await ports.post(url, body);
          if (url.endsWith(WALLET_PATHS.generate)) otherKey = structuredClone(answer.body) as Key;
          else otherStored = structuredClone(answer.body) as Stored;
          return answer;
        },
      })
      .publish("another");
  });
  after(() => hosts?.remove());

  /** The first keeper's answers on one route are what `change` makes of them. */
  const firstLies = (path: string, change: (answer: never) => unknown): Pick<SecretStorePorts, "post"> => ({
    post: async (url, body) => {
      const answer = await ports.post(url, body);
      return url === `${hosts.urls[0]}${path}` ? { ...answer, body: change(structuredClone(answer.body) as never) } : answer;
    },
  });

  const keys: Readonly<Record<string, (key: Key) => unknown>> = {
    "another public key": (key) => ({ ...key, commitments: [bytesToHex(G.toBytes(true)), ...key.commitments.slice(1)] }),
    "another id's key": () => otherKey,
    "another id's key under this one": (key) => ({ ...otherKey, serverKeyId: key.serverKeyId }),
    "a key of fewer members": (key) => ({ ...key, members: key.members.slice(1), confirmations: key.confirmations.slice(1) }),
    "a key of an epoch that is not": (key) => ({ ...key, epoch: 3 }),
    "a lower threshold": (key) => ({ ...key, threshold: 0, commitments: key.commitments.slice(0, 1) }),
  };
  for (const [what, change] of Object.entries(keys))
    it(`encrypts to no key that its members did not sign: ${what}`, async () => {
      const made = await hosts.storeOf(alice, firstLies(WALLET_PATHS.generate, change)).publish("for Bob");
      expect(made.failures.map(({ keyServer, code }) => [keyServer, code])).to.deep.equal([[hosts.urls[0], "LIED"]]);
      const read = await hosts.storeOf(bob).read(made.id, made.encrypted);
      expect(text(read.content), "the next keeper gave the right one").to.equal("for Bob");
    });

  it("encrypts to no key of another threshold than it asked for, though its members signed that one", async () => {
    let low: unknown;
    const id = `0x${"7a".repeat(32)}`;
    const asked = hosts.storeOf(alice, {
      post: async (url, body) => {
        const answer = await ports.post(url, body);
        low ??= answer.body;
        return answer;
      },
    });
    await asked.publish("t is 0", { id, threshold: 0 });
    const store = hosts.storeOf(alice, { post: async () => ({ status: 200, body: low }) });
    expect(await codeOf(store.publish("t is 1", { id, threshold: 1 }))).to.equal("BAD_ANSWER");
  });

  it("encrypts to no key of members whose epoch is over", async () => {
    const epochOf: SecretStorePorts["epochOf"] = async (epoch) => ({ ...(await ports.epochOf(epoch)), isCurrent: false });
    expect(await codeOf(hosts.storeOf(alice, { epochOf }).publish("late"))).to.equal("BAD_ANSWER");
    expect(await codeOf(hosts.storeOf(alice, { currentEpoch: async () => 0 }).publish("early"))).to.equal("NO_READY_KEY");
  });

  const storings: Readonly<Record<string, (stored: Stored) => unknown>> = {
    "no certificate": (stored) => ({ ...stored, certificate: [] }),
    "too few": ({ certificate, ...stored }) => ({ ...stored, certificate: certificate.slice(0, 2) }),
    "one signature for all": ({ certificate, ...stored }) => ({ ...stored, certificate: certificate.map(() => certificate[0]) }),
    "another pair's": (stored) => ({ ...stored, certificate: otherStored.certificate }),
    "another epoch": (stored) => ({ ...stored, epoch: 3 }),
  };
  for (const [what, change] of Object.entries(storings))
    it(`does not count as stored what too few members signed: ${what}`, async () => {
      const made = await hosts.storeOf(alice, firstLies(WALLET_PATHS.store, change)).publish("for Bob");
      expect(made.failures.map(({ keyServer, code }) => [keyServer, code])).to.deep.equal([[hosts.urls[0], "LIED"]]);
      expect(text((await hosts.storeOf(bob).read(made.id, made.encrypted)).content)).to.equal("for Bob");
    });

  it("is not taken over by a keeper that stores another pair: the author did not sign it", async () => {
    const own = bytesToHex(G.toBytes(true));
    const made = await hosts
      .storeOf(alice, {
        post: (url, body) =>
          ports.post(url, url === `${hosts.urls[0]}${WALLET_PATHS.store}` ? { ...(body as object), commonPoint: own } : body),
      })
      .publish("for Bob");
    expect(made.failures.map(({ code }) => code)).to.deep.equal(["INVALID_SIGNATURE"]);
    expect(text((await hosts.storeOf(bob).read(made.id, made.encrypted)).content)).to.equal("for Bob");
  });

  it("reads the author's own key back by what its members signed alone", async () => {
    const id = otherKey.serverKeyId;
    for (const change of [keys["another public key"], () => ({ ...otherKey, sid: id })]) {
      const store = hosts.storeOf(alice, firstLies(WALLET_PATHS.serverKey, change as never));
      hosts.failures.length = 0;
      expect((await store.serverKey(id)).id).to.equal(id);
      expect(hosts.failures.map(({ code }) => code)).to.deep.equal(["LIED"]);
    }
    expect(await codeOf(hosts.storeOf(bob).serverKey(id)), "somebody else's").to.equal("ACCESS_DENIED");
  });
});
