/** What a signer that is not honest does in an ECDSA session, one way each. */
import {
  CURVE_ORDER,
  DOMAINS,
  type EcdsaDealtPart,
  encodePoint,
  encodeScalar,
  G,
  hashToScalar,
  keccakWords,
  type Point,
  parsePoint,
  parseScalar,
} from "@keyquorum/threshold";
import { type Hash32, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { ECDSA_ASKED, ECDSA_ROUNDS, ECDSA_SAID, type EcdsaRound, roundNumber } from "../signing/ecdsa/kinds.ts";
import type { EcdsaAnswers, EcdsaAsk, EcdsaDeal } from "../signing/ecdsa/messages.ts";
import { entriesOf, type Kind } from "../signing/ecdsa/messagesOf.ts";
import type { EcdsaFaultReason } from "../signing/ecdsa/run.ts";
import { ecdsaAskStatement, ecdsaRoundHash, ecdsaStatements } from "../signing/ecdsa/statements.ts";
import type { SigningKeeper, SigningMessage } from "../signing/messages.ts";
import { type EcdsaNode, type EcdsaTrial, resigned } from "./ecdsaTrial.ts";

export const ECDSA_MALICES = [
  ...["silentDeal", "silentNonce", "silentProduct", "silentCheck", "silentAgreement", "silentShare"],
  ...["wrongWords", "wrongCommit", "falseComplaint", "wrongNonce", "wrongW", "wrongProduct", "wrongA", "wrongB", "wrongE", "wrongShare"],
  ...["otherHash", "otherAgreement", "otherShareAgreed", "falseClaim", "notOpening", "unreadable", "unsigned", "otherBoot"],
  ...["wrongDegree", "showsAgreement"],
] as const;
export type EcdsaMalice = (typeof ECDSA_MALICES)[number] & string;

const moved = (bytes: Uint8Array): Uint8Array => encodePoint((parsePoint(bytes) as Point).add(G));
const raised = (bytes: Uint8Array): Uint8Array => encodeScalar((parseScalar(bytes) + 1n) % CURVE_ORDER);
const silence = (): Promise<never> => Promise.reject(new KeyquorumError("UNAVAILABLE", "The keeper does not answer."));
const claim = (): Promise<never> => Promise.reject(new KeyquorumError("SIGNING_ABORTED", "A check fails, it says."));
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));

/** The part of a deal with k raised by one and a commitment that fits: what its recipient cannot see, and no polynomial of degree t has. */
const raisedPart = (node: EcdsaNode, session: Hash32, fresh: Uint8Array, { slot, words }: EcdsaDealtPart): EcdsaDealtPart => {
  const key = node.pairKeys.padKey({ session: hexToBytes(session, 32), fresh, from: node.slot, to: slot });
  const first = raised(words.slice(0, 32));
  const changed = Uint8Array.of(...first, ...words.subarray(32));
  const values = [0, 1, 2, 3, 4, 5].map((u) => {
    const padded = parseScalar(changed.slice(32 * u, 32 * u + 32));
    return (padded + CURVE_ORDER - hashToScalar(key, u)) % CURVE_ORDER;
  });
  return { slot, words: changed, commit: keccakWords(DOMAINS.deal, key, ...values) };
};

type Carried = { readonly session: Hash32; readonly signer: SigningKeeper; readonly signature: Uint8Array; readonly hash?: Uint8Array };

/**
 * Keeps a liar's honest signer in ignorance: it sees its own messages as it made them, and everybody vouch for what it saw. What it says goes out with the
 * hashes that the others expect.
 */
const blinded = (trial: EcdsaTrial, node: EcdsaNode) => {
  const [made, hashes] = [new Map<string, Carried>(), new Map<string, Uint8Array>()];
  const nameOf = (session: Hash32, round: EcdsaRound): string => `${session} ${round}`;
  const before = (round: EcdsaRound): EcdsaRound => ECDSA_ROUNDS[ECDSA_ROUNDS.indexOf(round) - 1] as EcdsaRound; // none asks for it of the first
  const resign = (said: Carried, change: Partial<Carried>, round: EcdsaRound): Carried =>
    resigned(trial, said, change, ECDSA_SAID[round].statement as unknown as (said: Carried) => SigningMessage);
  const hashOf = (session: Hash32, round: EcdsaRound, list: readonly Carried[]): Uint8Array => {
    const kind = ECDSA_SAID[round] as unknown as Kind<Carried & EcdsaDeal>; // of what is in the list
    return ecdsaRoundHash(session, roundNumber(round), entriesOf(list as readonly (Carried & EcdsaDeal)[], kind));
  };
  return {
    /** What was made, for later; and the answer with the hash that the others expect. */
    made: <Said extends Carried>(round: EcdsaRound, said: Said, hash?: Uint8Array): Said => {
      made.set(nameOf(said.session, round), said);
      return hash === undefined ? said : (resign(said, { hash }, round) as Said);
    },
    /** The question as its signer may see it, and the hash of the round before as the others see it. */
    asked: <Ask extends EcdsaAsk>(round: EcdsaRound, ask: Ask, name: keyof Ask): { readonly ask: Ask; readonly hash: Uint8Array } => {
      const { session } = ask;
      const shown = ask[name] as unknown as readonly Carried[];
      const vouched = round === "nonce" ? undefined : hashes.get(nameOf(session, before(before(round))));
      const list = shown.map((one) => {
        if (one.signer.slot === node.slot) return made.get(nameOf(session, before(round))) ?? one;
        return vouched === undefined ? one : resign(one, { hash: vouched }, before(round));
      });
      const hash = hashOf(session, before(round), list);
      hashes.set(nameOf(session, before(round)), hash);
      const signature = trial.keyring.sign(ecdsaAskStatement(ask, ECDSA_ASKED[round], hash));
      return { ask: { ...ask, [name]: list, signature }, hash: hashOf(session, before(round), shown) };
    },
  };
};

/** The answers of a liar in front of its honest signer. */
export const maliciousEcdsa = (trial: EcdsaTrial, node: EcdsaNode, malice: string): EcdsaAnswers => {
  const own = node.own;
  const blind = blinded(trial, node);
  const is = (name: string): boolean => malice === name;
  const s = ecdsaStatements;
  return {
    deal: async (ask) => {
      if (is("silentDeal")) return silence();
      const said = blind.made("deal", await own.deal(ask));
      const [first, ...rest] = said.parts;
      if (first === undefined) return said;
      const changed = (part: EcdsaDealtPart): typeof said => resigned(trial, said, { parts: [part, ...rest] }, s.deal);
      if (is("wrongWords")) return changed({ ...first, words: flipped(first.words) });
      if (is("wrongCommit")) return changed({ ...first, commit: flipped(first.commit) });
      if (is("wrongDegree")) return changed(raisedPart(node, ask.session, said.fresh, first));
      return is("unsigned") ? { ...said, fresh: flipped(said.fresh) } : said;
    },
    nonce: async (given) => {
      if (is("silentNonce")) return silence();
      const { ask, hash } = blind.asked("nonce", given, "deals");
      const answer = await own.nonce(ask);
      if ("against" in answer) return answer;
      const said = blind.made("nonce", answer, hash);
      const { session, requestId, epoch, signer } = said;
      const against = ask.deals.find((one) => one.signer.slot !== node.slot)?.signer.slot ?? 0;
      if (is("falseComplaint"))
        return resigned(trial, { session, requestId, epoch, signer, against, signature: new Uint8Array(65) }, {}, s.complaint);
      if (is("wrongNonce")) return resigned(trial, said, { point: moved(said.point) }, s.nonce);
      if (is("wrongW") || is("notOpening") || is("showsAgreement")) return resigned(trial, said, { w: raised(said.w) }, s.nonce);
      if (is("unreadable")) return resigned(trial, said, { point: new Uint8Array(33) }, s.nonce);
      if (is("otherHash")) return resigned(trial, said, { hash: flipped(said.hash) }, s.nonce);
      if (!is("otherBoot")) return said;
      return resigned(trial, said, { signer: { ...signer, boot: `${signer.boot.slice(0, -1)}x` as typeof signer.boot } }, s.nonce);
    },
    product: async (given) => {
      if (is("silentProduct")) return silence();
      const { ask, hash } = blind.asked("product", given, "nonces");
      const said = blind.made("product", await own.product(ask), hash);
      return is("wrongProduct") ? resigned(trial, said, { point: moved(said.point) }, s.product) : said;
    },
    check: async (given) => {
      if (is("silentCheck")) return silence();
      if (is("falseClaim")) return claim();
      const { ask, hash } = blind.asked("check", given, "products");
      const said = blind.made("check", await own.check(ask), hash);
      if (is("wrongA")) return resigned(trial, said, { a: moved(said.a) }, s.check);
      if (is("wrongB")) return resigned(trial, said, { b: moved(said.b) }, s.check);
      return is("wrongE") ? resigned(trial, said, { e: moved(said.e) }, s.check) : said;
    },
    agree: async (given) => {
      if (is("silentAgreement")) return silence();
      if (is("wrongA") || is("wrongE")) return claim(); // as the honest ones do; the one of wrongB agrees as if the sums held
      const { ask, hash } = blind.asked("agreement", given, "checks");
      const said = blind.made("agreement", await own.agree(ask), hash);
      return is("otherAgreement") ? resigned(trial, said, { digest: flipped(said.digest) }, s.agreement) : said;
    },
    share: async (given) => {
      if (is("silentShare")) return silence();
      const { ask } = blind.asked("share", given, "agreements");
      const hash = given.agreements.find((one) => one.signer.slot !== node.slot)?.hash;
      const said = blind.made("share", await own.share(ask), hash);
      if (is("wrongShare")) return resigned(trial, said, { s: raised(said.s) }, s.share);
      return is("otherShareAgreed") ? resigned(trial, said, { digest: flipped(said.digest) }, s.share) : said;
    },
    open: async (ask) => {
      if (is("notOpening")) return silence();
      if (!is("showsAgreement")) return own.open(ask);
      const [signer, word] = [{ slot: node.slot, boot: node.boot }, new Uint8Array(32)];
      const agreed = { digest: word, offset: word, delta: word, hash: word };
      const { session, requestId, epoch } = ask;
      return resigned(trial, { session, requestId, epoch, signer, ...agreed, signature: new Uint8Array(65) }, {}, s.agreement);
    },
  };
};

/** What its coordinator must say of a liar that works alone: the reason that it is named for, "pair", or "out". */
export const EXPECTED: Readonly<Record<string, EcdsaFaultReason | "pair" | "out">> = {
  ...Object.fromEntries(ECDSA_MALICES.filter((malice) => malice.startsWith("silent")).map((malice) => [malice, "out" as const])),
  ...{ falseComplaint: "pair", wrongWords: "pair", wrongCommit: "pair", unreadable: "out", unsigned: "out", otherBoot: "out" },
  ...{
    wrongDegree: "deal",
    wrongNonce: "nonce",
    wrongW: "nonce",
    wrongProduct: "product",
    wrongA: "check",
    wrongB: "agreement",
    wrongE: "check",
  },
  ...{ wrongShare: "share", otherShareAgreed: "share", otherAgreement: "agreement", showsAgreement: "agreement" },
  ...{ otherHash: "hash", falseClaim: "claim", notOpening: "opening" },
};
