import { checkImports } from "./importCheck.ts";
import { MODULE_LIMITS } from "./limits.ts";
import { ModuleBytes } from "./moduleBytes.ts";
import { malformed, refused, tooMany } from "./moduleRefused.ts";
import { type Contents, noContents, ORDER, SECTIONS } from "./sections.ts";

/** What a runner needs to know of a module before it starts it. */
export type ModuleFacts = {
  /** Pages of 64 KiB that the memory begins with. */
  readonly minimumPages: number;
  readonly functions: number;
  /** The modules that are imported from, each once: `wasi_snapshot_preview1`, `blockless_http`, .. */
  readonly importsFrom: readonly string[];
};

/**
 * Reads a module's bytes and says what they ask for, in time linear in their length, before V8 sees them: one memory, bounded everything, sections
 * in order, only instructions of known proposals, only offered imports. What is inside a function is not type checked: V8 does that, in the child.
 * Throws `MODULE_INVALID` (not well formed) or `MODULE_REFUSED` (names what is not taken), and nothing else, whatever the bytes are.
 */
export const validateModule = (bytes: Uint8Array): ModuleFacts => {
  if (bytes.length > MODULE_LIMITS.bytes) throw tooMany("bytes", bytes.length, MODULE_LIMITS.bytes);
  const module = new ModuleBytes(bytes);
  checkPreamble(module);
  const contents = readSections(module);
  checkImports(contents.imports);
  if (contents.functionTypes.length - contents.imports.length !== contents.bodies)
    throw malformed("it does not have a body for each function", bytes.length);
  if (contents.dataCount !== undefined && contents.dataCount !== contents.dataSegments)
    throw malformed("it does not have the data segments that it announces", bytes.length);
  checkEntry(contents);
  return {
    minimumPages: contents.memory?.minimum ?? 0,
    functions: contents.bodies,
    importsFrom: [...new Set(contents.imports.map((each) => each.module))].sort(),
  };
};

/** `\0asm` and version 1. A component has the same magic and another version and layer. */
const checkPreamble = (module: ModuleBytes): void => {
  const found = [0, 1, 2, 3, 4, 5, 6, 7].map(() => module.byte());
  if (found.slice(0, 4).join() !== "0,97,115,109") throw malformed("it does not begin as WebAssembly does", 0);
  const layer = (found[6] ?? 0) + (found[7] ?? 0) * 256;
  if (layer === 1) throw refused("it is a component (WASI preview 2): build a core module for wasm32-wasip1");
  if (found.slice(4).join() !== "1,0,0,0") throw malformed("it is of another version of WebAssembly", 4);
};

const readSections = (module: ModuleBytes): Contents => {
  const contents = noContents();
  let position = -1;
  while (!module.isAtEnd) {
    const at = module.offset;
    const number = module.byte();
    const section = module.part(module.u32());
    if (number === 0) {
      section.name(MODULE_LIMITS.nameBytes);
      continue;
    }
    if (number === 13) throw refused("it uses exceptions");
    const read = SECTIONS.get(number);
    const place = ORDER.indexOf(number);
    if (read === undefined) throw malformed(`there is no section ${number}`, at);
    if (place <= position) throw malformed(`section ${number} is out of order or there twice`, at);
    position = place;
    read(section, contents);
    if (!section.isAtEnd) throw malformed(`section ${number} has bytes after its end`, section.offset);
  }
  return contents;
};

/** A command exports `_start`, which takes and gives nothing, and its memory. */
const checkEntry = ({ exports, functionTypes, memory }: Contents): void => {
  const start = exports.get("_start");
  if (start === undefined)
    throw refused(
      exports.has("_initialize")
        ? "it is a reactor (a library that exports _initialize): build it as a command, which exports _start"
        : "it exports no _start: build it as a WASI command",
    );
  if (start.kind !== 0 || functionTypes[start.index] !== "()") throw refused("its _start is no function without parameters and results");
  const exported = exports.get("memory");
  if (memory === undefined || exported?.kind !== 2) throw refused("it exports no memory under the name memory");
};
