import {
  backend,
  type DleqProof,
  encodePoint,
  encodeScalar,
  type Point,
  parsePoint,
  parseScalar,
  proveDleq,
  type RandomSource,
  type SecretScalar,
  verifyDleq,
} from "@keyquorum/threshold";
import { bytesToHex, checkField, checkSchema, exactly, Hash32Text, hexToBytes, PointText, Slot, type Static, Type } from "@keyquorum/wire";
import { decryptEciesShared, ephemeralOf } from "../formats/ecies.ts";
import { visiblePoint } from "../formats/signRule.ts";
import type { WalletDomain } from "../formats/walletRequests.ts";
import { checkReading, shadowOf } from "./readingCheck.ts";
import type { SeenEpoch } from "./serverKeyProof.ts";
import {
  encodeWalletAnswer,
  encodeWalletAsk,
  parseWalletAnswer,
  parseWalletAsk,
  ReadBody,
  type ReadingAnswer,
  ReadingBody,
  type SignedReading,
} from "./walletBodies.ts";

/**
 * What convicts a holder before anybody who knows its identity key: the reader's request, the answer that holds the part which it signed, and, where it
 * encrypted another mask than it committed to, what opens that one value: the shared point, with a proof that it is the reader's. JSON, public: a mask
 * that is not the committed one opens nothing.
 */
export type HolderEvidence = {
  readonly slot: number;
  readonly request: ReturnType<typeof encodeWalletAsk.read>;
  readonly answer: ReturnType<typeof encodeWalletAnswer.reading>;
  readonly opened?: { readonly shared: string; readonly proof: { readonly c: string; readonly z: string } };
};

const OpenedBody = exactly({ shared: PointText, proof: exactly({ c: Hash32Text, z: Hash32Text }) });
const EvidenceBody = exactly({ slot: Slot, request: ReadBody, answer: ReadingBody, opened: Type.Optional(OpenedBody) });

/** Evidence of a part whose proof is wrong. */
export const contributionEvidence = (slot: number, request: SignedReading, answer: ReadingAnswer): HolderEvidence => ({
  ...{ slot, request: encodeWalletAsk.read(request), answer: encodeWalletAnswer.reading(answer) },
});

/** Evidence of a shadow that is not the committed one. @param secret of the reading's key, which stays secret. @param asked digest of the question */
export const shadowEvidence = (
  { slot, secret, asked }: { readonly slot: number; readonly secret: SecretScalar; readonly asked: string },
  request: SignedReading,
  answer: ReadingAnswer,
  random: RandomSource,
): HolderEvidence => {
  const base = ephemeralIn(answer, slot);
  const evidence = contributionEvidence(slot, request, answer);
  if (base === undefined) return evidence; // no point stands in it: everybody sees that
  const proof = proveDleq({ secret, base, context: hexToBytes(asked, 32) }, random);
  const shared = backend.mulSecret(base, secret.reveal());
  return {
    ...evidence,
    opened: {
      shared: bytesToHex(encodePoint(shared)),
      proof: { c: bytesToHex(encodeScalar(proof.c)), z: bytesToHex(encodeScalar(proof.z)) },
    },
  };
};

/**
 * Whether evidence convicts the holder that it names, by the members of the key's epoch. Throws BAD_ANSWER, INVALID_REQUEST for what is no evidence.
 */
export const isConvicted = async (domain: WalletDomain, epoch: SeenEpoch, evidence: unknown): Promise<boolean> => {
  const read = checkSchema(EvidenceBody, evidence, "BAD_ANSWER");
  const [request, answer] = [parseWalletAsk.read(read.request), parseWalletAnswer.reading(read.answer)];
  const checked = checkReading(domain, epoch, request, answer);
  if (checked.kind === "coordinator") return false;
  if (checked.kind === "holders") return checked.slots.includes(read.slot);
  const given = answer.contributions.find(({ slot }) => slot === read.slot);
  if (given === undefined) return false;
  const base = ephemeralIn(answer, read.slot);
  if (base === undefined) return true;
  const opened = openedOf(read.opened);
  const context = hexToBytes(checked.asked, 32);
  if (opened === undefined || !verifyDleq({ publicKey: request.readerKey, base, image: opened.shared, context }, opened.proof))
    return false;
  const shadow = await shadowOf(() => decryptEciesShared(opened.shared, given.shadow));
  return shadow === undefined || !backend.mulG(shadow.reveal()).equals(visiblePoint(given.commitment, answer.key.threshold));
};

/** Of what a holder encrypted; undefined: there is no such point in it. */
const ephemeralIn = ({ contributions }: ReadingAnswer, slot: number): Point | undefined => {
  const given = contributions.find((one) => one.slot === slot);
  try {
    return given === undefined ? undefined : ephemeralOf(given.shadow);
  } catch {
    return undefined; // the holder wrote what is no point
  }
};

const openedOf = (opened: Static<typeof OpenedBody> | undefined): { readonly shared: Point; readonly proof: DleqProof } | undefined => {
  if (opened === undefined) return undefined;
  const scalarOf = (name: "c" | "z") => checkField(name, "BAD_ANSWER", () => parseScalar(hexToBytes(opened.proof[name], 32)));
  const shared = checkField("shared", "BAD_ANSWER", () => parsePoint(hexToBytes(opened.shared, 33)));
  return { shared, proof: { c: scalarOf("c"), z: scalarOf("z") } };
};
