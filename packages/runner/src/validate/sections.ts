import type { ModuleImport } from "./importCheck.ts";
import { skipExpression, skipReferenceType, skipValueType } from "./instructions.ts";
import { MODULE_LIMITS } from "./limits.ts";
import type { ModuleBytes } from "./moduleBytes.ts";
import { malformed, refused, tooMany } from "./moduleRefused.ts";

/** What the sections say so far; each reader below adds to it. */
export type Contents = {
  readonly types: string[];
  readonly imports: ModuleImport[];
  /** Names of the types of all functions, imported ones first. */
  readonly functionTypes: string[];
  readonly exports: Map<string, { readonly kind: number; readonly index: number }>;
  globals: number;
  tables: number;
  tableEntries: number;
  memory: { readonly minimum: number; readonly maximum: number | undefined } | undefined;
  bodies: number;
  hasStart: boolean;
  dataSegments: number;
  /** What the section before the code says that there will be. */
  dataCount: number | undefined;
};

export const noContents = (): Contents => ({
  types: [],
  imports: [],
  functionTypes: [],
  exports: new Map(),
  globals: 0,
  tables: 0,
  tableEntries: 0,
  memory: undefined,
  bodies: 0,
  hasStart: false,
  dataSegments: 0,
  dataCount: undefined,
});

const LETTERS: Readonly<Record<number, string>> = { 127: "i", 126: "I", 125: "f", 124: "F", 123: "v", 112: "r", 111: "e" };

/** Values of a type that its name says: no import that is offered has as many. One name for each of a million values would be gigabytes. */
const NAMED_VALUES = 16;

/** A count that what follows can hold: every item has a byte. */
const countOf = (section: ModuleBytes, what: string, limit: number): number => {
  const at = section.offset;
  const count = section.u32();
  if (count > limit) throw tooMany(what, count, limit);
  if (count > section.end - section.offset) throw malformed("a list is longer than its section", at);
  return count;
};

const bounds = (section: ModuleBytes, what: string): { readonly minimum: number; readonly maximum: number | undefined } => {
  const at = section.offset;
  const flags = section.byte();
  if ((flags & 0x04) !== 0) throw refused(`its ${what} has 64 bit addresses`);
  if ((flags & 0x02) !== 0) throw refused(`its ${what} is shared between threads`);
  if (flags > 1) throw malformed(`a ${what} has limits of an unknown kind`, at);
  const minimum = section.u32();
  const maximum = flags === 1 ? section.u32() : undefined;
  if (maximum !== undefined && maximum < minimum) throw malformed(`a ${what} begins above its maximum`, at);
  return { minimum, maximum };
};

const readTypes = (section: ModuleBytes, into: Contents): void => {
  for (let left = countOf(section, "types", MODULE_LIMITS.types); left > 0; left--) {
    const at = section.offset;
    const form = section.byte();
    if (form !== 0x60)
      throw [0x4e, 0x4f, 0x50, 0x5e, 0x5f].includes(form) ? refused("it uses garbage collection") : malformed("there is no such type", at);
    const values = (): string => {
      const count = countOf(section, "values of one type", MODULE_LIMITS.arity);
      let letters = "";
      for (let read = 0; read < count; read++) {
        const type = skipValueType(section);
        if (read < NAMED_VALUES) letters += LETTERS[type];
      }
      return count > NAMED_VALUES ? `${letters}..` : letters;
    };
    into.types.push(`(${values()})${values()}`);
  }
};

const typeAt = (section: ModuleBytes, { types }: Contents): string => {
  const at = section.offset;
  const type = types[section.u32()];
  if (type === undefined) throw malformed("there is no such function type", at);
  return type;
};

const addMemory = (section: ModuleBytes, into: Contents): void => {
  if (into.memory !== undefined) throw refused("it has more than one memory");
  into.memory = bounds(section, "memory");
  if (Math.max(into.memory.minimum, into.memory.maximum ?? 0) > MODULE_LIMITS.pages)
    throw tooMany("pages of memory", Math.max(into.memory.minimum, into.memory.maximum ?? 0), MODULE_LIMITS.pages);
};

const addTable = (section: ModuleBytes, into: Contents): void => {
  skipReferenceType(section);
  into.tables += 1;
  if (into.tables > MODULE_LIMITS.tables) throw tooMany("tables", into.tables, MODULE_LIMITS.tables);
  into.tableEntries += bounds(section, "table").minimum;
  if (into.tableEntries > MODULE_LIMITS.tableEntries) throw tooMany("entries of tables", into.tableEntries, MODULE_LIMITS.tableEntries);
};

const skipGlobalType = (section: ModuleBytes): void => {
  skipValueType(section);
  const at = section.offset;
  if (section.byte() > 1) throw malformed("a global is neither constant nor variable", at);
};

const readImports = (section: ModuleBytes, into: Contents): void => {
  for (let left = countOf(section, "imports", MODULE_LIMITS.imports); left > 0; left--) {
    const [module, name] = [section.name(MODULE_LIMITS.nameBytes), section.name(MODULE_LIMITS.nameBytes)];
    const at = section.offset;
    const kind = section.byte();
    if (kind > 4) throw malformed("there is no such kind of import", at);
    const type = kind === 0 ? typeAt(section, into) : undefined;
    if (kind === 1) addTable(section, into);
    if (kind === 2) addMemory(section, into);
    if (kind === 3) {
      skipGlobalType(section);
      into.globals += 1;
    }
    if (kind === 4) throw refused("it uses exceptions");
    if (type !== undefined) into.functionTypes.push(type);
    into.imports.push({ module, name, kind: ["function", "table", "memory", "global"][kind] ?? "tag", type });
  }
};

const readFunctions = (section: ModuleBytes, into: Contents): void => {
  for (let left = countOf(section, "functions", MODULE_LIMITS.functions); left > 0; left--) into.functionTypes.push(typeAt(section, into));
};

const readTables = (section: ModuleBytes, into: Contents): void => {
  for (let left = countOf(section, "tables", MODULE_LIMITS.tables); left > 0; left--) {
    if (section.bytes[section.offset] === 0x40) throw refused("it uses typed function references");
    addTable(section, into);
  }
};

const readMemories = (section: ModuleBytes, into: Contents): void => {
  const count = section.u32();
  if (count > 1) throw refused(`it has ${count} memories, and one is allowed`, { found: count, limit: 1 });
  if (count === 1) addMemory(section, into);
};

const readGlobals = (section: ModuleBytes, into: Contents): void => {
  for (let left = countOf(section, "globals", MODULE_LIMITS.globals); left > 0; left--) {
    skipGlobalType(section);
    skipExpression(section);
    into.globals += 1;
  }
};

const readExports = (section: ModuleBytes, into: Contents): void => {
  for (let left = countOf(section, "exports", MODULE_LIMITS.exports); left > 0; left--) {
    const name = section.name(MODULE_LIMITS.nameBytes);
    const at = section.offset;
    const kind = section.byte();
    if (kind > 4) throw malformed("there is no such kind of export", at);
    if (into.exports.has(name)) throw malformed("two exports have one name", at);
    into.exports.set(name, { kind, index: section.u32() });
  }
};

const readElements = (section: ModuleBytes): void => {
  let elements = 0;
  for (let left = countOf(section, "element segments", MODULE_LIMITS.elementSegments); left > 0; left--) {
    const at = section.offset;
    const flags = section.u32();
    if (flags > 7) throw malformed("there is no such kind of element segment", at);
    const [isPassive, hasIndex, hasExpressions] = [(flags & 1) !== 0, (flags & 2) !== 0, (flags & 4) !== 0];
    if (!isPassive) {
      if (hasIndex) section.u32();
      skipExpression(section);
    }
    if (isPassive || hasIndex) hasExpressions ? skipReferenceType(section) : section.byte();
    const count = countOf(section, "elements", MODULE_LIMITS.elements);
    elements += count;
    if (elements > MODULE_LIMITS.elements) throw tooMany("elements", elements, MODULE_LIMITS.elements);
    for (let more = count; more > 0; more--) hasExpressions ? skipExpression(section) : section.u32();
  }
};

const readCode = (section: ModuleBytes, into: Contents): void => {
  for (let left = countOf(section, "functions", MODULE_LIMITS.functions); left > 0; left--) {
    const length = section.u32();
    if (length > MODULE_LIMITS.bodyBytes) throw tooMany("bytes in one function", length, MODULE_LIMITS.bodyBytes);
    const body = section.part(length);
    let locals = 0;
    for (let more = countOf(body, "groups of locals", MODULE_LIMITS.locals); more > 0; more--) {
      locals += body.u32();
      if (locals > MODULE_LIMITS.locals) throw tooMany("locals in one function", locals, MODULE_LIMITS.locals);
      skipValueType(body);
    }
    skipExpression(body);
    if (!body.isAtEnd) throw malformed("a function has bytes after its end", body.offset);
    into.bodies += 1;
  }
};

const readData = (section: ModuleBytes, into: Contents): void => {
  for (let left = countOf(section, "data segments", MODULE_LIMITS.dataSegments); left > 0; left--) {
    const at = section.offset;
    const flags = section.u32();
    if (flags > 2) throw malformed("there is no such kind of data segment", at);
    if (flags === 2 && section.u32() !== 0) throw refused("it uses a further memory");
    if (flags !== 1) skipExpression(section);
    section.skip(section.u32());
    into.dataSegments += 1;
  }
};

/** Readers by the section's number; the order of sections is that of `ORDER`. */
export const SECTIONS: ReadonlyMap<number, (section: ModuleBytes, into: Contents) => void> = new Map([
  [1, readTypes],
  [2, readImports],
  [3, readFunctions],
  [4, readTables],
  [5, readMemories],
  [6, readGlobals],
  [7, readExports],
  [
    8,
    (section: ModuleBytes, into: Contents) => {
      section.u32();
      into.hasStart = true;
    },
  ],
  [9, readElements],
  [
    12,
    (section: ModuleBytes, into: Contents) => {
      into.dataCount = section.u32(); // before the code, for whoever compiles in one pass
    },
  ],
  [10, readCode],
  [11, readData],
]);

export const ORDER: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];
