import { expect } from "chai";
import { problemsOf, resolveConfig } from "./config.ts";

describe("the plugin's configuration", () => {
  it("fills in what is left out: five keepers, the largest threshold, account 0", () => {
    expect(resolveConfig(undefined)).to.deep.equal({ keepers: 5, threshold: 2, governor: 0, patience: "measured" });
    expect(resolveConfig({ keepers: 7 })).to.deep.equal({ keepers: 7, threshold: 3, governor: 0, patience: "measured" });
    expect(problemsOf(undefined)).to.deep.equal([]);
    expect(problemsOf({ keepers: 16, threshold: 7, governor: 3, patience: 2.5 })).to.deep.equal([]);
  });

  const bad: readonly (readonly [unknown, string])[] = [
    [null, ""],
    [[], ""],
    ["5", ""],
    [{ keeper: 5 }, "keeper"],
    [{ keepers: 2 }, "keepers"],
    [{ keepers: 17 }, "keepers"],
    [{ keepers: 2.5 }, "keepers"],
    [{ keepers: "5" }, "keepers"],
    [{ keepers: Number.NaN }, "keepers"],
    [{ threshold: 0 }, "threshold"],
    [{ threshold: 3 }, "threshold"],
    [{ keepers: 7, threshold: 4 }, "threshold"],
    [{ governor: -1 }, "governor"],
    [{ patience: 0 }, "patience"],
    [{ patience: 101 }, "patience"],
    [{ patience: "measured" }, "patience"],
    [{ patience: Number.NaN }, "patience"],
  ];
  for (const [config, path] of bad)
    it(`names the field of what cannot be: ${JSON.stringify(config)}`, () => {
      expect(problemsOf(config).map((problem) => problem.path)).to.deep.equal([path]);
    });
});
