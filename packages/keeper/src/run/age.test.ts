import { expect } from "chai";
import { beginAge } from "./age.ts";

describe("an age", () => {
  it("counts on where the machine's clock is put back, and is the more of both where it slept or was put forward", () => {
    let [wall, steady] = [1_000_000, 50];
    const age = beginAge({ now: () => wall }, () => steady);
    expect(age()).to.equal(0);
    [wall, steady] = [1_000_300, 350];
    expect(age()).to.equal(300);
    wall = 0;
    expect(age(), "put back").to.equal(300);
    wall = 9_000_000;
    expect(age(), "slept").to.equal(8_000_000);
  });
});
