import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { KeyServerError } from "../formats/keyServerError.ts";
import { walletError } from "./walletErrors.ts";

describe("what a wallet is told of a failure", () => {
  for (const [what, error, code, isExpected] of [
    ["a code of the table stays", new KeyquorumError("NOT_MEMBER"), "NOT_MEMBER", true],
    ["Parity's refusal has one", new KeyServerError("NodeDisconnected"), "UNAVAILABLE", true],
    [
      "a call that the keeper's stop ended is its stop",
      new DOMException("This operation was aborted", "AbortError"),
      "SHUTTING_DOWN",
      true,
    ],
    ["what nobody expected says nothing", new RangeError("of 17 rows"), "INTERNAL", false],
  ] as const)
    it(what, () => {
      const given = walletError(error);
      expect([given.told.code, given.isExpected]).to.deep.equal([code, isExpected]);
      expect(given.told.message).to.not.include("17");
    });
});
