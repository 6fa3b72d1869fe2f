import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, hexToBytes } from "../hex.ts";
import type { Address } from "../ids.ts";
import { assertSameBytes, bytesTail, encodeTuple, joinBytes, readTuple } from "./abiTuple.ts";
import { rlpBytes, rlpInteger, rlpList } from "./rlp.ts";

/** A transaction of type 2 (EIP-1559), without an access list. Fees are in wei for each gas. */
export type TransactionStatement = {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly tip: bigint;
  readonly feeCap: bigint;
  readonly gasLimit: bigint;
  /** Required: a key deploys nothing by itself. */
  readonly to: Address;
  /** Wei. */
  readonly value: bigint;
  readonly data: Uint8Array;
};

export const encodeTransaction = ({ chainId, nonce, tip, feeCap, gasLimit, to, value, data }: TransactionStatement): Uint8Array =>
  encodeTuple([{ tail: encodeTuple([chainId, nonce, tip, feeCap, gasLimit, hexToBytes(to, 20), value, bytesTail(data)]) }]);

/** Throws INVALID_VALUE. */
export const parseTransaction = (payload: Uint8Array): TransactionStatement => {
  const tuple = readTuple(payload).tuple(0);
  const transaction = {
    chainId: tuple.integer(0, 256),
    nonce: tuple.integer(1, 64),
    tip: tuple.integer(2, 256),
    feeCap: tuple.integer(3, 256),
    gasLimit: tuple.integer(4, 64),
    to: bytesToHex(tuple.address(5)) as Address, // safe: 20 bytes in lower case
    value: tuple.integer(6, 256),
    data: tuple.bytes(7),
  };
  assertSameBytes(payload, encodeTransaction(transaction));
  return transaction;
};

/** `keccak(02 || rlp(..))`: what the sender of the transaction signs. Throws INVALID_VALUE. */
export const transactionHash = (payload: Uint8Array): Uint8Array => {
  const { chainId, nonce, tip, feeCap, gasLimit, to, value, data } = parseTransaction(payload);
  const fields = [chainId, nonce, tip, feeCap, gasLimit].map(rlpInteger);
  const list = rlpList([...fields, rlpBytes(hexToBytes(to, 20)), rlpInteger(value), rlpBytes(data), rlpList([])]);
  return keccak_256(joinBytes([Uint8Array.of(0x02), list]));
};
