import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

const tag = (name: string): Uint8Array => keccak_256(utf8ToBytes(`keyquorum/v1/${name}`));

/** Domain separation tags of version 1, 32 bytes each: keccak256("keyquorum/v1/<name>"). Mirrored in contracts/libraries/Domains.sol. PROTOCOL section 1.1. */
export const DOMAINS = {
  epochKey: tag("epoch-key"),
  committee: tag("committee"),
  member: tag("member"),
  key: tag("key"),
  dkg: tag("dkg"),
  dealing: tag("dealing"),
  pad: tag("pad"),
  possession: tag("possession"),
  dleq: tag("dleq"),
  complaint: tag("complaint"),
  shift: tag("shift"),
  ready: tag("ready"),
  verifyingShare: tag("verifying-share"),
  node: tag("node"),
  reshare: tag("reshare"),
  reshareDealing: tag("reshare-dealing"),
  reshareReady: tag("reshare-ready"),
  repair: tag("repair"),
  repairSession: tag("repair-session"),
  repairMessage: tag("repair-message"),
  label: tag("label"),
  header: tag("header"),
  tdh2: tag("tdh2"),
  kem: tag("kem"),
  request: tag("request"),
  share: tag("share"),
  ves: tag("ves"),
  agreement: tag("agreement"),
  serverKeySession: tag("server-key-session"),
  module: tag("module"),
  secret: tag("secret"),
  signingRequest: tag("signing-request"),
  pair: tag("pair"),
  deal: tag("deal"),
  ecdsaPad: tag("ecdsa-pad"),
  ecdsaDegree: tag("ecdsa-degree"),
  knDelta: tag("kn-delta"),
  derivation: tag("derivation"),
  schnorrSignature: tag("schnorr-signature"),
  frostCommitments: tag("frost-commitments"),
  frostBinding: tag("frost-binding"),
  frostNonceId: tag("frost-nonce-id"),
  attempt: tag("attempt"),
  signing: tag("signing"),
} as const satisfies Readonly<Record<string, Uint8Array>>;

export type DomainName = keyof typeof DOMAINS;
