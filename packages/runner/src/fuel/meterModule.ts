import { KeyquorumError } from "@keyquorum/wire";
import { FUEL_IMPORT } from "../child/fuel.ts";
import { skipReferenceType, skipValueType } from "../validate/instructions.ts";
import { ModuleBytes } from "../validate/moduleBytes.ts";
import { fuelUnsupported } from "./fuelUnsupported.ts";
import { type Globals, meterExpression } from "./meterExpression.ts";
import { ModuleWriter } from "./moduleWriter.ts";

const [CUSTOM, TYPES, IMPORTS, GLOBALS, EXPORTS, ELEMENTS, CODE, DATA] = [0, 1, 2, 6, 7, 9, 10, 11];
const PREAMBLE_BYTES = 8;
const MiB = 1024 * 1024;
/** Real programs grow up to two and a half times. What grows more is one branch after the other, made to cost time and memory. */
const mostBytes = (bytes: number): number => Math.min(4 * bytes + MiB, MAX_COPY_BYTES);
/** Twice the largest module: what the copies of all modules may have together (`meteredModules.ts`). */
export const MAX_COPY_BYTES = 128 * MiB;
/** V8 takes no larger function. */
const MAX_BODY_BYTES = 7_654_321;

/**
 * A copy of a module that pays for what it runs from a counter which it imports: global 0, an i64 that it cannot name, because every index of its own is
 * one higher. The same bytes give the same copy on every machine. Bytes that the validator passed are expected. Custom sections (names, sources) are left
 * out. Throws FUEL_UNSUPPORTED, MODULE_INVALID.
 */
export const meterModule = (bytes: Uint8Array): Uint8Array => {
  try {
    return meter(bytes);
  } catch (error) {
    if (error instanceof KeyquorumError && error.code === "MODULE_REFUSED") throw fuelUnsupported("it uses what is not known here", error);
    throw error;
  }
};

const meter = (bytes: Uint8Array): Uint8Array => {
  const globals = { count: globalsIn(bytes) };
  const out = new ModuleWriter(2 * bytes.length, mostBytes(bytes.length));
  out.copy(bytes, 0, PREAMBLE_BYTES);
  let isImported = false;
  const importFuel = (imports: ModuleBytes | undefined): void => {
    isImported = true;
    out.put([IMPORTS]);
    out.sized(() => copyImports(imports, out));
  };
  for (const { number, section } of sectionsOf(bytes)) {
    if (number === CUSTOM) continue;
    if (number === IMPORTS) importFuel(section);
    else {
      if (number !== TYPES && !isImported) importFuel(undefined);
      out.put([number]);
      out.sized(() => (REWRITES.get(number) ?? copyAll)(section, out, globals));
    }
  }
  return out.finish();
};

type Section = { readonly number: number; readonly section: ModuleBytes };

function* sectionsOf(bytes: Uint8Array): Generator<Section> {
  const module = new ModuleBytes(bytes, PREAMBLE_BYTES);
  while (!module.isAtEnd) yield { number: module.byte(), section: module.part(module.u32()) };
}

/** No global is imported: none is offered. */
const globalsIn = (bytes: Uint8Array): number => {
  for (const { number, section } of sectionsOf(bytes)) if (number === GLOBALS) return section.u32();
  return 0;
};

const copyImports = (imports: ModuleBytes | undefined, out: ModuleWriter): void => {
  out.u32((imports?.u32() ?? 0) + 1);
  if (imports !== undefined) copyRest(imports, out);
  for (const name of [FUEL_IMPORT.module, FUEL_IMPORT.name]) {
    out.u32(name.length);
    out.put([...name].map((letter) => letter.charCodeAt(0)));
  }
  out.put([3, 0x7e, 1]); // a global, an i64, which changes
};

type Rewrite = (section: ModuleBytes, out: ModuleWriter, globals: Globals) => void;

const copyRest = (section: ModuleBytes, out: ModuleWriter): void => {
  out.copy(section.bytes, section.offset, section.end);
  section.offset = section.end;
};
const copyAll: Rewrite = copyRest;

/** Copies what `read` steps over. */
const copyOf = <T>(section: ModuleBytes, out: ModuleWriter, read: () => T): T => {
  const from = section.offset;
  const value = read();
  out.copy(section.bytes, from, section.offset);
  return value;
};
const copyCount = (section: ModuleBytes, out: ModuleWriter): number => copyOf(section, out, () => section.u32());

const rewriteGlobals: Rewrite = (section, out, globals) => {
  for (let left = copyCount(section, out); left > 0; left--) {
    copyOf(section, out, () => section.skip(2)); // its type, and whether it changes
    meterExpression(section, out, globals, false);
  }
};

const rewriteExports: Rewrite = (section, out) => {
  for (let left = copyCount(section, out); left > 0; left--) {
    const kind = copyOf(section, out, () => {
      section.skip(section.u32());
      return section.byte();
    });
    out.u32(section.u32() + (kind === 3 ? 1 : 0));
  }
};

const rewriteElements: Rewrite = (section, out, globals) => {
  for (let left = copyCount(section, out); left > 0; left--) {
    const flags = copyCount(section, out);
    const [isPassive, hasIndex, hasExpressions] = [(flags & 1) !== 0, (flags & 2) !== 0, (flags & 4) !== 0];
    if (!isPassive) {
      if (hasIndex) copyCount(section, out);
      meterExpression(section, out, globals, false);
    }
    if (isPassive || hasIndex) copyOf(section, out, () => (hasExpressions ? skipReferenceType(section) : section.skip(1)));
    for (let more = copyCount(section, out); more > 0; more--)
      hasExpressions ? meterExpression(section, out, globals, false) : copyCount(section, out);
  }
};

const rewriteCode: Rewrite = (section, out, globals) => {
  for (let left = copyCount(section, out); left > 0; left--) {
    const body = section.part(section.u32());
    const size = out.sized(() => {
      for (let more = copyCount(body, out); more > 0; more--)
        copyOf(body, out, () => {
          body.u32();
          skipValueType(body);
        });
      meterExpression(body, out, globals, true);
    });
    if (size > MAX_BODY_BYTES) throw fuelUnsupported(`a function would have ${size} bytes, and ${MAX_BODY_BYTES} are possible`);
  }
};

const rewriteData: Rewrite = (section, out, globals) => {
  for (let left = copyCount(section, out); left > 0; left--) {
    const flags = copyCount(section, out);
    if (flags === 2) copyCount(section, out);
    if (flags !== 1) meterExpression(section, out, globals, false);
    copyOf(section, out, () => section.skip(section.u32()));
  }
};

const REWRITES: ReadonlyMap<number, Rewrite> = new Map([
  [GLOBALS, rewriteGlobals],
  [EXPORTS, rewriteExports],
  [ELEMENTS, rewriteElements],
  [CODE, rewriteCode],
  [DATA, rewriteData],
]);
