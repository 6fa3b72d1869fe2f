/** What a coordinator does in every round of a session: asks all, looks at what came, and finds out who did not do its part. PROTOCOL section 11.5. */
import { type HedgedRandom, judgeEcdsaOpenings, type NonceUse, type Point } from "@keyquorum/threshold";
import { type Hash32, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import type { BootId, SigningKeeper } from "../messages.ts";
import type { SigningContext } from "../ports.ts";
import type { EcdsaShareEvidence } from "./judge.ts";
import { type EcdsaRound, roundNumber } from "./kinds.ts";
import {
  ECDSA_KINDS,
  type EcdsaAgreement,
  type EcdsaAnswers,
  type EcdsaCheckMessage,
  type EcdsaComplaint,
  type EcdsaDeal,
  type EcdsaNonce,
  type EcdsaOpeningMessage,
  type EcdsaProduct,
  type EcdsaShare,
} from "./messages.ts";
import { entriesOf, isMessageOf, type Kind, type SessionNames } from "./messagesOf.ts";
import type { EcdsaRequest } from "./ports.ts";
import { areEqual, checkPointsOf, type NonceOfSession, noncePartOf, productPointOf } from "./rounds.ts";
import { ecdsaAskStatement, ecdsaRoundHash, ecdsaSessionOf, ecdsaStatements, type SigningDomain } from "./statements.ts";

export type EcdsaKeyInEpoch = Pick<EcdsaRequest, "keyId" | "epoch" | "threshold" | "verifyingShares">;

export type EcdsaRunPorts = {
  readonly context: SigningContext;
  readonly boot: BootId;
  readonly domain: SigningDomain;
  /** How a signer is asked, this keeper's own among them. What it throws is a refusal (KeyquorumError), or silence. */
  readonly signer: (slot: number) => EcdsaAnswers;
  /** Throws OLDER_BOOT. */
  readonly admitBoot: (epoch: number, slot: number, boot: BootId) => Promise<void>;
  readonly randomOf: (use: Omit<NonceUse, "purpose">) => HedgedRandom;
};

/**
 * Somebody that did not do its part. `evidence` convinces anybody; without it, only who carried the messages knows. `reason` is a word of
 * EcdsaFaultReason.
 */
export type EcdsaFault = { readonly slot: number; readonly reason: EcdsaFaultReason; readonly evidence?: EcdsaShareEvidence };
/** share: a wrong one. deal, nonce, product, check: not what its opening makes of it. opening: it did not open. claim: a check that holds, it said, fails. hash: it signed other messages than it was shown. agreement: it agreed to what fails, or to something else. */
export type EcdsaFaultReason = "share" | "deal" | "nonce" | "product" | "check" | "opening" | "claim" | "hash" | "agreement";

type Failure = {
  readonly faults?: readonly EcdsaFault[];
  readonly pairs?: readonly (readonly [number, number])[];
  readonly out?: ReadonlyMap<number, string>;
};
/** Ends an attempt from wherever it is. */
export class Failed extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super("this attempt failed");
    this.failure = failure;
  }
}

type Said = EcdsaDeal | EcdsaNonce | EcdsaProduct | EcdsaCheckMessage | EcdsaAgreement | EcdsaShare;

/** What came so far. */
export type Sent = {
  deals?: readonly EcdsaDeal[];
  nonces?: readonly EcdsaNonce[];
  nonce?: NonceOfSession;
  products?: readonly EcdsaProduct[];
  checks?: readonly EcdsaCheckMessage[];
};

/** A session under way, as its coordinator holds it. Public: it has no secret. `requestId` is zero ahead of a request. */
export class EcdsaRun {
  readonly slots: readonly number[];
  readonly session: Hash32;
  readonly salt: Uint8Array;
  readonly sent: Sent = {};
  readonly #ports: EcdsaRunPorts;
  readonly #key: EcdsaKeyInEpoch;
  readonly #names: SessionNames & { readonly boots: Map<number, BootId> };

  constructor(ports: EcdsaRunPorts, key: EcdsaKeyInEpoch, slots: readonly number[], requestId: Hash32) {
    const { keyId, epoch } = key;
    this.#ports = ports;
    this.#key = key;
    this.slots = slots;
    this.salt = ports.randomOf({ session: hexToBytes(requestId, 32), statement: hexToBytes(keyId, 32) })(32);
    this.session = ecdsaSessionOf(ports.domain, { requestId, keyId, epoch, slots, coordinator: this.coordinator, salt: this.salt });
    this.#names = { session: this.session, requestId, epoch, slots, boots: new Map() };
  }

  get coordinator(): SigningKeeper {
    return { slot: this.#ports.context.slot, boot: this.#ports.boot };
  }

  /** A question's common part, signed. `requestId`: the request that a presignature is taken for. */
  signed(kind: (typeof ECDSA_KINDS)[keyof typeof ECDSA_KINDS], content: Uint8Array | 0, requestId: Hash32 = this.#names.requestId) {
    const about = { session: this.session, requestId, epoch: this.#key.epoch, coordinator: this.coordinator };
    return { ...about, signature: this.#ports.context.sign(ecdsaAskStatement(about, kind, content)) };
  }

  /** Holds every signer to the life in which it dealt, if that is its newest. */
  async admit(deals: readonly EcdsaDeal[]): Promise<void> {
    for (const { signer } of deals) {
      const admitted = await settle(() => this.#ports.admitBoot(this.#key.epoch, signer.slot, signer.boot));
      if ("error" in admitted) throw new Failed({ out: new Map([[signer.slot, codeOf(admitted.error)]]) });
      this.#names.boots.set(signer.slot, signer.boot);
    }
  }

  /**
   * Asks all for a round. What is no message of it counts as silence. Whoever claims that a check fails is right, or is named. `seen`: the hash that each
   * must vouch for; `failed`: whether a check of this round fails indeed.
   */
  async round<Message extends Said>(
    name: EcdsaRound,
    ask: (answers: EcdsaAnswers) => Promise<Message | EcdsaComplaint>,
    kind: Kind<Message>,
    { seen, failed = () => false, requestId = this.#names.requestId }: RoundOptions = {},
  ): Promise<{ readonly messages: readonly Message[]; readonly hash: Uint8Array }> {
    const names = { ...this.#names, requestId };
    const settled = await Promise.all(this.slots.map((slot) => settle(() => ask(this.#ports.signer(slot)))));
    const [out, claims, messages]: [Map<number, string>, number[], Message[]] = [new Map(), [], []];
    const pairs: (readonly [number, number])[] = [];
    const faults: EcdsaFault[] = [];
    for (const [i, slot] of this.slots.entries()) {
      const answer = settled[i] as Settled<Message | EcdsaComplaint>; // one of each
      if ("error" in answer) {
        const code = codeOf(answer.error);
        if (code === "SIGNING_ABORTED") claims.push(slot);
        else out.set(slot, code);
        continue;
      }
      const said = answer.value;
      if ("against" in said) {
        if (name === "nonce" && this.#isComplaintOf(slot, said)) pairs.push([slot, said.against]);
        else out.set(slot, "BAD_ANSWER");
      } else if (!isMessageOf(this.#ports.context, names, slot, said, kind.statement) || !isReadable(said)) out.set(slot, "BAD_ANSWER");
      else if (seen !== undefined && "hash" in said && !areEqual(said.hash, seen)) faults.push({ slot, reason: "hash" });
      else messages.push(said);
    }
    if (claims.length > 0 && !failed()) faults.push(...claims.map((slot): EcdsaFault => ({ slot, reason: "claim" })));
    else if (claims.length > 0) faults.push(...(await this.openAll()));
    const isFirst = (fault: EcdsaFault, at: number): boolean => faults.findIndex(({ slot }) => slot === fault.slot) === at;
    if (messages.length < this.slots.length) throw new Failed({ faults: faults.filter(isFirst), pairs, out });
    return { messages, hash: ecdsaRoundHash(this.session, roundNumber(name), entriesOf(messages, kind)) };
  }

  #isComplaintOf(slot: number, said: EcdsaComplaint): boolean {
    const isOther = said.against !== slot && this.slots.includes(said.against);
    return isOther && isMessageOf(this.#ports.context, this.#names, slot, said, ecdsaStatements.complaint);
  }

  /**
   * Asks all to open, once a check failed: names the first whose messages are not what the openings make of them, and who does not open. Who shows an
   * agreement instead agreed to what fails, or before it was asked: no honest signer does, whom this coordinator showed what it showed all.
   */
  async openAll(): Promise<readonly EcdsaFault[]> {
    const { slots, sent } = this;
    const ask = this.signed(ECDSA_KINDS.askOpening, 0);
    const settled = await Promise.all(slots.map((slot) => settle(() => this.#ports.signer(slot).open(ask))));
    const faults: EcdsaFault[] = [];
    const openings: EcdsaOpeningMessage[] = [];
    for (const [i, slot] of slots.entries()) {
      const answer = settled[i] as Settled<EcdsaOpeningMessage | EcdsaAgreement>; // one of each
      const said = "error" in answer ? undefined : answer.value;
      if (said !== undefined && "padKeys" in said && isMessageOf(this.#ports.context, this.#names, slot, said, ecdsaStatements.opening))
        openings.push(said);
      else faults.push({ slot, reason: said !== undefined && "digest" in said ? "agreement" : "opening" });
    }
    if (openings.length < slots.length || sent.deals === undefined) return faults;
    const found = judgeEcdsaOpenings({ ...this.#judged(), deals: sent.deals, openings });
    return found === undefined ? faults : [...faults, { slot: found.slot, reason: found.what }];
  }

  /** What was sent, read: what could not be read was not taken. */
  #judged() {
    const { nonces, nonce, products, checks } = this.sent;
    const read = <From, To>(list: readonly From[], one: (from: From) => To | undefined): readonly To[] =>
      list.map((from) => one(from) as To);
    return {
      ...{ slots: this.slots, threshold: this.#key.threshold },
      verifyingShares: this.slots.map((slot) => this.#key.verifyingShares.get(slot) as Point), // of every member of the epoch
      ...(nonces === undefined ? {} : { nonces: read(nonces, noncePartOf) }),
      ...(nonce === undefined ? {} : { nonce }),
      ...(products === undefined ? {} : { products: read(products, productPointOf) }),
      ...(checks === undefined ? {} : { checks: read(checks, checkPointsOf) }),
    };
  }
}

export type RoundOptions = { readonly seen?: Uint8Array; readonly failed?: () => boolean; readonly requestId?: Hash32 };

/** Whether points and scalars in it are such. Of a share it is looked at later: a wrong one is evidence. */
const isReadable = (said: Said): boolean => {
  if ("w" in said) return noncePartOf(said) !== undefined;
  if ("b" in said) return checkPointsOf(said) !== undefined;
  return !("point" in said) || productPointOf(said) !== undefined;
};

type Settled<T> = { readonly value: T } | { readonly error: unknown };
const settle = <T>(ask: () => Promise<T>): Promise<Settled<T>> =>
  Promise.resolve()
    .then(ask) // what it throws at once is an answer, too
    .then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
export const codeOf = (error: unknown): string => (error instanceof KeyquorumError ? error.code : "UNAVAILABLE");
