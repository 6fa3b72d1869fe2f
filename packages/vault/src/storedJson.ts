/** JSON text in which bigint and bytes survive: {"$bigint":"1"}, {"$bytes":"<hex>"}. Keys that start with $ are refused. */

type Json = string | number | boolean | null | { [key: string]: Json } | Json[];

export const encodeStored = (value: unknown): string => JSON.stringify(toJson(value));

/** The caller names the type it stored under the same name. */
export const decodeStored = <Value>(text: string): Value => fromJson(JSON.parse(text)) as Value;

const toJson = (value: unknown): Json | undefined => {
  switch (typeof value) {
    case "bigint":
      return { $bigint: value.toString() };
    case "string":
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`cannot store ${value}`);
      return value;
    case "undefined":
      return undefined;
    case "object":
      return value === null ? null : toJsonObject(value);
    default:
      throw new TypeError(`cannot store a ${typeof value}`);
  }
};

const toJsonObject = (value: object): Json => {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map((item) => toJson(item) ?? null);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError("can store plain objects, arrays, bytes and simple values only");
  const json: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(value)) {
    if (key.startsWith("$")) throw new TypeError(`cannot store a field named ${key}`);
    const field = toJson(item);
    if (field !== undefined) json[key] = field;
  }
  return json;
};

const fromJson = (json: Json): unknown => {
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json.$bigint === "string") return BigInt(json.$bigint);
  if (typeof json.$bytes === "string") return Uint8Array.from(Buffer.from(json.$bytes, "hex"));
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, fromJson(item)]));
};
