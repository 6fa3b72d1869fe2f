import { cidToBytes, parseCid } from "@keyquorum/blobs";
import {
  type Authorship,
  authorshipDigest,
  authorshipTypedData,
  type DocumentCardBody,
  encodeDocumentCard,
  headerHashOf,
  KeyquorumError,
  parseAddress,
  type SigningDomain,
} from "@keyquorum/wire";
import type { Signer } from "ethers";
import { abortable } from "../time/abortable.ts";
import type { EncryptedDocument } from "../types.ts";
import { signTypedData } from "../wallets/signTypedData.ts";

/**
 * Signs, as a document's owner, that a ciphertext is theirs, and returns the document's card: what a reader needs of a document that is not published.
 * Asks nothing but the wallet. PROTOCOL section 4.8.
 * Throws INVALID_VALUE (the signer is not the owner), INVALID_CID, ACTION_REJECTED and other words of wallets.
 */
export const signAuthorship = async (
  { signer, domain }: { readonly signer: Signer; readonly domain: SigningDomain },
  { header }: Pick<EncryptedDocument, "header">,
  cid: string,
  signal?: AbortSignal,
): Promise<DocumentCardBody> => {
  const account = parseAddress(await abortable(signer.getAddress(), signal));
  if (account !== header.owner) {
    throw new KeyquorumError("INVALID_VALUE", `The document was encrypted for its owner ${header.owner}, but the signer is ${account}.`, {
      details: { owner: header.owner, signer: account },
    });
  }
  const statement: Authorship = { headerHash: headerHashOf(header), cid: cidToBytes(parseCid(cid)) };
  const toSign = {
    typed: authorshipTypedData(domain, statement),
    digest: authorshipDigest(domain, statement),
    what: "the statement of authorship",
  };
  const signature = await signTypedData(signer, toSign, signal);
  const { documentRegistry, document, owner, salt } = header;
  return encodeDocumentCard({ domain, ...statement, documentRegistry, document, owner, salt, signature });
};
