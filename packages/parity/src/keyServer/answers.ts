import type { Address } from "@keyquorum/wire";
import { bytesBody, shadowsBody } from "../formats/bodies.ts";
import { createDocumentKey } from "../formats/documentKey.ts";
import { encryptEcies } from "../formats/ecies.ts";
import { KeyServerError } from "../formats/keyServerError.ts";
import { parsePoint64 } from "../formats/point64.ts";
import { type Requester, recoverRequester } from "../formats/rawSignature.ts";
import type { KeyServer } from "./keyServer.ts";
import type { KeyServerRequest } from "./requestPath.ts";
import { checkServersSet, type NodeSet } from "./serversSet.ts";

/** What an operator decides about requests. */
export type AnswerRules = {
  readonly authors: "any" | readonly Address[];
  readonly zeroThreshold: boolean;
  readonly leastThreshold: number;
  /** Whether routes are served on which one keeper sees a document key. */
  readonly showKeysToKeeper: boolean;
  /** Whose signatures change the set of servers: 64 bytes. Undefined: nobody's. */
  readonly administrator?: Uint8Array | undefined;
};

/** With what stood in the body, where there is one. */
export type AnsweredRequest =
  | Exclude<KeyServerRequest, { readonly kind: "servers_set" }>
  | (Extract<KeyServerRequest, { readonly kind: "servers_set" }> & { readonly nodes: NodeSet });

export type AnswerParts = {
  readonly keyServer: KeyServer;
  readonly rules: AnswerRules;
  /** Throws KeyServerError where the request is not as fresh as it should be. */
  readonly checkFreshness: (requester: Requester) => void;
};

/** Our keepers' board counts thresholds in one byte. */
const MAX_THRESHOLD = 255n;

/** The body of the answer; "" for none. Throws KeyServerError, and what the key server throws. */
export const answerRequest = async (request: AnsweredRequest, parts: AnswerParts): Promise<string> => {
  const { keyServer } = parts;
  switch (request.kind) {
    case "generate":
      return bytesBody(await generate(request, parts));
    case "store": {
      const { serverKeyId, signature, commonPoint, encryptedPoint } = request;
      const { address: author } = requesterOf(request, parts);
      await keyServer.storeDocumentKey({ serverKeyId, author, signature: normal(signature), commonPoint, encryptedPoint });
      return "";
    }
    case "public_key": {
      const { address } = requesterOf(request, parts);
      return bytesBody(await keyServer.publicKey({ serverKeyId: request.serverKeyId, requester: address }));
    }
    case "shadows": {
      const { publicKey } = requesterOf(request, parts);
      const { serverKeyId, signature } = request;
      return shadowsBody(await keyServer.shadows({ serverKeyId, requesterKey: publicKey, signature: normal(signature) }));
    }
    case "generate_both":
      return bytesBody(await generateBoth(request, parts));
    case "document_key":
      return bytesBody(await showDocumentKey(request, parts));
    case "schnorr":
    case "ecdsa":
      throw new KeyServerError("Internal", "this key server signs nothing yet");
    case "servers_set":
      await changeServers(request, parts);
      return "";
  }
};

const requesterOf = (
  { serverKeyId, signature }: { readonly serverKeyId: Uint8Array; readonly signature: Uint8Array },
  { checkFreshness }: AnswerParts,
): Requester => {
  const requester = recoverRequester(serverKeyId, signature);
  if (requester === undefined) throw new KeyServerError("InsufficientRequesterData", "bad signature: it is nobody's");
  checkFreshness(requester);
  return requester;
};

/** With v 0 or 1, as keepers hand it on. */
const normal = (signature: Uint8Array): Uint8Array => {
  const v = signature[64] ?? 0;
  return Uint8Array.of(...signature.subarray(0, 64), v >= 27 ? v - 27 : v);
};

/** Route (i). The registry decides who the servers are: what is asked for must be what it says, and is then done for the keys. */
const changeServers = async (
  { oldSignature, newSignature, nodes }: Extract<AnsweredRequest, { readonly kind: "servers_set" }>,
  { keyServer, rules }: AnswerParts,
): Promise<void> => {
  const { serverSets, moveKeys } = keyServer;
  if (serverSets === undefined || moveKeys === undefined)
    throw new KeyServerError("Internal", "the registry decides who the key servers are; this route is not there yet");
  if (rules.administrator === undefined) throw new KeyServerError("AccessDenied");
  checkServersSet({ oldSignature, newSignature, nodes }, rules.administrator, await serverSets());
  await moveKeys();
};

type Generation = Extract<KeyServerRequest, { readonly kind: "generate" | "generate_both" }>;

const generate = async (request: Generation, parts: AnswerParts): Promise<Uint8Array> => {
  const { keyServer, rules } = parts;
  const { serverKeyId, signature, threshold } = request;
  const isTooLow = threshold < BigInt(rules.leastThreshold) || (threshold === 0n && !rules.zeroThreshold);
  if (threshold > MAX_THRESHOLD || isTooLow) throw new KeyServerError("NotEnoughNodesForThreshold");
  const { address: author } = requesterOf(request, parts);
  if (rules.authors !== "any" && !rules.authors.includes(author)) throw new KeyServerError("AccessDenied");
  return keyServer.generate({ serverKeyId, author, threshold: Number(threshold), signature: normal(signature) });
};

const HIDDEN = "this route shows a document key to one keeper, and is switched off";

/** Route (c). This keeper makes the document key, and sees it. */
const generateBoth = async (request: Generation, parts: AnswerParts): Promise<Uint8Array> => {
  if (!parts.rules.showKeysToKeeper) throw new KeyServerError("Internal", HIDDEN);
  const serverKey = parsePoint64(await generate(request, parts));
  const { serverKeyId, signature } = request;
  const requester = recoverRequester(serverKeyId, signature);
  if (requester === undefined) throw new KeyServerError("InsufficientRequesterData", "bad signature: it is nobody's");
  const { documentKey, commonPoint, encryptedPoint } = createDocumentKey(serverKey);
  const author = requester.address;
  try {
    await parts.keyServer.storeDocumentKey({ serverKeyId, author, signature: normal(signature), commonPoint, encryptedPoint });
    return await encryptEcies(requester.publicKey, documentKey);
  } finally {
    documentKey.fill(0);
  }
};

/** Route (e). */
const showDocumentKey = async (
  request: Extract<KeyServerRequest, { readonly kind: "document_key" }>,
  parts: AnswerParts,
): Promise<Uint8Array> => {
  const { documentKey } = parts.keyServer;
  if (!parts.rules.showKeysToKeeper || documentKey === undefined) throw new KeyServerError("Internal", HIDDEN);
  const { publicKey } = requesterOf(request, parts);
  const { serverKeyId, signature } = request;
  const shown = await documentKey({ serverKeyId, requesterKey: publicKey, signature: normal(signature) });
  try {
    return await encryptEcies(publicKey, shown);
  } finally {
    shown.fill(0);
  }
};
