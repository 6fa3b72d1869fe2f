import { expect } from "chai";
import { codeOf, KEY_ID, keyPair, name32, SHIFT, seededRandom } from "../../test/fixtures.ts";
import { keccakModN, mod, N, tag } from "../../test/naiveCurve.ts";
import { dealingOf, members, naive, secretOf, sid, toOpen, withWrongShare } from "../../test/session.ts";
import { nobleBackend } from "../nobleBackend.ts";
import { INFINITY, type Point } from "../point.ts";
import { provePossession, type SchnorrProof } from "../schnorr.ts";
import { SecretScalar } from "../secret.ts";
import { assembleKeyShare, keyShiftOf } from "./assemble.ts";
import { verifyDealing } from "./deal.ts";
import type { Dealing } from "./dealing.ts";
import { openShare } from "./open.ts";
import { dealingMessage, padOf } from "./transcript.ts";

/** What mallory, dealer 2, can make: her own constant, proved right, beside any ephemeral key with any proof. */
const hers = {
  constant: keyPair("mallory's constant"),
  commitments: [keyPair("mallory's constant").publicKey, ...dealingOf(2).commitments.slice(1)],
  possession: (secret: bigint, ephemeral: Point) =>
    provePossession(SecretScalar.from(secret), dealingMessage(sid, 2, hers.commitments, ephemeral), seededRandom("mallory")),
  with: (ephemeral: Point, possessionOfEphemeral: SchnorrProof): Dealing => ({
    ...dealingOf(2),
    commitments: hers.commitments,
    ephemeral,
    possessionOfConstant: hers.possession(hers.constant.secret.reveal(), ephemeral),
    possessionOfEphemeral,
  }),
};

describe("attacks on key generation", () => {
  it("mallory's honest dealing is accepted: the control", () => {
    const { secret, publicKey } = keyPair("mallory's e");
    expect(verifyDealing({ sid, dealer: 2, dealing: hers.with(publicKey, hers.possession(secret.reveal(), publicKey)) })).to.equal(true);
  });

  it("attack 18a: two dealers with offsetting errors pass the sum but not the check per dealer", () => {
    const bad = new Map([
      [4, withWrongShare(dealingOf(4), 1, 1000n)],
      [5, withWrongShare(dealingOf(5), 1, N - 1000n)],
    ]);
    const opened = [1, 2, 3, 4, 5].map((dealer) => openShare(toOpen(dealer, 1, bad.get(dealer) ?? dealingOf(dealer))));
    expect(opened.map(({ kind }) => kind)).to.deep.equal(["valid", "valid", "valid", "invalid", "invalid"]);

    // What an aggregate check would have seen: the sum of all five is right, of four it is not.
    const raw = (dealer: number): bigint => {
      const dealing = bad.get(dealer) ?? dealingOf(dealer);
      const pad = padOf(sid, dealer, 1, nobleBackend.mulVar(dealing.ephemeral, secretOf(1).reveal()));
      return mod((dealing.encryptedShares[0] as bigint) - pad, N);
    };
    const assemble = (dealers: number[]): string =>
      codeOf(() =>
        assembleKeyShare({
          keyId: KEY_ID, epoch: 1, slot: 1, shift: SHIFT, members,
          qual: dealers.map((dealer) => ({ dealer, dealing: bad.get(dealer) ?? dealingOf(dealer), share: SecretScalar.from(raw(dealer)) })),
        }),
      ); // biome-ignore format: one call
    expect(assemble([1, 2, 3, 4, 5])).to.equal("nothing");
    expect(assemble([1, 2, 3, 4])).to.equal("SHARE_MISMATCH");
    expect(assemble([1, 2, 3])).to.equal("nothing");
  });

  it("attack 19: a key PK_i + dG cannot be registered, and would have leaked the honest pad", () => {
    const d = 5n;
    const alice = keyPair("alice");
    const related = alice.publicKey.add(nobleBackend.mulG(d));
    // The leak: whoever publishes k = sk_j * related for a complaint gives away k - d PK_j = sk_j PK_alice.
    const victim = keyPair("victim");
    const published = nobleBackend.mulVar(related, victim.secret.reveal());
    expect(
      published.subtract(nobleBackend.mulVar(victim.publicKey, d)).equals(nobleBackend.mulVar(alice.publicKey, victim.secret.reveal())),
    ).to.equal(true);
    // The same with a dealer's ephemeral E' = E + dG: mallory cannot prove that she knows e + d.
    const ephemeral = dealingOf(1).ephemeral.add(nobleBackend.mulG(d));
    const { c, z } = dealingOf(1).possessionOfEphemeral;
    for (const possessionOfEphemeral of [hers.possession(d, ephemeral), { c, z }, { c, z: mod(z + c * d, N) }])
      expect(verifyDealing({ sid, dealer: 2, dealing: hers.with(ephemeral, possessionOfEphemeral) })).to.equal(false);
  });

  it("attack 20: an E copied from another dealer is refused", () => {
    const { ephemeral, possessionOfEphemeral } = dealingOf(1);
    expect(verifyDealing({ sid, dealer: 2, dealing: hers.with(ephemeral, possessionOfEphemeral) })).to.equal(false);
    // the whole dealing under another slot or in another session neither
    expect(verifyDealing({ sid, dealer: 2, dealing: dealingOf(1) })).to.equal(false);
  });

  it("attack 21: a constant that cancels the others' is refused", () => {
    const target = keyPair("mallory");
    const others = [1, 2, 3, 4].map((dealer) => dealingOf(dealer).commitments[0] as Point).reduce((a, b) => a.add(b));
    const cancelling = target.publicKey.subtract(others);
    expect(others.add(cancelling).equals(target.publicKey)).to.equal(true); // it would fix the joint key
    const { secret, publicKey: ephemeral } = keyPair("mallory's e");
    const commitments = [cancelling, ...dealingOf(5).commitments.slice(1)];
    const message = dealingMessage(sid, 5, commitments, ephemeral);
    const possessionOfEphemeral = provePossession(secret, message);
    for (const possessionOfConstant of [provePossession(target.secret, message), dealingOf(5).possessionOfConstant, possessionOfEphemeral])
      expect(
        verifyDealing({
          sid,
          dealer: 5,
          dealing: { ...dealingOf(5), commitments, ephemeral, possessionOfConstant, possessionOfEphemeral },
        }),
      ).to.equal(false);
  });

  it("attack 22: the shift depends on session, sum and block, and moves the key", () => {
    const unshifted = nobleBackend.mulG(5n);
    const blockHash = name32("block");
    const rho = keyShiftOf({ sid, unshifted, blockHash });
    expect(rho).to.equal(keccakModN(tag("shift"), sid, naive(unshifted), blockHash));
    const others = [
      keyShiftOf({ sid: name32("x"), unshifted, blockHash }),
      keyShiftOf({ sid, unshifted: nobleBackend.mulG(6n), blockHash }),
      keyShiftOf({ sid, unshifted, blockHash: name32("x") }),
    ];
    expect(new Set([rho, ...others]).size).to.equal(4);
    expect(codeOf(() => keyShiftOf({ sid, unshifted: INFINITY, blockHash }))).to.equal("INVALID_POINT");
    expect(codeOf(() => keyShiftOf({ sid, unshifted, blockHash: new Uint8Array(31) }))).to.equal("INVALID_BYTES");
  });
});
