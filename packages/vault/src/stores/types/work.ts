/** Something to do that must survive a restart. `payload` is JSON; bigint and bytes survive. */
export type WorkItem<Payload = unknown> = {
  readonly id: string;
  readonly kind: string;
  readonly payload: Payload;
  readonly state: "pending" | "done" | "failed";
  readonly attempts: number;
  /** Not before this time, in ms. */
  readonly notBefore: number;
  readonly lastError?: string;
};

export type WorkStore = {
  /** Adds an item once; an id that is known is left alone, whatever its state. True when it is new. */
  add(item: { readonly id: string; readonly kind: string; readonly payload: unknown; readonly notBefore?: number }): Promise<boolean>;
  load<Payload>(id: string): Promise<WorkItem<Payload> | undefined>;
  /** Pending items that are due, oldest first. */
  due<Payload>(filter: { readonly now: number; readonly kind?: string; readonly limit?: number }): Promise<readonly WorkItem<Payload>[]>;
  retry(id: string, options: { readonly notBefore: number; readonly error: string }): Promise<void>;
  finish(id: string, state: "done" | "failed", error?: string): Promise<void>;
  /** Forgets items of a kind that are over and whose payload names a `blockNumber` below this one; answers with how many. */
  prune(filter: { readonly kind: string; readonly belowBlock: number }): Promise<number>;
};
