import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../../test/random/cases.ts";
import { codeOf, invalidPoints, name32 } from "../../test/fixtures.ts";
import { drawFor, type FrostKey, frostKey, knownNonces, mod, shownBy, signing } from "../../test/frost.ts";
import { keccakModN, lagrange, N } from "../../test/naiveCurve.ts";
import { derivedKey } from "../derivation.ts";
import { DOMAINS } from "../domains.ts";
import { G, type Point } from "../point.ts";
import { verifySchnorrSignature } from "../schnorrSignature.ts";
import { combineSignatureShares } from "./combine.ts";
import type { SigningNonces } from "./nonces.ts";
import { type FrostAttempt, openPackage } from "./package.ts";
import { createSignatureShare, verifySignatureShare } from "./share.ts";
import { EVM_SUITE, type FrostSuite } from "./suite.ts";

const message = name32("digest");
const key = frostKey("key", 2);
const slots = [1, 3, 5];
const of = (input: Partial<Parameters<typeof signing>[0]> = {}) => signing({ key, slots, message, seed: "attempt", ...input });

describe("a signature by t+1 keepers", () => {
  it("verifies under S, and under every derived key, for every set of t+1 of any threshold", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 2, maxLength: 8 }),
        fc.bigInt(0n, N - 1n),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (some, offset, m) => {
          const signers = some.toSorted((a, b) => a - b);
          const one = frostKey(`key ${some}`, signers.length - 1);
          const { attempt, shares } = signing({ key: one, slots: signers, message: m, seed: `${offset}`, offset });
          if (!shares.every((share) => verifySignatureShare({ attempt, offset, ...share }, share.z))) return false;
          const made = combineSignatureShares({ attempt, offset, shares });
          return made.kind === "signature" && verifySchnorrSignature(derivedKey(one.publicKey, offset), m, made);
        },
      ),
      { numRuns: casesFor(8) },
    );
  });

  it("has B, rho, R and c of the formulas as they are written", () => {
    const { attempt } = of();
    const points = attempt.commitments.flatMap(({ slot, hiding, binding }) => [BigInt(slot), hiding.toAffine(), binding.toAffine()]);
    const b = attempt.commitmentsHash;
    expect(keccakModN(DOMAINS.frostCommitments, ...points)).to.equal(mod(BigInt(`0x${Buffer.from(b).toString("hex")}`)));
    const { x, y } = key.publicKey.toAffine();
    for (const slot of slots)
      expect(attempt.bindingFactors.get(slot)).to.equal(keccakModN(DOMAINS.frostBinding, x, y, message, b, BigInt(slot)));
    const sum = attempt.commitments
      .map(({ slot, hiding, binding }) => hiding.add(binding.multiply(attempt.bindingFactors.get(slot) as bigint)))
      .reduce((a, one) => a.add(one));
    expect(attempt.commitment.equals(sum)).to.equal(true);
    expect(attempt.challenge).to.equal(EVM_SUITE.challenge(key.publicKey, message, sum));
  });

  it("attack 49: needs t+1: t shares, or t+1 of another polynomial, give none", () => {
    const few = signing({ key, slots: [1, 3], message, seed: "few" });
    expect(
      codeOf(() => combineSignatureShares(few)),
      "all shares are right, the key is not theirs",
    ).to.equal("VERIFYING_SHARES_MISMATCH");
    const { attempt, offset, shares } = of();
    for (const some of [shares.slice(1), [...shares.slice(1), shares[1]], [...shares, shares[0]]])
      expect(codeOf(() => combineSignatureShares({ attempt, offset, shares: some as typeof shares }))).to.be.oneOf([
        "INVALID_MEMBERS",
        "DUPLICATE_SLOT",
      ]);
  });

  for (const [what, altered] of Object.entries({
    "z + 1": (z: bigint) => mod(z + 1n),
    "-z": (z: bigint) => N - z,
    "0": () => 0n,
    "z + n, where it fits, else n": (z: bigint) => (z + N < 2n ** 256n ? z + N : N),
    "2^256 - 1": () => 2n ** 256n - 1n,
  }))
    it(`attack S7: ${what} for one share names its signer, and nobody else`, () => {
      const { attempt, offset, shares } = of();
      const bad = shares.map((share) => (share.slot === 3 ? { ...share, z: altered(share.z) } : share));
      expect(combineSignatureShares({ attempt, offset, shares: bad })).to.deep.equal({ kind: "wrong", slots: [3] });
      expect(bad.filter((share) => !verifySignatureShare({ attempt, offset, ...share }, share.z)).map(({ slot }) => slot)).to.deep.equal([
        3,
      ]);
    });

  it("attack S7: two liars are both named; what one takes and another gives is a signature, which is right", () => {
    const { attempt, offset, shares } = of();
    const shifted = (by: readonly bigint[]) => shares.map((share, i) => ({ ...share, z: mod(share.z + (by[i] as bigint)) }));
    expect(combineSignatureShares({ attempt, offset, shares: shifted([5n, 0n, 7n]) })).to.deep.equal({ kind: "wrong", slots: [1, 5] });
    const made = combineSignatureShares({ attempt, offset, shares: shifted([5n, 0n, N - 5n]) });
    expect(made.kind === "signature" && verifySchnorrSignature(key.publicKey, message, made)).to.equal(true);
    const first = shifted([5n, 0n, N - 5n])[0] as (typeof shares)[number];
    expect(verifySignatureShare({ attempt, offset, ...first }, first.z), "each is wrong by itself").to.equal(false);
  });

  it("a share is right in its own attempt, slot, key and offset only", () => {
    const { attempt, shares } = of();
    const [first] = shares as [(typeof shares)[number]];
    const check = (changes: Partial<Parameters<typeof verifySignatureShare>[0]>): boolean =>
      verifySignatureShare({ attempt, offset: 0n, ...first, ...changes }, first.z);
    expect(check({}), "control").to.equal(true);
    expect(check({ slot: 3 })).to.equal(false);
    expect(check({ offset: 1n })).to.equal(false);
    expect(check({ verifyingShare: key.verifyingShareOf(2) })).to.equal(false);
    expect(check({ attempt: of({ seed: "another" }).attempt })).to.equal(false);
    expect(check({ attempt: of({ message: name32("another digest") }).attempt })).to.equal(false);
    expect(check({ attempt: of({ offset: 9n }).attempt })).to.equal(false);
  });

  it("attack 31: every binding factor and the challenge change with the message, the key, every commitment and the slots", () => {
    const drawn = drawFor(slots, "bound");
    const shown = shownBy(drawn);
    const open = (changes: Partial<Parameters<typeof openPackage>[0]>): FrostAttempt =>
      openPackage({ publicKey: key.publicKey, message, quorum: 3, commitments: shown, ...changes }) as FrostAttempt;
    const base = open({});
    const others = [
      open({ message: name32("another") }),
      open({ publicKey: key.publicKey.add(G) }),
      open({ commitments: shown.map((one) => ({ ...one, slot: one.slot + 1 })) }),
      ...shown.flatMap((_, i) =>
        (["hiding", "binding"] as const).map((which) =>
          open({ commitments: shown.map((one, k) => (k === i ? { ...one, [which]: one[which].add(G) } : one)) }),
        ),
      ),
    ];
    for (const other of others) {
      const [mine, theirs] = [[...base.bindingFactors.values()], [...other.bindingFactors.values()]];
      expect(mine.filter((factor, i) => factor === theirs[i])).to.deep.equal([]);
      expect(other.challenge).to.not.equal(base.challenge);
    }
    expect(new Set(base.bindingFactors.values()).size).to.equal(3);
  });
});

describe("a package", () => {
  const shown = shownBy(drawFor(slots, "package"));
  const open = (changes: Partial<Parameters<typeof openPackage>[0]>, suite?: FrostSuite) =>
    openPackage({ publicKey: key.publicKey, message, quorum: 3, commitments: shown, ...changes }, suite);
  const replaced = (change: Partial<(typeof shown)[number]>) => [{ ...(shown[0] as (typeof shown)[number]), ...change }, ...shown.slice(1)];

  it("attack 24: has exactly t+1 signers, by ascending slot, each once, none of them 0 or above 255", () => {
    expect(open({})).to.not.equal(undefined);
    for (const commitments of [shown.slice(1), [...shown, ...shownBy(drawFor([7], "more"))], shown.toReversed(), []])
      expect(
        codeOf(() => open({ commitments })),
        `${commitments.map(({ slot }) => slot)}`,
      ).to.equal("INVALID_MEMBERS");
    for (const slot of [0, 256, -1, 1.5, N as unknown as number])
      expect(
        codeOf(() => open({ commitments: replaced({ slot }) })),
        `${slot}`,
      ).to.equal("INVALID_SLOT");
    expect(codeOf(() => open({ commitments: replaced({ slot: 3 }) }))).to.equal("DUPLICATE_SLOT");
    for (const quorum of [0, -1, 65, 2.5, undefined as unknown as number])
      expect(codeOf(() => open({ quorum }))).to.equal("INVALID_THRESHOLD");
  });

  it("attack S8, 25, 26: a commitment that is infinite, off the curve or has x >= n, or one point twice, is refused before anything is hashed", () => {
    for (const [what, point] of Object.entries(invalidPoints()))
      for (const which of ["hiding", "binding"] as const)
        expect(
          codeOf(() => open({ commitments: replaced({ [which]: point }) })),
          `${what} ${which}`,
        ).to.equal("INVALID_POINT");
    const { hiding } = shown[0] as (typeof shown)[number];
    expect(codeOf(() => open({ commitments: replaced({ binding: hiding }) }))).to.equal("INVALID_POINT");
    for (const [what, point] of Object.entries(invalidPoints()))
      expect(
        codeOf(() => open({ publicKey: point })),
        `key: ${what}`,
      ).to.equal("INVALID_POINT");
  });

  it("takes 32 bytes, no address and no list", () => {
    for (const length of [20, 31, 64]) expect(codeOf(() => open({ message: new Uint8Array(length) }))).to.equal("INVALID_BYTES");
    expect(codeOf(() => open({ commitments: undefined as unknown as typeof shown }))).to.equal("INVALID_INPUT");
  });

  it("is void, and nobody's fault, where R is infinite, c = 0 or some rho = 0", () => {
    const one: FrostSuite = { ...EVM_SUITE, bindingFactor: () => 1n };
    const [a, b] = [knownNonces(5n, 7n), knownNonces(6n, N - 18n)];
    const opposite = [
      { slot: 1, ...a.commitment },
      { slot: 2, ...b.commitment },
    ]; // 5 + 7 + 6 - 18 = 0
    expect(open({ quorum: 2, commitments: opposite }, one)).to.equal(undefined);
    expect(open({}, { ...EVM_SUITE, challenge: () => 0n })).to.equal(undefined);
    expect(open({}, { ...EVM_SUITE, bindingFactor: (bound) => (bound.slot === 3 ? 0n : 1n) })).to.equal(undefined);
    expect(open({}, one), "control").to.not.equal(undefined);
  });

  it("keeps what it checked, whatever its owner does to the list later", () => {
    const list = [...shown];
    const attempt = open({ commitments: list }) as FrostAttempt;
    list[0] = { ...(list[0] as (typeof shown)[number]), hiding: G };
    expect(attempt.commitments[0]?.hiding.equals(shown[0]?.hiding as Point)).to.equal(true);
  });
});

describe("a share", () => {
  const share = (
    nonces: SigningNonces,
    changes: { readonly slot?: number; readonly attempt?: FrostAttempt; readonly offset?: bigint } = {},
    by: FrostKey = key,
  ) => {
    const commitments = slots.map((slot) =>
      slot === 1 ? { slot, ...nonces.commitment } : { slot, ...knownNonces(BigInt(slot), 9n).commitment },
    );
    const attempt = openPackage({ publicKey: by.publicKey, message, quorum: 3, commitments }) as FrostAttempt;
    return createSignatureShare({ attempt, slot: 1, share: by.shareOf(1), offset: 0n, nonces, ...changes });
  };

  it("attack 30: a second one under the same nonces cannot be made, for the same attempt or another one", () => {
    const nonces = knownNonces(11n, 13n);
    expect(share(nonces)).to.be.a("bigint");
    expect([codeOf(() => share(nonces)), codeOf(() => share(nonces, { attempt: of().attempt }))]).to.deep.equal([
      "ERASED_SECRET",
      "ERASED_SECRET",
    ]);
  });

  it("takes the nonces before it looks at anything: a refused one used them up", () => {
    for (const changes of [
      { attempt: of().attempt },
      { slot: 3 },
      { slot: 9 },
      { offset: N },
      { attempt: undefined as unknown as FrostAttempt },
    ]) {
      const nonces = knownNonces(11n, 13n);
      expect(codeOf(() => share(nonces, changes))).to.be.oneOf(["INVALID_INPUT", "INVALID_SLOT", "INVALID_SCALAR"]);
      expect(nonces.gone).to.equal(true);
    }
  });

  it("is refused where the package shows another commitment for this slot", () => {
    const nonces = knownNonces(11n, 13n);
    const swapped = slots.map((slot) => ({ slot, ...knownNonces(BigInt(slot) + 20n, 9n).commitment }));
    const attempt = openPackage({ publicKey: key.publicKey, message, quorum: 3, commitments: swapped }) as FrostAttempt;
    expect(codeOf(() => share(nonces, { attempt }))).to.equal("INVALID_INPUT");
  });

  /** An attempt of signers 1, 3 and 5 in which signer 1's z is this one: its d is chosen for it, which takes a suite whose hashes do not see it. */
  const attemptWith = (z: bigint) => {
    const suite: FrostSuite = { ...EVM_SUITE, bindingFactor: () => 1n, challenge: () => 1n };
    const nonces = new Map(slots.map((slot) => [slot, knownNonces(BigInt(slot), 9n)]));
    const lambda = lagrange(slots.map(BigInt), 1n);
    nonces.set(1, knownNonces(mod(z - 13n - lambda * key.shareOf(1).reveal()), 13n));
    const commitments = slots.map((slot) => ({ slot, ...(nonces.get(slot) as SigningNonces).commitment }));
    const attempt = openPackage({ publicKey: key.publicKey, message, quorum: 3, commitments }, suite) as FrostAttempt;
    const shareOf = (slot: number) =>
      createSignatureShare({ attempt, slot, share: key.shareOf(slot), offset: 0n, nonces: nonces.get(slot) as SigningNonces });
    return { attempt, suite, shareOf };
  };

  it("of 0 is void: it would show the share's own product", () => {
    expect(attemptWith(0n).shareOf(1)).to.equal(undefined);
  });

  it("attack S7: has one form: z + n, where it fits into 32 bytes, is wrong", () => {
    const { attempt, suite, shareOf } = attemptWith(5n);
    const shares = slots.map((slot) => ({ slot, z: shareOf(slot) as bigint, verifyingShare: key.verifyingShareOf(slot) }));
    const high = shares.map((one) => (one.slot === 1 ? { ...one, z: 5n + N } : one));
    const [first, other] = [shares[0], high[0]] as [(typeof shares)[number], (typeof shares)[number]];
    expect([verifySignatureShare({ attempt, offset: 0n, ...first }, first.z), first.z]).to.deep.equal([true, 5n]);
    expect(verifySignatureShare({ attempt, offset: 0n, ...other }, other.z)).to.equal(false);
    expect(combineSignatureShares({ attempt, offset: 0n, shares }, suite).kind, "control").to.equal("signature");
    expect(combineSignatureShares({ attempt, offset: 0n, shares: high }, suite)).to.deep.equal({ kind: "wrong", slots: [1] });
  });
});
