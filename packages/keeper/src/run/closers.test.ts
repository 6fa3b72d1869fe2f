import { expect } from "chai";
import { createLogger } from "../report/logger.ts";
import { createClosers } from "./closers.ts";

describe("createClosers", () => {
  it("closes in reverse order, continues after a failure, and closes once", async () => {
    const lines: string[] = [];
    const closed: string[] = [];
    const closers = createClosers(createLogger("trace", { write: (line) => lines.push(line) }));
    for (const name of ["a", "b", "c"])
      closers.add(name, async () => {
        closed.push(name);
        if (name === "b") throw new Error("stuck");
      });
    await Promise.all([closers.closeAll(), closers.closeAll()]);
    await closers.closeAll();
    expect(closed).to.deep.equal(["c", "b", "a"]);
    expect(lines).to.have.length(1);
  });
});
