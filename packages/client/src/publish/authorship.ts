import type { DocumentCardBody } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { checkDeployment } from "../documents/source.ts";
import type { CallOptions } from "../options.ts";
import type { EncryptedDocument } from "../types.ts";
import { withinWalletTime } from "../wallets/walletTime.ts";
import { signAuthorship as signWith } from "./signAuthorship.ts";

/**
 * Signs, as the owner, that a stored ciphertext is theirs. Returns the document's card, JSON data that goes with a document that is not published.
 * No gas, no transaction. Throws INVALID_VALUE (the signer is not the owner), INVALID_CID, NO_SIGNER, WRONG_CHAIN, WALLET_TIMEOUT.
 */
export const signAuthorship = action(
  "signAuthorship",
  async (
    client: Client,
    encrypted: Pick<EncryptedDocument, "header">,
    cid: string,
    { signal }: CallOptions = {},
  ): Promise<DocumentCardBody> => {
    const { signer } = await client.signing(signal);
    checkDeployment(client, encrypted.header);
    const limits = { clock: client.clock, limitMs: client.timeouts.transactMs, signal };
    return withinWalletTime(limits, (limited) => signWith({ signer, domain: client.domain }, encrypted, cid, limited));
  },
);
