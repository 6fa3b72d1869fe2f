import { type Age, beginAge } from "../run/age.ts";
import type { Clock } from "../run/clock.ts";

/** Answers of one kind, remembered by the hash of the block that they are of. */
export type BlockMemory<Value> = {
  /** What was said of that block under that name, or what `ask` says now. Who asks the same meanwhile waits for the same answer. */
  readonly once: (blockHash: string, name: string, ask: () => Promise<Value>) => Promise<Value>;
  /** How much is remembered, in all blocks. */
  readonly size: () => { readonly blocks: number; readonly entries: number; readonly bytes: number };
};

/** The head and the final block, and those before them for requests that are under way. */
const MOST_BLOCKS = 4;
const MOST_ENTRIES = 10_000;
const MOST_BYTES = 8_388_608;
/** What an entry takes beside its name, in bytes: a promise, its answer and a place in a map. */
const ENTRY_BYTES = 400;
/** What one moment's providers said of a block is not believed for longer: a final block may stay the newest one for long. */
const BELIEVED_MILLISECONDS = 60_000;

type Entry<Value> = { readonly answer: Promise<Value>; readonly age: Age; readonly bytes: number };
type Block<Value> = { readonly entries: Map<string, Entry<Value>>; bytes: number };

/**
 * Remembers what a contract says at a block, which never changes: of one hash never at another, no failure, nothing that `isKept` refuses, so many entries
 * and bytes at most in each block, and all of a block's with the block, when later ones were asked about. Names may be strangers' choice: what came first
 * goes first, and is asked again.
 */
export const createBlockMemory = <Value>({
  clock,
  isKept = () => true,
  within = (work) => work(),
  most = MOST_ENTRIES,
  mostBytes = MOST_BYTES,
}: {
  readonly clock: Pick<Clock, "now">;
  readonly isKept?: (value: Value) => boolean;
  /** Bounds one question by a time of its own: who waits for it may not be who asked. Default: nothing does. */
  readonly within?: (work: () => Promise<Value>) => Promise<Value>;
  readonly most?: number;
  readonly mostBytes?: number;
}): BlockMemory<Value> => {
  const blocks = new Map<string, Block<Value>>();

  const forget = (block: Block<Value>, name: string, entry: Entry<Value>): void => {
    if (block.entries.get(name) !== entry) return;
    block.entries.delete(name);
    block.bytes -= entry.bytes;
  };
  const makeRoom = (block: Block<Value>): void => {
    for (const [name, entry] of block.entries) {
      if (block.entries.size <= most && block.bytes <= mostBytes) return;
      forget(block, name, entry);
    }
  };
  const blockOf = (hash: string): Block<Value> => {
    const block = blocks.get(hash) ?? { entries: new Map<string, Entry<Value>>(), bytes: 0 };
    blocks.delete(hash); // to the end: what was asked about longest ago goes first
    blocks.set(hash, block);
    const [oldest] = blocks.keys();
    if (blocks.size > MOST_BLOCKS && oldest !== undefined) blocks.delete(oldest);
    return block;
  };

  return {
    once: (blockHash, name, ask) => {
      const block = blockOf(blockHash);
      const known = block.entries.get(name);
      if (known !== undefined && known.age() <= BELIEVED_MILLISECONDS) return known.answer;
      if (known !== undefined) forget(block, name, known);
      const answer = within(ask);
      const entry = { answer, age: beginAge(clock), bytes: name.length + ENTRY_BYTES };
      block.entries.set(name, entry);
      block.bytes += entry.bytes;
      makeRoom(block);
      answer.then(
        (value) => {
          if (!isKept(value)) forget(block, name, entry);
        },
        () => forget(block, name, entry),
      );
      return answer;
    },
    size: () => ({
      blocks: blocks.size,
      entries: [...blocks.values()].reduce((sum, { entries }) => sum + entries.size, 0),
      bytes: [...blocks.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    }),
  };
};
