import { expect } from "chai";
import fc from "fast-check";
import { createRedactor } from "./redactor.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

const redacted = (output: string | Buffer, secrets: readonly string[], isCut = false): string => {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.learn(bytes(secret));
  return redactor.redact(Buffer.from(output), isCut).toString();
};

const SECRET = "p?ss wörd/+1";

describe("Taking secrets out of an output", () => {
  it("when it is printed as it is, more than once, beside itself and at both ends, it should be ***", () => {
    expect(redacted(`${SECRET}${SECRET}`, [SECRET])).to.equal("******");
    expect(redacted(`a ${SECRET} b ${SECRET} c`, [SECRET])).to.equal("a *** b *** c");
  });

  for (const [form, text] of [
    ["hex", bytes(SECRET).toString("hex")],
    ["hex in capitals", bytes(SECRET).toString("hex").toUpperCase()],
    ["base64", bytes(SECRET).toString("base64")],
    ["base64url", bytes(SECRET).toString("base64url")],
    ["a URL", encodeURIComponent(SECRET)],
    ["a form", encodeURIComponent(SECRET).replace(/%20/g, "+")],
    ["a URL in small letters", encodeURIComponent(SECRET).replace(/%../g, (hex) => hex.toLowerCase())],
    ["JSON", JSON.stringify('quo"te of "eight').slice(1, -1)],
  ] as const) {
    it(`when it is printed as ${form}, it should be ***`, () => {
      expect(redacted(`<${text}>`, [SECRET, 'quo"te of "eight'])).to.match(/^<\*\*\*(=*)>$/);
    });
  }

  it("when it is inside a longer base64 text, at any place, what is whole of it should be gone", () => {
    for (const before of ["", "a", "ab"]) {
      const text = bytes(`${before}${SECRET}tail`).toString("base64");
      const left = redacted(text, [SECRET]);
      expect(left).to.contain("***");
      expect(Buffer.from(left.replace(/\*+/g, ""), "base64").toString()).to.not.contain("wörd");
    }
  });

  it("when two secrets overlap, none of either should be left", () => {
    expect(redacted("abcdefghijklmnop", ["abcdefghij", "fghijklmnop"])).to.equal("***");
  });

  it("when a value is shorter than 8 bytes, it should stay: it would be found everywhere", () => {
    expect(redacted("1234567", ["1234567"])).to.equal("1234567");
  });

  it("when the output was cut by its limit inside a value, the half should be *** too, and not where it was not cut", () => {
    expect(redacted(`x ${SECRET.slice(0, 6)}`, [SECRET], true)).to.equal("x ***");
    expect(redacted(`x ${SECRET.slice(0, 6)}`, [SECRET], false)).to.equal(`x ${SECRET.slice(0, 6)}`);
  });

  it("whatever is printed around it, the value should not be in what is left, and what holds no value should stay as it is", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ minLength: 8, maxLength: 40 }),
        fc.uint8Array({ maxLength: 40 }),
        (before, secret, after) => {
          const redactor = createRedactor();
          redactor.learn(secret);
          const left = redactor.redact(Buffer.concat([before, secret, after]), false);
          expect(left.includes(Buffer.from(secret))).to.equal(false);
          redactor.forget();
          expect(redactor.redact(secret, false).equals(Buffer.from(secret))).to.equal(true);
        },
      ),
    );
  });
});
