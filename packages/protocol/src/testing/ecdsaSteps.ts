/** A coordinator that a test drives by hand: round by round, with what it likes to show. */
import type { Hash32 } from "@keyquorum/wire";
import { ECDSA_ASKED, ECDSA_SAID, type EcdsaRound, roundNumber } from "../signing/ecdsa/kinds.ts";
import {
  ECDSA_KINDS,
  type EcdsaAgreement,
  type EcdsaCheckMessage,
  type EcdsaComplaint,
  type EcdsaDeal,
  type EcdsaDealAsk,
  type EcdsaNonce,
  type EcdsaProduct,
} from "../signing/ecdsa/messages.ts";
import { entriesOf, type Kind } from "../signing/ecdsa/messagesOf.ts";
import { ecdsaAskStatement, ecdsaRoundHash, ecdsaSessionOf } from "../signing/ecdsa/statements.ts";
import { DOMAIN, type EcdsaTrial, EPOCH } from "./ecdsaTrial.ts";

type Message = Parameters<typeof entriesOf>[0][number];

/** `by`: the coordinator's slot. What `change` says replaces what an honest coordinator would ask to deal. */
export const ecdsaSteps = (trial: EcdsaTrial, slots: readonly number[], change: Partial<EcdsaDealAsk> = {}, by = 1) => {
  const { requestId, keyId } = trial.request;
  const coordinator = { slot: by, boot: trial.nodeAt(by).boot };
  const named = { requestId, keyId, epoch: EPOCH, slots, coordinator, salt: trial.dice.bytes(32), ...change };
  const session = change.session ?? ecdsaSessionOf(DOMAIN, named);
  const about = { session, requestId: named.requestId, epoch: named.epoch, coordinator: named.coordinator };
  const sign = (kind: Parameters<typeof ecdsaAskStatement>[1], content: Uint8Array | 0, asked = about): Uint8Array =>
    trial.keyring.sign(ecdsaAskStatement(asked, kind, content));
  const dealAsk: EcdsaDealAsk = { ...named, session, signature: sign(ECDSA_KINDS.askDeal, 0) };
  const shown = <Said extends Message>(round: EcdsaRound, messages: readonly Said[], kind: Kind<Said>, to: Hash32 = about.requestId) => {
    const asked = { ...about, requestId: to };
    const hash = ecdsaRoundHash(session, roundNumber(round) - 1, entriesOf(messages, kind));
    return { ...asked, signature: sign(ECDSA_ASKED[round], hash, asked) };
  };
  const answers = (slot: number) => trial.nodeAt(slot).answers;
  const ask = {
    deal: (slot: number) => answers(slot).deal(dealAsk),
    nonce: (slot: number, deals: readonly EcdsaDeal[]) => answers(slot).nonce({ ...shown("nonce", deals, ECDSA_SAID.deal), deals }),
    product: (slot: number, nonces: readonly EcdsaNonce[]) =>
      answers(slot).product({ ...shown("product", nonces, ECDSA_SAID.nonce), nonces }),
    check: (slot: number, products: readonly EcdsaProduct[], to?: Hash32) =>
      answers(slot).check({ ...shown("check", products, ECDSA_SAID.product, to), products }),
    agree: (slot: number, checks: readonly EcdsaCheckMessage[], to?: Hash32) =>
      answers(slot).agree({ ...shown("agreement", checks, ECDSA_SAID.check, to), checks }),
    share: (slot: number, agreements: readonly EcdsaAgreement[], to?: Hash32) =>
      answers(slot).share({ ...shown("share", agreements, ECDSA_SAID.agreement, to), agreements }),
    open: (slot: number) => answers(slot).open({ ...about, signature: sign(ECDSA_KINDS.askOpening, 0) }),
  };
  const each = <One>(question: (slot: number) => Promise<One>): Promise<One[]> => Promise.all(slots.map(question));
  const nonceOf = (said: EcdsaNonce | EcdsaComplaint): EcdsaNonce => {
    if ("against" in said) throw new Error(`${said.signer.slot} complains about ${said.against}`);
    return said;
  };
  return {
    ...{ session, ask, dealAsk, each },
    /** Deals, nonces and products of all. */
    toProducts: async () => {
      const deals = await each(ask.deal);
      const nonces = (await each((slot) => ask.nonce(slot, deals))).map(nonceOf);
      return { deals, nonces, products: await each((slot) => ask.product(slot, nonces)) };
    },
    /** And check messages and agreements. */
    toAgreements: async () => {
      const deals = await each(ask.deal);
      const nonces = (await each((slot) => ask.nonce(slot, deals))).map(nonceOf);
      const products = await each((slot) => ask.product(slot, nonces));
      const checks = await each((slot) => ask.check(slot, products));
      return { deals, nonces, products, checks, agreements: await each((slot) => ask.agree(slot, checks)) };
    },
  };
};
