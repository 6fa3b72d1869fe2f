/** What of this process lets others on its machine see into its memory, where the keys are. */
export type ProcessState = {
  /** Node's own options: of its command line and of NODE_OPTIONS. */
  readonly nodeOptions: readonly string[];
  /** Where a debugger can attach now. */
  readonly debuggerUrl: string | undefined;
  /** The content of /proc/self/limits, where there is one. */
  readonly limits: string | undefined;
};

/** Options of Node that open a debugger, or write memory or its traces to files. */
const REVEALING =
  /^--(inspect(?!-publish-uid)|debug|heapsnapshot-|heap-prof|cpu-prof|report-(on|uncaught|signal)|abort-on-uncaught-exception|prof$)/;

/** One sentence for each way in that is open; none when the process keeps to itself. */
export const processRisks = ({ nodeOptions, debuggerUrl, limits }: ProcessState): readonly string[] => {
  const revealing = [...new Set(nodeOptions.map((option) => option.replace(/[=\s].*$/s, "").replaceAll("_", "-")))].filter((option) =>
    REVEALING.test(option),
  );
  return [
    ...(debuggerUrl === undefined ? [] : ["A debugger can attach to this process and read its keys: start it without --inspect"]),
    ...revealing.map((option) => `Node runs with ${option}, which can show this process's memory to others: take it out of NODE_OPTIONS`),
    ...(mayDumpCore(limits) ? ["A crash may write this process's memory, keys included, to a core file: run it with `ulimit -c 0`"] : []),
  ];
};

/** Whether the soft limit of core files is above 0. */
const mayDumpCore = (limits: string | undefined): boolean => {
  const soft = limits?.match(/^Max core file size\s+(\S+)/m)?.[1];
  return soft !== undefined && soft !== "0";
};
