import { expect } from "chai";
import { describeError } from "./describeError.ts";

describe("describeError", () => {
  it("gives code, sentence and causes, and nothing else", () => {
    const cause = Object.assign(new Error("inner"), { code: "ECONNREFUSED", secret: "canary" });
    const error = Object.assign(new Error("outer", { cause }), { code: "OUTER", config: "canary" });
    expect(describeError(error)).to.deep.equal({ code: "OUTER", error: "outer", causes: ["ECONNREFUSED: inner"] });
  });
  it("describes what is not an error by its type only", () => {
    expect(describeError({ canary: 1 })).to.deep.equal({ error: "object" });
    expect(describeError(undefined)).to.deep.equal({ error: "undefined" });
  });
  it("stops at a chain of causes that has no end", () => {
    const error = new Error("a");
    Object.assign(error, { cause: error });
    expect(describeError(error).causes).to.have.length(4);
  });
});
