/** What a test asks of a list of effects. */
import { SecretScalar } from "@keyquorum/threshold";
import { expect } from "chai";

type AnyEffect = { readonly kind: string };

export const kindsOf = (effects: readonly AnyEffect[]): readonly string[] => effects.map(({ kind }) => kind);

/** The one effect there is, of this kind; fails when there are others. */
export const onlyEffect = <Effect extends AnyEffect, Kind extends Effect["kind"]>(
  effects: readonly Effect[],
  kind: Kind,
): Extract<Effect, { readonly kind: Kind }> => {
  expect(kindsOf(effects)).to.deep.equal([kind]);
  return effects[0] as Extract<Effect, { readonly kind: Kind }>;
};

/** Every secret that was made while `action` ran. */
export const secretsMadeBy = (action: () => void): readonly SecretScalar[] => {
  const made: SecretScalar[] = [];
  const { from } = SecretScalar;
  SecretScalar.from = (value) => {
    const secret = from(value);
    made.push(secret);
    return secret;
  };
  try {
    action();
  } finally {
    SecretScalar.from = from;
  }
  return made;
};
