import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { casesFor } from "../../../test/random/cases.ts";
import { alice, contractNamed, domain, encryptFor, hashNamed, recover } from "./actors.test.ts";
import { type Authorship, authorshipDigest, authorshipTypedData } from "./authorship.ts";
import { headerHashOf } from "./header.ts";
import { hexToBytes } from "./hex.ts";

const statement: Authorship = { headerHash: headerHashOf(encryptFor(alice.address).header), cid: Uint8Array.from([1, 85, 18, 32, 5]) };
const digest = authorshipDigest(domain, statement);

describe("A statement of authorship", () => {
  it("when it is hashed, the digest should be ethers' (EIP-712)", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 128 }), (cid) => {
        const { domain: typedDomain, types, message } = authorshipTypedData(domain, { ...statement, cid });
        expect(authorshipDigest(domain, { ...statement, cid })).to.equal(TypedDataEncoder.hash(typedDomain, types, message));
      }),
      { numRuns: casesFor(30) },
    );
  });

  it("when the owner signs it, the owner should be recovered", async () => {
    const { domain: typedDomain, types, message } = authorshipTypedData(domain, statement);
    expect(recover(digest, hexToBytes(await alice.wallet.signTypedData(typedDomain, types, message)))).to.equal(alice.address);
  });

  it("when header, content id, chain or contract is another, it should be another statement", () => {
    expect(authorshipDigest(domain, { ...statement, headerHash: hashNamed("other") })).to.not.equal(digest);
    expect(authorshipDigest(domain, { ...statement, cid: Uint8Array.from([1, 85, 18, 32, 6]) })).to.not.equal(digest);
    expect(authorshipDigest({ ...domain, chainId: 1n }, statement)).to.not.equal(digest);
    expect(authorshipDigest({ ...domain, shareRequests: contractNamed("fork") }, statement)).to.not.equal(digest);
  });
});
