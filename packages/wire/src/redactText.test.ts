import { expect } from "chai";
import { redactText } from "./redactText.ts";

describe("redactText", () => {
  it("takes path, query and credentials out of URLs: RPC keys live there", () => {
    expect(
      redactText('request to https://user:canary@rpc.example:8545/v3/canary?key=canary failed, see "wss://a.example/canary"'),
    ).to.equal('request to https://rpc.example:8545 failed, see "wss://a.example"');
  });
  it("cuts long hex and long texts", () => {
    expect(redactText(`0x${"ab".repeat(500)}`)).to.have.length.below(60);
    expect(redactText("word ".repeat(1_000))).to.have.length.below(700);
  });
});
