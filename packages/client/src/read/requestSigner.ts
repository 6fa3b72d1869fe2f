import {
  type Address,
  parseAddress,
  type ShareRequest,
  type SigningDomain,
  shareRequestDigest,
  shareRequestTypedData,
} from "@keyquorum/wire";
import type { Signer } from "ethers";
import { abortable } from "../time/abortable.ts";
import { signTypedData } from "../wallets/signTypedData.ts";
import type { Session } from "./sessions.ts";

/** Who signs share requests, and in whose name. */
export type RequestSigner = {
  readonly requester: Address;
  readonly by: "wallet" | "session";
  /** Signs a request whose requester is the one above. Throws ACTION_REJECTED and other words of wallets; the signal's reason. */
  readonly sign: (domain: SigningDomain, request: ShareRequest, signal?: AbortSignal) => Promise<Uint8Array>;
  /** The wallet's leave, where a session's key signs. PROTOCOL section 5.6. */
  readonly delegation?: Uint8Array;
};

/** The requester's own wallet: an account or a contract account. */
export const walletRequestSigner = async (signer: Signer, signal?: AbortSignal): Promise<RequestSigner> => ({
  requester: parseAddress(await abortable(signer.getAddress(), signal)),
  by: "wallet",
  sign: (domain, request, signSignal) =>
    signTypedData(
      signer,
      { typed: shareRequestTypedData(domain, request), digest: shareRequestDigest(domain, request), what: "the request" },
      signSignal,
    ),
});

/** A session as the one who signs requests. */
export const sessionRequestSigner = ({ session, sign, delegation }: Session): RequestSigner => ({
  requester: session.requester,
  by: "session",
  sign,
  delegation,
});
