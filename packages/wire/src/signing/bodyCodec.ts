import { checkSchema } from "../checkSchema.ts";
import type { ErrorCode } from "../errorCodes.ts";
import { bytesToHex, hexToBytes } from "../hex.ts";
import type { Hash32 } from "../ids.ts";
import { type OptionalSchema, type Schema, Type } from "../jsonSchema.ts";
import { Epoch, exactly, Hash32Text, hexOf, hexUpTo, Slot } from "../schemas.ts";
import type { BootId } from "./bootId.ts";

// Bodies with many fields of few forms: each form is written down once, with its schema, and a body is a list of fields.

/** One form on the wire: what its JSON is, and both ways. */
export type Codec<T> = { readonly schema: Schema; readonly encode: (value: T) => unknown; readonly decode: (json: never) => T };

const codec = <T, Json>(schema: Schema, encode: (value: T) => unknown, decode: (json: Json) => T): Codec<T> => ({
  ...{ schema, encode },
  decode: decode as (json: never) => T, // the schema is checked first
});

export const hashField = codec<Hash32, Hash32>(
  Hash32Text,
  (hash) => hash,
  (text) => text,
);
export const bootField = codec<BootId, BootId>(
  Hash32Text,
  (boot) => boot,
  (text) => text,
);
export const slotField = codec<number, number>(
  Slot,
  (slot) => slot,
  (slot) => slot,
);
export const epochField = codec<number, number>(
  Epoch,
  (epoch) => epoch,
  (epoch) => epoch,
);
export const bytesField = (length: number): Codec<Uint8Array> =>
  codec(hexOf(length), bytesToHex, (text: string) => hexToBytes(text, length));
export const bytesUpToField = (most: number): Codec<Uint8Array> => codec(hexUpTo(most), bytesToHex, (text: string) => hexToBytes(text));

export const listOf = <T>(item: Codec<T>, most: number): Codec<readonly T[]> =>
  codec<readonly T[], readonly never[]>(
    Type.Array(item.schema, { minItems: 1, maxItems: most }),
    (list) => list.map(item.encode),
    (list) => list.map(item.decode),
  );

const OPTIONAL: unique symbol = Symbol("optional");
/** A field that may be absent. */
export type OptionalCodec<T> = Codec<T> & { readonly [OPTIONAL]: true };
export const optional = <T>(field: Codec<T>): OptionalCodec<T> => ({
  ...field,
  schema: Type.Optional(field.schema) as OptionalSchema,
  [OPTIONAL]: true,
});

type Fields<T> = { readonly [K in keyof T]-?: undefined extends T[K] ? OptionalCodec<NonNullable<T[K]>> : Codec<T[K]> };

/** An object with these fields and no others. */
export const recordOf = <T extends object>(fields: Fields<T>): Codec<T> => {
  const entries = Object.entries(fields) as readonly (readonly [string, Codec<unknown>])[]; // of its own fields
  const convert = (from: Readonly<Record<string, unknown>>, way: "encode" | "decode"): unknown =>
    Object.fromEntries(
      entries.flatMap(([name, field]) =>
        from[name] === undefined ? [] : [[name, (field[way] as (value: unknown) => unknown)(from[name])]],
      ),
    );
  return {
    schema: exactly(Object.fromEntries(entries.map(([name, field]) => [name, field.schema]))),
    encode: (value) => convert(value as Readonly<Record<string, unknown>>, "encode"),
    decode: (json) => convert(json as Readonly<Record<string, unknown>>, "decode") as T, // the schema has these fields
  };
};

/** One of two objects: the first is told by a field that the second lacks. */
export const eitherOf = <A extends object, B extends object>(name: string, first: Codec<A>, second: Codec<B>): Codec<A | B> => ({
  schema: Type.Union([first.schema, second.schema]),
  encode: (value) => (name in value ? first.encode(value as A) : second.encode(value as B)),
  decode: (json: never) => (name in (json as object) ? first.decode(json) : second.decode(json)),
});

/** Reads a whole body. Throws `code`. */
export const parseBody = <T>({ schema, decode }: Codec<T>, value: unknown, code: ErrorCode): T =>
  decode(checkSchema(schema, value, code) as never);
