import { keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { bytesToHex, hexToBytes } from "../hex.ts";
import type { Address, Hash32 } from "../ids.ts";
import { arrayTail, assertSameBytes, bytesTail, encodeTuple, joinBytes, readTuple } from "./abiTuple.ts";
import { typedHash } from "./typedDataStatement.ts";

// What a SchnorrAccount takes from its key, with everything in it that a policy must see: the contract hashes it. PROTOCOL section 9.

/** Typed data of another contract that the account is to confirm (ERC-1271). */
export type AccountTypedStatement = {
  /** Of the account's own domain: two accounts of one key share no signature. */
  readonly accountDomainSeparator: Hash32;
  readonly domainSeparator: Hash32;
  readonly encodedStruct: Uint8Array;
};

/** A call that the account makes. */
export type AccountCall = { readonly to: Address; readonly value: bigint; readonly data: Uint8Array };

/** Calls that the account makes, all or none. */
export type AccountExecuteStatement = {
  readonly accountDomainSeparator: Hash32;
  readonly calls: readonly AccountCall[];
  /** Of the account. */
  readonly nonce: bigint;
  /** Seconds since 1970. */
  readonly deadline: bigint;
  /** That must be left when the calls begin, so that who relays them cannot starve them. */
  readonly gas: bigint;
};

const CALL = "Call(address to,uint256 value,bytes data)";
const CALL_TYPE = keccak_256(utf8ToBytes(CALL));
const EXECUTE_TYPE = keccak_256(utf8ToBytes(`Execute(Call[] calls,uint256 nonce,uint64 deadline,uint64 gas)${CALL}`));
const SIGNED_TYPE = keccak_256(utf8ToBytes("Signed(bytes32 hash)"));

export const encodeAccountTyped = ({ accountDomainSeparator, domainSeparator, encodedStruct }: AccountTypedStatement): Uint8Array =>
  encodeTuple([hexToBytes(accountDomainSeparator, 32), hexToBytes(domainSeparator, 32), bytesTail(encodedStruct)]);

/** The digest of `Signed(inner)` under the account's domain, inner being the digest of the typed data. Throws INVALID_VALUE. */
export const accountTypedHash = (payload: Uint8Array): Uint8Array => {
  const tuple = readTuple(payload);
  const [account, separator, struct] = [tuple.word(0), tuple.word(1), tuple.bytes(2)];
  assertSameBytes(payload, encodeTuple([account, separator, bytesTail(struct)]));
  return typedHash(account, keccakWords(SIGNED_TYPE, typedHash(separator, keccak_256(struct))));
};

export const encodeAccountExecute = ({ accountDomainSeparator, calls, nonce, deadline, gas }: AccountExecuteStatement): Uint8Array =>
  encodeTuple([
    hexToBytes(accountDomainSeparator, 32),
    arrayTail(calls.map(({ to, value, data }) => encodeTuple([hexToBytes(to, 20), value, bytesTail(data)]))),
    nonce,
    deadline,
    gas,
  ]);

/** Throws INVALID_VALUE. */
export const parseAccountExecute = (payload: Uint8Array): AccountExecuteStatement => {
  const tuple = readTuple(payload);
  const statement = {
    accountDomainSeparator: bytesToHex(tuple.word(0)) as Hash32, // safe: a word
    calls: tuple.tuples(1).map((call) => ({
      to: bytesToHex(call.address(0)) as Address, // safe: 20 bytes in lower case
      value: call.integer(1, 256),
      data: call.bytes(2),
    })),
    nonce: tuple.integer(2, 256),
    deadline: tuple.integer(3, 64),
    gas: tuple.integer(4, 64),
  };
  assertSameBytes(payload, encodeAccountExecute(statement));
  return statement;
};

/** The digest of `Execute(calls, nonce, deadline, gas)` under the account's domain. Throws INVALID_VALUE. */
export const accountExecuteHash = (payload: Uint8Array): Uint8Array => {
  const { accountDomainSeparator, calls, nonce, deadline, gas } = parseAccountExecute(payload);
  const hashes = calls.map(({ to, value, data }) => keccakWords(CALL_TYPE, hexToBytes(to, 20), value, keccak_256(data)));
  const struct = keccakWords(EXECUTE_TYPE, keccak_256(joinBytes(hashes)), nonce, deadline, gas);
  return typedHash(hexToBytes(accountDomainSeparator, 32), struct);
};
