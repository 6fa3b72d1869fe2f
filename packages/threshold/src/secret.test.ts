import { expect } from "chai";
import { codeOf } from "../test/fixtures.ts";
import { integerToWord } from "./bytes.ts";
import { CURVE_ORDER } from "./scalar.ts";
import { assertSecret, revealNonZero, SecretScalar } from "./secret.ts";

describe("SecretScalar", () => {
  it("holds 0 .. n-1 and gives them back as bigint and as bytes", () => {
    for (const value of [0n, 1n, CURVE_ORDER - 1n]) {
      expect(SecretScalar.from(value).reveal()).to.equal(value);
      expect(SecretScalar.fromBytes(integerToWord(value)).toBytes()).to.deep.equal(integerToWord(value));
    }
  });

  it("refuses n, negative values, numbers and wrong lengths", () => {
    for (const value of [CURVE_ORDER, -1n, 1, "1", null])
      expect(codeOf(() => SecretScalar.from(value as bigint))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => SecretScalar.fromBytes(integerToWord(CURVE_ORDER)))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => SecretScalar.fromBytes(new Uint8Array(31)))).to.equal("INVALID_BYTES");
  });

  it("prints as <redacted> as text, as JSON and when inspected", () => {
    const secret = SecretScalar.from(0x5ec2e7n);
    const inspect = (secret as unknown as Record<symbol, () => string>)[Symbol.for("nodejs.util.inspect.custom")];
    expect(inspect?.()).to.equal("<redacted>");
    expect(`${secret}`).to.equal("<redacted>");
    expect(JSON.stringify({ secret })).to.equal('{"secret":"<redacted>"}');
    expect(Object.keys(secret)).to.deep.equal([]);
  });

  it("keeps no reference to bytes of the caller", () => {
    const bytes = integerToWord(7n);
    const secret = SecretScalar.fromBytes(bytes);
    bytes.fill(1);
    secret.toBytes().fill(2);
    expect(secret.reveal()).to.equal(7n);
  });

  it("is unusable once erased", () => {
    const secret = SecretScalar.from(7n);
    secret.erase();
    expect(secret.erased).to.equal(true);
    expect(codeOf(() => secret.reveal())).to.equal("ERASED_SECRET");
    expect(codeOf(() => secret.toBytes())).to.equal("ERASED_SECRET");
  });

  it("is asked for by name where a key must not be 0", () => {
    expect(codeOf(() => revealNonZero(SecretScalar.from(0n), "key"))).to.equal("INVALID_SCALAR");
    expect(codeOf(() => assertSecret(7n, "key"))).to.equal("INVALID_SCALAR");
  });
});
