import { encapsulate, encodePoint, G, nobleBackend, randomScalar, SecretScalar as Secret, type SecretScalar } from "@keyquorum/threshold";
import {
  bytesToHex,
  type DocumentHeader,
  documentIdOf,
  encodeShareRequestBody,
  type Hash32,
  headerHashOf,
  type KeyId,
  labelOf,
  parseAddress,
  type ShareRequest,
  type ShareRequestBody,
  type SignedShareRequest,
  shareRequestTypedData,
  ZERO_HASH,
} from "@keyquorum/wire";
import type { Wallet } from "ethers";
import { rollDice } from "../../../../test/random/dice.ts";
import { rollWallet } from "../../../../test/random/wallet.ts";
import { FAKE_ADDRESSES } from "./fakeChain.ts";

/** Bob, who reads, and a document of Alice's under a key of which the keeper under test holds a share. Tests only. */
export const CHAIN_ID = 31337n;
export const KEY_ID = `0x${"ce".repeat(32)}` as KeyId;

const alice = parseAddress(`0x${"a1".repeat(20)}`);
const dice = rollDice("keeper readers");
const jointSecret = randomScalar(dice.bytes);
export const JOINT_KEY = nobleBackend.mulG(jointSecret);
/** The keeper's share: any scalar, as far as one keeper can tell. */
export const KEY_SHARE: SecretScalar = Secret.from(randomScalar(dice.bytes));
export const VERIFYING_SHARE = nobleBackend.mulG(KEY_SHARE.reveal());

export const createHeader = (changes: Partial<DocumentHeader> = {}, owner = alice): DocumentHeader => {
  const salt = dice.hex(32) as Hash32;
  const initialPermissions = parseAddress(FAKE_ADDRESSES.accessGrants);
  const named = {
    chainId: CHAIN_ID,
    documentRegistry: FAKE_ADDRESSES.documentRegistry,
    keyId: KEY_ID,
    document: documentIdOf(owner, salt),
    owner,
    initialPermissions,
  };
  const { ciphertext } = encapsulate({ publicKey: JOINT_KEY, label: labelOf(named) });
  return { ...named, salt, ciphertext, ...changes };
};

export const bob = rollWallet("bob");
export const mallory = rollWallet("mallory");

/** A request as Bob would sign it; `changes` before he signs. */
export const createRequest = (header: DocumentHeader, deadline: bigint, changes: Partial<ShareRequest> = {}): ShareRequest => ({
  document: header.document,
  headerHash: headerHashOf(header),
  requester: parseAddress(bob.address),
  readerKey: encodePoint(G.multiply(randomScalar(dice.bytes))),
  contextHash: ZERO_HASH,
  nonce: dice.hex(32) as Hash32,
  deadline,
  ...changes,
});

/** Signs a request, by default as Bob and for the deployment under test. */
export const signRequest = async (
  header: DocumentHeader,
  request: ShareRequest,
  options: { readonly signer?: { signTypedData: Wallet["signTypedData"] }; readonly chainId?: bigint } = {},
): Promise<SignedShareRequest> => {
  const { domain, types, message } = shareRequestTypedData(
    { chainId: options.chainId ?? CHAIN_ID, shareRequests: FAKE_ADDRESSES.shareRequests },
    request,
  );
  const signature = await (options.signer ?? bob).signTypedData(domain, types, message);
  return { header, request, signature: Uint8Array.from(Buffer.from(signature.slice(2), "hex")) };
};

export const bodyOf = (signed: SignedShareRequest): ShareRequestBody => encodeShareRequestBody(signed);
export const hexOf = bytesToHex;
