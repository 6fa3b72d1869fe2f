import { type Address, type DocumentId, KeyquorumError, parseAddress, parseDocumentId, ZERO_ADDRESS } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import type { CallOptions } from "../options.ts";
import type { TransactionSummary } from "../types.ts";

/** The code of an account that delegates to a contract (EIP-7702): it can end that at any time, and is nobody's contract. */
const DELEGATED = /^0xef0100[0-9a-f]{40}$/;

/**
 * Moves a published document to another permissions contract. An address without code permits nobody, not even the owner, so it is refused unless
 * `force` says that a contract will be deployed there. PROTOCOL section 4.6.
 * Throws NO_SIGNER, NOT_A_CONTRACT, INVALID_VALUE (the zero address), TRANSACTION_REFUSED, CHAIN_UNAVAILABLE.
 */
export const movePermissions = action(
  "movePermissions",
  async (
    client: Client,
    document: DocumentId | string,
    contract: Address | string,
    { force = false, signal }: CallOptions & { readonly force?: boolean } = {},
  ): Promise<TransactionSummary> => {
    const { contracts } = await client.signing(signal);
    const [id, to] = [parseDocumentId(document), parseAddress(contract)];
    if (to === ZERO_ADDRESS) throw new KeyquorumError("INVALID_VALUE", "The zero address is not a permissions contract.");
    if (!force) {
      const code = (await client.calls.read("Reading the permissions contract", () => client.provider.getCode(to), signal)).toLowerCase();
      if (code === "0x" || DELEGATED.test(code)) {
        const what = code === "0x" ? "There is no contract at" : "An account, no contract, is at";
        throw new KeyquorumError("NOT_A_CONTRACT", `${what} ${to}.`, { details: { address: to, document: id } });
      }
    }
    const send = () => contracts.documentRegistry.movePermissions(id, to);
    return summaryOf(await client.calls.transact("Moving the permissions", send, signal));
  },
);
