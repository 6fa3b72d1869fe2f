// PROTOCOL 10.2 to the byte, by another encoder: what is signed here is what every keeper has to sign.
import { encodePoint, encodeScalar, nobleBackend } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, type Hex, hexToBytes, parseAddress, signingMessageDigest } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import type { NonceMessage, ShareMessage } from "../messages.ts";
import {
  attemptOf,
  commitmentOf,
  nonceAskStatement,
  nonceIdOf,
  nonceStatement,
  packageHashOf,
  shareAskStatement,
  shareStatement,
} from "./statements.ts";

const tag = (name: string): string => bytesToHex(keccak_256(utf8ToBytes(`keyquorum/v1/${name}`)));
const hash = (byte: number): Hash32 => `0x${byte.toString(16).padStart(2, "0").repeat(32)}` as Hash32;
/** keccak of abi.encode of words, by ethers. */
const keccakOf = (...words: readonly (string | number | bigint)[]): string =>
  keccak256(
    AbiCoder.defaultAbiCoder().encode(
      words.map((one) => (typeof one === "string" ? "bytes32" : "uint256")),
      words,
    ),
  );

const domain = { chainId: 31337n, signingRequests: parseAddress(`0x${"51".repeat(20)}`) };
const [signer, coordinator] = [
  { slot: 3, boot: hash(0x33) },
  { slot: 7, boot: hash(0x77) },
];
const [d, e] = [nobleBackend.mulG(11n), nobleBackend.mulG(13n)];
const [D, E] = [d.toAffine(), e.toAffine()];
const about = { requestId: hash(1), epoch: 9 };
const nonce: Omit<NonceMessage, "signature"> = { ...about, signer, coordinator, d: encodePoint(d), e: encodePoint(e) };
const commitment = commitmentOf(nonce) as NonNullable<ReturnType<typeof commitmentOf>>;
const digestOf = (kind: number, attempt: string, by: typeof signer, content: string | number): string =>
  keccakOf(tag("signing"), kind, domain.chainId, BigInt(domain.signingRequests), about.requestId, attempt, 9, by.slot, by.boot, content);

const nonceId = keccakOf(tag("frost-nonce-id"), about.requestId, 9, 3, signer.boot, 7, coordinator.boot, D.x, D.y, E.x, E.y);
const packageHash = keccakOf(tag("frost-commitments"), 3, D.x, D.y, E.x, E.y);
const attempt = keccakOf(tag("attempt"), about.requestId, 9, 7, coordinator.boot, packageHash);
const hex = (value: string): Hash32 => value as Hash32;

describe("What is signed while a Schnorr signature is made, to the byte", () => {
  it("nonceId, B and attempt", () => {
    expect(nonceIdOf(nonce, commitment)).to.equal(nonceId);
    expect(packageHashOf([commitment])).to.equal(packageHash);
    expect(attemptOf({ ...about, coordinator }, hex(packageHash))).to.equal(attempt);
  });

  it("kinds 1 to 4", () => {
    const askId = hash(0xa5);
    const z = encodeScalar(0x1234n);
    const share: Omit<ShareMessage, "signature"> = { ...about, attempt: hex(attempt), signer, nonceId: hex(nonceId), z };
    const made = [
      nonceAskStatement({ ...about, coordinator, to: 3, askId }),
      nonceStatement(nonce, hex(nonceId)),
      shareAskStatement({ ...about, attempt: hex(attempt), coordinator }),
      shareStatement(share, hex(packageHash)),
    ].map((message) => signingMessageDigest(domain, message));
    const zero = `0x${"00".repeat(32)}`;
    expect(made).to.deep.equal([
      digestOf(1, zero, coordinator, keccakOf(3, askId)),
      digestOf(2, zero, signer, nonceId),
      digestOf(3, attempt, coordinator, 0),
      digestOf(4, attempt, signer, keccakOf(nonceId, packageHash, bytesToHex(z))),
    ]);
  });

  it("reads 33 bytes, 02 or 03, of points that are valid and differ, and nothing else", () => {
    const high = hexToBytes(`0x02fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364142` as Hex, 33); // x = n + 1
    for (const bad of [
      new Uint8Array(33),
      new Uint8Array(32),
      encodePoint(d).fill(4, 0, 1),
      encodePoint(d).fill(7, 0, 1),
      high,
      encodePoint(e),
    ])
      expect(commitmentOf({ ...nonce, d: bad })).to.equal(undefined);
    expect(commitment.hiding.equals(d) && commitment.binding.equals(e)).to.equal(true);
  });
});
