import { KeyquorumError } from "@keyquorum/wire";

/**
 * A JSON value as text. What JSON would drop or change silently is refused: not a number, infinity, functions, symbols, holes in lists, names
 * in lists, Maps, Sets and other things without a form of their own. `undefined` as a property is left out, as everywhere. -0 stays -0.
 * Throws INVALID_VALUE.
 */
export const jsonText = (value: unknown): string => {
  let text: string | undefined;
  let minusZero: string | undefined; // JSON can hold it, and JSON.stringify writes 0: it stands in its place, unlike any other string
  try {
    text = JSON.stringify(value, function (this: unknown, name: string, one: unknown) {
      const kept = refuseLossy.call(this, name, one);
      if (!Object.is(kept, -0)) return kept;
      minusZero ??= crypto.getRandomValues(new Uint32Array(4)).join("-");
      return minusZero;
    });
  } catch (cause) {
    if (cause instanceof KeyquorumError) throw cause;
    throw noJson("a cycle, a bigint, too many levels, or a toJSON that fails", cause);
  }
  if (text === undefined) throw noJson("a function, a symbol or undefined");
  return minusZero === undefined ? text : text.replaceAll(`"${minusZero}"`, "-0");
};

function refuseLossy(this: unknown, _: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw noJson("a number that is not finite");
  if (typeof value === "function" || typeof value === "symbol") throw noJson(`a ${typeof value}`);
  if (value === undefined && Array.isArray(this)) throw noJson("a list with a hole or undefined in it");
  if (Array.isArray(value) && Object.keys(value).length > value.length) throw noJson("a list with a name in it");
  if (typeof value === "object" && value !== null && Object.getOwnPropertySymbols(value).length > 0)
    throw noJson("a property whose name is a symbol");
  if (typeof value === "object" && value !== null && !FORMS.includes(Object.prototype.toString.call(value)))
    throw noJson(`a ${Object.prototype.toString.call(value)}`);
  return value;
}

const FORMS: readonly string[] = ["[object Object]", "[object Array]", "[object String]", "[object Number]", "[object Boolean]"];

const noJson = (what: string, cause?: unknown): KeyquorumError =>
  new KeyquorumError("INVALID_VALUE", `content.json holds ${what}: JSON cannot keep that.`, { details: { field: "content.json" }, cause });
