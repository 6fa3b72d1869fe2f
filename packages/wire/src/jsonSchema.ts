// The few keywords of JSON Schema that our bodies and files need, with their TypeScript types. `checkSchema` reads them. Ours, because a page loads it:
// TypeBox, which the tests compare it with, would add 14.0 kB compressed to the 70 that a page with the SDK may take.

declare const described: unique symbol;
const optional: unique symbol = Symbol("optional");

/** A JSON Schema, as plain data, whose values are `T`. */
export type Schema<T = unknown> = Keywords & { readonly [described]?: () => T };
/** A schema of a property that may be absent. */
export type OptionalSchema<T = unknown> = Schema<T> & { readonly [optional]: true };
/** What a schema's values are. */
export type Static<S extends Schema> = S extends Schema<infer T> ? T : never;

type TextKeywords = { readonly pattern?: string; readonly minLength?: number; readonly maxLength?: number };
type NumberKeywords = { readonly minimum?: number; readonly maximum?: number };
type ListKeywords = { readonly minItems?: number; readonly maxItems?: number };
type Properties = Readonly<Record<string, Schema>>;

/** One form of schema per line. Objects name all of their properties, or the pattern of all of them. */
export type Keywords =
  | { readonly const: string | number }
  | { readonly anyOf: readonly Schema[] }
  | { readonly type: "null" | "boolean" }
  | ({ readonly type: "string" } & TextKeywords)
  | ({ readonly type: "number" | "integer" } & NumberKeywords)
  | ({ readonly type: "array"; readonly items: Schema } & ListKeywords)
  | {
      readonly type: "object";
      readonly properties: Properties;
      readonly required: readonly string[];
      readonly additionalProperties: false;
    }
  | {
      readonly type: "object";
      readonly patternProperties: Properties;
      readonly additionalProperties: false;
      readonly maxProperties: number;
    };

type OptionalNames<P extends Properties> = { [K in keyof P]: P[K] extends OptionalSchema ? K : never }[keyof P];
type StaticObject<P extends Properties> = Flat<
  { [K in Exclude<keyof P, OptionalNames<P>>]: Static<P[K]> } & { [K in OptionalNames<P>]?: Static<P[K]> }
>;
type Flat<T> = { [K in keyof T]: T[K] };

/** Makes schemas. */
export const Type = {
  Null: (): Schema<null> => ({ type: "null" }),
  Boolean: (): Schema<boolean> => ({ type: "boolean" }),
  /** A finite number. */
  Number: (keywords: NumberKeywords = {}): Schema<number> => ({ type: "number", ...keywords }),
  Integer: (keywords: NumberKeywords = {}): Schema<number> => ({ type: "integer", ...keywords }),
  /** Lengths count Unicode code points. */
  String: (keywords: TextKeywords = {}): Schema<string> => ({ type: "string", ...keywords }),
  Literal: <const V extends string | number>(value: V): Schema<V> => ({ const: value }),
  Union: <const S extends readonly Schema[]>(anyOf: S): Schema<Static<S[number]>> => ({ anyOf }),
  Array: <S extends Schema>(items: S, keywords: ListKeywords = {}): Schema<Static<S>[]> => ({ type: "array", items, ...keywords }),
  /** Marks a property that may be absent. */
  Optional: <S extends Schema>(schema: S): OptionalSchema<Static<S>> => ({ ...(schema as Schema<Static<S>>), [optional]: true }), // S says no more
  /** An object with these properties and no others. */
  Object: <P extends Properties>(properties: P): Schema<StaticObject<P>> => ({
    type: "object",
    properties,
    required: Object.entries(properties).flatMap(([name, schema]) => (optional in schema ? [] : [name])),
    additionalProperties: false,
  }),
  /** An object whose property names all match a pattern, and whose values all match a schema. */
  Record: <S extends Schema>(
    namePattern: string,
    values: S,
    { maxProperties }: { readonly maxProperties: number },
  ): Schema<Record<string, Static<S>>> => ({
    type: "object",
    patternProperties: { [namePattern]: values },
    additionalProperties: false,
    maxProperties,
  }),
} as const;
