/** Where libraries and nodes put revert data. `transaction.data` is no such place: that is what was sent. */
const PLACES = ["data", "error", "info", "cause", "originalError"];
const MAX_DEPTH = 6;

/** The revert data, 0x hex of at least a selector, inside an error; undefined when there is none. */
export const revertDataOf = (error: unknown, depth = 0): string | undefined => {
  if (typeof error === "string") return /^0x([0-9a-fA-F]{2}){4,}$/.test(error) ? error : undefined;
  if (typeof error !== "object" || error === null || depth > MAX_DEPTH) return undefined;
  for (const place of PLACES) {
    const found = revertDataOf((error as Readonly<Record<string, unknown>>)[place], depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
};
