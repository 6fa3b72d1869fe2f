import type { verifyDealing } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { currentQual, dealingName, finalQual, hasDealingLength, readDealing } from "./dealings.ts";
import type { Disbelieve } from "./effects.ts";
import type { OwnSessionMaterial, SessionView } from "./view.ts";

/** How the dealings of one kind of session prove that their dealer knows its constant and its ephemeral key. */
export type PossessionCheck = typeof verifyDealing;

/**
 * The view with only those dealings that the contract accepted, as far as this keeper can verify: their hash is the one that the contract stores
 * at the pinned head, and their possessions hold. A complaint publishes sk_j E, so whoever could show this keeper an E of its choice, for example from an
 * old dealing, would learn that dealing's pad. The possession of e is bound to session and dealer, which stops an E whose e its sender does not know
 * (attack 20), whatever a node says (attack 10). Omitted dealings count as not mirrored: no complaint, no share. PROTOCOL section 3.4.
 */
export const genuineDealings = <View extends SessionView>(
  view: View,
  own: OwnSessionMaterial,
  verify: PossessionCheck,
): { readonly genuine: View; readonly disbelieved: readonly Disbelieve[] } => {
  const { sid } = view;
  const dealings = new Map<number, Uint8Array>();
  const disbelieved: Disbelieve[] = [];
  for (const dealer of view.qual === 0n ? currentQual(view) : finalQual(view)) {
    const bytes = view.dealings.get(dealer);
    if (bytes === undefined) continue;
    const reason = flawOf(view, own, verify, { dealer, bytes });
    if (reason === undefined) dealings.set(dealer, bytes);
    else disbelieved.push({ kind: "disbelieve", id: `disbelieve:${sid}:${dealer}:${reason}`, sid, dealer, reason });
  }
  return { genuine: { ...view, dealings }, disbelieved };
};

const flawOf = (
  view: SessionView,
  own: OwnSessionMaterial,
  verify: PossessionCheck,
  { dealer, bytes }: { readonly dealer: number; readonly bytes: Uint8Array },
): Disbelieve["reason"] | undefined => {
  const stored = view.dealHashes.get(dealer);
  if (stored === undefined) return "NOT_STORED";
  if (!hasDealingLength(view, bytes)) return "MALFORMED";
  const found = dealingName(bytes);
  if (`0x${found}` !== stored) return "FOREIGN_HASH";
  const name = `${dealer}:${found}`;
  const verdict = own.verdicts.get(name) ?? firstVerdict(view, verify, dealer, bytes);
  own.verdicts.set(name, verdict);
  if (verdict === "malformed") return "MALFORMED";
  return verdict === "unproved" ? "NO_POSSESSION" : undefined;
};

const firstVerdict = (
  view: SessionView,
  verify: PossessionCheck,
  dealer: number,
  bytes: Uint8Array,
): "malformed" | "unproved" | "proved" => {
  const read = readDealing(view, dealer, bytes);
  if (read === undefined) return "malformed";
  return verify({ sid: hexToBytes(view.sid, 32), dealer, dealing: read.dealing }) ? "proved" : "unproved";
};
