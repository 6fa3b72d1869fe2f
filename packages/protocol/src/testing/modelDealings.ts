/** What both model boards ask of dealings and complaints, as the contracts' common judge does. */
import { dealHashOf, keccakWords, parseDealing, verifyComplaint, type verifyDealing } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, type SessionId } from "@keyquorum/wire";
import type { Complain } from "../session/effects.ts";
import type { KeyGenerationMember } from "../session/view.ts";

type Session = { readonly sid: SessionId; readonly threshold: number; readonly members: readonly KeyGenerationMember[] };

type DealtState = { readonly dealings: ReadonlyMap<number, Uint8Array>; readonly disqualified: readonly number[] };

/** `verify` is how the dealings of this kind of session are verified. */
export const createModelJudge = ({ sid, threshold, members }: Session, verify: typeof verifyDealing) => {
  const sidBytes = hexToBytes(sid, 32);
  const parse = (bytes: Uint8Array) => parseDealing(bytes, { threshold, members: members.length });
  const isGenuine = remember((dealer, bytes) => verify({ sid: sidBytes, dealer, dealing: parse(bytes) }));

  return {
    isGenuine,
    /** The state after a complaint, or why it is refused. */
    afterComplaint: <State extends DealtState>(state: State, status: string, complaint: Complain): State | string => {
      const { dealer, recipient, dealing, shared, proof } = complaint;
      const dealt = state.dealings.get(dealer);
      if (status !== "Dealing" && status !== "Disputing") return "WrongStatus";
      if (dealt === undefined) return "NotDealt";
      if (state.disqualified.includes(dealer)) return "AlreadyDisqualified";
      if (bytesToHex(dealHashOf(dealt)) !== bytesToHex(dealHashOf(dealing))) return "ForeignDealing";
      const verdict = verifyComplaint({ sid: sidBytes, dealer, recipient, members, dealing: parse(dealing), shared, proof });
      return verdict === "DISQUALIFIED" ? { ...state, disqualified: [...state.disqualified, dealer] } : verdict;
    },
  };
};

const remember = (work: (slot: number, bytes: Uint8Array) => boolean) => {
  const known = new Map<string, boolean>();
  return (slot: number, bytes: Uint8Array): boolean => {
    const name = `${slot}:${bytesToHex(keccakWords(...chunksOf(bytes)))}`;
    const value = known.get(name) ?? work(slot, bytes);
    known.set(name, value);
    return value;
  };
};

const chunksOf = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / 32) }, (_, index) => bytes.slice(index * 32, index * 32 + 32));
