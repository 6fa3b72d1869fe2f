import { bytesToHex, type Hash32, type ShareRequest, shareRequestDigest, shareRequestTypedData, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { getBytes, hexlify, type Signer } from "ethers";
import { rollWallet } from "../../../test/random/wallet.ts";
import { codeOf } from "./fakes/errorOf.ts";
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
const walletGiving = (give: () => Promise<unknown>, address = bob.address): Signer =>
  ({ getAddress: async () => address, signTypedData: give }) as unknown as Signer; // of a signer, only these two are used

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

  it("takes up to 4096 bytes, in either case of hex", async () => {
    expect(
      await signTypedData(
        walletGiving(async () => `0x${"AB".repeat(4_096)}`),
        toSign,
      ),
    ).to.have.length(4_096);
  });

  const useless: Readonly<Record<string, () => Promise<unknown>>> = {
    "is empty": async () => "0x",
    "has 4097 bytes": async () => `0x${"ab".repeat(4_097)}`,
    "is no hex": async () => "signed!",
    "is nothing": async () => undefined,
    "was declined": () => Promise.reject(new Error("user rejected")),
  };
  for (const [name, give] of Object.entries(useless))
    it(`says NO_SIGNER when the signature ${name}`, async () => {
      expect(await codeOf(signTypedData(walletGiving(give), toSign))).to.equal("NO_SIGNER");
    });

  it("stops waiting when the caller aborts", async () => {
    const reason = new Error("enough");
    const wallet = walletGiving(() => new Promise(() => undefined));
    expect(await signTypedData(wallet, toSign, AbortSignal.abort(reason)).catch((caught: unknown) => caught)).to.equal(reason);
  });
});
