import { AbiCoder } from "ethers";
import { SimulatedSignature__factory } from "../../../typechain-types/factories/contracts/SimulatedSignature__factory.ts";

/** A question to `contracts/SimulatedSignature.sol`. All are 0x hex. */
export type SignatureQuestion = {
  readonly account: string;
  readonly digest: string;
  readonly signature: string;
  /** What makes an account that has no code yet, how it is called, and the hash of the code that it must make. */
  readonly factory?: { readonly address: string; readonly call: string; readonly codeHash: string } | undefined;
};

const TYPES = ["address", "bytes32", "bytes", "address", "bytes", "bytes32"];
const NO_FACTORY = { address: `0x${"00".repeat(20)}`, call: "0x", codeHash: `0x${"00".repeat(32)}` };

/** Creation code that answers the question when it is run by `eth_call` without a recipient: one byte, as the contract says. */
export const signatureQuestionCode = ({ account, digest, signature, factory = NO_FACTORY }: SignatureQuestion): string =>
  SimulatedSignature__factory.bytecode +
  AbiCoder.defaultAbiCoder().encode(TYPES, [account, digest, signature, factory.address, factory.call, factory.codeHash]).slice(2);
