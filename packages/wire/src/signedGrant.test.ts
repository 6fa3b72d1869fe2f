import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import { alice, bob, codeOf, contractNamed, hashNamed, mallory, recover } from "./actors.test.ts";
import { encodeGrantFile, type GrantFile, parseGrantFile } from "./grantFile.ts";
import { hexToBytes } from "./hex.ts";
import { type DocumentId, ZERO_ADDRESS } from "./ids.ts";
import { documentIdOf } from "./names.ts";
import { type GrantDomain, type SignedGrant, signedGrantDigest, signedGrantTypedData } from "./signedGrant.ts";

const domain: GrantDomain = { chainId: 31337n, accessGrants: contractNamed("AccessGrants") };
const salt = hashNamed("salt");
const grant: SignedGrant = {
  document: documentIdOf(alice.address, salt),
  reader: bob.address,
  until: 1_900_000_000n,
  grantor: alice.address,
  nonce: 3,
  deadline: 1_800_000_000n,
};
const sign = async (): Promise<Uint8Array> => {
  const typed = signedGrantTypedData(domain, grant);
  return hexToBytes(await alice.wallet.signTypedData(typed.domain, typed.types, typed.message));
};

describe("A signed grant", () => {
  it("when it is hashed, the digest should be ethers' (EIP-712)", () => {
    const typed = signedGrantTypedData(domain, grant);
    expect(signedGrantDigest(domain, grant)).to.equal(TypedDataEncoder.hash(typed.domain, typed.types, typed.message));
  });

  it("when the grantor signs it, the grantor should be recovered", async () => {
    expect(recover(signedGrantDigest(domain, grant), await sign())).to.equal(alice.address);
  });

  const changes: Readonly<Record<keyof SignedGrant, Partial<SignedGrant>>> = {
    document: { document: hashNamed("other") as DocumentId },
    reader: { reader: mallory.address },
    until: { until: 0n },
    grantor: { grantor: mallory.address },
    nonce: { nonce: 4 },
    deadline: { deadline: grant.deadline + 1n },
  };
  for (const [field, change] of Object.entries(changes))
    it(`when ${field} changes, the signature should be for something else`, () => {
      expect(signedGrantDigest(domain, { ...grant, ...change })).to.not.equal(signedGrantDigest(domain, grant));
    });

  it("when it is taken to another chain or contract, the signature should be for something else", () => {
    expect(signedGrantDigest({ ...domain, chainId: 1n }, grant)).to.not.equal(signedGrantDigest(domain, grant));
    expect(signedGrantDigest({ ...domain, accessGrants: contractNamed("fork") }, grant)).to.not.equal(signedGrantDigest(domain, grant));
  });
});

describe("A signed grant's file", () => {
  let file: GrantFile;
  before(async () => {
    file = { domain, grant, signature: await sign(), salt };
  });

  it("when it is written and read, it should be the same", () => {
    expect(parseGrantFile(JSON.parse(JSON.stringify(encodeGrantFile(file))))).to.deep.equal(file);
    const { salt: _, ...published } = file;
    expect(parseGrantFile(encodeGrantFile(published))).to.deep.equal(published);
  });

  type Json = Record<string, unknown> & { grant: Record<string, unknown> };
  const bad: Readonly<Record<string, (json: Json) => unknown>> = {
    "no object": () => "grant",
    "another format": (json) => ({ ...json, format: "keyquorum-key" }),
    "another version": (json) => ({ ...json, version: 2 }),
    "an unknown field": (json) => ({ ...json, extra: 1 }),
    "an unknown field inside": (json) => ({ ...json, grant: { ...json.grant, extra: 1 } }),
    "no signature": (json) => ({ ...json, signature: undefined }),
    "an empty signature": (json) => ({ ...json, signature: "0x" }),
    "too long a signature": (json) => ({ ...json, signature: `0x${"00".repeat(5121)}` }),
    "a chain id in hex": (json) => ({ ...json, chainId: "0x7a69" }),
    "an address in upper case": (json) => ({ ...json, accessGrants: `0x${"AB".repeat(20)}` }),
    "a zero reader": (json) => ({ ...json, grant: { ...json.grant, reader: ZERO_ADDRESS } }),
    "a zero grantor": (json) => ({ ...json, salt: undefined, grant: { ...json.grant, grantor: ZERO_ADDRESS } }),
    "a number for a time": (json) => ({ ...json, grant: { ...json.grant, until: 5 } }),
    "an end of more than 64 bits": (json) => ({ ...json, grant: { ...json.grant, until: "18446744073709551616" } }),
    "a deadline of more than 64 bits": (json) => ({ ...json, grant: { ...json.grant, deadline: "99999999999999999999" } }),
    "a nonce of more than 32 bits": (json) => ({ ...json, grant: { ...json.grant, nonce: 2 ** 32 } }),
    "a negative nonce": (json) => ({ ...json, grant: { ...json.grant, nonce: -1 } }),
    "another document's salt": (json) => ({ ...json, salt: hashNamed("other salt") }),
    "another grantor's salt": (json) => ({ ...json, grant: { ...json.grant, grantor: mallory.address } }),
  };
  for (const [name, change] of Object.entries(bad))
    it(`when it has ${name}, it should be refused`, async () => {
      const json = JSON.parse(JSON.stringify(encodeGrantFile(file))) as Json;
      expect(await codeOf(() => parseGrantFile(JSON.parse(JSON.stringify(change(json)))))).to.equal("INVALID_GRANT");
    });
});
