import { DOMAINS, keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import type { Address, DocumentId, Hash32 } from "./ids.ts";
import { documentIdOf } from "./names.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** The name of a secret: 1 to 64 letters, digits, `_`, `.` and `-`, the first no digit. Throws INVALID_VALUE, and repeats no text. */
export const parseSecretName = (value: unknown): string => {
  if (typeof value === "string" && NAME.test(value)) return value;
  throw new KeyquorumError(
    "INVALID_VALUE",
    "The name of a secret has 1 to 64 letters, digits, _, . and -, and begins with a letter or _.",
    { details: { field: "name" } },
  );
};

/**
 * The salt of a secret's document, made of owner and name: who knows both knows the document's id, and no index is kept. So names can be guessed, and
 * whether one exists be looked up; a random salt hides it. docs/MODULES.md. Throws INVALID_VALUE.
 */
export const secretSaltOf = (owner: Address, name: string): Hash32 =>
  bytesToHex(keccakWords(DOMAINS.secret, hexToBytes(owner, 20), keccak_256(utf8ToBytes(parseSecretName(name))))) as Hash32;

/** The document in which an owner's secret of this name is kept. Throws INVALID_VALUE. */
export const secretDocumentOf = (owner: Address, name: string): DocumentId => documentIdOf(owner, secretSaltOf(owner, name));
