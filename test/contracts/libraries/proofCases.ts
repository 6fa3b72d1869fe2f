import { backend, CURVE_ORDER, FIELD_PRIME, G, nobleBackend, type Point, withBackend } from "@keyquorum/threshold";
import { expect } from "chai";
import { BAD_POINTS, BAD_PROOF_SCALARS, type SolidityPoint, solidityPoint } from "../../fixtures/points.ts";
import { CASES, type Dice, expectAgreement, inBatches, rollDice } from "./fuzz.ts";

/** A verifying function under test: its inputs as contracts take them, and how to make a valid one. */
export type ProofSuite<Input extends object> = {
  readonly name: string;
  readonly verify: (batch: Input[]) => Promise<readonly boolean[]>;
  readonly valid: () => Input;
  /** Paths to the fields, such as "proof.c", by what they are. */
  readonly points: readonly string[];
  readonly scalars: readonly string[];
  readonly words: readonly string[];
  /** Hints: whatever is in their place, only the right ones verify. */
  readonly hintPoints: readonly string[];
  readonly inverses: readonly string[];
};

/** What noble makes: the reference, which is slower. */
const overNoble = <T extends object>(make: () => T): T => withBackend<object>(nobleBackend, make) as T; // what `make` made
const NOBLE_EVERY = 8;

/** The same input with one field replaced. */
export const withField = <Input extends object>(input: Input, path: string, change: (value: never) => unknown): Input => {
  const [head, ...rest] = path.split(".") as [keyof Input & string, ...string[]];
  const value = input[head];
  const next = rest.length === 0 ? change(value as never) : withField(value as object, rest.join("."), change);
  return { ...input, [head]: next };
};

const WRONG_POINTS: readonly (readonly [string, (point: SolidityPoint) => SolidityPoint])[] = [
  ["negated", ({ x, y }) => ({ x, y: FIELD_PRIME - y })],
  // The dice give the generator itself now and then: then another point is the wrong one.
  ["the generator", ({ x }) => solidityPoint(x === solidityPoint(G).x ? G.double() : G)],
  ["with x and y exchanged", ({ x, y }) => ({ x: y, y: x })],
];

/** Every field of the statement, the proof and the hints, each wrong in every way: never verifies, never reverts. */
export const refusesEveryWrongField = <Input extends object>(suite: ProofSuite<Input>): void => {
  const refuses = async (path: string, change: (value: never) => unknown): Promise<void> => {
    expect(await suite.verify([withField(suite.valid(), path, change)])).to.deep.equal([false]);
  };

  it("verifies an honest proof, of the kernel and of noble", async () => {
    expect(backend.name).to.equal("wasm");
    expect(await suite.verify([suite.valid(), overNoble(suite.valid)])).to.deep.equal([true, true]);
  });
  for (const path of suite.points) {
    for (const [how, point] of BAD_POINTS) it(`refuses ${path} ${how} (attacks 25, 26)`, () => refuses(path, () => point));
    for (const [how, change] of WRONG_POINTS) it(`refuses ${path} ${how} (attack 28)`, () => refuses(path, change as never));
  }
  for (const path of suite.scalars)
    for (const [how, change] of BAD_PROOF_SCALARS)
      it(`refuses ${path} when it is ${how} (attacks 25, 28, 39)`, () => refuses(path, change as never));
  for (const path of suite.words)
    it(`refuses another ${path} (attacks 28, 29)`, () =>
      refuses(path, ((word: string) => `0x${(BigInt(word) ^ 1n).toString(16).padStart(64, "0")}`) as never));
  for (const path of suite.hintPoints) {
    for (const [how, point] of BAD_POINTS) it(`refuses the hint ${path} ${how} (attack 40)`, () => refuses(path, () => point));
    for (const [how, change] of WRONG_POINTS) it(`refuses the hint ${path} ${how} (attack 40)`, () => refuses(path, change as never));
  }
  for (const path of suite.inverses)
    for (const [how, change] of [
      ["zero", () => 0n],
      ["one more", (a: bigint) => a + 1n],
      ["negated", (a: bigint) => FIELD_PRIME - a],
      ["the largest word", () => 2n ** 256n - 1n],
    ] as const)
      it(`refuses the hint ${path} when it is ${how} (attack 40)`, () => refuses(path, change as never));
};

/** Random proofs, most of them changed somewhere: the contract and the package agree on each. */
export const agreesWithPackage = <Input extends object>(
  suite: Pick<ProofSuite<Input>, "name" | "verify">,
  randomCase: (dice: Dice) => { input: Input; expected: boolean },
): void => {
  it("agrees with the package on random proofs, right and wrong", async () => {
    const dice = rollDice(suite.name);
    const one = (): ReturnType<typeof randomCase> => randomCase(dice);
    const cases = Array.from({ length: CASES }, (_, i) => (i % NOBLE_EVERY === 0 ? overNoble(one) : one()));
    const inputs = cases.map(({ input }) => input);
    const expected = cases.map(({ expected: value }) => value);
    expectAgreement(inputs, await inBatches(inputs, suite.verify), expected);
    expect(new Set(expected)).to.deep.equal(new Set([true, false]));
  }).timeout(600_000);
};

/** A scalar near the right one, for changed proofs that are well-formed. */
export const nearby = (dice: Dice, scalar: bigint): bigint =>
  dice.pick([scalar, ((scalar + 1n) % (CURVE_ORDER - 1n)) + 1n, CURVE_ORDER - scalar, dice.scalar()]);

/** The point itself or another valid one. */
export const nearbyPoint = (dice: Dice, point: Point): Point => dice.pick([point, point, point.negate(), dice.point()]);
