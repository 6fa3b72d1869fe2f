import { interfaceOf } from "@keyquorum/bindings";
import { isUnavailable } from "@keyquorum/chain";
import { bytesToHex, type Hash32, type Hex, parseHash32 } from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import type { MayResend } from "../run/story.ts";
import type { FoundRequest } from "./foundRequest.ts";
import type { SigningContract } from "./signingContract.ts";

type Options = Pick<Core, "transactions" | "balance" | "log"> & {
  readonly contract: SigningContract;
  /** Wei below which this keeper posts nothing. */
  readonly reserve: bigint;
};

/** Posts a signature that was made of a request on chain. Anyone may: the contract verifies it, and takes one. */
export type PostSignature = (found: FoundRequest, signature: Uint8Array) => Promise<void>;

export const signatureTransactionId = (requestId: Hash32): string => `signature:${requestId}`;

export const createPostSignature =
  ({ transactions, balance, contract, reserve, log }: Options): PostSignature =>
  async ({ requestId }, signature) => {
    if ((await balance.read()) < reserve) {
      log.warn("A signature is not posted: the operator's balance is below its reserve", { requestId });
      return;
    }
    transactions.post({
      id: signatureTransactionId(requestId),
      ...{ kind: "signature", subject: requestId, to: contract.address },
      data: interfaceOf("signingRequests").encodeFunctionData("post", [requestId, bytesToHex(signature)]) as Hex,
    });
  };

/** A signature on chain harms nobody: it was permitted, and may be known already. It is sent again while the request is open. */
export const createMayStillPost =
  ({ contract, seen }: { readonly contract: SigningContract; readonly seen: Pick<Core["seen"], "now"> }): MayResend =>
  async (subject) => {
    const heads = seen.now();
    if (heads === undefined) return "later";
    try {
      return (await contract.at(heads.head.hash).statusOf(parseHash32(subject))) === "Pending" ? "yes" : "no";
    } catch (error) {
      if (isUnavailable(error)) return "later";
      throw error;
    }
  };
