import type { Heads } from "@keyquorum/chain";
import { wereSeenPosted } from "../membership/postedKeys.ts";
import type { Core } from "../run/core.ts";
import { createConsent, sentenceOf } from "../sessions/consent.ts";
import { erasureWait } from "../shares/erasureWait.ts";
import type { ExtensionEpochs } from "./services.ts";

type Options = Pick<Core, "config" | "vault" | "reader" | "clock" | "contracts">;

/** The operator's consent to new epochs, as the keeper's own shares wait for it (D57). */
export const createOwnEpochs = (core: Options): ExtensionEpochs => ({
  withheldFrom: async ({ epoch, threshold, members }, heads) => {
    const { dataDirectory, epochs } = core.config;
    const { minDelaySeconds, minThreshold } = epochs;
    const consentTo = createConsent({ ...core, dataDirectory, minDelaySeconds, minThreshold });
    const consent = await consentTo({ epoch, threshold, formerThreshold: threshold }, heads);
    if (consent.kind === "withheld") return { reason: consent.reason, why: sentenceOf(consent, epoch) };
    if (await wereSeenPosted(core, { epoch, members })) return undefined;
    return {
      reason: "KEYS_NOT_SEEN",
      why: `This keeper has not seen the encryption keys of epoch ${epoch} posted. It passes when its mirror has caught up; check the RPC if it stays.`,
    };
  },
  eraseDelayMilliseconds: async ({ final }: Heads) => {
    const { eraseDelaySeconds } = core.config.epochs;
    return 1_000 * (eraseDelaySeconds ?? erasureWait(await core.reader.at(final.hash).requestLifetime()));
  },
});
