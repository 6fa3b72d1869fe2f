import {
  bytesToHex,
  type GivenSignature,
  type Hash32,
  hexToBytes,
  type KeyId,
  KeyquorumError,
  parseAddress,
  statementDigest,
  ZERO_HASH,
} from "@keyquorum/wire";
import { expect } from "chai";
import { hashMessage, id, Transaction, TypedDataEncoder, Wallet, ZeroAddress } from "ethers";
import type { Client } from "../bareClient.ts";
import type { KeeperContact } from "../keys/committee.ts";
import { DEFAULT_EXCHANGE_LIMITS } from "../read/exchange.ts";
import { systemClock } from "../time/clock.ts";
import { askForSignature } from "./askForSignature.ts";
import { keySigner } from "./signerFor.ts";
import { type SigningContent, statementOf } from "./statementOf.ts";

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return "no error";
  } catch (error) {
    if (error instanceof KeyquorumError) return error.code;
    throw error;
  }
};

/** An account that a test holds the key of, in the place of one that exists nowhere. */
const wallet = new Wallet(id("a key that exists somewhere"));
const digestOf = (content: SigningContent): Hash32 => statementDigest(statementOf(content));
const signer = keySigner(
  parseAddress(wallet.address),
  async (content) => ({ signature: bytesToHex(hexToBytes(wallet.signingKey.sign(digestOf(content)).serialized)) }),
  null,
);
const domain = { name: "A test", version: "1", chainId: 7n, verifyingContract: ZeroAddress };
const types = { Note: [{ name: "text", type: "string" }] };

describe("A signer of a key", () => {
  it("signs typed data and messages as the account's own key would", async () => {
    const message = { text: "hello" };
    expect(await signer.signTypedData(domain, types, message)).to.equal(await wallet.signTypedData(domain, types, message));
    expect(digestOf({ typedData: { domain, types, message } })).to.equal(TypedDataEncoder.hash(domain, types, message));
    for (const text of ["hello", "", "ä"]) expect(await signer.signMessage(text)).to.equal(await wallet.signMessage(text));
    expect(digestOf({ message: Uint8Array.of(1, 2) })).to.equal(hashMessage(Uint8Array.of(1, 2)));
  });
  it("signs transactions of type 2, which every node takes", async () => {
    const transaction = {
      ...{ chainId: 5n, nonce: 3, maxFeePerGas: 20n, maxPriorityFeePerGas: 2n, gasLimit: 21_000n },
      ...{ to: `0x${"11".repeat(20)}`, value: 5n, data: "0x1234", type: 2 },
    };
    const signed = await signer.signTransaction(transaction);
    expect(signed).to.equal(await wallet.signTransaction(transaction));
    expect(Transaction.from(signed).from).to.equal(wallet.address);
  });
  it("signs no other transaction: of another type or account, without a receiver, with an access list", async () => {
    const plain = { chainId: 5n, nonce: 3, maxFeePerGas: 20n, maxPriorityFeePerGas: 2n, gasLimit: 21_000n, to: `0x${"11".repeat(20)}` };
    for (const other of [
      { type: 0 },
      { type: 1 },
      { from: `0x${"22".repeat(20)}` },
      { to: null },
      { accessList: [{ address: `0x${"33".repeat(20)}`, storageKeys: [] }] },
    ])
      expect(await codeOf(() => signer.signTransaction({ ...plain, ...other })), JSON.stringify(other)).to.equal("INVALID_VALUE");
  });
  it("says that a Schnorr key signs for an account only", async () => {
    const schnorr = keySigner(wallet.address, async () => ({ signature: `0x${"11".repeat(64)}` }), null);
    expect(await codeOf(() => schnorr.signMessage("hello"))).to.equal("INVALID_VALUE");
  });
  it("refuses what cannot be signed as it is written", async () => {
    expect(await codeOf(() => statementOf({ message: "x".repeat(1_025) }))).to.equal("INVALID_VALUE");
    expect(await codeOf(() => statementOf({ typedData: { domain, types, message: { other: 1 } } }))).to.equal("INVALID_VALUE");
  });
});

describe("Asking keepers for a signature", () => {
  const keepers: readonly KeeperContact[] = [1, 2, 4, 7, 9].map((slot) => ({
    ...{ slot, name: `Keeper ${slot}`, endpoint: `http://k${slot}` },
    identity: parseAddress(`0x${"11".repeat(20)}`),
  }));
  const statement = { keyId: ZERO_HASH as KeyId, derivation: ZERO_HASH, ...statementOf({ message: "hello" }) };
  const asked = {
    request: { statement, requester: parseAddress(`0x${"11".repeat(20)}`), nonce: ZERO_HASH, deadline: 1n },
    signature: new Uint8Array(65),
  };
  const right: GivenSignature = { requestId: ZERO_HASH, digest: ZERO_HASH, signature: new Uint8Array(64).fill(1) };
  const bodyOf = (given: GivenSignature) => ({ requestId: given.requestId, digest: given.digest, signature: bytesToHex(given.signature) });
  const refusal = (code: string, details = {}) => ({ code, message: "No.", retryable: false, details });
  /** Each keeper's status and body, by slot. */
  const ask = (answers: (slot: number) => readonly [number, unknown]) => {
    const reached: number[] = [];
    const client = {
      clock: systemClock,
      limits: DEFAULT_EXCHANGE_LIMITS,
      fetchAt:
        ({ slot }: KeeperContact) =>
        async () => {
          reached.push(slot);
          const [status, body] = answers(slot);
          return new Response(JSON.stringify(body), { status });
        },
    } satisfies Pick<Client, "clock" | "limits" | "fetchAt">;
    const given = askForSignature(client, {
      ...{ keepers, quorum: 3, asked, signal: new AbortController().signal },
      isRight: ({ signature }) => signature[0] === 1,
    });
    return { given, reached };
  };

  it("one suffices: the others are not asked", async () => {
    const { given, reached } = ask(() => [200, bodyOf(right)]);
    expect(await given).to.deep.equal(right);
    expect(reached).to.deep.equal([1]);
  });
  it("goes on where a keeper fails, lies, or answers nonsense", async () => {
    const wrong = { ...right, signature: new Uint8Array(64).fill(2) };
    const { given, reached } = ask((slot) => {
      if (slot === 1) return [503, refusal("UNAVAILABLE")];
      if (slot === 2) return [200, bodyOf(wrong)];
      return slot === 4 ? [200, { nonsense: true }] : [200, bodyOf(right)];
    });
    expect(await given).to.deep.equal(right);
    expect(reached).to.deep.equal([1, 2, 4, 7]);
  });
  for (const [what, code, answers] of [
    ["more than n - q refuse", "SIGNING_DENIED", (slot: number) => (slot < 7 ? "SIGNING_DENIED" : "UNAVAILABLE")],
    ["n - q refuse: they may all lie", "UNAVAILABLE", (slot: number) => (slot < 4 ? "SIGNING_DENIED" : "UNAVAILABLE")],
    ["it is not final yet", "SIGNING_NOT_FINAL", () => "SIGNING_NOT_FINAL"],
    ["too few were ready", "TOO_FEW_SIGNERS", (slot: number) => (slot < 7 ? "UNAVAILABLE" : "TOO_FEW_SIGNERS")],
  ] as const)
    it(`says ${code} where ${what}, and what each keeper said`, async () => {
      const { given } = ask((slot) => [403, refusal(answers(slot), { perKeeper: ["9 UNAVAILABLE"] })]);
      const error: unknown = await given.then(
        () => undefined,
        (caught: unknown) => caught,
      );
      expect(error).to.be.instanceOf(KeyquorumError).with.property("code", code);
      const { perKeeper } = (error as KeyquorumError).details;
      expect(perKeeper).to.have.length(5);
      expect(String((perKeeper as readonly string[])[0])).to.match(/^1 Keeper 1: .*It names: 9 UNAVAILABLE/);
    });
});
