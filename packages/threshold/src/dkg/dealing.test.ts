import { expect } from "chai";
import { codeOf, invalidPoints, name32, pointAboveOrder, seededRandom } from "../../test/fixtures.ts";
import { base, evaluateInTheExponent, keccak, keccakModN, mod, mul, N, tag } from "../../test/naiveCurve.ts";
import {
  bytes,
  bytesOf,
  dealingOf,
  memberOf,
  members,
  naive,
  patched,
  patchedLength,
  secretOf,
  shape,
  sid,
  threshold,
  toOpen,
} from "../../test/session.ts";
import { integerToWord } from "../bytes.ts";
import { nobleBackend } from "../nobleBackend.ts";
import type { Point } from "../point.ts";
import { CURVE_ORDER } from "../scalar.ts";
import { createDealing, verifyDealing } from "./deal.ts";
import { type Dealing, dealHashOf, dealingLength, encodeDealing, parseDealing, restHashOf } from "./dealing.ts";
import { openShare } from "./open.ts";
import { dealingMessage, padOf } from "./transcript.ts";

describe("dealing", () => {
  it("has exactly the length and layout of PROTOCOL 3.3", () => {
    expect(bytesOf(1).length).to.equal(64 * 3 + 64 + 32 * 5 + 128);
    expect(dealingLength({ threshold: 1, members: 3 })).to.equal(64 * 2 + 64 + 96 + 128);
    const dealing = dealingOf(1);
    expect([dealing.commitments.length, dealing.encryptedShares.length]).to.deep.equal([3, 5]);
    expect(bytesOf(1).slice(0, 32)).to.deep.equal(integerToWord((dealing.commitments[0] as Point).x));
    expect(bytesOf(1).slice(192, 224)).to.deep.equal(integerToWord(dealing.ephemeral.x));
    expect(bytesOf(1).slice(256, 288)).to.deep.equal(integerToWord(dealing.encryptedShares[0] as bigint));
    expect(bytesOf(1).slice(-32)).to.deep.equal(integerToWord(dealing.possessionOfEphemeral.z));
  });

  it("reads what it wrote", () => {
    for (const dealt of bytes) expect(encodeDealing(parseDealing(dealt, shape))).to.deep.equal(dealt);
  });

  it("binds both possessions to session, dealer and content", () => {
    for (const { slot } of members) expect(verifyDealing({ sid, dealer: slot, dealing: dealingOf(slot) })).to.equal(true);
    const { commitments, ephemeral } = dealingOf(1);
    const hash = keccak(...commitments.map(naive));
    expect(dealingMessage(sid, 1, commitments, ephemeral)).to.deep.equal(keccak(tag("dealing"), sid, 1n, hash, naive(ephemeral)));
    expect(verifyDealing({ sid, dealer: 2, dealing: dealingOf(1) })).to.equal(false);
    expect(verifyDealing({ sid: name32("another session"), dealer: 1, dealing: dealingOf(1) })).to.equal(false);
  });

  it("attack 28: every altered point or proof is refused", () => {
    const dealing = dealingOf(1);
    const { commitments, possessionOfConstant: a, possessionOfEphemeral: e } = dealing;
    const other = nobleBackend.mulG(77n);
    const wrong: Dealing[] = [
      ...commitments.map((_, k) => ({ ...dealing, commitments: commitments.map((point, i) => (i === k ? other : point)) })),
      { ...dealing, commitments: commitments.slice(0, 2) },
      { ...dealing, commitments: [...commitments, other] },
      { ...dealing, commitments: [] },
      { ...dealing, ephemeral: other },
      { ...dealing, possessionOfConstant: e, possessionOfEphemeral: a },
      { ...dealing, possessionOfConstant: { ...a, c: (a.c + 1n) % N } },
      { ...dealing, possessionOfConstant: { ...a, z: (a.z + 1n) % N } },
      { ...dealing, possessionOfEphemeral: { ...e, c: (e.c + 1n) % N } },
      { ...dealing, possessionOfEphemeral: { ...e, z: (e.z + 1n) % N } },
      ...Object.values(invalidPoints()).flatMap((point) => [
        { ...dealing, ephemeral: point },
        { ...dealing, commitments: [commitments[0] as Point, point, commitments[2] as Point] },
      ]),
    ];
    for (const one of wrong) expect(verifyDealing({ sid, dealer: 1, dealing: one })).to.equal(false);
  });

  it("hashes as the contract stores it", () => {
    const rest = keccak(...Array.from({ length: (bytesOf(1).length - 64) / 32 }, (_, i) => bytesOf(1).slice(64 + 32 * i, 96 + 32 * i)));
    expect(restHashOf(bytesOf(1))).to.deep.equal(rest);
    expect(dealHashOf(bytesOf(1))).to.deep.equal(keccak(naive(dealingOf(1).commitments[0] as Point), rest));
    for (const wrong of [new Uint8Array(64), new Uint8Array(95), null])
      expect(codeOf(() => dealHashOf(wrong as Uint8Array))).to.equal("INVALID_ENCODING");
  });

  it("hides f(j) behind the pad of PROTOCOL 3.3", () => {
    const shared = mul(naive(dealingOf(2).ephemeral), secretOf(4).reveal());
    const pad = keccakModN(tag("pad"), sid, 2n, 4n, shared);
    expect(padOf(sid, 2, 4, nobleBackend.mulVar(dealingOf(2).ephemeral, secretOf(4).reveal()))).to.equal(pad);
    const share = mod((dealingOf(2).encryptedShares[3] as bigint) - pad, N);
    expect(mul(base, share)).to.deep.equal(evaluateInTheExponent(dealingOf(2).commitments.map(naive), 4n));
    const opened = openShare(toOpen(2, 4));
    expect(opened.kind === "valid" && opened.share.reveal()).to.equal(share);
  });

  it("is fresh for the same session and dealer", () => {
    const again = () => createDealing({ sid, dealer: 1, threshold: 1, members: members.slice(0, 3) });
    expect(again()).not.to.deep.equal(again());
  });

  describe("parseDealing is strict", () => {
    it("attack 23: t+2 commitments, t commitments and every other length are refused", () => {
      for (const length of [0, 64, bytesOf(1).length - 1, bytesOf(1).length + 1, bytesOf(1).length + 32, bytesOf(1).length + 64])
        expect(codeOf(() => parseDealing(patchedLength(bytesOf(1), length), shape))).to.equal("INVALID_ENCODING");
      const raised = createDealing({ sid, dealer: 1, threshold: 1, members: members.slice(0, 3) });
      expect(codeOf(() => parseDealing(raised, { threshold: 1, members: 4 }))).to.equal("INVALID_ENCODING");
      // One commitment less and two members more have the same length: read so, the possession of e fails.
      const lowered = parseDealing(bytesOf(1), { threshold: 1, members: 7 });
      expect(verifyDealing({ sid, dealer: 1, dealing: lowered })).to.equal(false);
      expect(codeOf(() => parseDealing(null as unknown as Uint8Array, shape))).to.equal("INVALID_ENCODING");
    });

    it("attack 26: points off the curve, infinite or with x >= n are refused at every place", () => {
      const { x, y } = pointAboveOrder();
      for (let at = 0; at < 256; at += 64)
        for (const [a, b] of [
          [0n, 0n],
          [x, y],
          [1n, 1n],
          [2n ** 256n - 1n, 1n],
        ] as const)
          expect(codeOf(() => parseDealing(patched(patched(bytesOf(1), at, integerToWord(a)), at + 32, integerToWord(b)), shape))).to.equal(
            "INVALID_POINT",
          );
    });

    it("shares >= n and challenges or responses of 0 or >= n are refused", () => {
      for (let at = 256; at < bytesOf(1).length; at += 32) {
        const isShare = at < 256 + 160;
        for (const value of [CURVE_ORDER, 2n ** 256n - 1n])
          expect(codeOf(() => parseDealing(patched(bytesOf(1), at, integerToWord(value)), shape))).to.equal("INVALID_SCALAR");
        expect(codeOf(() => parseDealing(patched(bytesOf(1), at, integerToWord(0n)), shape))).to.equal(
          isShare ? "nothing" : "INVALID_SCALAR",
        );
      }
    });

    it("impossible thresholds are refused", () => {
      for (const t of [0, 3, -1, 1.5, Number.NaN, "2", null])
        expect(codeOf(() => parseDealing(bytesOf(1), { threshold: t as number, members: 5 }))).to.equal("INVALID_THRESHOLD");
      expect(codeOf(() => parseDealing(bytesOf(1), { threshold: 1, members: 65 }))).to.equal("INVALID_THRESHOLD");
    });
  });

  it("createDealing refuses what is no session", () => {
    const input = { sid, dealer: 1, threshold, members };
    const deal = (change: object): string => codeOf(() => createDealing({ ...input, ...change }, seededRandom("x")));
    expect(deal({ sid: new Uint8Array(31) })).to.equal("INVALID_BYTES");
    expect(deal({ dealer: 6 })).to.equal("INVALID_MEMBERS");
    for (const dealer of [0, 256, -0, "1", 1.5, null]) expect(deal({ dealer })).to.equal("INVALID_SLOT");
    for (const t of [0, 3, -0, "2", Number.NaN]) expect(deal({ threshold: t })).to.equal("INVALID_THRESHOLD");
    expect(deal({ members: members.slice(0, 2) })).to.equal("INVALID_MEMBERS");
    expect(deal({ members: [...members].reverse() })).to.equal("INVALID_MEMBERS");
    expect(deal({ members: [memberOf(1), memberOf(1), memberOf(2), memberOf(3), memberOf(4)] })).to.equal("INVALID_MEMBERS");
    for (const point of Object.values(invalidPoints()))
      expect(deal({ members: [...members.slice(0, 4), { slot: 9, encryptionKey: point }] })).to.equal("INVALID_POINT");
    expect(deal({ members: [...members.slice(0, 4), { slot: 256, encryptionKey: memberOf(5).encryptionKey }] })).to.equal("INVALID_SLOT");
    expect(codeOf(() => createDealing(input, (n) => new Uint8Array(n)))).to.equal("INVALID_RANDOM");
  });
});
