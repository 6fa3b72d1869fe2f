import { nobleBackend } from "@keyquorum/threshold";
import { type Hash32, parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createOldKey, type OldKey } from "../testing/oldNodes.ts";
import { type DealtShare, findAgreement } from "./agreeing.ts";
import type { OldKeyClaim } from "./claim.ts";

const key = createOldKey("agree", { nodes: 5, threshold: 1 });
const shareOf = (node: number, change: Partial<OldKeyClaim> = {}, changed: Partial<DealtShare> = {}): DealtShare => {
  const { place, share } = key.nodes[node] as OldKey["nodes"][number];
  return {
    name: `0x${node.toString(16).padStart(64, "0")}` as Hash32,
    importer: parseAddress(`0x${node.toString(16).padStart(40, "0")}`),
    place,
    claim: {
      ...{ serverKeyId: key.serverKeyId, author: key.author, threshold: 1, publicKey: key.publicKey, version: key.serverKeyId },
      ...(key.documentKey === undefined ? {} : { documentKey: key.documentKey }),
      ...change,
    },
    constant: nobleBackend.mulG(share),
    ...changed,
  };
};
const wrong = (node: number): DealtShare => shareOf(node, {}, { constant: nobleBackend.mulG(5n) });
const needed = (threshold: number): number => Math.max(threshold + 1, 3);
const kindOf = (...shares: readonly DealtShare[]): string => findAgreement(shares, needed).kind;
const slotsOf = (shares: readonly DealtShare[]): readonly number[] => shares.map(({ name }) => Number(name)).toSorted();

describe("what old records agree on", () => {
  it("is nothing until enough say the same", () => {
    expect(findAgreement([], needed)).to.deep.equal({ kind: "waiting", agreeing: 0, needed: 3 });
    expect(findAgreement([shareOf(0), shareOf(1)], needed)).to.deep.equal({ kind: "waiting", agreeing: 2, needed: 3 });
    expect(kindOf(shareOf(0), shareOf(1), shareOf(2))).to.equal("ready");
  });

  it("names the one wrong share of five, wherever it is; with two of five right ones enough", () => {
    for (const bad of [0, 1, 2, 3, 4]) {
      const found = findAgreement(
        [0, 1, 2, 3, 4].map((node) => (node === bad ? wrong(node) : shareOf(node))),
        needed,
      );
      if (found.kind !== "ready") throw new Error("two are right");
      expect(slotsOf(found.wrong)).to.deep.equal([bad]);
      expect(found.used.length).to.equal(2);
      expect(slotsOf(found.used)).not.to.include(bad);
    }
    expect(kindOf(shareOf(0), wrong(1), shareOf(2, {}, { constant: nobleBackend.mulG(6n) }))).to.equal("wrong");
  });

  it("two at one place are one record, and never in one set", () => {
    const same = shareOf(0, {}, { name: shareOf(4).name, importer: shareOf(4).importer });
    expect(kindOf(shareOf(0), same, shareOf(1))).to.equal("waiting");
    const other = { ...same, constant: nobleBackend.mulG(9n) };
    const found = findAgreement([shareOf(0), other, shareOf(1), shareOf(2)], needed);
    if (found.kind !== "ready") throw new Error("three places are right");
    expect(slotsOf(found.wrong)).to.deep.equal([4]);
  });

  it("a minority's author, threshold, version or key changes nothing; two enough ones are a conflict", () => {
    const all = [0, 1, 2].map((node) => shareOf(node));
    for (const change of [
      { author: parseAddress(`0x${"cc".repeat(20)}`) },
      { threshold: 0 },
      { version: `0x${"99".repeat(32)}` as Hash32 },
      { publicKey: nobleBackend.mulG(3n) },
    ]) {
      const found = findAgreement([...all, shareOf(3, change), shareOf(4, change)], needed);
      if (found.kind !== "ready") throw new Error("three say the same");
      expect([found.claim.author, found.claim.threshold, found.claim.version]).to.deep.equal([key.author, 1, key.serverKeyId]);
    }
    const author = parseAddress(`0x${"cc".repeat(20)}`);
    const six = [...all, ...[3, 4, 0].map((node, i) => shareOf(node, { author }, { place: BigInt(i + 1) }))];
    expect(findAgreement(six, needed)).to.deep.equal({ kind: "conflict", about: "key", agreeing: 3, needed: 3 });
  });

  it("the pair is what enough records have; a record without one says nothing of it", () => {
    const pair = { commonPoint: nobleBackend.mulG(8n), encryptedPoint: nobleBackend.mulG(9n) };
    const without = (node: number): DealtShare => {
      const { documentKey: _, ...claim } = shareOf(node).claim;
      return { ...shareOf(node), claim };
    };
    const found = findAgreement([without(0), shareOf(1), shareOf(2), shareOf(3, { documentKey: pair }), shareOf(4)], needed);
    if (found.kind !== "ready") throw new Error("three have one pair");
    expect(found.claim.documentKey?.encryptedPoint.equals(key.documentKey?.encryptedPoint ?? pair.encryptedPoint)).to.equal(true);
    const none = findAgreement([without(0), without(1), without(2)], needed);
    expect(none.kind === "ready" && none.claim.documentKey === undefined).to.equal(true);
    for (const few of [
      [without(0), without(1), shareOf(2)],
      [shareOf(0), shareOf(1), shareOf(2, { documentKey: pair })],
    ])
      expect(findAgreement(few, needed)).to.deep.equal({ kind: "conflict", about: "documentKey", agreeing: 3, needed: 3 });
  });
});
