import { expect } from "chai";
import { bloomOf } from "../testing/blooms.ts";
import { bloomAdmits, bloomBitsOf, createBloomTest } from "./bloom.ts";

const OURS = `0x${"aa".repeat(20)}`;
const TOPIC = `0x${"17".repeat(32)}`;

describe("bloom filters of logs", () => {
  it("sets the bits that Ethereum's clients set", () => {
    // keccak256 of the empty string begins with c5d2 4601 86f7: bits 0x5d2, 0x601, 0x6f7.
    expect(bloomBitsOf("0x")).to.deep.equal([0x5d2, 0x601, 0x6f7]);
  });

  it("finds what is in it, by address and by topic, and excludes what is not", () => {
    const isPossible = createBloomTest(new Map([[OURS, [TOPIC]]]));
    expect(isPossible(bloomOf([OURS, TOPIC]))).to.equal(true);
    expect(isPossible(bloomOf([OURS])), "of our contract, but no event of it").to.equal(false);
    expect(isPossible(bloomOf([TOPIC])), "our event, but of another contract").to.equal(false);
    expect(isPossible(bloomOf([]))).to.equal(false);
    expect(isPossible(`0x${"ff".repeat(256)}`)).to.equal(true);
    expect(createBloomTest(new Map([[OURS, []]]))(bloomOf([OURS])), "any log of the contract").to.equal(true);
  });

  it("says whether a log that is there is admitted", () => {
    expect(bloomAdmits(bloomOf([OURS, TOPIC]), { address: OURS, topics: [TOPIC] })).to.equal(true);
    expect(bloomAdmits(bloomOf([OURS]), { address: OURS, topics: [TOPIC] })).to.equal(false);
    expect(bloomAdmits(bloomOf([OURS]), { address: OURS, topics: [] }), "an anonymous event").to.equal(true);
    expect(bloomAdmits(`0x${"00".repeat(256)}`, { address: OURS, topics: [TOPIC] })).to.equal(false);
  });
});
