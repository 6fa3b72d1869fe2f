import { signatureQuestionCode } from "@keyquorum/bindings/simulatedSignature";
import { type Address, bytesToHex, type Hash32, hexToBytes, parseAddress, recoverSigner } from "@keyquorum/wire";
import { AbiCoder } from "ethers";
import type { BlockRef } from "./blocks.ts";
import { callAt } from "./calls.ts";
import { ChainUnavailableError } from "./errors.ts";
import type { Heads } from "./heads.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";

/**
 * VALID: the account signed. INVALID: it did not. SIGNATURE_NOT_FINAL: the contract account takes the signature at the newest block, not at the final
 * one; ask later. WALLET_NOT_DEPLOYED: the account has no code, and what would make it is not listed: no word about the signature.
 */
export type SignatureVerdict = "VALID" | "INVALID" | "SIGNATURE_NOT_FINAL" | "WALLET_NOT_DEPLOYED";

/**
 * A function of a factory whose accounts' signatures are taken before they are deployed (D61). Only one whose call can run no code that the caller
 * chooses: whatever runs there shapes the state that the account is then asked in, and could buy what the account asks about.
 */
export type ListedFactory = {
  readonly address: Address;
  /** The first four bytes of its call, 0x hex. */
  readonly selector: string;
  /** keccak256 of the code of the accounts that it makes. */
  readonly accountCodeHash: Hash32;
};

/** Who is said to have signed which digest. */
export type SignatureClaim = { readonly account: Address; readonly digest: Hash32; readonly signature: Uint8Array };

export type SignatureSettings = {
  readonly rpc: Rpc;
  /** The caller in simulations: fixed, an address without a key that nothing else treats as special. Address of ShareRequests. */
  readonly from: string;
  /** Default: none, so that no account without code has signed anything. */
  readonly factories?: readonly ListedFactory[];
};

/** Above all that contracts/SimulatedSignature.sol promises its calls, with the longest signature, and room. */
const SIMULATION_GAS = 5_000_000n;

/**
 * Whether an account signed. The rules of PROTOCOL section 5.1 apply in this order (D31):
 * 1. 65 canonical bytes recover to the account, which may also delegate its code (EIP-7702);
 * 2. the account has code and confirms the signature by ERC-1271, at the head and at the final block;
 * 3. the account has no code at the head, and the signature names a listed factory function that creates it (ERC-6492): a simulation creates it and
 * asks it, if the created code is exactly the listed one; its state is discarded.
 *
 * Wallets are hostile input: they can say yes or no for their own address, and nothing else. An empty signature is checked like any other, because a
 * contract account may have approved the digest on chain. If recovery decides, the chain is not asked.
 * Throws `ChainUnavailableError` when the chain cannot be asked, which says nothing about the signature.
 */
export const verifySignature = async (
  settings: SignatureSettings,
  claim: SignatureClaim,
  { head, final }: Heads,
  options?: RpcOptions,
): Promise<SignatureVerdict> => {
  if (recoverSigner(claim.digest, claim.signature) === claim.account) return "VALID";
  const atHead = await ask(settings, claim, head, options);
  if (atHead === "no code") return simulate(settings, claim, head, options);
  if (atHead === "no") return "INVALID";
  const atFinal = final.hash === head.hash ? atHead : await ask(settings, claim, final, options);
  return atFinal === "yes" ? "VALID" : "SIGNATURE_NOT_FINAL";
};

const simulate = async (
  settings: SignatureSettings,
  claim: SignatureClaim,
  head: BlockRef,
  options: RpcOptions | undefined,
): Promise<SignatureVerdict> => {
  const wrapped = unwrapCounterfactual(claim.signature);
  if (wrapped === undefined) return "INVALID";
  const { signature } = wrapped;
  const listed = settings.factories?.find((factory) => isMadeBy(wrapped.factory, factory));
  if (listed === undefined) return "WALLET_NOT_DEPLOYED";
  const factory = { ...wrapped.factory, codeHash: listed.accountCodeHash };
  return (await ask(settings, { ...claim, signature, factory }, head, options)) === "yes" ? "VALID" : "INVALID";
};

type FactoryCall = { readonly address: string; readonly call: string };
type Factory = FactoryCall & { readonly codeHash: string };

const isMadeBy = ({ address, call }: FactoryCall, listed: ListedFactory): boolean =>
  parseAddress(address) === listed.address && call.slice(0, 10).toLowerCase() === listed.selector.toLowerCase();

/** The suffix of ERC-6492. */
const COUNTERFACTUAL = "6492".repeat(16);

/** Takes a signature of ERC-6492 apart: `abi.encode(address factory, bytes factoryCall, bytes signature)` and the suffix. Undefined: it is none. */
const unwrapCounterfactual = (signature: Uint8Array): { readonly factory: FactoryCall; readonly signature: Uint8Array } | undefined => {
  const hex = bytesToHex(signature);
  if (!hex.endsWith(COUNTERFACTUAL)) return undefined;
  try {
    const [address, call, inner] = AbiCoder.defaultAbiCoder().decode(["address", "bytes", "bytes"], hex.slice(0, -COUNTERFACTUAL.length));
    if (typeof address !== "string" || typeof call !== "string" || typeof inner !== "string" || BigInt(address) === 0n) return undefined;
    return { factory: { address, call }, signature: hexToBytes(inner) };
  } catch {
    return undefined; // no such encoding
  }
};

type Said = "yes" | "no" | "no code";
const BYTES: Readonly<Record<string, Said>> = { "0x00": "no", "0x01": "yes", "0x02": "no code" };

const ask = async (
  { rpc, from }: SignatureSettings,
  { account, digest, signature, factory }: SignatureClaim & { readonly factory?: Factory },
  block: BlockRef,
  options: RpcOptions | undefined,
): Promise<Said> => {
  const data = signatureQuestionCode({ account, digest, signature: bytesToHex(signature), factory });
  const result = await callAt(rpc, { from, data, gas: SIMULATION_GAS }, block.hash, options);
  const said = result.kind === "returned" ? BYTES[result.data] : undefined;
  if (said !== undefined) return said;
  throw new ChainUnavailableError(
    "SIMULATION_FAILED",
    "The node did not run a check of a contract account's signature. It must run creation code by eth_call with 5 000 000 gas.",
    { details: { kind: result.kind, block: block.hash } },
  );
};
