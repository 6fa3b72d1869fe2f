/**
 * One block of those that providers agree on, whose bloom has every bit that any of them gave. Blooms are no part of what they agree on: nodes of some
 * chains leave them out. So a provider that shows too little hides nothing, and one that shows too much has a block looked at twice.
 */
export const withEveryBloom = (blocks: readonly unknown[]): unknown => {
  const last = blocks.at(-1);
  const blooms = blocks.map(bloomOf).filter((bloom) => bloom !== undefined);
  if (blooms.length < 2 || typeof last !== "object" || last === null) return last;
  const bits = blooms.reduce((all, bloom) => all | BigInt(bloom), 0n);
  return { ...last, logsBloom: `0x${bits.toString(16).padStart(512, "0")}` };
};

const bloomOf = (block: unknown): string | undefined => {
  if (typeof block !== "object" || block === null || !("logsBloom" in block)) return undefined;
  const { logsBloom } = block;
  return typeof logsBloom === "string" && /^0x[0-9a-fA-F]{512}$/.test(logsBloom) ? logsBloom : undefined;
};
