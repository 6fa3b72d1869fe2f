import { G } from "@keyquorum/threshold";
import { type DocumentHeader, parseAddress, verifyHeader } from "@keyquorum/wire";
import { expect } from "chai";
import { createHeader, JOINT_KEY } from "../testing/reader.ts";
import { createProvedHeaders } from "./provedHeaders.ts";

describe("createProvedHeaders", () => {
  let verified: number;
  const create = (most?: number) =>
    createProvedHeaders(most, (header, publicKey) => {
      verified += 1;
      return verifyHeader(header, publicKey);
    });
  beforeEach(() => {
    verified = 0;
  });

  it("verifies a header once, and a false one once", () => {
    const isProved = create();
    const header = createHeader();
    const mauled = { ...header, ciphertext: { ...header.ciphertext, f: 1n } };
    for (let times = 0; times < 3; times += 1)
      expect([isProved(header, JOINT_KEY), isProved(mauled, JOINT_KEY)]).to.deep.equal([true, false]);
    expect(verified).to.equal(2);
  });
  it("takes no verdict for another header or key: every field counts (attacks 1, 2)", () => {
    const isProved = create();
    const header = createHeader();
    expect(isProved(header, JOINT_KEY)).to.equal(true);
    const other = createHeader();
    const { u, uBar, e } = header.ciphertext;
    const changes: readonly Partial<DocumentHeader>[] = [
      { chainId: 1n },
      { documentRegistry: parseAddress(`0x${"99".repeat(20)}`) },
      { keyId: other.document as string as DocumentHeader["keyId"] },
      { document: other.document },
      { owner: parseAddress(`0x${"98".repeat(20)}`) },
      { salt: other.salt },
      { initialPermissions: parseAddress(`0x${"97".repeat(20)}`) },
      { ciphertext: { ...header.ciphertext, u: u.add(G) } },
      { ciphertext: { ...header.ciphertext, uBar: uBar.add(G) } },
      { ciphertext: { ...header.ciphertext, e: e + 1n } },
    ];
    for (const change of changes) expect(isProved({ ...header, ...change }, JOINT_KEY), Object.keys(change).join()).to.equal(false);
    expect(isProved(header, JOINT_KEY.add(G)), "another key").to.equal(false);
    expect(verified).to.equal(changes.length + 2);
  });
  it("remembers so many, and forgets the oldest", () => {
    const isProved = create(2);
    const [first, ...others] = [createHeader(), createHeader(), createHeader()];
    for (const header of [first, ...others]) isProved(header as DocumentHeader, JOINT_KEY);
    isProved(others[1] as DocumentHeader, JOINT_KEY);
    expect(verified).to.equal(3);
    isProved(first as DocumentHeader, JOINT_KEY);
    expect(verified).to.equal(4);
  });
  it("keeps a key's headers, however many come under another key", () => {
    const isProved = create(4);
    const own = createHeader();
    const other = JOINT_KEY.add(G);
    isProved(own, JOINT_KEY);
    for (let sent = 0; sent < 10; sent += 1) isProved(createHeader(), other);
    expect(verified).to.equal(11);
    isProved(own, JOINT_KEY);
    expect(verified).to.equal(11);
  });
});
