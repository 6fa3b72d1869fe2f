import type { ExtensionServices } from "@keyquorum/keeper";
import { describeError } from "@keyquorum/keeper";
import { type Hex, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import type { MayGenerate } from "../board/boardMembers.ts";
import type { ServerKeyBoard } from "../board/serverKeyBoard.ts";
import { KeyServerError } from "../formats/keyServerError.ts";
import { encodePoint64, parsePoint64 } from "../formats/point64.ts";
import { visiblePoint } from "../formats/signRule.ts";
import type { DocumentKeyPair } from "../records/serverKeyRecord.ts";
import { publicKeyOf } from "../records/serverKeyRecord.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import type { DocumentKeys } from "../retrieval/documentKeys.ts";
import { isSamePair } from "../retrieval/membership.ts";
import { type Acl, requirePermission } from "../retrieval/permission.ts";
import { commonCall, generatedCall, refusalCall, retrievedCall, storedCall } from "./serviceCalls.ts";
import { encodeServiceProof } from "./serviceProof.ts";
import type { RequestOf } from "./serviceRequest.ts";

/** What this keeper says on chain to a request; undefined: nothing yet. */
export type Reply = Hex | undefined;

export type ReplyOptions = {
  readonly services: Pick<ExtensionServices, "chain" | "decidePermission" | "log">;
  readonly records: ServerKeyRecords;
  readonly board: Pick<ServerKeyBoard, "generate" | "heldFor" | "present">;
  readonly documentKeys: Pick<DocumentKeys, "storeDocumentKey" | "certifiedPair">;
  readonly mayGenerate: MayGenerate;
  readonly acl: Acl;
};

/** `isTurn`: whether this keeper is to drive what one keeper suffices for. All throw where nobody can say: the request waits. */
type Asked<Kind extends "generation" | "storing"> = { readonly request: RequestOf<Kind>; readonly isTurn: boolean };

const idOf = ({ serverKeyId }: { readonly serverKeyId: string }): Uint8Array => hexToBytes(serverKeyId, 32);

/** Whether a keeper's own rules are against it. Throws what says nothing about them. */
const isDenied = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => false,
    (error: unknown) => {
      if (error instanceof KeyquorumError && error.code === "ACCESS_DENIED") return true;
      throw error;
    },
  );

const kindOf = (error: unknown): string | undefined => (error instanceof KeyServerError ? error.kind : undefined);

export const createReplies = ({ services, records, board, documentKeys, mayGenerate, acl }: ReplyOptions) => {
  const { log } = services;

  /** The key as every member has confirmed it, or what ends the request; driven where it is this keeper's turn. */
  const generation = async ({ request, isTurn }: Asked<"generation">): Promise<Reply> => {
    const { author, threshold, contract } = request;
    const id = idOf(request);
    const held = await records.use(id, (record) => ({ ...record, publicKey: publicKeyOf(record) }));
    if (held !== undefined)
      return held.author === author && held.threshold === threshold
        ? generatedCall(request, encodePoint64(held.publicKey))
        : refusalCall(request);
    if (await isDenied(mayGenerate({ author, threshold }))) return refusalCall(request);
    if (threshold + 1 > (await board.present()).slots.length) return refusalCall(request);
    if (!isTurn) return undefined;
    try {
      await board.generate({ serverKeyId: id, author, threshold, signature: encodeServiceProof(contract) });
    } catch (error) {
      log.info("A server key that a contract asked for is not generated yet", {
        serverKeyId: request.serverKeyId,
        ...describeError(error),
      });
    }
    return undefined;
  };

  /** What this keeper has of the key, which anybody may know. */
  const retrieval = async (request: RequestOf<"retrieval">): Promise<Reply> => {
    const id = idOf(request);
    const held = await records.use(id, (record) => ({ threshold: record.threshold, publicKey: publicKeyOf(record) }));
    if (held !== undefined) return retrievedCall(request, encodePoint64(held.publicKey), held.threshold);
    return (await board.heldFor(id)) === undefined ? refusalCall(request) : undefined;
  };

  /** Undefined: points that are none. */
  const pairOf = ({ commonPoint, encryptedPoint }: RequestOf<"storing">): DocumentKeyPair | undefined => {
    try {
      return { commonPoint: parsePoint64(hexToBytes(commonPoint)), encryptedPoint: parsePoint64(hexToBytes(encryptedPoint)) };
    } catch {
      return undefined;
    }
  };

  /** "Stored" is what this keeper says once it holds a certificate of the very pair. */
  const storing = async ({ request, isTurn }: Asked<"storing">): Promise<Reply> => {
    const { author, contract } = request;
    const id = idOf(request);
    const pair = pairOf(request);
    const held = await records.use(id, (record) => ({ author: record.author, documentKey: record.documentKey }));
    if (held === undefined) return (await board.heldFor(id)) === undefined ? refusalCall(request) : undefined;
    if (pair === undefined || held.author !== author) return refusalCall(request);
    const { documentKey } = held;
    if (documentKey !== undefined && documentKey.certificate.length > 0)
      return isSamePair(documentKey, pair) ? storedCall(request) : refusalCall(request);
    if (!isTurn) return undefined;
    try {
      await documentKeys.storeDocumentKey({ serverKeyId: id, author, signature: encodeServiceProof(contract), ...pair });
      return storedCall(request);
    } catch (error) {
      if (kindOf(error) === "DocumentKeyAlreadyStored" && (await isOtherPairStored(id, pair))) return refusalCall(request);
      log.info("A document key that a contract brought is not stored yet", { serverKeyId: request.serverKeyId, ...describeError(error) });
      return undefined;
    }
  };

  const isOtherPairStored = async (id: Uint8Array, pair: DocumentKeyPair): Promise<boolean> => {
    const certified = await documentKeys.certifiedPair(id);
    return !isSamePair(certified.stored, pair);
  };

  /** The common point of a document key that the requester may read. */
  const common = async (request: RequestOf<"common">): Promise<Reply> => {
    const id = idOf(request);
    if ((await records.epochsOf(id)).length === 0) return (await board.heldFor(id)) === undefined ? refusalCall(request) : undefined;
    if (await isDenied(requirePermission(services, acl, { serverKeyId: id, requester: request.requester }))) return refusalCall(request);
    try {
      const { key, stored } = await documentKeys.certifiedPair(id);
      return commonCall(request, encodePoint64(visiblePoint(stored.commonPoint, key.threshold)), key.threshold);
    } catch (error) {
      if (kindOf(error) === "DocumentKeyIsNotFound") return refusalCall(request);
      throw error;
    }
  };

  return { generation, retrieval, storing, common };
};
