export type Step = "encrypt" | "partial" | "verify and combine";
export type System = {
  readonly name: string;
  /** What of the step is left out, or not to be had. */
  readonly note?: string;
  readonly steps: Readonly<Partial<Record<Step, () => unknown>>>;
};
