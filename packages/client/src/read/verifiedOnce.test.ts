import { backend, encryptShare, parsePoint, secureRandom } from "@keyquorum/threshold";
import { encodeShareAnswer } from "@keyquorum/wire";
import { expect } from "chai";
import { type FakeCommittee, startFakeCommittee } from "../fakes/fakeCommittee.ts";
import { verifyAnswer } from "./verifyAnswer.ts";

type Operation = Exclude<keyof typeof backend, "name">;
const OPERATIONS = Object.keys(backend).filter((name): name is Operation => name !== "name");

describe("A retrieval verifies each answer once", () => {
  let committee: FakeCommittee;
  const originals = Object.fromEntries(OPERATIONS.map((name) => [name, backend[name]]));
  const counts = new Map<Operation, number>();
  before(async () => {
    committee = await startFakeCommittee({ members: 3, threshold: 1 });
    for (const name of OPERATIONS) {
      const original = backend[name] as (...args: never[]) => unknown;
      const counting = (...args: never[]): unknown => {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        return original(...args);
      };
      Object.assign(backend, { [name]: counting });
    }
  });
  after(async () => {
    Object.assign(backend, originals);
    await committee.stop();
  });
  /** How often each operation on points is used by some work. */
  const countOf = async (work: () => unknown): Promise<(name: Operation) => number> => {
    const before = new Map(counts);
    await work();
    const after = new Map(counts);
    return (name) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  };

  it("and its receipt, and combining verifies none again", async () => {
    const { header } = committee.encrypt("the well is behind the third oak");
    let report: Awaited<ReturnType<FakeCommittee["ask"]>>["report"] | undefined;
    const spent = await countOf(async () => {
      ({ report } = await committee.ask(header, { policy: { spare: 0 } }));
    });
    if (report?.record.kind !== "http") return expect.fail("asked by HTTP");
    expect(report.used).to.have.length(2);
    expect(spent("recover"), "the reader's own signature and one of each keeper").to.equal(3);

    const { asked, answers } = report.record;
    const [answer] = answers;
    const keeper = committee.keepers.find(({ slot }) => slot === answer?.slot);
    const member = committee.members.find(({ slot }) => slot === answer?.slot);
    if (answer === undefined || keeper === undefined || member === undefined) return expect.fail("an answer of a member");
    const body = encodeShareAnswer(answer);
    const verifying = await countOf(() => verifyAnswer(body, keeper, { domain: committee.domain, asked, key: committee.key }));
    const proving = await countOf(() =>
      encryptShare({
        share: member.share,
        u: header.ciphertext.u,
        readerKey: parsePoint(asked.request.readerKey),
        context: new Uint8Array(32),
        nonceKey: secureRandom(32),
      }),
    );
    // Proofs are made and checked by `calculate` alone; the fake keepers prove in this process.
    expect(verifying("calculate")).to.be.greaterThan(0);
    expect(spent("calculate")).to.equal(2 * (verifying("calculate") + proving("calculate")));
  });
});
