/** What a project writes under `keyquorum` in its hardhat.config.ts. */
export type KeyquorumUserConfig = {
  /** How many keepers: 3 to 16. Default 5. */
  readonly keepers?: number;
  /** t: t keepers together learn nothing; t+1 are needed. 2t+1 <= keepers. Default: the largest. */
  readonly threshold?: number;
  /** Which of the network's accounts deploys and governs: its index. Default 0. */
  readonly governor?: number;
  /**
   * How many times slower than an idle machine this one is taken to be, 1 to 100: keepers and readers get so much longer for what they do. Default:
   * measured when `deployKeyquorum` is called.
   */
  readonly patience?: number;
};

export type KeyquorumConfig = Required<Omit<KeyquorumUserConfig, "patience">> & { readonly patience: number | "measured" };

/** A field that cannot be used, and why. */
export type ConfigProblem = { readonly path: string; readonly message: string };

const FIELDS: readonly string[] = ["keepers", "threshold", "governor", "patience"];
const [MIN_KEEPERS, MAX_KEEPERS] = [3, 16];
const DEFAULT_KEEPERS = 5;
const MOST_PATIENCE = 100;

const largestThreshold = (keepers: number): number => Math.floor((keepers - 1) / 2);

/** What is wrong with a configuration; empty when nothing is. */
export const problemsOf = (config: unknown): readonly ConfigProblem[] => {
  if (config === undefined) return [];
  if (typeof config !== "object" || config === null || Array.isArray(config)) return [{ path: "", message: "must be an object" }];
  const unknown = Object.keys(config).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) return [{ path: unknown, message: `is not known; known are ${FIELDS.join(", ")}` }];
  const { keepers = DEFAULT_KEEPERS, threshold, governor = 0, patience = 1 } = config as Readonly<Record<string, unknown>>;
  if (!isWhole(keepers, MIN_KEEPERS, MAX_KEEPERS))
    return [{ path: "keepers", message: `must be a whole number from ${MIN_KEEPERS} to ${MAX_KEEPERS}` }];
  if (threshold !== undefined && !isWhole(threshold, 1, largestThreshold(keepers)))
    return [
      { path: "threshold", message: `must be a whole number from 1 to ${largestThreshold(keepers)}: 2t+1 <= keepers, and t+1 are needed` },
    ];
  if (!isWhole(governor, 0, 255)) return [{ path: "governor", message: "must be the index of one of the network's accounts" }];
  if (typeof patience !== "number" || !(patience >= 1 && patience <= MOST_PATIENCE))
    return [{ path: "patience", message: `must be a number from 1 to ${MOST_PATIENCE}` }];
  return [];
};

/** Fills the defaults in. The configuration has no problems. */
export const resolveConfig = ({
  keepers = DEFAULT_KEEPERS,
  threshold,
  governor = 0,
  patience = "measured",
}: Partial<KeyquorumConfig> = {}): KeyquorumConfig => ({
  keepers,
  threshold: threshold ?? largestThreshold(keepers),
  governor,
  patience,
});

const isWhole = (value: unknown, minimum: number, maximum: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum;
