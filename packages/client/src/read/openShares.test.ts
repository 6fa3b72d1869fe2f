import { backend, type Point, SecretScalar, type SlotAnswer } from "@keyquorum/threshold";
import { expect } from "chai";
import { codeOf } from "../fakes/errorOf.ts";
import { type FakeCommittee, startFakeCommittee } from "../fakes/fakeCommittee.ts";
import { openShares } from "./openShares.ts";

/** Counts how often one of the points is multiplied by what is public, until `stop`: with a verifying share a verification does it once, and no proof does. */
const counting = (points: readonly Point[]): { readonly count: () => number; readonly stop: () => void } => {
  const { calculate } = backend;
  let multiplied = 0;
  const counted: typeof calculate = (work) =>
    calculate((calculation) =>
      work({
        ...calculation,
        times: (factor, scalar) => {
          if (points.some((point) => factor.equals(point))) multiplied += 1;
          return calculation.times(factor, scalar);
        },
      }),
    );
  Object.assign(backend, { calculate: counted }); // for the whole process: a reading goes on in other turns of the loop
  return { count: () => multiplied, stop: () => void Object.assign(backend, { calculate }) };
};

describe("Verifying answers", () => {
  let committee: FakeCommittee;
  before(async () => {
    committee = await startFakeCommittee({ members: 5, threshold: 2 });
  });
  after(() => committee.stop());

  it("happens once for each answer of a reading: combining does not do it again", async () => {
    const { header } = committee.encrypt("once");
    const { count, stop } = counting(committee.members.map(({ verifyingShare }) => verifyingShare));
    let answered = 0;
    const { report } = await committee
      .ask(header, {
        policy: { spare: 2, settleMs: 2_000 },
        onEvent: ({ kind }) => {
          if (kind === "answered") answered += 1;
        },
      })
      .finally(stop);
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
