import type { Address } from "@keyquorum/wire";
import { type FreshnessDomain, freshRequestDigest, MAX_FRESH_SECONDS } from "../formats/freshRequest.ts";
import { bareHex, readBareHex } from "../formats/hexText.ts";
import { KeyServerError } from "../formats/keyServerError.ts";
import { RAW_SIGNATURE_BYTES, recoverRequester } from "../formats/rawSignature.ts";
import { createSeenNonces } from "./nonces.ts";

const NONCE_BYTES = 32;

/** Checks the header of a request, and that its nonce is new. Throws KeyServerError InsufficientRequesterData, TooManyRequests. */
export type CheckFreshness = (request: {
  readonly header: string | undefined;
  readonly method: string;
  readonly target: string;
  readonly requester: Address;
  /** Whose share of nonces it takes. */
  readonly address: string;
}) => void;

/**
 * What was seen by one process until it expired: a keeper that is restarted, or another keeper, takes a nonce again. What is asked twice does nothing twice.
 * @param options.isRequired refuses requests without the header
 */
export const createFreshness = (options: {
  readonly domain: FreshnessDomain;
  readonly isRequired: boolean;
  /** Milliseconds. */
  readonly now: () => number;
}): CheckFreshness => {
  const nonces = createSeenNonces();
  return ({ header, method, target, requester, address }) => {
    if (header === undefined) {
      if (options.isRequired) throw refusal("this key server wants requests with a nonce and an expiry");
      return;
    }
    const [nonceText = "", expiryText = "", signatureText = "", ...more] = header.split(".");
    const nonce = readBareHex(nonceText, NONCE_BYTES);
    const signature = readBareHex(signatureText, RAW_SIGNATURE_BYTES);
    if (nonce === undefined || signature === undefined || more.length > 0 || !/^[0-9]{1,12}$/.test(expiryText))
      throw refusal("bad freshness header");
    const expiry = Number(expiryText);
    const seconds = options.now() / 1_000;
    if (expiry <= seconds || expiry > seconds + MAX_FRESH_SECONDS) throw refusal("the request has expired, or for too long not yet");
    const path = canonicalPath(target);
    const signer = recoverRequester(freshRequestDigest(options.domain, { method, path, nonce, expiry }), signature);
    if (signer?.address !== requester) throw refusal("bad freshness signature");
    const taken = nonces.take({ name: `${requester}${bareHex(nonce)}`, address, until: expiry, now: seconds });
    if (taken === "seen") throw refusal("this request was answered before");
    if (taken === "full") throw new KeyServerError("TooManyRequests", "too many nonces of this address are remembered");
  };
};

/** Ids, signatures and points are the same in either case. */
const canonicalPath = (target: string): string => `/${(target.split("?", 1)[0] ?? "").replace(/^\/+/, "").toLowerCase()}`;

const refusal = (why: string): KeyServerError => new KeyServerError("InsufficientRequesterData", `bad signature: ${why}`);
