import { interfaceOf } from "@keyquorum/bindings";
import { expect } from "chai";
import { dropUndone, nameOfCall, type UnfinishedTransactions } from "./unfinished.ts";

const from = `0x${"a1".repeat(20)}`;
const to = `0x${"c0".repeat(20)}`;
const [document, reader, otherReader] = [`0x${"d0".repeat(32)}`, `0x${"b0".repeat(20)}`, `0x${"b1".repeat(20)}`];
const grants = interfaceOf("accessGrants");
const registry = interfaceOf("documentRegistry");
const named = (data: string): string => nameOfCall({ from, to, data, value: 0n });
const isDropped = (earlier: string, later: string): boolean => {
  const unfinished: UnfinishedTransactions = new Map([[earlier, {}]]);
  dropUndone(unfinished, later);
  return unfinished.size === 0;
};
const revoke = (account: string, id = document): string => named(grants.encodeFunctionData("revoke", [id, account]));
const grant = (account: string, until = 0): string => named(grants.encodeFunctionData("grant", [document, account, until]));
const request = (x: bigint): string =>
  named(interfaceOf("shareRequests").encodeFunctionData("request", [document, document, { x, y: 1n }, document]));

describe("An unfinished call, once another one is sent", () => {
  for (const [what, earlier, later, expected] of [
    ["the same call", revoke(reader), revoke(reader), false],
    ["a grant after the reader's revocation", revoke(reader), grant(reader), true],
    ["another end of the same grant", grant(reader), grant(reader, 9), true],
    ["a grant to another reader", revoke(reader), grant(otherReader), false],
    ["a call about another document", revoke(reader, `0x${"d1".repeat(32)}`), grant(reader), false],
    ["a batch about the document", revoke(reader), named(grants.encodeFunctionData("revokeMany", [document, [otherReader]])), true],
    [
      "another version",
      named(registry.encodeFunctionData("chooseVersion", [document, 1])),
      named(registry.encodeFunctionData("chooseVersion", [document, 2])),
      true,
    ],
    [
      "other permissions",
      named(registry.encodeFunctionData("movePermissions", [document, reader])),
      named(registry.encodeFunctionData("movePermissions", [document, otherReader])),
      true,
    ],
    ["another request for the same document", request(1n), request(2n), false],
  ] as const)
    it(`${expected ? "is not gone on with" : "is kept"}: ${what}`, () => {
      expect(isDropped(earlier, later)).to.equal(expected);
    });
});
