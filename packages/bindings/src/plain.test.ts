import { expect } from "chai";
import { interfaceOf } from "./contracts.ts";
import { plain } from "./plain.ts";

const keeper = (slot: number) => ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8", slot, false, [1n, 2n], "http://x", "", `Keeper ${slot}`];

/** What ethers returns for `keepers()`: its one output. */
const decode = (slots: readonly number[]): unknown => {
  const registry = interfaceOf("keeperRegistry");
  return registry.decodeFunctionResult("keepers", registry.encodeFunctionResult("keepers", [slots.map(keeper)]))[0];
};

describe("plain", () => {
  for (const slots of [[], [1], [1, 2], [1, 2, 3]])
    it(`makes an array of a list of ${slots.length} structs`, () => {
      const list = plain(decode(slots)) as readonly { readonly slot: bigint; readonly identityKey: unknown; readonly operator: string }[];
      expect(list.map(({ slot }) => Number(slot))).to.deep.equal(slots);
      for (const { identityKey, operator } of list) {
        expect(identityKey).to.deep.equal({ x: 1n, y: 2n });
        expect(operator).to.equal(operator.toLowerCase());
      }
    });
});
