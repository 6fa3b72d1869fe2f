/**
 * Creation code for eth_call: what it returns is the answer, and nothing is deployed. Only opcodes of the first fork stand beside the one that is
 * asked about, so that a refusal is about that one. Each returns 32 bytes.
 */

/** What the code of CONTROL and OPCODES returns. */
export const ANSWER = 42n;

export const CONTROL = "0x602a60005260206000f3";

/** The opcodes of later forks in the contracts' code. `fork` is the first that has it. */
export const OPCODES = [
  { opcode: "PUSH0", fork: "Shanghai", code: "0x602a5f5260205ff3" },
  { opcode: "TSTORE", fork: "Cancun", code: "0x602a60015d60015c60005260206000f3" },
  { opcode: "MCOPY", fork: "Cancun", code: "0x602a6000526020600060205e60206020f3" },
] as const;
export type Opcode = (typeof OPCODES)[number]["opcode"];

/** Returns NUMBER: the block's number as contracts see it. */
export const CONTRACT_NUMBER = "0x4360005260206000f3";

/** Returns BLOCKHASH of NUMBER - 1. */
export const PREVIOUS_HASH = "0x600143034060005260206000f3";
