import { refused } from "./moduleRefused.ts";
import { NOT_OFFERED, OFFERS } from "./offers.ts";

/** One import of a module. `type` is as in `OFFERS`, undefined where it is no function. */
export type ModuleImport = { readonly module: string; readonly name: string; readonly kind: string; readonly type: string | undefined };

/** Imports that one refusal names. */
const NAMED = 20;

/** Throws `MODULE_REFUSED` that names every import that is not offered, or has another type than the one that is. */
export const checkImports = (imports: readonly ModuleImport[]): void => {
  const host = imports.map(({ module }) => NOT_OFFERED.get(module)).find((why) => why !== undefined);
  const wrong = imports.filter((each) => each.type === undefined || OFFERS.get(each.module)?.get(each.name) !== each.type);
  if (wrong.length === 0) return;
  const named = wrong.slice(0, NAMED).map((each) => `${printable(each.module)}.${printable(each.name)}${reason(each)}`);
  const more = wrong.length > NAMED ? ` and ${wrong.length - NAMED} more` : "";
  throw refused(`${host === undefined ? "" : `${host}; `}it imports what is not offered: ${named.join(", ")}${more}`, { imports: named });
};

const reason = ({ module, name, kind, type }: ModuleImport): string => {
  const offered = OFFERS.get(module)?.get(name);
  if (type === undefined) return ` (a ${kind})`;
  return offered === undefined ? "" : ` (its type is ${type}, the offer's is ${offered})`;
};

/** A name of the module's author for a sentence: letters that cannot disturb a terminal or a log, and 64 of them at most. */
const printable = (name: string): string => {
  const safe = name.slice(0, 64).replace(/[^A-Za-z0-9_.:/$-]/g, "?");
  return name.length > 64 ? `${safe}..` : safe;
};
