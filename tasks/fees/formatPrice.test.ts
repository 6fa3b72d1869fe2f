import { expect } from "chai";
import { formatPrice } from "./formatPrice.ts";
import { parsePrice } from "./set.ts";

describe("Amounts of the tasks", () => {
  for (const [text, shown] of [
    ["0", "0 ether"],
    ["1000", "1,000 wei"],
    ["5gwei", "5 gwei"],
    ["0.001ether", "0.001 ether"],
    ["2ether", "2 ether"],
  ] as const)
    it(`are shown with their unit: ${text}`, () => {
      expect(formatPrice(parsePrice(text))).to.equal(shown);
    });
});
