import type { PeerAllowance, PeerLimits, PeerSender } from "./peerLimits.ts";

/** A message that keepers sign, as this keeper answers it. */
export type SignedMessage<Ask, Sender extends PeerSender, Answer> = {
  /** For its limits and metrics. */
  readonly kind: string;
  readonly allowance: PeerAllowance;
  /** Who may send it: verifies the signature against the members that the epoch froze, with as little work as that takes. Throws KeyquorumError. */
  readonly senderOf: (ask: Ask) => Promise<Sender>;
  /** Whatever is checked once it is known who asks. Throws KeyquorumError. */
  readonly answer: (ask: Ask, sender: Sender) => Promise<Answer>;
};

/** Signature first, then the limit of whoever signed, then the work: a message in somebody's name that it did not sign costs it nothing. */
export const signedAnswer =
  <Ask, Sender extends PeerSender, Answer>(
    limits: PeerLimits,
    { kind, allowance, senderOf, answer }: SignedMessage<Ask, Sender, Answer>,
  ): ((ask: Ask) => Promise<Answer>) =>
  async (ask) => {
    const sender = await senderOf(ask);
    return limits.run({ kind, sender, allowance }, () => answer(ask, sender));
  };
