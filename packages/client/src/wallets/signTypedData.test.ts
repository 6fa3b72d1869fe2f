import {
  bytesToHex,
  type Hash32,
  MAX_SIGNATURE_BYTES,
  type ShareRequest,
  shareRequestDigest,
  shareRequestTypedData,
  ZERO_HASH,
} from "@keyquorum/wire";
import { expect } from "chai";
import { getBytes, hexlify, type Signer } from "ethers";
import { rollWallet } from "../../../../test/random/wallet.ts";
import { codeOf } from "../fakes/errorOf.ts";
import { signTypedData, type ToSign } from "./signTypedData.ts";

const domain = { chainId: 1n, shareRequests: `0x${"bb".repeat(20)}` as never };
const bob = rollWallet("bob");
const request: ShareRequest = {
  document: ZERO_HASH as never,
  headerHash: ZERO_HASH,
  requester: bob.address.toLowerCase() as never,
  readerKey: new Uint8Array(33),
  contextHash: ZERO_HASH,
  nonce: ZERO_HASH as Hash32,
  deadline: 1n,
};
const toSign: ToSign = { typed: shareRequestTypedData(domain, request), digest: shareRequestDigest(domain, request), what: "the request" };
const signature = () => bob.signTypedData(toSign.typed.domain, toSign.typed.types, toSign.typed.message);
const walletGiving = (give: () => Promise<unknown>, address = bob.address, provider: unknown = null): Signer =>
  ({ getAddress: async () => address, signTypedData: give, provider }) as unknown as Signer; // of a signer, only these are used
const contract = `0x${"12".repeat(20)}`;
const MAGIC = `0x1626ba7e${"00".repeat(28)}`;

describe("Asking a wallet for a signature", () => {
  it("returns an account's 65 bytes", async () => {
    expect(bytesToHex(await signTypedData(bob, toSign))).to.equal(await signature());
  });

  it("makes an account's v of 0 or 1 the 27 or 28 that the protocol takes", async () => {
    const usual = getBytes(await signature());
    const odd = Uint8Array.from([...usual.subarray(0, 64), (usual[64] ?? 0) - 27]);
    expect(
      await signTypedData(
        walletGiving(async () => hexlify(odd)),
        toSign,
      ),
    ).to.deep.equal(usual);
  });

  it("leaves a contract wallet's 65 bytes that end with 0 or 1 as they are", async () => {
    const theirs = Uint8Array.from([...getBytes(await signature()).subarray(0, 64), 1]);
    const wallet = walletGiving(async () => hexlify(theirs), `0x${"12".repeat(20)}`);
    expect(await signTypedData(wallet, toSign)).to.deep.equal(theirs);
  });

  it("takes what an account of 64 owners gives, in either case of hex, and as much as the protocol takes", async () => {
    for (const bytes of [64 * 65, MAX_SIGNATURE_BYTES])
      expect(
        await signTypedData(
          walletGiving(async () => `0x${"AB".repeat(bytes)}`, contract),
          toSign,
        ),
      ).to.have.length(bytes);
  });

  it("takes an empty signature where the account's contract says that it approved the digest on chain", async () => {
    const asked: unknown[] = [];
    const chainSaying = (answer: () => string) => ({
      call: async (call: { readonly to: string; readonly data: string }) => {
        asked.push([call.to, call.data.slice(0, 74)]);
        return answer();
      },
    });
    const empty = async (): Promise<string> => "0x";
    expect(
      await signTypedData(
        walletGiving(
          empty,
          contract,
          chainSaying(() => MAGIC),
        ),
        toSign,
      ),
    ).to.have.length(0);
    expect(asked).to.deep.equal([[contract, `0x1626ba7e${toSign.digest.slice(2)}`]]);
    const down = (): never => {
      throw new Error("down");
    };
    for (const answer of [() => "0x", () => `0x${"00".repeat(32)}`, () => `${MAGIC}00`, () => "0x1626ba7e", down])
      expect(await codeOf(signTypedData(walletGiving(empty, contract, chainSaying(answer)), toSign))).to.equal("WALLET_FAILED");
  });

  const useless: Readonly<Record<string, () => Promise<unknown>>> = {
    "is empty": async () => "0x",
    "is too long": async () => `0x${"ab".repeat(MAX_SIGNATURE_BYTES + 1)}`,
    "is not hex": async () => "signed!",
    "is nothing": async () => undefined,
    "is not given, for a reason that nobody knows": () => Promise.reject(new Error("boom")),
  };
  for (const [name, give] of Object.entries(useless))
    it(`says WALLET_FAILED when the signature ${name}`, async () => {
      expect(await codeOf(signTypedData(walletGiving(give), toSign))).to.equal("WALLET_FAILED");
    });

  it("stops waiting when the caller aborts", async () => {
    const reason = new Error("enough");
    const wallet = walletGiving(() => new Promise(() => undefined));
    expect(await signTypedData(wallet, toSign, AbortSignal.abort(reason)).catch((caught: unknown) => caught)).to.equal(reason);
  });
});
