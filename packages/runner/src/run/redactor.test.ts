import { expect } from "chai";
import fc from "fast-check";
import { createRedactor } from "./redactor.ts";
import { SLICE_BYTES } from "./search.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

const redacted = async (output: string | Buffer, secrets: readonly string[], isCut = false): Promise<string> => {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.learn(bytes(secret));
  return (await redactor.redact(Buffer.from(output), isCut)).toString();
};

const SECRET = "p?ss wörd/+1";

describe("Taking secrets out of an output", () => {
  it("when it is printed as it is, more than once, beside itself and at both ends, it should be ***", async () => {
    expect(await redacted(`${SECRET}${SECRET}`, [SECRET])).to.equal("***");
    expect(await redacted(`a ${SECRET} b ${SECRET} c`, [SECRET])).to.equal("a *** b *** c");
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
    ["a URL by whoever leaves no mark", "it%27s%20%28%2A%29%21"],
    ["a form by whoever leaves no mark", "it%27s+%28%2A%29%21"],
    ["JSON that is safe inside HTML", "a\\u003cb\\u003e\\u0026c; d"],
  ] as const) {
    it(`when it is printed as ${form}, it should be ***`, async () => {
      expect(await redacted(`<${text}>`, [SECRET, 'quo"te of "eight', "it's (*)!", "a<b>&c; d"])).to.match(/^<\*\*\*(=*)>$/);
    });
  }

  it("when it is inside a longer base64 text, at any place, what is whole of it should be gone", async () => {
    for (const before of ["", "a", "ab"]) {
      const text = bytes(`${before}${SECRET}tail`).toString("base64");
      const left = await redacted(text, [SECRET]);
      expect(left).to.contain("***");
      expect(Buffer.from(left.replace(/\*+/g, ""), "base64").toString()).to.not.contain("wörd");
    }
  });

  it("when a value ends with a line's end, as files do, and the program prints it without, it should be ***", async () => {
    expect(await redacted(`Bearer ${SECRET}!`, [`${SECRET}\n`])).to.equal("Bearer ***!");
    expect(await redacted(`Basic ${bytes(SECRET).toString("hex")}!`, [` ${SECRET}\r\n`])).to.equal("Basic ***!");
    expect(await redacted("1234567", ["1234567\n"])).to.equal("1234567");
  });

  it("when value and output repeat themselves without end, it should not take longer for it", async () => {
    for (const value of [Buffer.alloc(16_384, "a"), Buffer.alloc(16_385, "ab"), Buffer.concat([Buffer.alloc(16_384, "a"), bytes("b")])]) {
      const [redactor, output] = [createRedactor(), Buffer.alloc(1_048_576, value.subarray(0, 16_384))];
      redactor.learn(value);
      const began = process.cpuUsage();
      const left = await redactor.redact(output, true);
      const { user, system } = process.cpuUsage(began);
      expect(left.toString()).to.match(/^a*\*\*\*$/);
      expect((user + system) / 1_000).to.be.below(3_000); // tenths of a second; where each place is looked at anew, half a minute
    }
  });

  it("when a value lies across the border of two slices, or ends at it, it should be ***", async () => {
    for (let before = SLICE_BYTES - 14; before <= SLICE_BYTES + 1; before++)
      for (const value of ["0123456789ab", "0123456789abcdefghijklmn"]) {
        const left = await redacted(`${".".repeat(before)}${value}!`, [value]);
        expect(left.slice(before), String(before)).to.equal("***!");
      }
  });

  it("when an output is long, other work should have its turn in between", async () => {
    const redactor = createRedactor();
    redactor.learn(bytes(SECRET));
    let turns = 0;
    const count = setInterval(() => {
      turns += 1;
    }, 0);
    await redactor.redact(Buffer.alloc(16 * SLICE_BYTES, "."), false);
    clearInterval(count);
    expect(turns).to.be.at.least(2); // in one go there would be none
  });

  it("when values are long, other work should have its turn while they are learned and looked for", async () => {
    const redactor = createRedactor();
    for (let index = 0; index < 4; index++) redactor.learn(Buffer.alloc(65_536, `value ${index} `));
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await redactor.redact(bytes("a few words"), false);
    isOver = true;
    expect(turns).to.be.at.least(40); // ten forms of each at least, with a turn before each
  });

  it("when two secrets overlap, none of either should be left", async () => {
    expect(await redacted("abcdefghijklmnop", ["abcdefghij", "fghijklmnop"])).to.equal("***");
  });

  it("when a value is shorter than 8 bytes, it should stay: it would be found everywhere", async () => {
    expect(await redacted("1234567", ["1234567"])).to.equal("1234567");
  });

  it("when the output was cut by its limit inside a value, the half should be *** too, and not where it was not cut", async () => {
    expect(await redacted(`x ${SECRET.slice(0, 6)}`, [SECRET], true)).to.equal("x ***");
    expect(await redacted(`x ${SECRET.slice(0, 6)}`, [SECRET], false)).to.equal(`x ${SECRET.slice(0, 6)}`);
  });

  it("whatever is printed around it, the value should not be in what is left, and what holds no value should stay as it is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ minLength: 8, maxLength: 40 }),
        fc.uint8Array({ maxLength: 40 }),
        async (before, secret, after) => {
          const redactor = createRedactor();
          redactor.learn(secret);
          const left = await redactor.redact(Buffer.concat([before, secret, after]), false);
          expect(left.includes(Buffer.from(secret))).to.equal(false);
          redactor.forget();
          expect((await redactor.redact(secret, false)).equals(Buffer.from(secret))).to.equal(true);
        },
      ),
    );
  });
});
