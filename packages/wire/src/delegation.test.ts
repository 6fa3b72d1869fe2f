import { expect } from "chai";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { alice, bob, codeOf, hashNamed, mallory } from "./actors.test.ts";
import { encodeDelegation, parseDelegation, type SignedReadingSession } from "./delegation.ts";
import { MAX_DELEGATION_BYTES, MAX_SESSION_DOCUMENTS } from "./delegationSize.ts";
import { bytesToHex } from "./hex.ts";
import { type DocumentId, ZERO_ADDRESS } from "./ids.ts";
import type { ReadingSession } from "./readingSession.ts";
import { MAX_SIGNATURE_BYTES } from "./signature.ts";

const documentsNamed = (count: number): DocumentId[] => Array.from({ length: count }, (_, i) => hashNamed(`document ${i}`) as DocumentId);
const session: ReadingSession = {
  requester: bob.address,
  sessionKey: mallory.address,
  scope: { kind: "documents", documents: documentsNamed(2) },
  since: 1_700_000_000n,
  until: 1_700_003_600n,
  generation: 3n,
};
const signed: SignedReadingSession = { session, signature: new Uint8Array(65).fill(7) };
const ofOwner: SignedReadingSession = { ...signed, session: { ...session, scope: { kind: "owner", owner: alice.address } } };
const withDocuments = (documents: readonly DocumentId[]): SignedReadingSession => ({
  ...signed,
  session: { ...session, scope: { kind: "documents", documents } },
});
/** Where the kind of scope stands. */
const KIND_AT = 65;

describe("A delegation", () => {
  it("when it is read, it should be what was written", () => {
    for (const one of [signed, ofOwner, withDocuments(documentsNamed(MAX_SESSION_DOCUMENTS)), withDocuments(documentsNamed(1))])
      expect(parseDelegation(encodeDelegation(one))).to.deep.equal(one);
    const many = withDocuments(documentsNamed(MAX_SESSION_DOCUMENTS));
    const largest = { ...many, signature: new Uint8Array(MAX_SIGNATURE_BYTES).fill(1) };
    expect(encodeDelegation(largest)).to.have.length(MAX_DELEGATION_BYTES);
    expect(parseDelegation(encodeDelegation(largest))).to.deep.equal(largest);
    const approvedOnChain = { ...many, signature: new Uint8Array(0) };
    expect(parseDelegation(encodeDelegation(approvedOnChain))).to.deep.equal(approvedOnChain);
  });

  it("when an account of 64 owners signs for 32 documents, it should fit, and the body with it", () => {
    const signature = new Uint8Array(64 * 65);
    expect(parseDelegation(encodeDelegation({ ...withDocuments(documentsNamed(32)), signature })).signature).to.have.length(4_160);
  });

  it("when a limit is passed, it should name the limit", () => {
    expect(() => encodeDelegation(withDocuments(documentsNamed(33)))).to.throw("1 to 32 documents");
    expect(() => encodeDelegation({ ...signed, signature: new Uint8Array(MAX_SIGNATURE_BYTES + 1) })).to.throw(
      `${MAX_SIGNATURE_BYTES} bytes`,
    );
  });

  it("when any bytes are read, they should be refused or be the one encoding of what they say", () => {
    const header = encodeDelegation(signed).subarray(0, KIND_AT);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200, size: "max" }),
      fc.uint8Array({ maxLength: 200, size: "max" }).map((rest) => Uint8Array.from([...header, ...rest])),
      fc
        .tuple(fc.constantFrom(0, 1), fc.nat(3), fc.uint8Array({ maxLength: 120, size: "max" }))
        .map(([kind, count, rest]) => Uint8Array.from([...header, kind, count, ...rest])),
    );
    let accepted = 0;
    fc.assert(
      fc.property(bytes, (tried) => {
        let parsed: SignedReadingSession;
        try {
          parsed = parseDelegation(tried);
        } catch (error) {
          expect(error).to.include({ code: "INVALID_REQUEST" });
          return;
        }
        accepted += 1;
        expect(bytesToHex(encodeDelegation(parsed))).to.equal(bytesToHex(tried));
      }),
      { numRuns: casesFor(500) },
    );
    expect(accepted, "the control: some were accepted").to.be.greaterThan(10);
  });

  it("when it is cut anywhere before its signature, it should be refused", async () => {
    for (const one of [signed, ofOwner]) {
      const bytes = encodeDelegation(one);
      for (let length = 0; length < bytes.length - one.signature.length; length += 1)
        expect(await codeOf(() => parseDelegation(bytes.slice(0, length)))).to.equal("INVALID_REQUEST");
    }
  });

  const good = encodeDelegation(signed);
  const bad: Readonly<Record<string, Uint8Array>> = {
    "another version": good.with(0, 2),
    "an unknown kind of scope": good.with(KIND_AT, 2),
    "no documents": good.with(KIND_AT + 1, 0),
    "more documents than there are": good.with(KIND_AT + 1, 5),
    "more documents than allowed": Uint8Array.from([
      ...good.subarray(0, KIND_AT + 1),
      33,
      ...new Uint8Array(33 * 32 + 65).map((_, i) => i),
    ]),
    "a document twice": Uint8Array.from([...good.subarray(0, KIND_AT + 2), ...new Uint8Array(64), ...signed.signature]),
    "the zero owner": Uint8Array.from([...good.subarray(0, KIND_AT), 1, ...new Uint8Array(20), ...signed.signature]),
    "too many bytes": Uint8Array.from([...good, ...new Uint8Array(MAX_SIGNATURE_BYTES)]),
  };
  for (const [what, bytes] of Object.entries(bad)) {
    it(`when it has ${what}, it should be refused`, async () => {
      expect(await codeOf(() => parseDelegation(bytes))).to.equal("INVALID_REQUEST");
    });
  }

  const unwritable: Readonly<Record<string, SignedReadingSession>> = {
    "no documents": withDocuments([]),
    "33 documents": withDocuments(documentsNamed(33)),
    "257 documents": withDocuments(documentsNamed(257)),
    "a document twice": withDocuments([...documentsNamed(1), ...documentsNamed(1)]),
    "the zero owner": { ...signed, session: { ...session, scope: { kind: "owner", owner: ZERO_ADDRESS } } },
    "a signature that is too long": { ...signed, signature: new Uint8Array(MAX_SIGNATURE_BYTES + 1) },
    "an until of more than 64 bits": { ...signed, session: { ...session, until: 2n ** 64n } },
    "a negative since": { ...signed, session: { ...session, since: -1n } },
  };
  for (const [what, one] of Object.entries(unwritable)) {
    it(`when it would have ${what}, it should not be written`, async () => {
      expect(await codeOf(() => encodeDelegation(one))).to.equal("INVALID_VALUE");
    });
  }
});
