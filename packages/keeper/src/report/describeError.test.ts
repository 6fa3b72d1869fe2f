import { expect } from "chai";
import { describeError, redactText } from "./describeError.ts";

describe("describeError", () => {
  it("gives code, sentence and causes, and nothing else", () => {
    const cause = Object.assign(new Error("inner"), { code: "ECONNREFUSED", secret: "canary" });
    const error = Object.assign(new Error("outer", { cause }), { code: "OUTER", config: "canary" });
    expect(describeError(error)).to.deep.equal({ code: "OUTER", error: "outer", causes: ["ECONNREFUSED: inner"] });
  });
  it("takes path, query and credentials out of URLs: RPC keys live there", () => {
    expect(
      redactText('request to https://user:canary@rpc.example:8545/v3/canary?key=canary failed, see "wss://a.example/canary"'),
    ).to.equal('request to https://rpc.example:8545 failed, see "wss://a.example"');
  });
  it("cuts long hex and long texts", () => {
    expect(redactText(`0x${"ab".repeat(500)}`)).to.have.length.below(60);
    expect(redactText("word ".repeat(1_000))).to.have.length.below(700);
  });
  it("describes what is no error by its type only", () => {
    expect(describeError({ canary: 1 })).to.deep.equal({ error: "object" });
    expect(describeError(undefined)).to.deep.equal({ error: "undefined" });
  });
  it("stops at a chain of causes that has no end", () => {
    const error = new Error("a");
    Object.assign(error, { cause: error });
    expect(describeError(error).causes).to.have.length(4);
  });
});
