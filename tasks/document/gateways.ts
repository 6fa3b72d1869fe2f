import type { BlobReader, GatewayFault } from "@keyquorum/blobs";
import { createGatewayBlobStore, isLoopbackUrl } from "@keyquorum/blobs/node";
import { KeyquorumError } from "@keyquorum/wire";
import { whatHappened } from "../parse.ts";
import { UsageError } from "../usageError.ts";

/** Where ciphertext is fetched from that is not in the store, as the user typed it. */
export type GatewayArguments = {
  /** URLs, separated by commas. */
  readonly gateway: string | undefined;
  /** Whether they may be plain http, or of a private network. This machine's own may always: who types 127.0.0.1 means it. */
  readonly privateGateway: boolean;
};

/** Of all arguments, those about gateways. */
export const gatewaysOf = ({ gateway, privateGateway }: GatewayArguments): GatewayArguments => ({ gateway, privateGateway });

/** The gateways as stores, in their order. Each fault is told once. Throws UsageError for a URL that is refused. */
export const openGateways = ({ gateway, privateGateway }: GatewayArguments, warn: (text: string) => void): readonly BlobReader[] => {
  const told = new Set<string>();
  const onFault = ({ gateway: url, reason }: GatewayFault): void => {
    const fault = `The gateway ${url} failed: ${reason}`;
    if (reason !== "not found" && !told.has(fault)) warn(fault);
    told.add(fault);
  };
  const urls = (gateway ?? "").split(",").flatMap((text) => (text.trim() === "" ? [] : [text.trim()]));
  if (gateway !== undefined && urls.length === 0) throw new UsageError("--gateway names no URL.");
  if (gateway === undefined && privateGateway) throw new UsageError("--private-gateway says something about --gateway URL: give both.");
  return urls.map((url) => {
    try {
      return createGatewayBlobStore({ urls: [url], allowPrivateAddresses: privateGateway || isLoopbackUrl(url), onFault });
    } catch (error) {
      if (!(error instanceof KeyquorumError)) throw error;
      const advice = privateGateway ? "" : " Is it a gateway of your own network? Then say so with --private-gateway.";
      throw new UsageError(`--gateway: ${whatHappened(error)}${advice}`, { cause: error });
    }
  });
};
