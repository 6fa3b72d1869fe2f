/**
 * A coordinator of ECDSA signatures: attempt after attempt, each by exactly 2t+1 signers, each without whoever was found out in those before. It decides
 * nothing but liveness: it learns no secret, and a signature is verified before it is given to anybody. PROTOCOL section 11.5.
 */
import { ecdsaSignersNeeded } from "@keyquorum/threshold";
import { KeyquorumError } from "@keyquorum/wire";
import { type Conflict, chooseUnaccused } from "../../chooseUnaccused.ts";
import { attemptEcdsa, type EcdsaCoordinatorPorts, type EcdsaPresignature } from "./attempt.ts";
import type { EcdsaFault } from "./run.ts";

/** Attempts at one request, whatever they end by. */
export const MAX_ECDSA_ATTEMPTS = 64;
/** How often those who were silent or refused are asked anew, when no set is left without them. */
export const MAX_FORGIVEN = 2;

export type EcdsaSigningPorts = EcdsaCoordinatorPorts & {
  /** A signer's share was wrong, and this proves it; or it did something else that its coordinator saw. Durable before it resolves. */
  readonly onFault: (fault: EcdsaFault) => Promise<void>;
  /** Takes a presignature of this key and epoch, made in this life: it is given to nobody else from then on. Only for requests on chain. */
  readonly takePresignature?: () => EcdsaPresignature | undefined;
  /** Signers that are not asked, with the code why: who was wrong before. */
  readonly excluded?: ReadonlyMap<number, string>;
};

/** `signature`: 65 bytes r, s, v; s <= n/2, v is 27 or 28. `attempts`: the last one included. */
export type MadeEcdsaSignature = { readonly signature: Uint8Array; readonly attempts: number; readonly faults: readonly EcdsaFault[] };

/** Throws TOO_FEW_SIGNERS {have, need, perKeeper}, SIGNING_EXHAUSTED. */
export const signWithEcdsa = async (ports: EcdsaSigningPorts): Promise<MadeEcdsaSignature> => {
  const { context, request } = ports;
  const need = ecdsaSignersNeeded(request.threshold);
  const named = new Map<number, string>(ports.excluded);
  const out = new Map<number, string>();
  const reasons = new Map<number, string>();
  const pairs: Conflict[] = [];
  const faults: EcdsaFault[] = [];
  // This keeper first, who is surely there; who was silent once comes last.
  let order = [context.slot, ...context.members.filter((slot) => slot !== context.slot)];
  let forgiven = 0;

  const mayBeAsked = (): readonly number[] =>
    order.filter((slot) => !named.has(slot) && !out.has(slot) && request.verifyingShares.has(slot));
  const perKeeper = (): readonly string[] => [...new Map([...reasons, ...named])].map(([slot, reason]) => `${slot} ${reason}`);

  for (let attempts = 1; attempts <= MAX_ECDSA_ATTEMPTS; ) {
    const presignature = attempts === 1 ? ports.takePresignature?.() : undefined;
    const slots = presignature?.run.slots ?? chooseUnaccused(mayBeAsked(), pairs, need);
    if (slots === undefined) {
      if (out.size === 0 || forgiven === MAX_FORGIVEN)
        throw new KeyquorumError("TOO_FEW_SIGNERS", undefined, { details: { have: mayBeAsked().length, need, perKeeper: perKeeper() } });
      order = [...order.filter((slot) => !out.has(slot)), ...out.keys()];
      out.clear();
      forgiven += 1;
      continue;
    }
    const end = await attemptEcdsa(ports, slots, presignature);
    if (end.kind === "signed") return { signature: end.signature, attempts, faults };
    attempts += 1;
    for (const fault of end.faults) {
      await ports.onFault(fault);
      faults.push(fault);
      named.set(fault.slot, `SIGNING_FAULT_${fault.reason.toUpperCase()}`);
    }
    pairs.push(...end.pairs);
    for (const [slot, code] of end.out) {
      // Whoever started again since has no part of a presignature: that is no reason not to ask it.
      if (presignature !== undefined && code === "SIGNING_NONCE_GONE") continue;
      out.set(slot, code);
      reasons.set(slot, code);
    }
  }
  throw new KeyquorumError("SIGNING_EXHAUSTED", undefined, { details: { attempts: MAX_ECDSA_ATTEMPTS, perKeeper: perKeeper() } });
};
