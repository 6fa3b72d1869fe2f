import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import { AbiCoder, Contract, concat, hexlify, type Signer, TypedDataEncoder, toBeHex, toUtf8Bytes } from "ethers";
import type { AccountToSign } from "./accountToSign.ts";
import { canonicalSignature, signatureBytes } from "./canonicalSignature.ts";

type Typed = AccountToSign["typed"];

/** An owner's signature over typed data, 65 bytes as contracts take them. */
export const signByOwner = async (owner: Signer, { domain, types, message }: Typed): Promise<string> => {
  const given: unknown = await owner.signTypedData(domain, types, message);
  const bytes = signatureBytes(given);
  if (bytes === undefined) throw new KeyquorumError("WALLET_FAILED", "The owner's signature is not hex.");
  const digest = TypedDataEncoder.hash(domain, types, message) as Hash32; // ethers' hashes are 0x and hex
  return hexlify(canonicalSignature(bytes, digest, await owner.getAddress()));
};

/**
 * For a Coinbase Smart Wallet: the owner signs `CoinbaseSmartWalletMessage(bytes32 hash)` in the account's own domain (`replaySafeHash`), wrapped with
 * the owner's index. github.com/coinbase/smart-wallet, src/ERC1271.sol and src/CoinbaseSmartWallet.sol.
 */
export const signAsCoinbase = async (
  digest: string,
  { account, chainId, owner }: AccountToSign,
  { ownerIndex }: { readonly ownerIndex: number | bigint },
): Promise<string> => {
  const signature = await signByOwner(owner, {
    domain: { name: "Coinbase Smart Wallet", version: "1", chainId, verifyingContract: account },
    types: { CoinbaseSmartWalletMessage: [{ name: "hash", type: "bytes32" }] },
    message: { hash: digest },
  });
  return AbiCoder.defaultAbiCoder().encode(["tuple(uint256,bytes)"], [[ownerIndex, signature]]);
};

/**
 * For a Safe of version 1.3.0 or later: every owner signs `SafeMessage(bytes message)` in the Safe's domain; the signatures stand in the order of the
 * owners' addresses. github.com/safe-global/safe-smart-account, contracts/handler/CompatibilityFallbackHandler.sol and contracts/Safe.sol.
 */
export const signAsSafe = async (
  digest: string,
  { account, chainId }: AccountToSign,
  { owners }: { readonly owners: readonly Signer[] },
): Promise<string> => {
  const typed = {
    domain: { chainId, verifyingContract: account },
    types: { SafeMessage: [{ name: "message", type: "bytes" }] },
    message: { message: digest },
  };
  const signed: { readonly address: bigint; readonly signature: string }[] = [];
  for (const owner of owners) signed.push({ address: BigInt(await owner.getAddress()), signature: await signByOwner(owner, typed) }); // one prompt at a time
  return concat(signed.toSorted((a, b) => (a.address < b.address ? -1 : 1)).map(({ signature }) => signature));
};

const DOMAIN_OF_ACCOUNT = [
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
];
const ACCOUNT_FIELDS = [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "chainId", type: "uint256" },
  { name: "verifyingContract", type: "address" },
  { name: "salt", type: "bytes32" },
];

/**
 * For an account by ERC-7739 (`TypedDataSign`): the owner sees what is asked, inside of a statement that names the account. The account must exist, for
 * its domain is read from it (EIP-5267). eips.ethereum.org/EIPS/eip-7739.
 */
export const signAsErc7739 = async (_: string, { account, owner, provider, typed }: AccountToSign): Promise<string> => {
  const { domain, types, message } = typed;
  const encoder = TypedDataEncoder.from(types);
  const contents = encoder.primaryType;
  const own = await new Contract(account, DOMAIN_OF_ACCOUNT, provider).getFunction("eip712Domain").staticCall();
  const signature = await signByOwner(owner, {
    domain,
    types: { TypedDataSign: [{ name: "contents", type: contents }, ...ACCOUNT_FIELDS], ...types },
    message: {
      contents: message,
      ...{ name: own.name, version: own.version, chainId: own.chainId, verifyingContract: own.verifyingContract, salt: own.salt },
    },
  });
  const description = toUtf8Bytes(encoder.encodeType(contents));
  return concat([
    signature,
    TypedDataEncoder.hashDomain(domain),
    encoder.hashStruct(contents, message),
    description,
    toBeHex(description.length, 2),
  ]);
};
