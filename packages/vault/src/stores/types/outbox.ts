/** What a transaction does ("answer", "reshareDeal") and to what: ids, with ":" between them. Public. */
export type OutboxSubject = { readonly kind: string; readonly subject: string };

export type OutboxRecord<Entry> = OutboxSubject & { readonly id: string; readonly entry: Entry };

/** Records of chain/sender by intent id, as JSON; bigint and bytes survive. */
export type OutboxStore = {
  load<Entry>(id: string): Promise<Entry | undefined>;
  subjectOf(id: string): Promise<OutboxSubject | undefined>;
  /** Saves the record of an id, in the place of an earlier one. */
  save<Entry>(record: OutboxRecord<Entry>): Promise<void>;
  remove(id: string): Promise<void>;
  list<Entry>(): Promise<readonly OutboxRecord<Entry>[]>;
  /** Deletes records of these kinds, whose `state` is one of these, and which did not change since `before` (ms); answers with how many. */
  prune(filter: { readonly kinds: readonly string[]; readonly states: readonly string[]; readonly before: number }): Promise<number>;
};
