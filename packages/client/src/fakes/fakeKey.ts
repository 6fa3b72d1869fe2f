import {
  addressOfPoint,
  evaluatePolynomial,
  G,
  merklePath,
  merkleRoot,
  type Point,
  pointFromXY,
  randomScalar,
  SecretScalar,
  verifyingLeaf,
} from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hash32, hexToBytes, type KeyId } from "@keyquorum/wire";
import { SigningKey, Wallet } from "ethers";
import type { KeyInfo } from "../keys.ts";

/** One keeper of a fake committee, with everything that it alone would know. */
export type FakeMember = {
  readonly slot: number;
  readonly share: SecretScalar;
  readonly verifyingShare: Point;
  readonly path: readonly Hash32[];
  readonly identity: Wallet;
  readonly identityAddress: Address;
};

/** A threshold key dealt in one place: real shares, root and identities, without the ceremony. */
export const createFakeKey = ({
  members,
  threshold,
  epoch = 1,
}: {
  readonly members: number;
  readonly threshold: number;
  readonly epoch?: number;
}) => {
  const coefficients = Array.from({ length: threshold + 1 }, () => randomScalar());
  const keyId = bytesToHex(hexToBytes(Wallet.createRandom().privateKey)) as KeyId;
  const slots = Array.from({ length: members }, (_, index) => index + 1);
  const shares = slots.map((slot) => evaluatePolynomial(coefficients, BigInt(slot)));
  const verifyingShares = shares.map((share) => G.multiply(share));
  const leaves = slots.map((slot, index) =>
    verifyingLeaf({ keyId: hexToBytes(keyId), epoch, slot, verifyingShare: verifyingShares[index] as Point }),
  );
  const publicKey = G.multiply(coefficients[0] as bigint);
  const key: KeyInfo = {
    keyId,
    purpose: "Decrypt",
    publicKey,
    publicKeyAddress: bytesToHex(addressOfPoint(publicKey)) as Address,
    requester: `0x${"11".repeat(20)}` as Address,
    epoch,
    threshold,
    quorum: threshold + 1,
    slots,
    commitmentsHash: `0x${"22".repeat(32)}` as Hash32,
    verifyingRoot: bytesToHex(merkleRoot(leaves)) as Hash32,
  };
  const committee = slots.map((slot, index): FakeMember => {
    const identity = new Wallet(Wallet.createRandom().privateKey);
    const { x, y } = decompress(identity);
    return {
      slot,
      share: SecretScalar.from(shares[index] as bigint),
      verifyingShare: verifyingShares[index] as Point,
      path: merklePath(leaves, index).map((hash) => bytesToHex(hash) as Hash32),
      identity,
      identityAddress: bytesToHex(addressOfPoint(pointFromXY(x, y))) as Address,
    };
  });
  return { key, committee };
};

/** The affine coordinates of an identity's public key. */
export const decompress = ({ privateKey }: Wallet): { readonly x: bigint; readonly y: bigint } => {
  const hex = SigningKey.computePublicKey(privateKey, false);
  return { x: BigInt(`0x${hex.slice(4, 68)}`), y: BigInt(`0x${hex.slice(68)}`) };
};
