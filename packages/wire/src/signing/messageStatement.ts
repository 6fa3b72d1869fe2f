import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { KeyquorumError } from "../errorCodes.ts";
import { joinBytes } from "./abiTuple.ts";

/** Longest message, in bytes. */
export const MAX_MESSAGE_BYTES = 1_024;

/** EIP-191, version 0x45: what `personal_sign` hashes. Throws INVALID_VALUE for a message that is too long. */
export const messageHash = (message: Uint8Array): Uint8Array => {
  if (message.length > MAX_MESSAGE_BYTES)
    throw new KeyquorumError("INVALID_VALUE", `A message has at most ${MAX_MESSAGE_BYTES} bytes.`, { details: { what: "payload" } });
  return keccak_256(joinBytes([utf8ToBytes(`\x19Ethereum Signed Message:\n${message.length}`), message]));
};
