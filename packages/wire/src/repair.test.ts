import { expect } from "chai";
import { codeOf, contractNamed, fixedRandom, hashNamed, mutantsOf, overJson } from "./actors.test.ts";
import type { RepairId } from "./ids.ts";
import {
  encodeRepairAsk,
  encodeRepairContributionAsk,
  encodeRepairContributionBody,
  encodeRepairDealingBody,
  parseRepairAsk,
  parseRepairContributionAsk,
  parseRepairContributionBody,
  parseRepairDealingBody,
  type RepairContributionAsk,
} from "./repairBodies.ts";
import {
  type RepairDomain,
  type RepairSender,
  repairAskDigest,
  repairContributionAskDigest,
  repairContributionDigest,
  repairDealingDigest,
} from "./repairDigest.ts";
import { MAX_REPAIR_BODY_BYTES } from "./repairMessages.ts";

const repairId = hashNamed("repair") as RepairId;
const bytes = (name: string, length: number): Uint8Array => fixedRandom(name)(length);
const ask = { repairId, helpers: [1, 3, 255], signature: bytes("ask", 65) };
const dealings = ask.helpers.map((slot) => ({ slot, dealing: bytes(`dealing ${slot}`, 320), signature: bytes(`signature ${slot}`, 65) }));
const contributionAsk: RepairContributionAsk = { ...ask, dealings };
const contribution = { slot: 3, contribution: bytes("contribution", 96), signature: bytes("s", 65) };

describe("Bodies of a repair", () => {
  const bodies = [
    ["POST /v1/repairs/dealings", encodeRepairAsk(ask), (value: unknown) => encodeRepairAsk(parseRepairAsk(value)), "INVALID_REQUEST"],
    [
      "its answer",
      encodeRepairDealingBody(dealings[0] ?? { slot: 1, dealing: bytes("", 0), signature: bytes("", 65) }),
      (value: unknown) => encodeRepairDealingBody(parseRepairDealingBody(value)),
      "BAD_ANSWER",
    ],
    [
      "POST /v1/repairs/contributions",
      encodeRepairContributionAsk(contributionAsk),
      (value: unknown) => encodeRepairContributionAsk(parseRepairContributionAsk(value)),
      "INVALID_REQUEST",
    ],
    [
      "the answer to that",
      encodeRepairContributionBody(contribution),
      (value: unknown) => encodeRepairContributionBody(parseRepairContributionBody(value)),
      "BAD_ANSWER",
    ],
  ] as const;

  for (const [name, body, reencode, code] of bodies) {
    it(`${name}: written, sent as JSON, read and written again, it should be the same (attack 27)`, () => {
      expect(reencode(overJson(body))).to.deep.equal(body);
    });
    it(`${name}: a field that is missing, added, or of another form should be refused`, async () => {
      // Other bytes, and another slot where one stands alone, are for the receiver to judge.
      const free = /(signature|dealing|contribution|repairId) = "0x|^\.slot = \d+$/;
      let refused = 0;
      for (const mutant of mutantsOf(overJson(body))) {
        if (free.test(mutant.path)) continue;
        expect(await codeOf(() => reencode(mutant.value)), mutant.path).to.equal(code);
        refused += 1;
      }
      expect(refused).to.be.above(10);
    });
  }

  it("helpers out of order, given twice or alone should be refused", async () => {
    for (const helpers of [[3, 1], [1, 1], [1], [0, 1], [1, 256], Array.from({ length: 33 }, (_, index) => index + 1)])
      expect(await codeOf(() => parseRepairAsk({ ...encodeRepairAsk(ask), helpers })), helpers.join()).to.equal("INVALID_REQUEST");
  });
  it("dealings that are not those of the helpers should be refused", async () => {
    const body = encodeRepairContributionAsk(contributionAsk);
    for (const others of [body.dealings.slice(1), body.dealings.toReversed(), [...body.dealings, body.dealings[0]]])
      expect(await codeOf(() => parseRepairContributionAsk({ ...body, dealings: others }))).to.equal("INVALID_REQUEST");
  });
  it("the largest should be within the limit", () => {
    const helpers = Array.from({ length: 32 }, (_, index) => 255 - 31 + index);
    const largest = { ...ask, helpers, dealings: helpers.map((slot) => ({ slot, dealing: bytes("d", 3_136), signature: bytes("s", 65) })) };
    expect(JSON.stringify(encodeRepairContributionAsk(largest)).length).to.be.below(MAX_REPAIR_BODY_BYTES);
  });
});

describe("What identity keys sign in a repair", () => {
  const domain: RepairDomain = { chainId: 31337n, shareRepairs: contractNamed("ShareRepairs") };
  const sender: RepairSender = { repairId, helpers: [1, 3, 255], slot: 3 };
  const [first, second] = [bytes("one", 320), bytes("two", 320)];

  it("no two messages share a digest: kind, chain, contract, repair, helpers, sender and content each count (attack 29)", () => {
    const digests = [
      repairAskDigest(domain, sender),
      repairAskDigest({ ...domain, chainId: 1n }, sender),
      repairAskDigest({ ...domain, shareRepairs: contractNamed("another") }, sender),
      repairAskDigest(domain, { ...sender, repairId: hashNamed("another") as RepairId }),
      repairAskDigest(domain, { ...sender, helpers: [1, 3] }),
      repairAskDigest(domain, { ...sender, slot: 1 }),
      repairDealingDigest(domain, sender, first),
      repairDealingDigest(domain, sender, second),
      repairContributionAskDigest(domain, sender, [first, second]),
      repairContributionAskDigest(domain, sender, [second, first]),
      repairContributionDigest(domain, sender, { dealings: [first, second], contribution: first }),
      repairContributionDigest(domain, sender, { dealings: [first, second], contribution: second }),
      repairContributionDigest(domain, sender, { dealings: [second, first], contribution: first }),
    ];
    expect(new Set(digests).size).to.equal(digests.length);
  });
});
