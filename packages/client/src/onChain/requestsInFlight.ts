import type { SecretScalar } from "@keyquorum/threshold";
import { type Address, type DocumentHeader, type Hash32, headerHashOf, ZERO_HASH } from "@keyquorum/wire";
import type { PostedRequest } from "./postShareRequest.ts";
import type { RequestContract } from "./requestContract.ts";

/** A request that was paid for, or may have been, and was not read. SECRET: only `readerSecret` opens its answers. */
export type RequestInFlight = {
  readonly readerSecret: SecretScalar;
  /** Wei that were sent with it: the same call again is the same transaction. */
  fee: bigint | undefined;
  posted: PostedRequest | undefined;
};

/** By what is asked. Kept in memory, by the client, until it is known what became of each. */
export type RequestsInFlight = Map<string, RequestInFlight[]>;

/** What makes two requests the same to their reader. */
export const nameOfRequest = ({
  contract,
  header,
  requester,
  contextHash = ZERO_HASH,
  agreement,
}: {
  readonly contract: RequestContract;
  readonly header: DocumentHeader;
  readonly requester: Address;
  readonly contextHash?: Hash32 | undefined;
  readonly agreement?: { readonly price: bigint } | undefined;
}): string => [contract.address, headerHashOf(header), requester, contextHash, agreement?.price ?? ""].join(" ");

/** Takes one out: no other call continues with it meanwhile. */
export const takeInFlight = (requests: RequestsInFlight, name: string): RequestInFlight | undefined => {
  const kept = requests.get(name)?.shift();
  if (requests.get(name)?.length === 0) requests.delete(name);
  return kept;
};

export const keepInFlight = (requests: RequestsInFlight, name: string, request: RequestInFlight): void => {
  requests.set(name, [...(requests.get(name) ?? []), request]);
};
