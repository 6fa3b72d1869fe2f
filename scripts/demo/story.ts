/** What one step of the demo did. */
export type StepReport = {
  readonly title: string;
  readonly milliseconds: number;
  readonly gas: bigint;
  readonly lines: readonly string[];
  readonly checks: readonly { readonly what: string; readonly held: boolean }[];
};

/** What a step tells while it works. */
export type Teller = {
  /** A line of what happened: who did it, and what it cost. */
  readonly say: (line: string, cost?: { readonly gas?: bigint; readonly milliseconds?: number }) => void;
  /** A fact that must hold; the demo's exit code says whether all did. */
  readonly check: (what: string, held: boolean) => void;
};

export type Step<Context> = { readonly title: string; readonly run: (context: Context, tell: Teller) => Promise<void> };

const MARK = { held: "\u2713", broken: "\u2717" } as const;

/** Runs a step and prints it as it goes. A step that throws has a check that did not hold. */
export const tellStep = async <Context>(
  { title, run }: Step<Context>,
  context: Context,
  print: (line: string) => void,
): Promise<StepReport> => {
  const started = performance.now();
  const lines: string[] = [];
  const checks: { what: string; held: boolean }[] = [];
  let gas = 0n;
  print(`\n${title}`);
  const say: Teller["say"] = (line, cost = {}) => {
    gas += cost.gas ?? 0n;
    const costs = [
      ...(cost.gas === undefined ? [] : [`${cost.gas.toLocaleString("en")} gas`]),
      ...(cost.milliseconds === undefined ? [] : [`${Math.round(cost.milliseconds)} ms`]),
    ];
    const text = costs.length === 0 ? line : `${line}  [${costs.join(", ")}]`;
    lines.push(text);
    print(`    ${text}`);
  };
  const check: Teller["check"] = (what, held) => {
    checks.push({ what, held });
    print(`  ${held ? MARK.held : MARK.broken} ${what}`);
  };
  try {
    await run(context, { say, check });
  } catch (error) {
    check(`no error (${error instanceof Error ? error.message : String(error)})`, false);
  }
  const milliseconds = performance.now() - started;
  print(`    in all ${gas.toLocaleString("en")} gas, ${Math.round(milliseconds)} ms`);
  return { title, milliseconds, gas, lines, checks };
};
