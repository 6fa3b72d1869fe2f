import { nobleBackend } from "@keyquorum/threshold";
import { type Address, type Hash32, parseAddress } from "@keyquorum/wire";
import { expect } from "chai";
import { createOldKey, type OldKey } from "../testing/oldNodes.ts";
import { type DealtShare, findAgreement } from "./agreeing.ts";
import type { OldKeyClaim } from "./claim.ts";

const addressAt = (index: number): Address => parseAddress(`0x${index.toString(16).padStart(40, "0")}`);
const key = createOldKey("agree", { nodes: 5, threshold: 1 });
const shareOf = (node: number, change: Partial<OldKeyClaim> = {}, changed: Partial<DealtShare> = {}): DealtShare => {
  const { place, share } = key.nodes[node] as OldKey["nodes"][number];
  return {
    name: `0x${node.toString(16).padStart(64, "0")}` as Hash32,
    importer: addressAt(node),
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
const kindOf = async (...shares: readonly DealtShare[]): Promise<string> => (await findAgreement(shares, needed)).kind;
const slotsOf = (shares: readonly DealtShare[]): readonly number[] => shares.map(({ name }) => Number(name)).toSorted((a, b) => a - b);

describe("what old records agree on", () => {
  it("is nothing until enough say the same", async () => {
    expect(await findAgreement([], needed)).to.deep.equal({ kind: "waiting", agreeing: 0, needed: 3 });
    expect(await findAgreement([shareOf(0), shareOf(1)], needed)).to.deep.equal({ kind: "waiting", agreeing: 2, needed: 3 });
    expect(await kindOf(shareOf(0), shareOf(1), shareOf(2))).to.equal("ready");
  });

  it("names the one wrong share of five, wherever it is; with two of five right ones enough", async () => {
    for (const bad of [0, 1, 2, 3, 4]) {
      const found = await findAgreement(
        [0, 1, 2, 3, 4].map((node) => (node === bad ? wrong(node) : shareOf(node))),
        needed,
      );
      if (found.kind !== "ready") throw new Error("two are right");
      expect(slotsOf(found.wrong)).to.deep.equal([bad]);
      expect(found.used.length).to.equal(2);
      expect(slotsOf(found.used)).not.to.include(bad);
    }
    expect(await kindOf(shareOf(0), wrong(1), shareOf(2, {}, { constant: nobleBackend.mulG(6n) }))).to.equal("wrong");
  });

  it("two at one place are one record, and never in one set", async () => {
    const same = shareOf(0, {}, { name: shareOf(4).name, importer: shareOf(4).importer });
    expect(await kindOf(shareOf(0), same, shareOf(1))).to.equal("waiting");
    const other = { ...same, constant: nobleBackend.mulG(9n) };
    const found = await findAgreement([shareOf(0), other, shareOf(1), shareOf(2)], needed);
    if (found.kind !== "ready") throw new Error("three places are right");
    expect(slotsOf(found.wrong)).to.deep.equal([4]);
  });

  it("a minority's author, threshold, version or key changes nothing; two enough ones are a conflict", async () => {
    const all = [0, 1, 2].map((node) => shareOf(node));
    for (const change of [
      { author: parseAddress(`0x${"cc".repeat(20)}`) },
      { threshold: 0 },
      { version: `0x${"99".repeat(32)}` as Hash32 },
      { publicKey: nobleBackend.mulG(3n) },
    ]) {
      const found = await findAgreement([...all, shareOf(3, change), shareOf(4, change)], needed);
      if (found.kind !== "ready") throw new Error("three say the same");
      expect([found.claim.author, found.claim.threshold, found.claim.version]).to.deep.equal([key.author, 1, key.serverKeyId]);
    }
    const author = parseAddress(`0x${"cc".repeat(20)}`);
    const six = [...all, ...[3, 4, 0].map((node, i) => shareOf(node, { author }, { place: BigInt(i + 1), importer: addressAt(10 + i) }))];
    expect(await findAgreement(six, needed)).to.deep.equal({ kind: "conflict", about: "key", agreeing: 3, needed: 3 });
  });

  it("the pair is what enough records have; a record without one says nothing of it", async () => {
    const pair = { commonPoint: nobleBackend.mulG(8n), encryptedPoint: nobleBackend.mulG(9n) };
    const without = (node: number): DealtShare => {
      const { documentKey: _, ...claim } = shareOf(node).claim;
      return { ...shareOf(node), claim };
    };
    const found = await findAgreement([without(0), shareOf(1), shareOf(2), shareOf(3, { documentKey: pair }), shareOf(4)], needed);
    if (found.kind !== "ready") throw new Error("three have one pair");
    expect(found.claim.documentKey?.encryptedPoint.equals(key.documentKey?.encryptedPoint ?? pair.encryptedPoint)).to.equal(true);
    const none = await findAgreement([without(0), without(1), without(2)], needed);
    expect(none.kind === "ready" && none.claim.documentKey === undefined).to.equal(true);
    for (const few of [
      [without(0), without(1), shareOf(2)],
      [shareOf(0), shareOf(1), shareOf(2, { documentKey: pair })],
    ])
      expect(await findAgreement(few, needed)).to.deep.equal({ kind: "conflict", about: "documentKey", agreeing: 3, needed: 3 });
  });

  it("one importer is one voice: who names two places has none, unless it alone may import", async () => {
    const { importer } = shareOf(0);
    const many = [0, 1, 2].map((node) => shareOf(node, {}, { importer }));
    expect(await findAgreement(many, needed)).to.deep.equal({ kind: "waiting", agreeing: 0, needed: 3 });
    expect(await kindOf(...many, shareOf(3), shareOf(4))).to.equal("waiting");
    expect((await findAgreement(many, needed, { mayBringMany: true })).kind).to.equal("ready");
    const elsewhere = shareOf(3, { version: `0x${"55".repeat(32)}` as Hash32 }, { importer });
    expect(await kindOf(shareOf(0), shareOf(1), shareOf(2), elsewhere), "another place in another version").to.equal("waiting");
  });
});

describe("which of many old shares are wrong", () => {
  const PER_TURN_TRIES = 40;
  const many = (nodes: number, threshold: number) => {
    const large = createOldKey("large", { nodes, threshold });
    const claim = { ...shareOf(0).claim, threshold, publicKey: large.publicKey };
    const ofAll = large.nodes
      .toSorted((a, b) => (a.place < b.place ? -1 : 1))
      .map(
        ({ place, share }, node): DealtShare => ({
          ...{ ...shareOf(0), claim, place, importer: addressAt(node), name: `0x${node.toString(16).padStart(64, "0")}` as Hash32 },
          constant: nobleBackend.mulG(share),
        }),
      );
    return (...bad: readonly number[]): readonly DealtShare[] =>
      ofAll.map((one, node) => (bad.includes(node) ? { ...one, constant: nobleBackend.mulG(5n) } : one));
  };

  it("is found wherever they are, of 16 with t = 6, within what a search may spend", async () => {
    const sharesWith = many(16, 6);
    for (const bad of [[0], [7], [15], [0, 1], [0, 5, 10]]) {
      const found = await findAgreement(sharesWith(...bad), needed);
      if (found.kind !== "ready") throw new Error(`${bad}: all others are right`);
      expect(slotsOf(found.wrong)).to.deep.equal(bad);
    }
  });

  it("one of 64 with t = 61, which two sets of thousands are without, is found", async () => {
    const found = await findAgreement(many(64, 61)(31), () => 62);
    expect(found.kind === "ready" && slotsOf(found.wrong)).to.deep.equal([31]);
  });

  it("ends where there is no end of sets, and others' work goes on meanwhile", async () => {
    const sharesWith = many(24, 9);
    const effort = { left: 1_000_000 };
    let turns = 0;
    let isOver = false;
    const others = async (): Promise<void> => {
      while (!isOver) {
        turns += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const shares = sharesWith(...Array.from({ length: 16 }, (_, i) => i));
    const [found] = await Promise.all([
      findAgreement(shares, needed, { effort }).finally(() => {
        isOver = true;
      }),
      others(),
    ]);
    expect(found.kind).to.equal("wrong");
    expect(1_000_000 - effort.left).to.be.within(1, 4_096);
    expect(turns).to.be.at.least(PER_TURN_TRIES);
  });

  it("shares at one place, however many, cost no more; where nothing may be spent, nothing is", async () => {
    const [first, ...others] = many(6, 2)() as readonly [DealtShare, ...DealtShare[]];
    const squatters = Array.from({ length: 40 }, (_, i) => ({
      ...{ ...first, importer: addressAt(50 + i), name: `0x${(50 + i).toString(16).padStart(64, "0")}` as Hash32 },
      constant: nobleBackend.mulG(BigInt(i + 2)),
    }));
    const effort = { left: 1_000_000 };
    const found = await findAgreement([...squatters, first, ...others], needed, { effort });
    expect(found.kind === "ready" && found.wrong.length).to.equal(40);
    expect(1_000_000 - effort.left).to.be.at.most(600);
    const spent = { left: 0 };
    expect((await findAgreement([first, ...others], needed, { effort: spent })).kind).to.equal("waiting");
    expect(spent.left).to.equal(0);
  });
});
