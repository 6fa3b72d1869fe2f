/** What a module may declare, whoever wrote it. Each bound is far above what real compilers emit, and far below what hurts V8. */
export const MODULE_LIMITS = {
  /** Bytes of the whole module. */
  bytes: 64 * 1024 * 1024,
  types: 20_000,
  /** Parameters, and results, of one type. */
  arity: 1_000,
  imports: 1_000,
  functions: 200_000,
  /** Bytes of one function's body. */
  bodyBytes: 4 * 1024 * 1024,
  /** Locals of one function. */
  locals: 50_000,
  /** Blocks, loops and ifs inside each other, in one function. */
  nesting: 1_000,
  globals: 20_000,
  tables: 8,
  /** Entries that all tables begin with, together. */
  tableEntries: 1_000_000,
  exports: 50_000,
  elementSegments: 50_000,
  /** Functions that all element segments name, together. */
  elements: 1_000_000,
  dataSegments: 100_000,
  /** Pages of 64 KiB of the one memory: 4 GiB. */
  pages: 65_536,
  /** Bytes of an import's or an export's name. From 16384 letters on V8 hashes a text by its length alone: a map of such names is quadratic. */
  nameBytes: 16_000,
} as const;
