import { expect } from "chai";
import { isSameRuntime } from "./worktree.ts";

const lock = (packages: object): string => JSON.stringify({ packages: { "": {}, "packages/wire": { version: "0.1.0" }, ...packages } });

describe("The dependencies of another commit", () => {
  const ours = lock({
    "node_modules/zod": { version: "1.0.0" },
    "node_modules/hardhat": { version: "3.0.0", dev: true },
    "node_modules/biome": { version: "2.0.0", dev: true },
  });

  it("are this one's where all that runs is the same, whatever else was added, and whatever checks and formats", () => {
    const theirs = lock({
      "node_modules/zod": { version: "1.0.0" },
      "node_modules/hardhat": { version: "3.0.0", dev: true },
      "node_modules/more": { version: "1.0.0" },
    });
    expect(isSameRuntime(ours, theirs)).to.equal(true);
  });

  it("are not, where a version differs or one is gone: of what packages use, or of what runs tasks", () => {
    expect(isSameRuntime(ours, lock({ "node_modules/zod": { version: "1.0.1" }, "node_modules/hardhat": { version: "3.0.0" } }))).to.equal(
      false,
    );
    expect(isSameRuntime(ours, lock({ "node_modules/hardhat": { version: "3.0.0" } }))).to.equal(false);
    expect(isSameRuntime(ours, lock({ "node_modules/zod": { version: "1.0.0" }, "node_modules/hardhat": { version: "3.1.0" } }))).to.equal(
      false,
    );
  });

  it("are not, where what one package has for itself differs", () => {
    const nested = (version: string): string => lock({ "packages/wire/node_modules/zod": { version } });
    expect(isSameRuntime(nested("1.0.0"), nested("1.0.0"))).to.equal(true);
    expect(isSameRuntime(nested("1.0.0"), nested("2.0.0"))).to.equal(false);
  });
});
