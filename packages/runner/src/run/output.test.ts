import { expect } from "chai";
import { createOutput } from "./output.ts";

describe("What a guest has printed", () => {
  it("should be kept as a copy, in one buffer however small its parts are", () => {
    const output = createOutput(1_000_000);
    const part = Buffer.alloc(1);
    for (let index = 0; index < 100_000; index++) {
      part[0] = index % 251; // the same part, changed: what is kept is no part
      expect(output.add(part)).to.equal(true);
    }
    const bytes = output.bytes();
    expect(bytes.length).to.equal(100_000);
    expect(bytes.every((byte, index) => byte === index % 251)).to.equal(true);
    expect(bytes.buffer.byteLength).to.be.at.most(262_144);
  });

  it("should have so many bytes, and not one more", () => {
    const output = createOutput(5);
    expect([
      output.add(Buffer.from("abc")),
      output.add(Buffer.from("def")),
      output.add(Buffer.from("de")),
      output.add(Buffer.from("f")),
    ]).to.deep.equal([true, false, true, false]);
    expect(output.bytes().toString()).to.equal("abcde");
  });

  it("should be zeroed when it is forgotten, and where it grew", () => {
    const output = createOutput(10_000);
    output.add(Buffer.from("a secret"));
    const before = output.bytes();
    output.add(Buffer.alloc(5_000, 1));
    const after = output.bytes();
    expect([before.every((byte) => byte === 0), after.subarray(0, 8).toString()]).to.deep.equal([true, "a secret"]);
    output.forget();
    expect([after.every((byte) => byte === 0), output.bytes().length]).to.deep.equal([true, 0]);
  });
});
