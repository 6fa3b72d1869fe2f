import { createEndpointFetch, type EndpointFetch, isLocalChain } from "@keyquorum/chain";

/** How a keeper reaches others at their registered endpoints: public addresses only, unless its operator or a local chain allows others. No redirects. */
export const peerFetch = ({
  allowPrivateEndpoints,
  chainId,
}: {
  readonly allowPrivateEndpoints: boolean | undefined;
  readonly chainId: bigint;
}): EndpointFetch => ((allowPrivateEndpoints ?? isLocalChain(chainId)) ? plainFetch : createEndpointFetch());

const plainFetch: EndpointFetch = (url, init) => fetch(url, { ...init, redirect: "error" });
