import type { CreateExtension, ExtensionServices } from "@keyquorum/keeper";
import { backend, encodeScalar, G } from "@keyquorum/threshold";
import { parityExtension } from "../extension.ts";
import { encryptEcies } from "../formats/ecies.ts";
import { recoverRequester } from "../formats/rawSignature.ts";
import type { Holder } from "../retrieval/holder.ts";
import { domainOf, ownMembership } from "../retrieval/membership.ts";
import type { ContributeAsk, HeldContribution } from "../retrieval/messages.ts";
import { askContributionStatement, contributionStatement, digestOf } from "../retrieval/statements.ts";

/** What it gives instead of its part of a reading; signed by its own key. */
const LIES: Readonly<Record<string, (given: HeldContribution, ask: ContributeAsk) => Promise<HeldContribution>>> = {
  point: async (given) => ({ ...given, point: backend.add(given.point, G) }),
  mask: async (given, ask) => {
    const readerKey = ask.wallet?.readerKey ?? recoverRequester(ask.serverKeyId, ask.readerSignature)?.publicKey;
    if (readerKey === undefined) throw new Error("nobody signed");
    return { ...given, shadow: await encryptEcies(readerKey, encodeScalar(5n)) };
  },
};

/**
 * An extension that makes a real keeper lie to readers. For tests and the demo: a keeper's configuration names this file by its path, and the package does
 * not have it as a module. Options: the key server's own, and `lie`, "point" or "mask".
 */
export const createExtension: CreateExtension = ({ lie, ...options }) => {
  const tell = LIES[String(lie)];
  if (tell === undefined) throw new Error('lie must be "point" or "mask"');
  const lyingWith =
    (services: ExtensionServices) =>
    (holder: Holder): Holder => ({
      ...holder,
      contribute: async (ask) => {
        const given = await tell(await holder.contribute(ask), ask);
        const { sign, slot } = await ownMembership(services, ask.epoch);
        const asked = digestOf(domainOf(services), askContributionStatement(ask));
        return { ...given, signature: sign(contributionStatement({ ...ask, slot }, asked, given)) };
      },
    });
  const { name } = parityExtension(options);
  return { name, start: (services) => parityExtension(options, { holder: lyingWith(services) }).start?.(services) };
};
