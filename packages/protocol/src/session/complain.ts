import { createComplaint, dealHashOf, keccakWords, type OpenedShare, openShare } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import type { ArmedMaterial } from "./armed.ts";
import { currentQual, dealingName, type ReadDealing, readDealing } from "./dealings.ts";
import type { Complain } from "./effects.ts";
import type { SessionSettings, SessionView } from "./view.ts";

/** Complaints are heard while keepers deal and for the whole of DISPUTE. */
export const isTimeToComplain = ({ status }: SessionView): boolean => status === "Dealing" || status === "Disputing";

/**
 * Checks each dealer by itself and inside the window, never the sum: two dealers with errors that cancel out would pass a sum, and one of
 * them can be disqualified later (attack 18a). PROTOCOL section 3.4.
 * @param view of genuine dealings only: what goes out here opens the pad of whatever E stands in a dealing
 */
export const complainSteps = (view: SessionView, own: ArmedMaterial, settings: SessionSettings): readonly Complain[] => {
  const complaints: Complain[] = [];
  for (const dealer of currentQual(view)) {
    const bytes = view.dealings.get(dealer);
    if (bytes === undefined) continue;
    const name = `${dealer}:${dealingName(bytes)}`;
    if (own.verdicts.get(name) === "valid") continue;
    const read = readDealing(view, dealer, bytes);
    if (read === undefined) continue; // never in a view of genuine dealings
    const verdict = verdictOn(view, own, read);
    own.verdicts.set(name, verdict);
    if (verdict === "invalid") complaints.push(complaintAbout(view, own, settings, read));
  }
  return complaints;
};

/** This keeper's share of one dealing. Throws ThresholdError KEY_MISMATCH when the epoch secret is another one. */
export const openOwnShare = (view: SessionView, own: ArmedMaterial, { dealer, dealing }: ReadDealing): OpenedShare => {
  const { encryptionSecret, slot: recipient } = own;
  return openShare({ sid: hexToBytes(view.sid, 32), dealer, recipient, encryptionSecret, members: view.members, dealing });
};

const verdictOn = (view: SessionView, own: ArmedMaterial, read: ReadDealing): "valid" | "invalid" => {
  const opened = openOwnShare(view, own, read);
  if (opened.kind === "valid") opened.share.erase();
  return opened.kind;
};

const complaintAbout = (
  view: SessionView,
  own: ArmedMaterial,
  { nonces }: SessionSettings,
  { dealer, bytes, dealing }: ReadDealing,
): Complain => {
  const { sid, members } = view;
  const recipient = own.slot;
  const encryptionKey = members.find(({ slot }) => slot === recipient)?.encryptionKey;
  if (encryptionKey === undefined) throw new RangeError("only members complain"); // the steps of a session have asked
  const { shared, proof, hints } = createComplaint(
    { sid: hexToBytes(sid, 32), dealer, recipient, encryptionSecret: own.encryptionSecret, encryptionKey, dealing },
    nonces({
      purpose: "complaint",
      session: hexToBytes(sid, 32),
      statement: keccakWords(dealer, recipient, dealHashOf(bytes)),
      secret: own.encryptionSecret,
    }),
  );
  // A dealer may deal other bytes after a reorg: the evidence is named after the bytes it is about.
  return {
    kind: "complain",
    id: `complain:${sid}:${dealer}:${dealingName(bytes)}`,
    sid,
    dealer,
    recipient,
    dealing: bytes,
    shared,
    proof,
    hints,
  };
};
