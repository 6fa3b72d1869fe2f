import { bytesToHex, encodeHeader, headerHashOf } from "@keyquorum/wire";
import { expect } from "chai";
import { createHeader } from "../testing/reader.ts";
import { createReadHeaders } from "./readHeaders.ts";

describe("createReadHeaders", () => {
  const [one, other] = [createHeader(), createHeader()];
  const textOf = (header: typeof one): string => bytesToHex(encodeHeader(header));
  let parsed: string[];
  const counting = (most: number) =>
    createReadHeaders(most, (hex) => {
      parsed.push(hex);
      if (hex === "bad") throw new Error("no header");
      return hex === textOf(one) ? one : other;
    });
  beforeEach(() => {
    parsed = [];
  });

  it("reads what every header says, and the same text once", () => {
    const read = createReadHeaders();
    for (const header of [one, other, one])
      expect([read(textOf(header)).document, headerHashOf(read(textOf(header)))]).to.deep.equal([header.document, headerHashOf(header)]);
    expect(read(textOf(one))).to.equal(read(textOf(one)));
  });
  it("knows a header again by all of its text: one digit is another header", () => {
    const read = counting(10);
    const text = textOf(one);
    for (const hex of [text, text, `${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}`]) read(hex);
    expect(parsed).to.have.length(2);
  });
  it("remembers so many at most: what was asked for longest ago goes first", () => {
    const read = counting(2);
    for (const hex of ["a", "b", "a", "c", "a", "b"]) read(hex);
    expect(parsed).to.deep.equal(["a", "b", "c", "b"]);
  });
  it("remembers no refusal", () => {
    const read = counting(2);
    for (let tried = 0; tried < 2; tried += 1) expect(() => read("bad")).to.throw("no header");
    expect(parsed).to.deep.equal(["bad", "bad"]);
  });
});
