import { expect } from "chai";
import { createPlace, hex, optionsFor } from "../testing/fixtures.ts";
import { createVault, type Vault } from "../vault.ts";
import { RING_SIZE } from "./refusals.ts";
import type { RefusalSample } from "./types/refusals.ts";

const HOUR = 3_600_000;
const START = 1_700_000_000_000;

describe("refusals (D58)", () => {
  let place: ReturnType<typeof createPlace>;
  let vault: Vault;
  let time: number;
  beforeEach(async () => {
    place = createPlace();
    time = START;
    vault = await createVault({ ...(await optionsFor(place)), clock: () => time });
  });
  afterEach(async () => {
    await vault.close();
    place.remove();
  });
  const sample = (number: number, isVerified: boolean, code = "ACCESS_DENIED"): RefusalSample => ({
    code,
    isVerified,
    at: START + number,
    channel: "http",
    requester: hex(number & 0xff, 20),
  });

  it("are counted by code and hour", async () => {
    await vault.refusals.add({ counts: { ACCESS_DENIED: 3, INVALID_HEADER: 1 }, samples: [] });
    await vault.refusals.add({ counts: { ACCESS_DENIED: 4 }, samples: [] });
    time += HOUR;
    await vault.refusals.add({ counts: { ACCESS_DENIED: 5 }, samples: [] });
    const hour = Math.floor(START / HOUR);
    expect(await vault.refusals.counts()).to.deep.equal([
      { code: "ACCESS_DENIED", hour: hour + 1, count: 5 },
      { code: "ACCESS_DENIED", hour, count: 7 },
      { code: "INVALID_HEADER", hour, count: 1 },
    ]);
  });
  it("are kept for 30 days of hours, and no longer", async () => {
    for (let hour = 0; hour < 1_000; hour += 1) {
      time = START + hour * HOUR;
      await vault.refusals.add({ counts: { ACCESS_DENIED: 1 }, samples: [] });
    }
    expect(await vault.refusals.counts()).to.have.length(720);
  });
  it("are sampled in rings: the newest of each code", async () => {
    const many = Array.from({ length: 3 * RING_SIZE }, (_, number) => sample(number, false));
    await vault.refusals.add({ counts: {}, samples: many });
    expect(await vault.refusals.samples()).to.deep.equal(many.slice(-RING_SIZE).reverse());
  });
  it("of verified requesters are not displaced by others, nor by another code", async () => {
    await vault.refusals.add({ counts: {}, samples: [sample(1, true)] });
    const strangers = Array.from({ length: 10 * RING_SIZE }, (_, number) => sample(number + 2, false));
    const others = Array.from({ length: 2 * RING_SIZE }, (_, number) => sample(number, true, "UNKNOWN_DOCUMENT"));
    await vault.refusals.add({ counts: {}, samples: [...strangers, ...others] });
    const kept = await vault.refusals.samples();
    expect(kept).to.deep.include(sample(1, true));
    expect(kept).to.have.length(1 + 2 * RING_SIZE);
  });
});
