import type { CommitteeMember, ExtensionServices } from "@keyquorum/keeper";
import { KeyquorumError, type PeerMessage } from "@keyquorum/wire";

/** A member that is named: what it did, or the code that it refused with. LIED: what it signed or sent is wrong. */
export type MemberFault = { readonly slot: number; readonly reason: string };

export type MemberAnswer<Answer> =
  | { readonly slot: number; readonly kind: "answered"; readonly answer: Answer }
  | { readonly slot: number; readonly kind: "failed"; readonly reason: string };

type Services = Pick<ExtensionServices, "members" | "peers" | "clock" | "stopping">;
type Heads = Parameters<ExtensionServices["members"]["endpointOf"]>[1];

/** How one message is asked of one member. `own`: this keeper's answer to itself, without a network. */
export type Question<Ask, Answer> = {
  readonly message: PeerMessage<Ask, Answer>;
  readonly ask: Ask;
  readonly own: { readonly slot: number; readonly answer: (ask: Ask) => Promise<Answer> };
  readonly milliseconds: number;
};

/** Asks one member; never fails. Silence is UNAVAILABLE, whether the network or the time ended it. */
export const askMember = async <Ask, Answer>(
  services: Services,
  { message, ask, own, milliseconds }: Question<Ask, Answer>,
  slot: number,
  heads: Heads,
): Promise<MemberAnswer<Answer>> => {
  const asking =
    slot === own.slot
      ? own.answer(ask)
      : services.members.endpointOf(slot, heads).then((endpoint = "") => services.peers.ask(message, endpoint, ask));
  const over = new AbortController();
  const late = services.clock.sleep(milliseconds, AbortSignal.any([services.stopping, over.signal])).then(() => {
    throw new KeyquorumError("UNAVAILABLE", "The keeper does not answer in time.");
  });
  late.catch(() => undefined); // it loses where the answer comes first
  try {
    return { slot, kind: "answered", answer: await Promise.race([asking, late]) };
  } catch (error) {
    const code = error instanceof KeyquorumError ? error.code : "UNAVAILABLE";
    return { slot, kind: "failed", reason: code === "BAD_ANSWER" ? "LIED" : code };
  } finally {
    over.abort();
  }
};

/** Asks several at once. With `enough`, who has not answered a moment after there are enough is not waited for, and is not among the answers. */
export const askMembers = async <Ask, Answer>(
  services: Services,
  question: Question<Ask, Answer>,
  members: readonly Pick<CommitteeMember, "slot">[],
  { heads, enough = () => false }: { readonly heads: Heads; readonly enough?: (answers: readonly MemberAnswer<Answer>[]) => boolean },
): Promise<readonly MemberAnswer<Answer>[]> => {
  const answers: MemberAnswer<Answer>[] = [];
  const over = Promise.withResolvers<void>();
  const asking = members.map(async ({ slot }) => {
    answers.push(await askMember(services, question, slot, heads));
    if (enough(answers)) services.clock.sleep(LATE_MILLISECONDS, services.stopping).then(over.resolve, over.resolve);
  });
  await Promise.race([Promise.all(asking), over.promise]);
  return [...answers];
};

/** What is given to those that answer a little later than the others. */
const LATE_MILLISECONDS = 300;
