/** One attempt at a signature by one set of 2t+1 signers, as its coordinator drives it. PROTOCOL section 11.5. */
import { combineEcdsaShares, encodeScalar, type HedgedRandom, judgeEcdsaOpenings, type NonceUse, type Point } from "@keyquorum/threshold";
import { hexToBytes, KeyquorumError } from "@keyquorum/wire";
import type { BootId, SigningKeeper } from "../messages.ts";
import type { SigningContext } from "../ports.ts";
import { type EcdsaShareEvidence, judgeEcdsaShare } from "./judge.ts";
import { ECDSA_ASKED, ECDSA_SAID, type EcdsaRound, roundNumber } from "./kinds.ts";
import {
  ECDSA_KINDS,
  type EcdsaAgreed,
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
import {
  areEqual,
  checkPointsOf,
  factorsOf,
  failedProducts,
  failedSums,
  isCheck,
  isSameAgreed,
  type NonceOfSession,
  nonceOf,
  noncePartOf,
  productPointOf,
  scalarOf,
} from "./rounds.ts";
import { ecdsaAskStatement, ecdsaRoundHash, ecdsaSessionOf, ecdsaStatements, type SigningDomain } from "./statements.ts";

export type EcdsaCoordinatorPorts = {
  readonly context: SigningContext;
  readonly boot: BootId;
  readonly domain: SigningDomain;
  readonly request: EcdsaRequest;
  /** What shows a request that came by HTTP. */
  readonly asked?: unknown;
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

/** How an attempt ended. `out`: who was silent or refused, with the code why: no fault. `pairs`: one of each lies. None of them: the attempt was void. */
export type EcdsaAttemptEnd =
  | { readonly kind: "signed"; readonly signature: Uint8Array }
  | {
      readonly kind: "failed";
      readonly faults: readonly EcdsaFault[];
      readonly pairs: readonly (readonly [number, number])[];
      readonly out: ReadonlyMap<number, string>;
    };

type Failure = {
  readonly faults?: readonly EcdsaFault[];
  readonly pairs?: readonly (readonly [number, number])[];
  readonly out?: ReadonlyMap<number, string>;
};
/** Ends an attempt from wherever it is. */
class Failed extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super("this attempt failed");
    this.failure = failure;
  }
}

type Said = EcdsaDeal | EcdsaNonce | EcdsaProduct | EcdsaCheckMessage | EcdsaAgreement | EcdsaShare;

/** Runs one attempt. Throws only what is wrong with this keeper itself. */
export const attemptEcdsa = async (ports: EcdsaCoordinatorPorts, slots: readonly number[]): Promise<EcdsaAttemptEnd> => {
  try {
    return { kind: "signed", signature: await drive(ports, slots) };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    const { faults = [], pairs = [], out = new Map<number, string>() } = error.failure;
    return { kind: "failed", faults, pairs, out };
  }
};

async function drive(ports: EcdsaCoordinatorPorts, slots: readonly number[]): Promise<Uint8Array> {
  const { context, request } = ports;
  const { requestId, epoch, keyId, threshold } = request;
  const signers = { slots, threshold };
  const coordinator: SigningKeeper = { slot: context.slot, boot: ports.boot };
  const salt = ports.randomOf({ session: hexToBytes(requestId, 32) })(32);
  const session = ecdsaSessionOf(ports.domain, { requestId, keyId, epoch, slots, coordinator, salt });
  const names: SessionNames & { readonly boots: Map<number, BootId> } = { session, requestId, epoch, slots, boots: new Map() };
  const about = { session, requestId, epoch, coordinator };
  const signed = (kind: (typeof ECDSA_KINDS)[keyof typeof ECDSA_KINDS], content: Uint8Array | 0) => ({
    ...about,
    signature: context.sign(ecdsaAskStatement(about, kind, content)),
  });
  const sent: Sent = {};

  /** Asks all for a round. What is no message of it counts as silence. Whoever claims that a check fails is right, or is named. */
  const round = async <Message extends Said>(
    name: EcdsaRound,
    ask: (answers: EcdsaAnswers) => Promise<Message | EcdsaComplaint>,
    kind: Kind<Message>,
    seen?: Uint8Array,
    failed: () => boolean = () => false,
  ): Promise<{ readonly messages: readonly Message[]; readonly hash: Uint8Array }> => {
    const settled = await Promise.all(slots.map((slot) => settle(() => ask(ports.signer(slot)))));
    const out = new Map<number, string>();
    const claims: number[] = [];
    const pairs: (readonly [number, number])[] = [];
    const faults: EcdsaFault[] = [];
    const messages: Message[] = [];
    for (const [i, slot] of slots.entries()) {
      const answer = settled[i] as Settled<Message | EcdsaComplaint>; // one of each
      if ("error" in answer) {
        const code = codeOf(answer.error);
        if (code === "SIGNING_ABORTED") claims.push(slot);
        else out.set(slot, code);
        continue;
      }
      const said = answer.value;
      if ("against" in said) {
        if (name === "nonce" && isComplaintOf(slot, said)) pairs.push([slot, said.against]);
        else out.set(slot, "BAD_ANSWER");
      } else if (!isMessageOf(context, names, slot, said, kind.statement) || !isReadable(said)) out.set(slot, "BAD_ANSWER");
      else if (seen !== undefined && "hash" in said && name !== "share" && !areEqual(said.hash, seen))
        faults.push({ slot, reason: "hash" });
      else messages.push(said);
    }
    if (claims.length > 0) {
      if (!failed()) faults.push(...claims.map((slot): EcdsaFault => ({ slot, reason: "claim" })));
      else {
        // The check fails for everybody: who went on as if it held did not make it.
        if (name === "agreement") faults.push(...messages.map(({ signer }): EcdsaFault => ({ slot: signer.slot, reason: "agreement" })));
        faults.push(...(await openAll(sent)));
      }
    }
    if (messages.length < slots.length) throw new Failed({ faults, pairs, out });
    return { messages, hash: ecdsaRoundHash(session, roundNumber(name), entriesOf(messages, kind)) };
  };
  const isComplaintOf = (slot: number, said: EcdsaComplaint): boolean =>
    said.against !== slot && slots.includes(said.against) && isMessageOf(context, names, slot, said, ecdsaStatements.complaint);

  /** Asks all to open, and names the first whose messages are not what the openings make of them; and who does not open, unless it shows that it agreed. */
  const openAll = async ({ deals, nonces, nonce, products, checks }: Sent): Promise<readonly EcdsaFault[]> => {
    const ask = signed(ECDSA_KINDS.askOpening, 0);
    const settled = await Promise.all(slots.map((slot) => settle(() => ports.signer(slot).open(ask))));
    const faults: EcdsaFault[] = [];
    const openings: EcdsaOpeningMessage[] = [];
    for (const [i, slot] of slots.entries()) {
      const answer = settled[i] as Settled<EcdsaOpeningMessage | EcdsaAgreement>;
      const said = "error" in answer ? undefined : answer.value;
      if (said !== undefined && "padKeys" in said && isMessageOf(context, names, slot, said, ecdsaStatements.opening)) openings.push(said);
      else if (said === undefined || "padKeys" in said || !isMessageOf(context, names, slot, said, ecdsaStatements.agreement))
        faults.push({ slot, reason: "opening" });
    }
    if (openings.length < slots.length || deals === undefined) return faults;
    const verifyingShares = slots.map((slot) => request.verifyingShares.get(slot) as Point); // of every member of the epoch
    const found = judgeEcdsaOpenings({
      ...{ ...signers, deals, openings, verifyingShares },
      ...(nonces === undefined ? {} : { nonces: nonces.map((one) => noncePartOf(one) as NonNullable<ReturnType<typeof noncePartOf>>) }), // readable: looked at when they came
      ...(nonce === undefined ? {} : { nonce }),
      ...(products === undefined ? {} : { products: products.map((one) => productPointOf(one) as Point) }),
      ...(checks === undefined ? {} : { checks: checks.map((one) => checkPointsOf(one) as NonNullable<ReturnType<typeof checkPointsOf>>) }),
    });
    return found === undefined ? faults : [...faults, { slot: found.slot, reason: found.what }];
  };

  const asked = ports.asked === undefined ? {} : { asked: ports.asked };
  const dealAsk = { ...signed(ECDSA_KINDS.askDeal, 0), keyId, slots, salt, ...asked };
  const deals = await round<EcdsaDeal>("deal", ({ deal }) => deal(dealAsk), ECDSA_SAID.deal);
  sent.deals = deals.messages;
  for (const { signer } of deals.messages) {
    const admitted = await settle(() => ports.admitBoot(epoch, signer.slot, signer.boot));
    if ("error" in admitted) throw new Failed({ out: new Map([[signer.slot, codeOf(admitted.error)]]) });
    names.boots.set(signer.slot, signer.boot);
  }

  const nonceAsk = { ...signed(ECDSA_ASKED.nonce, deals.hash), deals: deals.messages };
  const nonces = await round<EcdsaNonce>("nonce", ({ nonce }) => nonce(nonceAsk), ECDSA_SAID.nonce, deals.hash);
  sent.nonces = nonces.messages;
  const nonce = nonceOf(signers, nonces.messages);
  if (isCheck(nonce)) throw new Failed({ faults: await openAll(sent) });
  sent.nonce = nonce;
  const factors = factorsOf(request, nonce);
  if (factors === undefined) throw new Failed({});

  const productAsk = { ...signed(ECDSA_ASKED.product, nonces.hash), nonces: nonces.messages };
  const products = await round<EcdsaProduct>("product", ({ product }) => product(productAsk), ECDSA_SAID.product, nonces.hash);
  sent.products = products.messages;

  const checkAsk = { ...signed(ECDSA_ASKED.check, products.hash), products: products.messages };
  const checks = await round<EcdsaCheckMessage>(
    "check",
    ({ check }) => check(checkAsk),
    ECDSA_SAID.check,
    products.hash,
    () => failedProducts(signers, nonce, products.messages) !== undefined,
  );
  sent.checks = checks.messages;

  const agreementAsk = { ...signed(ECDSA_ASKED.agreement, checks.hash), checks: checks.messages };
  const agreements = await round<EcdsaAgreement>(
    "agreement",
    ({ agree }) => agree(agreementAsk),
    ECDSA_SAID.agreement,
    checks.hash,
    () => failedSums(slots, request, checks.messages) !== undefined,
  );
  const agreed: EcdsaAgreed = {
    ...{ digest: request.digest, offset: encodeScalar(request.offset), delta: encodeScalar(factors.delta), hash: checks.hash },
  };
  const others = agreements.messages.filter((one) => !isSameAgreed(one, agreed));
  if (others.length > 0) throw new Failed({ faults: others.map(({ signer }) => ({ slot: signer.slot, reason: "agreement" })) });

  const shareAsk = { ...signed(ECDSA_ASKED.share, agreements.hash), agreements: agreements.messages };
  const shares = await round<EcdsaShare>("share", ({ share }) => share(shareAsk), ECDSA_SAID.share);
  const values = shares.messages.map(({ s }) => scalarOf(s) ?? 0n);
  const areAgreed = shares.messages.every((one) => isSameAgreed(one, agreed) && scalarOf(one.s) !== undefined);
  const combined = combineEcdsaShares(request, factors, values);
  if (combined.kind === "valid" && areAgreed) return combined.signature;
  if (combined.kind === "void") throw new Failed({});
  const evidence = slots.map((_, i) => ({
    ...{ nonces: nonces.messages, product: products.messages[i] as EcdsaProduct, check: checks.messages[i] as EcdsaCheckMessage },
    ...{ agreement: agreements.messages[i] as EcdsaAgreement, share: shares.messages[i] as EcdsaShare },
  }));
  const wrong = evidence.filter((one) => judgeEcdsaShare(context, request, one) === "wrong");
  throw new Failed({ faults: wrong.map((one) => ({ slot: one.share.signer.slot, reason: "share", evidence: one })) });
}

/** What came so far. */
type Sent = {
  deals?: readonly EcdsaDeal[];
  nonces?: readonly EcdsaNonce[];
  nonce?: NonceOfSession;
  products?: readonly EcdsaProduct[];
  checks?: readonly EcdsaCheckMessage[];
};

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
