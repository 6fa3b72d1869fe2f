import { KeyquorumError } from "@keyquorum/wire";
import type { CID } from "multiformats/cid";
import type { BlobReader } from "./blobStore.ts";
import type { BlockSource } from "./blockStorage.ts";
import { createBlobReader } from "./createBlobReader.ts";
import { isBlock, textOf } from "./ipldCid.ts";
import { createPatientAsker, type Patience, patienceOf } from "./patience.ts";
import { checkPublicUrl, parseStoreUrl } from "./privateAddress.ts";
import { ask, type Fetch, isWebPage, readBody, remoteFailed, remoteRefuses, statusFailed } from "./remote.ts";

/** What a gateway did instead of giving a block. `reason` is "wrong bytes" when it lied. */
export type GatewayFault = { readonly gateway: string; readonly cid: string; readonly reason: string };

export type GatewayOptions = {
  /** Trustless gateways, asked in this order: `https://...`, without `/ipfs`. One that fails goes to the end. */
  readonly urls: readonly string[];
  readonly fetch?: Fetch | undefined;
  /** Refuse larger blobs where the call says nothing else. Default 1 TiB. */
  readonly maxBytes?: number | undefined;
  /** For one block from one gateway, its last byte included. Default 30 000. */
  readonly timeoutMs?: number | undefined;
  /** Allow http and addresses of private networks: for a gateway of one's own. Default false. */
  readonly allowPrivateAddresses?: boolean | undefined;
  /** How often and how long gateways that may recover are asked again. */
  readonly patience?: Partial<Patience> | undefined;
  /** Told of every gateway that fails or lies, also when the next one answers, or it does when it is asked again. */
  readonly onFault?: ((fault: GatewayFault) => void) | undefined;
};

const NOT_FOUND = "not found";
const WRONG = "wrong bytes";
const WEB_PAGE = "a web page came instead of the block";

/**
 * Reads blobs from trustless gateways (https://specs.ipfs.tech/http-gateways/trustless-gateway/): one block a request, each verified before it is
 * used. A gateway can refuse or delay, and it learns which blocks are read; it cannot change a byte. Redirects are not followed. Where all have failed,
 * those that may recover (429, 5xx, cut connections and bodies) are asked again, a few times and no longer than `patience` says.
 *
 * Browsers: names that resolve to private addresses are caught in Node only, by the store of this name from `@keyquorum/blobs/node`.
 * Throws `INVALID_VALUE` for a URL that is refused.
 */
export const createGatewayBlobStore = (options: GatewayOptions): BlobReader => {
  const {
    fetch = (url, init) => globalThis.fetch(url, init),
    maxBytes,
    timeoutMs = 30_000,
    allowPrivateAddresses = false,
    patience,
    onFault,
  } = options;
  const known = options.urls.map((text) => parseGateway(text, allowPrivateAddresses));
  if (known.length === 0) throw new KeyquorumError("INVALID_VALUE", "No gateway was given.");
  let order = known;

  const patiently = createPatientAsker<URL>(patienceOf(patience));
  const failureOf = (error: unknown): KeyquorumError => {
    if (error instanceof KeyquorumError) return error;
    throw error; // the caller's own reason
  };

  /** The first gateway's answer that is one. Undefined when all say that it is not there. */
  const askInOrder = async <T>(cid: CID, signal: AbortSignal | undefined, one: (gateway: URL) => Promise<T>): Promise<T | undefined> => {
    const faultOf = ({ store, error }: { readonly store: URL; readonly error: KeyquorumError }): GatewayFault => ({
      gateway: store.origin,
      cid: textOf(cid),
      reason: String(error.details.reason),
    });
    const asked = await patiently(order, one, {
      signal,
      failureOf,
      onFailure: (failure) => {
        const fault = faultOf(failure);
        if (fault.reason !== NOT_FOUND) order = [...order.filter((other) => other !== failure.store), failure.store];
        onFault?.(fault);
      },
    });
    if ("value" in asked) return asked.value;
    const faults = asked.failures.map(faultOf);
    if (faults.every(({ reason }) => reason === NOT_FOUND)) return undefined;
    throw noneDelivered(
      cid,
      faults,
      asked.failures.some(({ error }) => error.retryable),
    );
  };

  const request = <T>(method: "GET" | "HEAD", cid: CID, gateway: URL, signal: AbortSignal | undefined, read: (r: Response) => Promise<T>) =>
    ask(
      {
        fetch,
        store: gateway.origin,
        url: `${gateway.href.replace(/\/+$/, "")}/ipfs/${textOf(cid)}?format=raw`,
        method,
        headers: { accept: "application/vnd.ipld.raw" },
        timeoutMs,
        signal,
      },
      async (response) => {
        if ([404, 410].includes(response.status)) throw remoteRefuses(gateway.origin, NOT_FOUND);
        if (response.status !== 200) throw statusFailed(gateway.origin, response);
        return read(response);
      },
    );

  const blocks: BlockSource = {
    get: (cid, { maxBytes: limit, signal }) =>
      askInOrder(cid, signal, (gateway) =>
        request("GET", cid, gateway, signal, async (response) => {
          const bytes = await readBody(response, limit);
          if (bytes === undefined) throw remoteRefuses(gateway.origin, `more than ${limit} bytes`);
          if (await isBlock(cid, bytes)) return bytes;
          throw remoteFailed(gateway.origin, isWebPage(response, bytes) ? WEB_PAGE : WRONG); // it may have been cut on its way
        }),
      ),
    has: async (cid, { signal } = {}) =>
      (await askInOrder(cid, signal, (gateway) => request("HEAD", cid, gateway, signal, async () => true))) !== undefined,
  };
  return createBlobReader(blocks, { maxBytes, readAhead: 4 });
};

const parseGateway = (text: string, allowPrivateAddresses: boolean): URL => {
  const url = parseStoreUrl(text);
  if (!allowPrivateAddresses) checkPublicUrl(url);
  return url;
};

const noneDelivered = (cid: CID, faults: readonly GatewayFault[], mayPass: boolean): KeyquorumError => {
  const hasLiar = faults.some(({ reason }) => reason === WRONG);
  const gateways = faults.map(({ gateway, reason }) => `${gateway}: ${reason}`);
  return new KeyquorumError(
    hasLiar ? "BLOB_CORRUPT" : "BLOB_REMOTE_FAILED",
    `No gateway delivered the block ${textOf(cid)} (${gateways.join("; ")}).`,
    { details: { cid: textOf(cid), reason: hasLiar ? WRONG : "no gateway delivered", gateways }, retryable: mayPass && !hasLiar },
  );
};
