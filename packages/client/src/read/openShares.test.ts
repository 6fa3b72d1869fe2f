import { type Point, SecretScalar, type SlotAnswer } from "@keyquorum/threshold";
import type { DocumentHeader } from "@keyquorum/wire";
import { expect } from "chai";
import { codeOf } from "../fakes/errorOf.ts";
import { type FakeCommittee, startFakeCommittee } from "../fakes/fakeCommittee.ts";
import { openShares } from "./openShares.ts";

/** A header whose U counts how often it is multiplied: a verification does it once, and nothing else in a reading does. */
const counting = (header: DocumentHeader): { readonly header: DocumentHeader; readonly count: () => number } => {
  let multiplied = 0;
  const { u } = header.ciphertext;
  const counted = Object.create(u, {
    multiplyUnsafe: {
      value: (scalar: bigint): Point => {
        multiplied += 1;
        return u.multiplyUnsafe(scalar);
      },
    },
  }) as Point; // U, but counting
  return { header: { ...header, ciphertext: { ...header.ciphertext, u: counted } }, count: () => multiplied };
};

describe("Verifying answers", () => {
  let committee: FakeCommittee;
  before(async () => {
    committee = await startFakeCommittee({ members: 5, threshold: 2 });
  });
  after(() => committee.stop());

  it("happens once for each answer of a reading: combining does not do it again", async () => {
    const { header, count } = counting(committee.encrypt("once").header);
    let answered = 0;
    const { report } = await committee.ask(header, {
      policy: { spare: 2, settleMs: 2_000 },
      onEvent: ({ kind }) => {
        if (kind === "answered") answered += 1;
      },
    });
    expect(report.used).to.have.length(3);
    expect(answered).to.equal(5);
    expect(count()).to.equal(5);
  });

  it("cannot be left out: an answer as it came does not combine", async () => {
    const { header } = committee.encrypt("never");
    const answers = committee.members.map(
      ({ slot, verifyingShare }) => ({ slot, verifyingShare, context: new Uint8Array(32), answer: {} }) as unknown as SlotAnswer,
    );
    const readerSecret = SecretScalar.from(7n);
    // @ts-expect-error: these were not verified
    const open = async () => openShares({ header, key: committee.key, readerSecret, answers });
    expect(await codeOf(open())).to.equal("BAD_ANSWER");
  });
});
