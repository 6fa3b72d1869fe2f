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
import { rollDice } from "../../../../test/random/dice.ts";
import type { KeyInfo } from "../keys/keys.ts";

const dice = rollDice("fakeKey");

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
export const createFakeKey = ({ members, threshold }: { readonly members: number; readonly threshold: number }) =>
  dealFakeKey({
    keyId: dice.hex(32) as KeyId,
    secret: randomScalar(dice.bytes),
    slots: Array.from({ length: members }, (_, index) => index + 1),
    threshold,
    epoch: 1,
  });

/** Shares of a secret in one epoch; the same secret in another epoch gives other shares, as a reshare does. */
export const dealFakeKey = ({
  keyId,
  secret,
  slots,
  threshold,
  epoch,
}: {
  readonly keyId: KeyId;
  readonly secret: bigint;
  readonly slots: readonly number[];
  readonly threshold: number;
  readonly epoch: number;
}) => {
  const coefficients = [secret, ...Array.from({ length: threshold }, () => randomScalar(dice.bytes))];
  const shares = slots.map((slot) => evaluatePolynomial(coefficients, BigInt(slot)));
  const verifyingShares = shares.map((share) => G.multiply(share));
  const leaves = slots.map((slot, index) =>
    verifyingLeaf({ keyId: hexToBytes(keyId), epoch, slot, verifyingShare: verifyingShares[index] as Point }),
  );
  const publicKey = G.multiply(secret);
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
    const identity = new Wallet(dice.hex(32));
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
  return { key, committee, secret };
};

/** The affine coordinates of an identity's public key. */
export const decompress = ({ privateKey }: Wallet): { readonly x: bigint; readonly y: bigint } => {
  const hex = SigningKey.computePublicKey(privateKey, false);
  return { x: BigInt(`0x${hex.slice(4, 68)}`), y: BigInt(`0x${hex.slice(68)}`) };
};
