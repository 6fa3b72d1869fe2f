// FROST(secp256k1, SHA-256) of RFC 9591, section 6.5, for its vectors (appendix E.5): another suite over the same code.
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { FrostSuite } from "../src/frost/suite.ts";
import { secp256k1_hasher } from "../src/noble.ts";
import { encodePoint } from "../src/point.ts";
import { encodeScalar } from "../src/scalar.ts";

const CONTEXT = "FROST-secp256k1-SHA256-v1";
const hash = (name: string, ...parts: Uint8Array[]): Uint8Array => sha256(concatBytes(utf8ToBytes(CONTEXT + name), ...parts));
const toScalar = (name: string, ...parts: Uint8Array[]): bigint =>
  secp256k1_hasher.hashToScalar(concatBytes(...parts), { DST: CONTEXT + name });

export const RFC_SUITE: FrostSuite = {
  name: CONTEXT,
  commitmentsHash: (commitments) =>
    hash(
      "com",
      ...commitments.flatMap(({ slot, hiding, binding }) => [encodeScalar(BigInt(slot)), encodePoint(hiding), encodePoint(binding)]),
    ),
  bindingFactor: ({ publicKey, message, commitmentsHash, slot }) =>
    toScalar("rho", encodePoint(publicKey), hash("msg", message), commitmentsHash, encodeScalar(BigInt(slot))),
  challenge: (publicKey, message, commitment) => toScalar("chal", encodePoint(commitment), encodePoint(publicKey), message),
};

/** H3: a nonce from 32 random bytes and the share. */
export const rfcNonce = (random: Uint8Array, share: Uint8Array): bigint => toScalar("nonce", random, share);

/** Appendix E.5. Participants 1 and 3 of 3, two are needed. */
export const RFC_VECTOR = {
  secret: "0d004150d27c3bf2a42f312683d35fac7394b1e9e318249c1bfe7f0795a83114",
  publicKey: "02f37c34b66ced1fb51c34a90bdae006901f10625cc06c4f64663b0eae87d87b4f",
  message: hexToBytes("74657374"),
  signers: [
    {
      slot: 1,
      share: "08f89ffe80ac94dcb920c26f3f46140bfc7f95b493f8310f5fc1ea2b01f4254c",
      hidingRandom: "bda8e748e599187762cff956f03dc6ea13fc8e04491a0427b7e6e78600f41c52",
      bindingRandom: "2ca682429bf05df435b9927b8edb1d748278f3e42fa11ef358e49bbf4a1b780d",
      hiding: "09764379667f9a9fa61928947bd925a7f162b21886b750d3b11c226d16b32f58",
      binding: "b2d3f8cb9da70984354c3fc3511b1f6ed21b7205941cb5553565d2ecade8c694",
      hidingCommitment: "0305e62a1d3f57a0b17ade569a3a4043e2a1fc3bd0b102614a8d8cc68e3322ad89",
      bindingCommitment: "03b634c2aed7f85b8eec22e97e5f916ab43a3518821480e15da2af7cffcb060a30",
      bindingFactor: "9bee5aef4012de4b94c9fc1a9a9572181079e293bf1d7545a5af0ef86f824a91",
      z: "ca54b18d7449377cfa680760a5770b9e64e201f7ea36b068effeca5fce2155e5",
    },
    {
      slot: 3,
      share: "00e95d59dd0d46b0e303e500b62b7ccb0e555d49f5b849f5e748c071da8c0dbc",
      hidingRandom: "70818dd5170672c4a4285fd593d4f222417f941f3118e1244955e7a1098a35d8",
      bindingRandom: "74ca2da071ed4a2a6cad5087d6758b48a558ab5861c61117fee05757e4b1309e",
      hiding: "0d92e255e5b42ebc2863f8198d946fc10f388c4983073c18cbb77b88e3bf2e34",
      binding: "1c7243ce00a499b1e7ce3403e7b731d0c820cf108feb8c5ee7c29b4ef43be5e0",
      hidingCommitment: "036f878da0dc19ba7da9f2d9e795e2674e62ff06c990fc4464cc1ed55a2acce46b",
      bindingCommitment: "025350e2a9e32e7b1fe0161e990623600b2d301b3307641469129cff7936c4d2ce",
      bindingFactor: "cfe0db2197c94cc355b6ab05610f27f4a874898009c8bf007f2a4e2ce2c8306d",
      z: "da13d054e83052568706a6d161d80f112a6bc3f76aa903c022585ae7e091e65e",
    },
  ],
  signature:
    "024c1ad4e031872661fa6ebd05dfc7fb30db08b38d79f0edbc82051ae931381bc6a46881e25c7989d3816eae32074f1ab0d49ee908a59713ed5284c6bade7cfb02",
} as const;
