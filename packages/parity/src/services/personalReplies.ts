import { describeError, type ExtensionServices } from "@keyquorum/keeper";
import { hexToBytes, KeyquorumError, parseHash32 } from "@keyquorum/wire";
import { encodePoint64, parsePoint64 } from "../formats/point64.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { askMembers } from "../retrieval/askMembers.ts";
import type { DocumentKeys } from "../retrieval/documentKeys.ts";
import { ownMembership } from "../retrieval/membership.ts";
import { type Acl, requirePermission } from "../retrieval/permission.ts";
import { keyServerIndex } from "./keyServerIndex.ts";
import type { PromisedParts } from "./promisedParts.ts";
import { isKept, type Publications, publishAskOf } from "./publications.ts";
import { PUBLISH, type PublishAsk, parsePublishAsk } from "./publishMessage.ts";
import type { Reply } from "./replies.ts";
import { idOfRequest, MOST_REQUESTS } from "./requestRows.ts";
import { personalCall, refusalCall } from "./serviceCalls.ts";
import type { RequestOf } from "./serviceRequest.ts";

const ASK_MILLISECONDS = 5_000;
/** Between two times that a holder shows the others what it posts. */
const SHOW_MILLISECONDS = 30_000;

type Services = Pick<
  ExtensionServices,
  "chain" | "members" | "peers" | "clock" | "stopping" | "log" | "decidePermission" | "recordRelease" | "transactions"
>;

/** Of more requests than wait together. */
const MOST_REMEMBERED = 2 * MOST_REQUESTS;
const remember = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST_REMEMBERED && oldest !== undefined) map.delete(oldest);
};

/** The same slots, from another one on for each attempt. */
const inTurns = (slots: readonly number[], attempt: number): readonly number[] => {
  const first = attempt % Math.max(1, slots.length);
  return [...slots.slice(first), ...slots.slice(0, first)];
};

/** The second phase of a reading on chain: this keeper's part, once a whole set of holders has given theirs. */
export const createPersonalReplies = ({
  services,
  records,
  documentKeys,
  publications,
  promises,
  acl,
}: {
  readonly services: Services;
  readonly records: ServerKeyRecords;
  readonly documentKeys: Pick<DocumentKeys, "read">;
  readonly publications: Publications;
  readonly promises: Pick<PromisedParts, "promised" | "review" | "avoided">;
  readonly acl: Acl;
}) => {
  /** By request: when it was shown last, and the reading of which a record is durable. */
  const shownAt = new Map<string, number>();
  const recorded = new Map<string, string>();
  const attempts = new Map<string, number>();

  /** Decides, and writes the release down, before anything of the part leaves. True: it may. */
  const release = async (request: RequestOf<"personal">, digest: string): Promise<"permitted" | "denied" | "later"> => {
    const serverKeyId = hexToBytes(request.serverKeyId, 32);
    try {
      const heads = await requirePermission(services, acl, { serverKeyId, requester: request.requester });
      if (recorded.get(idOfRequest(request)) === digest) return "permitted";
      await services.recordRelease({
        ...{ kind: "shadow-on-chain", requestId: parseHash32(digest), document: request.serverKeyId },
        ...{ requester: request.requester, heads },
      });
      remember(recorded, idOfRequest(request), digest);
      return "permitted";
    } catch (error) {
      if (error instanceof KeyquorumError && error.code === "ACCESS_DENIED") return "denied";
      if (error instanceof KeyquorumError && error.code === "PERMISSION_NOT_FINAL") return "later";
      throw error;
    }
  };

  /** Shows a reading to its other holders; a holder that is silent, or keeps to another set, is asked again later. */
  const show = async (request: RequestOf<"personal">, ask: PublishAsk, decryptedSecret: Uint8Array): Promise<void> => {
    remember(shownAt, idOfRequest(request), services.clock.now());
    const own = await ownMembership(services, ask.asked.epoch);
    const others = ask.asked.holders.filter((slot) => slot !== own.slot).map((slot) => ({ slot }));
    const question = { message: PUBLISH, ask, own: { slot: own.slot, answer: publications.take }, milliseconds: ASK_MILLISECONDS };
    const answers = await askMembers(services, question, others, { heads: own.heads });
    const signed = answers.flatMap(({ slot, kind }) => (kind === "answered" ? [slot] : []));
    // Who drives it has signed the whole, too.
    const bound = own.members.filter(({ slot }) => slot !== own.slot && (signed.includes(slot) || slot === ask.asked.slot));
    promises.promised(request, { ...ask, decryptedSecret }, bound);
    for (const one of answers)
      if (one.kind === "failed")
        services.log.info("A holder does not take its part of a reading on chain yet", {
          ...{ serverKeyId: request.serverKeyId, slot: one.slot, reason: one.reason },
        });
  };

  /** Of this keeper, for a request: from the request's own number on. */
  const attemptOf = (request: RequestOf<"personal">): number => {
    const id = idOfRequest(request);
    const attempt = (attempts.get(id) ?? request.blockNumber + request.logIndex) + 1;
    remember(attempts, id, attempt);
    return attempt;
  };

  /** Reads as the coordinator of holders that are all key servers of the contract. */
  const drive = async (request: RequestOf<"personal">): Promise<void> => {
    const { contract, requesterPublic } = request;
    const serverKeyId = hexToBytes(request.serverKeyId, 32);
    const key = await records.use(serverKeyId, ({ epoch, threshold }) => ({ epoch, threshold }));
    if (key === undefined) return;
    const { members, heads, slot: ownSlot } = await ownMembership(services, key.epoch);
    const places = await Promise.all(members.map(({ operator }) => keyServerIndex(services, contract, operator, heads.head)));
    const without = members.filter((_, i) => places[i] === undefined).map(({ slot }) => slot);
    const requesterKey = parsePoint64(hexToBytes(requesterPublic));
    const readWithout = (slots: readonly number[]) =>
      documentKeys.read({ ...{ serverKeyId, readerSignature: new Uint8Array(0), request: { contract, requesterKey }, without: slots } });
    // A holder may give its part here and post none, which nobody can tell from a slow one for a while: each attempt asks others, who broke its word comes
    // last. Whoever is there, where they are not.
    const others = members.map(({ slot }) => slot).filter((slot) => slot !== ownSlot && !without.includes(slot));
    const avoided = promises.avoided();
    const kept = others.filter((slot) => !avoided.includes(slot));
    const order = [...inTurns(kept, attemptOf(request)), ...avoided];
    const beyond = order.filter((slot) => others.includes(slot)).slice(key.threshold);
    const reading = await readWithout([...without, ...beyond]).catch((error: unknown) => {
      if (beyond.length === 0) throw error;
      return readWithout(without);
    });
    const own = await ownMembership(services, reading.key.epoch);
    const ask = publishAskOf(services, own, reading);
    // Itself first: what it has staged, it shows again, whatever happens to it meanwhile.
    if (reading.asked.holders.includes(own.slot)) await publications.take(ask);
    await show(request, ask, encodePoint64(reading.decryptedSecret));
  };

  const personal = async ({ request, isTurn }: { readonly request: RequestOf<"personal">; readonly isTurn: boolean }): Promise<Reply> => {
    await promises.review(request, false);
    const part = await publications.partOf(request);
    if (part === undefined || !isKept(services.clock, part)) {
      // A set with this keeper in it is worth nothing where it cannot post.
      if (isTurn && (await services.transactions.isFunded())) await drive(request).catch(notYet);
      const serverKeyId = hexToBytes(request.serverKeyId, 32);
      if (part === undefined) return denialOf(request, serverKeyId);
    }
    const staged = await publications.partOf(request);
    if (staged === undefined) return undefined;
    const since = services.clock.now() - (shownAt.get(idOfRequest(request)) ?? services.clock.now() - SHOW_MILLISECONDS);
    if (staged.shown !== undefined && (since < 0 || since >= SHOW_MILLISECONDS))
      await show(request, parsePublishAsk(staged.shown), staged.decryptedSecret).catch(notYet);
    const outcome = await release(request, staged.digest);
    if (outcome === "later") return undefined;
    return outcome === "denied" ? refusalCall(request) : personalCall(request, staged);

    function notYet(error: unknown): void {
      services.log.info("A reading on chain is not made yet", { serverKeyId: request.serverKeyId, ...describeError(error) });
    }
  };

  /** Nothing, or a refusal, of who has no part yet. A part that was staged meanwhile is posted at the next look. */
  const denialOf = async (request: RequestOf<"personal">, serverKeyId: Uint8Array): Promise<Reply> => {
    try {
      await requirePermission(services, acl, { serverKeyId, requester: request.requester });
      return undefined;
    } catch (error) {
      if (error instanceof KeyquorumError && error.code === "ACCESS_DENIED") return refusalCall(request);
      if (error instanceof KeyquorumError && error.code === "PERMISSION_NOT_FINAL") return undefined;
      throw error;
    }
  };

  return { personal };
};
