import { G, INFINITY, nobleBackend, SecretScalar } from "@keyquorum/threshold";
import type { Address } from "@keyquorum/wire";
import { expect } from "chai";
import { encodeServerKeyRecord, parseServerKeyRecord, publicKeyOf, type ServerKeyRecord, verifyingSharesOf } from "./serverKeyRecord.ts";

const point = (factor: bigint) => nobleBackend.mulG(factor);
const signed = (slot: number) => ({ slot, signature: new Uint8Array(65).fill(slot) });

const record: ServerKeyRecord = {
  serverKeyId: new Uint8Array(32).fill(7),
  author: `0x${"a1".repeat(20)}` as Address,
  ...{ threshold: 1, epoch: 3, members: [1, 2, 5] },
  commitments: [point(11n), point(4n)],
  verifyingRoot: new Uint8Array(32).fill(9),
  confirmations: [1, 2, 5].map(signed),
  share: SecretScalar.from(15n),
};

/** Without the share's object, whose value is private. */
const plain = ({ share, ...rest }: ServerKeyRecord) => ({
  ...rest,
  share: share.reveal(),
  commitments: rest.commitments.map((one) => one.toHex()),
  documentKey: rest.documentKey && {
    ...rest.documentKey,
    commonPoint: rest.documentKey.commonPoint.toHex(),
    encryptedPoint: rest.documentKey.encryptedPoint.toHex(),
  },
});

describe("a server key's record", () => {
  for (const [what, one] of [
    ["without a document key", record],
    ["whose share is 0", { ...record, share: SecretScalar.from(0n) }],
    ["with a pair that has no certificate yet", { ...record, documentKey: { commonPoint: G, encryptedPoint: point(5n), certificate: [] } }],
    ["with a certificate", { ...record, documentKey: { commonPoint: G, encryptedPoint: point(5n), certificate: [signed(2), signed(5)] } }],
    ["with t = 0", { ...record, threshold: 0, commitments: [point(11n)] }],
  ] as const)
    it(`is read as it was written: ${what}`, () => {
      expect(plain(parseServerKeyRecord(encodeServerKeyRecord(one)))).to.deep.equal(plain(one));
    });

  it("keeps a commitment that is infinity", () => {
    const read = parseServerKeyRecord(encodeServerKeyRecord({ ...record, commitments: [G, INFINITY] }));
    expect(read.commitments[1]?.equals(INFINITY)).to.equal(true);
  });

  it("gives the public key and what every member's share is checked by", () => {
    expect(publicKeyOf(record).equals(point(11n))).to.equal(true);
    const shares = verifyingSharesOf(record);
    expect([...shares.keys()]).to.deep.equal([1, 2, 5]);
    expect(shares.get(5)?.equals(point(31n))).to.equal(true);
    expect(
      verifyingSharesOf({ members: [1], commitments: [point(4n), nobleBackend.neg(point(4n))] })
        .get(1)
        ?.equals(INFINITY),
    ).to.equal(true);
  });
});
