import { expect } from "chai";
import { createSeenNonces } from "./nonces.ts";

describe("nonces of fresh requests", () => {
  const take = (nonces: ReturnType<typeof createSeenNonces>, name: string, address: string, now = 0, until = 600) =>
    nonces.take({ name, address, until, now });

  it("one is taken once, from whatever address it comes", () => {
    const nonces = createSeenNonces();
    expect(["a", "b", "a"].map((address) => take(nonces, "one", address))).to.deep.equal(["taken", "seen", "seen"]);
  });

  it("an address beyond its share waits until some of its own have expired, and nobody else does", () => {
    const nonces = createSeenNonces({ perAddress: 2, all: 100 });
    expect(["1", "2", "3"].map((name) => take(nonces, name, "flood"))).to.deep.equal(["taken", "taken", "full"]);
    expect(take(nonces, "3", "other")).to.equal("taken");
    expect(take(nonces, "4", "flood", 599)).to.equal("full");
    expect(take(nonces, "4", "flood", 600, 900)).to.equal("taken");
  });

  it("floods from many addresses keep nobody out, and free none of what others sent to be sent again", () => {
    const nonces = createSeenNonces({ perAddress: 20, all: 100 });
    expect(take(nonces, "honest", "honest")).to.equal("taken");
    for (let sent = 0; sent < 20; sent += 1)
      for (let address = 0; address < 17; address += 1) take(nonces, `${address} ${sent}`, `flood ${address}`);
    expect(take(nonces, "another", "other")).to.equal("taken");
    expect([take(nonces, "honest", "honest"), take(nonces, "honest", "flood 1")], "still remembered").to.deep.equal(["seen", "seen"]);
    expect(take(nonces, "0 19", "flood 0"), "the newest of a flood too").to.equal("seen");
  });

  it("what has expired makes room first", () => {
    const nonces = createSeenNonces({ perAddress: 100, all: 4 });
    for (const name of ["1", "2", "3"]) take(nonces, name, "a", 0, 10);
    take(nonces, "4", "b", 0, 600);
    expect(take(nonces, "5", "b", 10, 600)).to.equal("taken");
    expect([take(nonces, "4", "b", 10), take(nonces, "5", "b", 10)]).to.deep.equal(["seen", "seen"]);
  });
});
