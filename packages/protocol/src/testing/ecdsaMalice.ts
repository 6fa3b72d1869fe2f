/** What a signer that is not honest does in an ECDSA session, one way each. */
import { CURVE_ORDER, encodePoint, encodeScalar, G, type Point, parsePoint, parseScalar } from "@keyquorum/threshold";
import { KeyquorumError } from "@keyquorum/wire";
import type { EcdsaAnswers } from "../signing/ecdsa/messages.ts";
import { ecdsaStatements } from "../signing/ecdsa/statements.ts";
import { type EcdsaNode, type EcdsaTrial, resigned } from "./ecdsaTrial.ts";

export const ECDSA_MALICES = [
  ...["silentDeal", "silentNonce", "silentProduct", "silentCheck", "silentAgreement", "silentShare"],
  ...["wrongWords", "wrongCommit", "falseComplaint", "wrongNonce", "wrongW", "wrongProduct", "wrongA", "wrongB", "wrongE", "wrongShare"],
  ...["otherHash", "otherAgreement", "otherShareAgreed", "falseClaim", "notOpening", "unreadable", "unsigned", "otherBoot"],
] as const;
export type EcdsaMalice = (typeof ECDSA_MALICES)[number] & string;

const moved = (bytes: Uint8Array): Uint8Array => encodePoint((parsePoint(bytes) as Point).add(G));
const raised = (bytes: Uint8Array): Uint8Array => encodeScalar((parseScalar(bytes) + 1n) % CURVE_ORDER);
const silence = (): Promise<never> => Promise.reject(new KeyquorumError("UNAVAILABLE", "The keeper does not answer."));
const claim = (): Promise<never> => Promise.reject(new KeyquorumError("SIGNING_ABORTED", "A check fails, it says."));
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));

/** The answers of a liar in front of its honest signer. */
export const maliciousEcdsa = (trial: EcdsaTrial, node: EcdsaNode, malice: string): EcdsaAnswers => {
  const own = node.own;
  const is = (name: string): boolean => malice === name;
  const s = ecdsaStatements;
  return {
    deal: async (ask) => {
      if (is("silentDeal")) return silence();
      const said = await own.deal(ask);
      if (is("wrongWords") || is("wrongCommit")) {
        const [first, ...rest] = said.parts;
        if (first === undefined) return said;
        const part = is("wrongWords") ? { ...first, words: flipped(first.words) } : { ...first, commit: flipped(first.commit) };
        return resigned(trial, said, { parts: [part, ...rest] }, s.deal);
      }
      return is("unsigned") ? { ...said, fresh: flipped(said.fresh) } : said;
    },
    nonce: async (ask) => {
      if (is("silentNonce")) return silence();
      const said = await own.nonce(ask);
      if ("against" in said) return said;
      const against = ask.deals.find(({ signer }) => signer.slot !== node.slot)?.signer.slot ?? 0;
      const { session, requestId, epoch, signer } = said;
      if (is("falseComplaint")) {
        const complaint = { session, requestId, epoch, signer, against, signature: new Uint8Array(65) };
        return resigned(trial, complaint, {}, s.complaint);
      }
      if (is("wrongNonce")) return resigned(trial, said, { point: moved(said.point) }, s.nonce);
      if (is("wrongW") || is("notOpening")) return resigned(trial, said, { w: raised(said.w) }, s.nonce);
      if (is("unreadable")) return resigned(trial, said, { point: new Uint8Array(33) }, s.nonce);
      if (is("otherHash")) return resigned(trial, said, { hash: flipped(said.hash) }, s.nonce);
      if (is("otherBoot"))
        return resigned(trial, said, { signer: { ...signer, boot: `${signer.boot.slice(0, -1)}0` as typeof signer.boot } }, s.nonce);
      return said;
    },
    product: async (ask) => {
      if (is("silentProduct")) return silence();
      const said = await own.product(ask);
      return is("wrongProduct") ? resigned(trial, said, { point: moved(said.point) }, s.product) : said;
    },
    check: async (ask) => {
      if (is("silentCheck")) return silence();
      if (is("falseClaim")) return claim();
      const said = await own.check(ask);
      if (is("wrongA")) return resigned(trial, said, { a: moved(said.a) }, s.check);
      if (is("wrongB")) return resigned(trial, said, { b: moved(said.b) }, s.check);
      return is("wrongE") ? resigned(trial, said, { e: moved(said.e) }, s.check) : said;
    },
    agree: async (ask) => {
      if (is("silentAgreement")) return silence();
      const said = await own.agree(ask);
      return is("otherAgreement") ? resigned(trial, said, { digest: flipped(said.digest) }, s.agreement) : said;
    },
    share: async (ask) => {
      if (is("silentShare")) return silence();
      const said = await own.share(ask);
      if (is("wrongShare")) return resigned(trial, said, { s: raised(said.s) }, s.share);
      return is("otherShareAgreed") ? resigned(trial, said, { digest: flipped(said.digest) }, s.share) : said;
    },
    open: (ask) => (is("notOpening") ? silence() : own.open(ask)),
  };
};

/** What its coordinator must say of a liar that works alone: named for a reason, one of a pair, or out without a fault. */
export const EXPECTED: Readonly<Record<string, readonly ("named" | "pair" | "out")[]>> = {
  ...Object.fromEntries(ECDSA_MALICES.map((malice) => [malice, ["named" as const]])),
  ...Object.fromEntries(ECDSA_MALICES.filter((malice) => malice.startsWith("silent")).map((malice) => [malice, ["out" as const]])),
  // Its own signer does not know the deal that it is shown as its own, and says so.
  ...{ wrongWords: ["named", "pair"], wrongCommit: ["named", "pair"] },
  ...{ falseComplaint: ["pair"], unreadable: ["out"], unsigned: ["out"], otherBoot: ["out"] },
};
