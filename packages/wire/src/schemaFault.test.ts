import { expect } from "chai";
import fc from "fast-check";
import { Check } from "typebox/schema";
import { casesFor } from "../../../test/random/cases.ts";
import { ErrorBody } from "./errorBody.ts";
import { FaultFileBody } from "./faultFileBody.ts";
import { GrantFileBody } from "./grantFile.ts";
import { type Schema, Type } from "./jsonSchema.ts";
import { KeeperInfoBody } from "./keeperInfoBody.ts";
import { findSchemaFault } from "./schemaFault.ts";
import { exactly } from "./schemas.ts";
import { ShareAnswerBody } from "./shareAnswerBody.ts";
import { ShareRequestBody } from "./shareRequestBody.ts";

/** Values of a schema, or close to one: at each place, once in a while, something else. */
const near = (schema: Schema): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 250, arbitrary: exact(schema) }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) });

/** The other implementation counts characters so slowly that a long signature takes it 80 ms. */
const LONGEST = 700;

/** A text that matches, of the least, nearly the least or the greatest length. All of our patterns take one of these alphabets. */
const matching = (pattern: string, minLength: number, maxLength: number): fc.Arbitrary<string> => {
  const texts = [minLength, minLength + 1, Math.min(maxLength, LONGEST)].flatMap((length) => [
    `0x02${"5a".repeat(length)}`.slice(0, length),
    ...["1", "A", "b"].map((character) => character.repeat(length)),
  ]);
  return fc.constantFrom(...texts.filter((text) => new RegExp(pattern, "u").test(text)));
};

const exact = (schema: Schema): fc.Arbitrary<unknown> => {
  if ("const" in schema) return fc.constant(schema.const);
  if ("anyOf" in schema) return fc.oneof(...schema.anyOf.map(near));
  switch (schema.type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "string": {
      const { pattern, minLength = 0, maxLength = 40 } = schema;
      const edge = fc.constantFrom(0, minLength - 1, minLength, maxLength, maxLength + 1).filter((length) => length >= 0 && length < 100);
      const sized = edge.chain((length) =>
        fc.string({ unit: fc.constantFrom("a", "5", "\n", "\u00e9", "\u{1f511}"), minLength: length, maxLength: length }),
      );
      return pattern === undefined ? sized : fc.oneof({ weight: 150, arbitrary: matching(pattern, minLength, maxLength) }, sized);
    }
    case "number":
    case "integer": {
      const { minimum = -5, maximum = 5 } = schema;
      return fc.oneof(fc.integer({ min: minimum, max: maximum }), fc.constantFrom(minimum - 1, maximum + 1, minimum + 0.5));
    }
    case "array": {
      const { items, minItems = 0, maxItems = 3 } = schema;
      return fc.array(near(items), { minLength: Math.max(0, minItems - 1), maxLength: Math.min(maxItems + 1, 6) });
    }
    case "object": {
      if ("patternProperties" in schema) {
        const [[pattern = "", values = schema] = []] = Object.entries(schema.patternProperties);
        const names = fc.oneof({ weight: 9, arbitrary: matching(pattern, 1, 2) }, fc.string({ maxLength: 3 }));
        return fc.dictionary(names, near(values), { maxKeys: schema.maxProperties + 1 });
      }
      const { properties, required } = schema;
      const record = fc.record(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, near(one)])), {
        requiredKeys: [...required],
      });
      const strange = fc.constantFrom("constructor", "__proto__", "x", "");
      const changed = fc.tuple(record, fc.constantFrom(...Object.keys(properties), ""), strange, fc.boolean(), fc.boolean());
      return fc.oneof(
        { weight: 60, arbitrary: record },
        changed.map(([value, dropped, added, drops, adds]) => {
          const entries = Object.entries(value).filter(([name]) => !(drops && name === dropped));
          return Object.fromEntries(adds ? [...entries, [added, 1]] : entries);
        }),
      );
    }
  }
};

describe("findSchemaFault", () => {
  const bodies = { ErrorBody, FaultFileBody, GrantFileBody, KeeperInfoBody, ShareAnswerBody, ShareRequestBody };
  const kinds = {
    texts: exactly({ plain: Type.String({ minLength: 2, maxLength: 4 }), lines: Type.String({ pattern: "^[a-c\\n]*$" }) }),
    numbers: exactly({ any: Type.Number({ minimum: -1, maximum: 1 }), whole: Type.Integer(), free: Type.Number() }),
    lists: Type.Array(Type.Union([Type.Literal("a"), Type.Literal(1), Type.Null(), Type.Boolean()]), { minItems: 1, maxItems: 3 }),
    names: Type.Record("^[a-z]{1,2}$", Type.Optional(Type.Integer()), { maxProperties: 2 }),
    optional: exactly({ maybe: Type.Optional(exactly({ sure: Type.Boolean() })) }),
  };

  for (const [name, schema] of Object.entries<Schema>({ ...kinds, ...bodies }))
    it(`judges ${name} as another implementation of JSON Schema does`, () => {
      let [accepted, refused] = [0, 0];
      // Of some schemas one value in forty is right, or wrong: there are some of both in every run.
      const sampled: readonly unknown[] = fc.sample(near(schema), { seed: 1, numRuns: 2_000 });
      const right = sampled.filter((value): boolean => Check(schema, value));
      const examples = [...right.slice(0, 4), undefined, Symbol("no JSON"), () => 0, 1n].map((value): [unknown] => [value]);
      fc.assert(
        fc.property(near(schema), (value) => {
          const verdict = findSchemaFault(schema, value) === undefined;
          if (verdict) accepted += 1;
          else refused += 1;
          expect(verdict).to.equal(Check(schema, value));
        }),
        { numRuns: casesFor(400), endOnFailure: true, examples },
      );
      expect(accepted, "the control: some were right").to.be.greaterThan(3);
      expect(refused, "the control: some were wrong").to.be.greaterThan(3);
    });

  const body = exactly({
    a: Type.Integer({ minimum: 1 }),
    list: Type.Array(exactly({ b: Type.Null() }), { maxItems: 2 }),
    o: Type.Optional(Type.Null()),
  });
  const right = { a: 1, list: [{ b: null }, { b: null }] };
  for (const [what, value, path] of [
    ["a wrong value", { ...right, a: 0 }, ["a"]],
    ["a wrong value in a list", { ...right, list: [{ b: null }, { b: 0 }] }, ["list", "1", "b"]],
    ["a list that is too long", { ...right, list: [...right.list, { b: 0 }] }, ["list"]],
    ["a hole in a list", { ...right, list: new Array(1) }, ["list", "0"]],
    ["a field that is missing", { a: 1 }, ["list"]],
    ["a field that only the prototype has", Object.setPrototypeOf({ list: [] }, { a: 1 }), ["a"]],
    ["a field too many", { ...right, c: 1 }, ["c"]],
    ["a field named __proto__", JSON.parse('{"a":1,"list":[],"__proto__":{}}'), ["__proto__"]],
    ["a list for an object", [], []],
    ["null for an object", null, []],
    ["a number object", { ...right, a: Object(1) }, ["a"]],
    ["NaN", { ...right, a: Number.NaN }, ["a"]],
    ["infinity", { ...right, a: Number.POSITIVE_INFINITY }, ["a"]],
  ] as const)
    it(`names the place of ${what}`, () => {
      expect(findSchemaFault(body, value)?.path).to.deep.equal(path);
    });

  it("takes an optional field that is there, absent or undefined", () => {
    for (const value of [right, { ...right, o: null }, { ...right, o: undefined }])
      expect(findSchemaFault(body, value)).to.equal(undefined);
    expect(findSchemaFault(body, { ...right, a: undefined })?.path).to.deep.equal(["a"]);
  });

  it("counts code points, so that a text of many units is not short", () => {
    const four = Type.String({ minLength: 4, maxLength: 4 });
    expect(findSchemaFault(four, "\u{1f511}".repeat(4))).to.equal(undefined);
    expect(findSchemaFault(four, "\u{1f511}".repeat(2))?.must).to.be.a("string");
    expect(findSchemaFault(four, "e\u0301".repeat(4))?.must).to.be.a("string");
  });
});
