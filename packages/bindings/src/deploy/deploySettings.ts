/** Lengths of the phases of key generation, in blocks as the contract sees them (D14). */
export type KeyGenerationWindows = { readonly deal: number; readonly dispute: number; readonly finalize: number; readonly ready: number };

/** All that a deployment's transactions follow from, beside the account: as it is recorded. Numbers that may be large are decimal. */
export type DeploySettings = {
  /** 20 bytes, lower case; null: the deployer governs. */
  readonly admin: string | null;
  readonly minEpochDelay: string;
  readonly windows: KeyGenerationWindows;
  readonly requestLifetime: string;
  readonly challengeWindow: string;
  readonly openKeyRequests: boolean;
};

/** What tells two settings apart, in words: "the deal window is 40 in the record, and 60 now". */
export const differencesOf = (recorded: DeploySettings, now: DeploySettings): readonly string[] => {
  const [before, after] = [rowsOf(recorded), rowsOf(now)];
  return Object.entries(before)
    .filter(([name, value]) => after[name] !== value)
    .map(([name, value]) => `${name} is ${value} in the record, and ${after[name]} now`);
};

const rowsOf = (settings: DeploySettings): Readonly<Record<string, string>> => ({
  "the admin": settings.admin ?? "the deployer",
  "the deal window": String(settings.windows.deal),
  "the dispute window": String(settings.windows.dispute),
  "the finalize window": String(settings.windows.finalize),
  "the ready window": String(settings.windows.ready),
  "the request lifetime": settings.requestLifetime,
  "the challenge window": settings.challengeWindow,
  "the delay of epochs": settings.minEpochDelay,
  "who may ask for keys": settings.openKeyRequests ? "everybody" : "the role KEY_REQUESTER",
});
