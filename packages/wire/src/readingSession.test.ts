import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { alice, bob, contractNamed, domain, hashNamed, mallory, recover } from "./actors.test.ts";
import { hexToBytes } from "./hex.ts";
import { type DocumentId, ZERO_ADDRESS } from "./ids.ts";
import { type ReadingSession, readingSessionDigest, readingSessionTypedData } from "./readingSession.ts";

const session: ReadingSession = {
  requester: bob.address,
  sessionKey: mallory.address,
  scope: { kind: "documents", documents: [hashNamed("one") as DocumentId, hashNamed("two") as DocumentId] },
  since: 1_700_000_000n,
  until: 1_700_003_600n,
  generation: 3n,
};
const digest = readingSessionDigest(domain, session);

const changes: Readonly<Record<string, Partial<ReadingSession>>> = {
  requester: { requester: alice.address },
  sessionKey: { sessionKey: alice.address },
  "the documents": { scope: { kind: "documents", documents: [hashNamed("one") as DocumentId] } },
  "the documents' order": { scope: { kind: "documents", documents: [hashNamed("two") as DocumentId, hashNamed("one") as DocumentId] } },
  "the kind of scope": { scope: { kind: "owner", owner: alice.address } },
  since: { since: session.since + 1n },
  until: { until: session.until + 1n },
  generation: { generation: 4n },
};

describe("A reading session", () => {
  it("when it is hashed, the digest should be ethers' (EIP-712)", () => {
    const documentId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hashNamed(bytes.join()) as DocumentId);
    const scope = fc.oneof(
      fc.array(documentId, { minLength: 1, maxLength: 32 }).map((documents) => ({ kind: "documents", documents }) as const),
      fc.constant({ kind: "owner", owner: alice.address } as const),
    );
    const uint64 = fc.bigInt(0n, 2n ** 64n - 1n);
    fc.assert(
      fc.property(scope, uint64, uint64, uint64, fc.bigInt(1n, 2n ** 255n), (drawn, since, until, generation, chainId) => {
        const other = { ...session, scope: drawn, since, until, generation };
        const { domain: typedDomain, types, message } = readingSessionTypedData({ ...domain, chainId }, other);
        expect(readingSessionDigest({ ...domain, chainId }, other)).to.equal(TypedDataEncoder.hash(typedDomain, types, message));
      }),
      { numRuns: casesFor(50) },
    );
  });

  it("when its scope is an owner's, documents should be empty; when it is documents, the owner should be zero", () => {
    expect(readingSessionTypedData(domain, session).message.owner).to.equal(ZERO_ADDRESS);
    const ofOwner = readingSessionTypedData(domain, { ...session, scope: { kind: "owner", owner: alice.address } });
    expect(ofOwner.message.documents).to.deep.equal([]);
  });

  it("when a wallet signs it, the requester should be recovered", async () => {
    const { domain: typedDomain, types, message } = readingSessionTypedData(domain, session);
    expect(recover(digest, hexToBytes(await bob.wallet.signTypedData(typedDomain, types, message)))).to.equal(bob.address);
  });

  for (const [what, change] of Object.entries(changes)) {
    it(`when ${what} changes, it should be another session`, () => {
      expect(readingSessionDigest(domain, { ...session, ...change })).to.not.equal(digest);
    });
  }

  it("when it is replayed on another chain or contract, it should be another session", () => {
    expect(readingSessionDigest({ ...domain, chainId: domain.chainId + 1n }, session)).to.not.equal(digest);
    expect(readingSessionDigest({ ...domain, shareRequests: contractNamed("fork") }, session)).to.not.equal(digest);
  });
});
