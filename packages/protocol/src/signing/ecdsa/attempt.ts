/** One attempt at a signature by one set of 2t+1 signers, as its coordinator drives it. PROTOCOL section 11.5. */
import { combineEcdsaShares, encodeScalar } from "@keyquorum/threshold";
import { ZERO_HASH } from "@keyquorum/wire";
import { judgeEcdsaShare } from "./judge.ts";
import { ECDSA_ASKED, ECDSA_SAID } from "./kinds.ts";
import {
  ECDSA_KINDS,
  type EcdsaAgreed,
  type EcdsaAgreement,
  type EcdsaCheckMessage,
  type EcdsaDeal,
  type EcdsaNonce,
  type EcdsaProduct,
  type EcdsaShare,
} from "./messages.ts";
import type { EcdsaRequest } from "./ports.ts";
import { factorsOf, failedProducts, failedSums, isCheck, isSameAgreed, type NonceOfSession, nonceOf, scalarOf } from "./rounds.ts";
import { type EcdsaFault, type EcdsaKeyInEpoch, EcdsaRun, type EcdsaRunPorts, Failed } from "./run.ts";

export type EcdsaCoordinatorPorts = EcdsaRunPorts & {
  readonly request: EcdsaRequest;
  /** What shows a request that came by HTTP. */
  readonly asked?: unknown;
};

/** How an attempt failed. `out`: who was silent or refused, with the code why: no fault. `pairs`: one of each lies. None of them: the attempt was void. */
export type EcdsaAttemptFailure = {
  readonly kind: "failed";
  readonly faults: readonly EcdsaFault[];
  readonly pairs: readonly (readonly [number, number])[];
  readonly out: ReadonlyMap<number, string>;
};
export type EcdsaAttemptEnd = { readonly kind: "signed"; readonly signature: Uint8Array } | EcdsaAttemptFailure;

/**
 * The first three rounds, made ahead of a request: for one signature, by the coordinator in this life, with these signers in theirs. Public; what it is worth
 * is in the signers' memory. Forget it before it is used.
 */
export type EcdsaPresignature = {
  readonly run: EcdsaRun;
  readonly nonces: readonly EcdsaNonce[];
  readonly nonce: NonceOfSession;
  readonly products: readonly EcdsaProduct[];
  /** Of the product round. */
  readonly hash: Uint8Array;
};

/** Runs one attempt; from a presignature of the same key and epoch, only its second half. Throws only what is wrong with this keeper itself. */
export const attemptEcdsa = (
  ports: EcdsaCoordinatorPorts,
  slots: readonly number[],
  presignature?: EcdsaPresignature,
): Promise<EcdsaAttemptEnd> =>
  ended(async () => {
    const made = presignature ?? (await toProducts(ports, ports.request, slots, ports));
    return { kind: "signed", signature: await toSignature(ports, made) };
  });

/** Makes a presignature. Its signers' operators must allow it. */
export const presignEcdsa = (
  ports: EcdsaRunPorts,
  key: EcdsaKeyInEpoch,
  slots: readonly number[],
): Promise<{ readonly kind: "made"; readonly presignature: EcdsaPresignature } | EcdsaAttemptFailure> =>
  ended(async () => ({ kind: "made", presignature: await toProducts(ports, key, slots) }));

const ended = async <End>(work: () => Promise<End>): Promise<End | EcdsaAttemptFailure> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    const { faults = [], pairs = [], out = new Map<number, string>() } = error.failure;
    return { kind: "failed", faults, pairs, out };
  }
};

/** Deal, nonce and product. `about`: the request; absent for a presignature. */
async function toProducts(
  ports: EcdsaRunPorts,
  key: EcdsaKeyInEpoch,
  slots: readonly number[],
  about?: Pick<EcdsaCoordinatorPorts, "request" | "asked">,
): Promise<EcdsaPresignature> {
  const run = new EcdsaRun(ports, key, slots, about?.request.requestId ?? ZERO_HASH);
  const { sent } = run;
  const asked = about?.asked === undefined ? {} : { asked: about.asked };
  const dealAsk = { ...run.signed(ECDSA_KINDS.askDeal, 0), keyId: key.keyId, slots, salt: run.salt, ...asked };
  const deals = await run.round<EcdsaDeal>("deal", ({ deal }) => deal(dealAsk), ECDSA_SAID.deal);
  sent.deals = deals.messages;
  await run.admit(deals.messages);

  const nonceAsk = { ...run.signed(ECDSA_ASKED.nonce, deals.hash), deals: deals.messages };
  const nonces = await run.round<EcdsaNonce>("nonce", ({ nonce }) => nonce(nonceAsk), ECDSA_SAID.nonce, { seen: deals.hash });
  sent.nonces = nonces.messages;
  const nonce = nonceOf({ slots, threshold: key.threshold }, nonces.messages);
  if (isCheck(nonce)) throw new Failed({ faults: await run.openAll() });
  sent.nonce = nonce;

  const productAsk = { ...run.signed(ECDSA_ASKED.product, nonces.hash), nonces: nonces.messages };
  const products = await run.round<EcdsaProduct>("product", ({ product }) => product(productAsk), ECDSA_SAID.product, {
    seen: nonces.hash,
  });
  sent.products = products.messages;
  return { run, nonces: nonces.messages, nonce, products: products.messages, hash: products.hash };
}

/** Check, agreement and share. 65 bytes, verified. */
async function toSignature(ports: EcdsaCoordinatorPorts, { run, nonces, nonce, products, hash }: EcdsaPresignature): Promise<Uint8Array> {
  const { context, request } = ports;
  const { requestId, threshold } = request;
  const { slots, sent } = run;
  const factors = factorsOf(request, nonce);
  if (factors === undefined) throw new Failed({});

  const checkAsk = { ...run.signed(ECDSA_ASKED.check, hash, requestId), products };
  const checks = await run.round<EcdsaCheckMessage>("check", ({ check }) => check(checkAsk), ECDSA_SAID.check, {
    ...{ seen: hash, requestId },
    failed: () => failedProducts({ slots, threshold }, nonce, products) !== undefined,
  });
  sent.checks = checks.messages;

  const agreementAsk = { ...run.signed(ECDSA_ASKED.agreement, checks.hash, requestId), checks: checks.messages };
  const agreements = await run.round<EcdsaAgreement>("agreement", ({ agree }) => agree(agreementAsk), ECDSA_SAID.agreement, {
    ...{ seen: checks.hash, requestId },
    failed: () => failedSums(slots, request, checks.messages) !== undefined,
  });
  const agreed: EcdsaAgreed = {
    ...{ digest: request.digest, offset: encodeScalar(request.offset), delta: encodeScalar(factors.delta), hash: checks.hash },
  };
  const others = agreements.messages.filter((one) => !isSameAgreed(one, agreed));
  if (others.length > 0) throw new Failed({ faults: others.map(({ signer }) => ({ slot: signer.slot, reason: "agreement" })) });

  const shareAsk = { ...run.signed(ECDSA_ASKED.share, agreements.hash, requestId), agreements: agreements.messages };
  const shares = await run.round<EcdsaShare>("share", ({ share }) => share(shareAsk), ECDSA_SAID.share, { requestId });
  const values = shares.messages.map(({ s }) => scalarOf(s) ?? 0n);
  const areAgreed = shares.messages.every((one) => isSameAgreed(one, agreed) && scalarOf(one.s) !== undefined);
  const combined = combineEcdsaShares(request, factors, values);
  if (combined.kind === "valid" && areAgreed) return combined.signature;
  const evidence = slots.map((_, i) => ({
    ...{ nonces, product: products[i] as EcdsaProduct, check: checks.messages[i] as EcdsaCheckMessage },
    ...{ agreement: agreements.messages[i] as EcdsaAgreement, share: shares.messages[i] as EcdsaShare },
  }));
  // Where all are right and the sum is 0, the attempt was void.
  const wrong = evidence.filter((one) => judgeEcdsaShare(context, request, one) === "wrong");
  throw new Failed({ faults: wrong.map((one) => ({ slot: one.share.signer.slot, reason: "share", evidence: one })) });
}
