import { type Address, bytesToHex, type Hash32 } from "@keyquorum/wire";
import { AbiCoder, type Provider } from "ethers";

/** ERC-1271: `isValidSignature(bytes32,bytes)`, and what it returns for yes. */
const IS_VALID_SIGNATURE = "0x1626ba7e";
/** What an account's contract may use to answer: as keepers allow it. */
const ACCOUNT_GAS = 1_000_000n;

/**
 * Whether an account's contract takes a signature, which may be empty, at the newest block (ERC-1271). The contract is hostile input: it can say yes or
 * no for its own address and nothing else. Throws what the provider throws when it cannot be asked.
 */
export const takesSignature = async (
  provider: Provider,
  { account, digest, signature }: { readonly account: Address; readonly digest: Hash32; readonly signature: Uint8Array },
): Promise<boolean> => {
  const args = AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes"], [digest, bytesToHex(signature)]);
  try {
    const answer = await provider.call({ to: account, data: `${IS_VALID_SIGNATURE}${args.slice(2)}`, gasLimit: ACCOUNT_GAS });
    return answer === `${IS_VALID_SIGNATURE}${"00".repeat(28)}`;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "CALL_EXCEPTION") return false; // it reverted: no
    throw error;
  }
};
