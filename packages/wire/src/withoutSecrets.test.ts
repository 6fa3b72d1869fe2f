import { expect } from "chai";
import { KeyquorumError } from "./errorCodes.ts";
import { withoutKeys, withoutSecrets } from "./withoutSecrets.ts";

describe("withoutKeys", () => {
  for (const [text, shown] of [
    ["see https://rpc.example.com/v3/canary for more", "see https://rpc.example.com for more"],
    ["see (wss://user:canary@rpc.example.com:8546/?k=canary)", "see (wss://rpc.example.com:8546"],
    ['requestUrl="HTTP://rpc.example.com/canary", code=1', 'requestUrl="http://rpc.example.com", code=1'],
    ["Authorization: Bearer canary.canary-canary", "Authorization: Bearer <redacted>"],
    ["Basic Y2FuYXJ5OmNhbmFyeQ==", "Basic <redacted>"],
    ["connect ECONNREFUSED 127.0.0.1:8545", "connect ECONNREFUSED 127.0.0.1:8545"],
    ["", ""],
  ] as const)
    it(`when the text is "${text}", it should show "${shown}"`, () => expect(withoutKeys(text)).to.equal(shown));
});

describe("withoutSecrets", () => {
  it("when an error holds plain values only, it should stay the error that it is", () => {
    const inner = Object.assign(new RangeError("too large"), { code: "ERR", errno: -111 });
    const error = new Error("it failed", { cause: inner });
    expect(withoutSecrets(error)).to.equal(error);
    const ours = new KeyquorumError("INVALID_VALUE", undefined, { details: { field: "a" }, cause: error });
    expect([ours.cause, withoutSecrets(ours)]).to.deep.equal([error, ours]);
  });

  it("when it holds anything else, it should be a copy with name, code, sentence, frames, revert data and cause", () => {
    const error = Object.assign(new Error("long message with canary"), {
      name: "ServerError",
      shortMessage: "server response 401",
      code: "SERVER_ERROR",
      info: { requestUrl: "https://a.example/canary", error: { data: "0x12345678" } },
      request: { headers: { authorization: "canary" } },
    });
    error.cause = new TypeError("fetch https://a.example/canary");
    const copy = withoutSecrets(error) as Error & { data: string; code: string };
    expect([copy.name, copy.message, copy.code, copy.data]).to.deep.equal([
      "ServerError",
      "server response 401",
      "SERVER_ERROR",
      "0x12345678",
    ]);
    expect((copy.cause as Error).message).to.equal("fetch https://a.example");
    expect(copy.stack)
      .to.match(/^ServerError: server response 401\n\s+at /)
      .and.not.include("canary");
  });

  it("when it is not an error, or goes round in circles, it should still end", () => {
    const loop: { name: string; cause?: unknown } = { name: "a" };
    loop.cause = loop;
    expect(withoutSecrets(loop)).to.be.instanceOf(Error);
    expect(withoutSecrets({ code: 4001, message: "User rejected" })).to.deep.equal({ code: 4001, message: "User rejected" });
    expect(withoutSecrets("https://a.example/canary")).to.equal("https://a.example");
    expect(withoutSecrets(() => "canary")).to.equal(undefined);
    expect(withoutSecrets(null)).to.equal(null);
    const refuse = (): never => {
      throw new Error("no looking");
    };
    expect(withoutSecrets(new Proxy({}, { ownKeys: refuse, getPrototypeOf: refuse, get: refuse }))).to.be.instanceOf(Error);
  });
});
