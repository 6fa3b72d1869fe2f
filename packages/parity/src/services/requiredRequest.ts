import type { ExtensionServices } from "@keyquorum/keeper";
import { type Address, bytesToHex, type Hash32, KeyquorumError } from "@keyquorum/wire";
import { findRequest, isConfirmed } from "./requestRows.ts";
import { type RequestOf, requestName, type ServiceTaskKind } from "./serviceRequest.ts";

type Services = Pick<ExtensionServices, "table" | "chain">;
type Heads = Awaited<ReturnType<Services["chain"]["look"]>>;

/**
 * That a service contract of this keeper's configuration was asked so: by what this keeper has read on the chain itself. Throws INVALID_SIGNATURE where it
 * was asked something else, SIGNATURE_NOT_FINAL where nothing of it is confirmed here (yet).
 */
export const requireServiceRequest = async <Kind extends Exclude<ServiceTaskKind, "retrieval" | "common">>(
  services: Services,
  asked: { readonly contract: Address; readonly kind: Kind; readonly serverKeyId: Uint8Array; readonly requester?: Address },
  isSame: (request: RequestOf<Kind>) => boolean,
  heads?: Heads,
): Promise<void> => {
  const request = await findRequest(services, requestName({ ...asked, serverKeyId: bytesToHex(asked.serverKeyId) as Hash32 })); // true: 32 bytes
  if (request === undefined || !isConfirmed(request, heads ?? (await services.chain.look())))
    throw new KeyquorumError("SIGNATURE_NOT_FINAL", "This keeper knows of no such request of that contract that is confirmed.");
  if (!isSame(request as RequestOf<Kind>))
    // true: kinds have names of their own
    throw new KeyquorumError("INVALID_SIGNATURE", "That contract was asked something else.");
};
