import { KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { functionsOf } from "../testing/guests/binaries.ts";
import { validateModule } from "../validate/validateModule.ts";
import { createMeteredModules } from "./meteredModules.ts";
import { meterModule } from "./meterModule.ts";

describe("Metered copies of modules", () => {
  const modules = [1, 2, 3].map((count) => functionsOf(count, [0, 0x0b]));
  const [one, two, three] = modules as [Uint8Array, Uint8Array, Uint8Array];

  it("should be made once for the same bytes, wherever they lie", () => {
    const metered = createMeteredModules();
    expect(metered(Uint8Array.from(one))).to.equal(metered(one));
    expect(Buffer.from(metered(two)).equals(meterModule(two))).to.equal(true);
  });

  it("should be kept as long as they were used last and there is room", () => {
    const metered = createMeteredModules(meterModule(two).length + meterModule(three).length);
    const [first, second] = [metered(one), metered(two)];
    expect(metered(one)).to.equal(first);
    metered(three); // in the place of the second, which was used before the first
    expect(metered(two)).not.to.equal(second);
  });

  it("should be refused, once for all, where one would be many times the module: a module of branches alone", () => {
    const bytes = functionsOf(40, [0, ...new Array<readonly number[]>(15_000).fill([0x0c, 0]).flat(), 0x0b]); // 1.2 MB, nine times as much with charges
    validateModule(bytes);
    const metered = createMeteredModules();
    const refusal = (): unknown => {
      try {
        return metered(bytes).length;
      } catch (error) {
        return error;
      }
    };
    const first = refusal();
    expect(first instanceof KeyquorumError && first.code).to.equal("FUEL_UNSUPPORTED");
    expect(refusal()).to.equal(first); // it is the one that was kept: nothing was copied again
  });

  it("should be made, and not kept, where one alone is too large", () => {
    const metered = createMeteredModules(10);
    expect(metered(one)).not.to.equal(metered(one));
    expect(Buffer.from(metered(one)).equals(meterModule(one))).to.equal(true);
  });
});
