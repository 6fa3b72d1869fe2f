import type { Schema } from "./jsonSchema.ts";

/** Where a value is not what its schema says, and what it must be there. */
export type SchemaFault = { readonly path: readonly string[]; readonly must: string };

/**
 * Finds the first fault of `value`, or undefined: it is what the schema says. Interprets the schema: no code is generated, so a page's
 * Content-Security-Policy allows it. Sizes are checked before contents; a value is never called, converted or changed.
 */
export const findSchemaFault = (schema: Schema, value: unknown, path: readonly string[] = []): SchemaFault | undefined => {
  const fault = (must: string): SchemaFault => ({ path, must });
  if ("const" in schema) return value === schema.const ? undefined : fault(`be ${JSON.stringify(schema.const)}`);
  if ("anyOf" in schema)
    return schema.anyOf.some((one) => findSchemaFault(one, value) === undefined) ? undefined : fault("have one of its allowed forms");
  switch (schema.type) {
    case "null":
      return value === null ? undefined : fault("be null");
    case "boolean":
      return typeof value === "boolean" ? undefined : fault("be true or false");
    case "string":
      return typeof value === "string" && isTextOf(schema, value) ? undefined : fault(describeText(schema));
    case "number":
    case "integer":
      return isNumberOf(schema, value) ? undefined : fault(describeNumber(schema));
    case "array": {
      const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
      if (!Array.isArray(value) || value.length < minItems || value.length > maxItems)
        return fault(`be a list of ${minItems} to ${maxItems}`);
      for (const [index, item] of value.entries()) {
        const found = findSchemaFault(items, item, [...path, String(index)]);
        if (found !== undefined) return found;
      }
      return undefined;
    }
    case "object":
      return findObjectFault(schema, value, path);
  }
};

type Text = Extract<Schema, { readonly type: "string" }>;
type Numeric = Extract<Schema, { readonly type: "number" | "integer" }>;
type ObjectSchema = Extract<Schema, { readonly type: "object" }>;

const isTextOf = ({ pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Text, value: string): boolean => {
  const length = /[\ud800-\udfff]/.test(value) ? [...value].length : value.length; // code points
  return length >= minLength && length <= maxLength && (pattern === undefined || regularExpression(pattern).test(value));
};

const isNumberOf = ({ type, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY }: Numeric, value: unknown): boolean =>
  typeof value === "number" &&
  (type === "integer" ? Number.isInteger(value) : Number.isFinite(value)) &&
  value >= minimum &&
  value <= maximum;

const findObjectFault = (schema: ObjectSchema, value: unknown, path: readonly string[]): SchemaFault | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { path, must: "be an object" };
  const given = Object.entries(value); // own properties only: what a prototype brings is not there
  if ("patternProperties" in schema && given.length > schema.maxProperties)
    return { path, must: `have at most ${schema.maxProperties} fields` };
  const missing = "required" in schema ? schema.required.find((name) => !Object.hasOwn(value, name)) : undefined;
  if (missing !== undefined) return { path: [...path, missing], must: "be there" };
  for (const [name, property] of given) {
    const known = propertySchema(schema, name);
    if (known === undefined) return { path: [...path, name], must: "not be there" };
    const isAbsent = property === undefined && "required" in schema && !schema.required.includes(name);
    const found = isAbsent ? undefined : findSchemaFault(known, property, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
};

const propertySchema = (schema: ObjectSchema, name: string): Schema | undefined => {
  if ("properties" in schema) return Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
  return Object.entries(schema.patternProperties).find(([pattern]) => regularExpression(pattern).test(name))?.[1];
};

const compiled = new Map<string, RegExp>();
const regularExpression = (pattern: string): RegExp => {
  const known = compiled.get(pattern) ?? new RegExp(pattern, "u");
  compiled.set(pattern, known);
  return known;
};

const describeText = ({ pattern, minLength = 0, maxLength }: Text): string =>
  `be a text${maxLength === undefined ? "" : ` of ${minLength} to ${maxLength} characters`}${pattern === undefined ? "" : ` that matches ${pattern}`}`;
const describeNumber = ({ type, minimum, maximum }: Numeric): string =>
  `be ${type === "integer" ? "a whole number" : "a number"}${minimum === undefined ? "" : ` from ${minimum}`}${maximum === undefined ? "" : ` to ${maximum}`}`;
