import { type DocumentId, KeyquorumError, parseAddress, parseDocumentId, type ReadingSession } from "@keyquorum/wire";
import { expect } from "chai";
import { checkSessionGeneration, checkSessionUse, type SessionUse } from "./session.ts";

const address = (byte: string) => parseAddress(`0x${byte.repeat(20)}`);
const document = (byte: string): DocumentId => parseDocumentId(`0x${byte.repeat(32)}`);
const [alice, bob, app, mallory] = [address("a1"), address("b0"), address("c0"), address("66")];

const session: ReadingSession = {
  requester: bob,
  sessionKey: app,
  scope: { kind: "documents", documents: [document("d1"), document("d2")] },
  since: 1_000_000n,
  until: 1_003_600n,
  generation: 2n,
};
const use: SessionUse = { session, requester: bob, header: { document: document("d2"), owner: alice }, now: 1_000_100n };

const said = (work: () => void): string => {
  try {
    work();
    return "allowed";
  } catch (error) {
    if (!(error instanceof KeyquorumError)) throw error;
    return `${error.code} ${String(error.details.field)}`;
  }
};
const useWith = (changes: Partial<ReadingSession>, more: Partial<SessionUse> = {}) =>
  said(() => checkSessionUse({ ...use, session: { ...session, ...changes }, ...more }));

describe("checkSessionUse", () => {
  const ofAlice = { scope: { kind: "owner", owner: alice } } as const;
  const cases: readonly (readonly [string, () => string, string])[] = [
    ["a session for this document", () => useWith({}), "allowed"],
    ["a session for this owner", () => useWith(ofAlice), "allowed"],
    ["mallory uses bob's session in her own name", () => useWith({}, { requester: mallory }), "SESSION_INVALID delegation.requester"],
    ["mallory's session in bob's name", () => useWith({ requester: mallory }), "SESSION_INVALID delegation.requester"],
    ["the session key is the requester", () => useWith({ sessionKey: bob }), "SESSION_INVALID delegation.sessionKey"],
    ["it ends when it begins", () => useWith({ until: session.since }), "SESSION_INVALID delegation.until"],
    ["24 hours", () => useWith({ until: session.since + 86_400n }), "allowed"],
    ["24 hours and a second", () => useWith({ until: session.since + 86_401n }), "SESSION_INVALID delegation.until"],
    ["it begins in 60 s", () => useWith({}, { now: session.since - 60n }), "allowed"],
    ["it begins in 61 s", () => useWith({}, { now: session.since - 61n }), "SESSION_INVALID delegation.since"],
    ["its last second", () => useWith({}, { now: session.until - 1n }), "allowed"],
    ["its end", () => useWith({}, { now: session.until }), "SESSION_EXPIRED delegation.until"],
    [
      "another document",
      () => useWith({}, { header: { document: document("d3"), owner: alice } }),
      "SESSION_OUT_OF_SCOPE delegation.documents",
    ],
    [
      "another owner's document",
      () => useWith(ofAlice, { header: { document: document("d1"), owner: mallory } }),
      "SESSION_OUT_OF_SCOPE delegation.owner",
    ],
  ];
  for (const [what, run, expected] of cases) it(`${what}: ${expected}`, () => expect(run()).to.equal(expected));
});

describe("checkSessionGeneration", () => {
  const check = (generation: bigint) => said(() => checkSessionGeneration(session, generation));
  it("lets the current generation pass, refuses an older one, and does not judge one that is not there yet", () => {
    expect(check(2n)).to.equal("allowed");
    expect(check(3n)).to.equal("SESSION_ENDED delegation.generation");
    expect(check(1n)).to.equal("UNAVAILABLE delegation.generation");
  });
});
