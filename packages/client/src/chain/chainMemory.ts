/**
 * What a client keeps of the chain between its calls. All of it is found by what the chain says in this call, so that nothing of it is ever out of date;
 * no failure of the chain is kept.
 */
export type ChainMemory = {
  /** Questions that are on their way, by what is asked: who asks the same meanwhile gets the same answer. */
  readonly asking: Map<string, Promise<string>>;
  /** What was made of answers, by their very bytes; published versions, by what the registry says of them. */
  readonly made: Map<string, unknown>;
  /** What the node does not do: "search" is one search for a document's events in all blocks since the deployment. */
  readonly refused: Set<"search">;
};

export const createChainMemory = (): ChainMemory => ({ asking: new Map(), made: new Map(), refused: new Set() });

/** Each is a few kilobytes. */
const MAX_KEPT = 500;

/** Keeps a value as the newest; the oldest goes where there are too many. */
export const keep = ({ made }: ChainMemory, name: string, value: unknown): void => {
  made.delete(name);
  made.set(name, value);
  for (const oldest of made.keys()) if (made.size > MAX_KEPT) made.delete(oldest);
};

/** What was made of these bytes before, else what `make` makes of them now. What fails is not kept. */
export const madeOnce = async <T>(memory: ChainMemory | undefined, bytes: string, make: () => Promise<T>): Promise<T> => {
  const value = (memory?.made.get(bytes) as T | undefined) ?? (await make()); // true: the bytes say what it is of
  if (memory !== undefined) keep(memory, bytes, value);
  return value;
};
