import { addressOfPoint, G } from "@keyquorum/threshold";
import { expect } from "chai";
import { AbiCoder, id, keccak256 } from "ethers";
import fc from "fast-check";
import { alice, codeOf, contractNamed, encryptFor, hashNamed, mallory, publicKey } from "./actors.test.ts";
import { type DocumentHeader, encodeHeader, HEADER_BYTES, headerHashOf, headerRestOf, parseHeader, verifyHeader } from "./header.ts";
import { bytesToHex } from "./hex.ts";
import { type KeyId, parseAddress } from "./ids.ts";
import { documentIdOf } from "./names.ts";

const { header } = encryptFor(alice.address);
const bytes = encodeHeader(header);

describe("A header", () => {
  it("when it is written and read, it should be the same, in 318 bytes", () => {
    expect(bytes).to.have.length(HEADER_BYTES);
    expect(bytesToHex(encodeHeader(parseHeader(bytes)))).to.equal(bytesToHex(bytes));
    expect(headerHashOf(parseHeader(bytes))).to.equal(headerHashOf(header));
  });

  it("when it is honest, it should verify", () => {
    expect(verifyHeader(header, publicKey)).to.equal(true);
    expect(verifyHeader(parseHeader(bytes), publicKey)).to.equal(true);
  });

  it("when it is hashed, the hash should be what Solidity computes (PROTOCOL 4.3)", () => {
    const coder = AbiCoder.defaultAbiCoder();
    const xy = (point: typeof G): bigint[] => Object.values(point.toAffine());
    const { u, uBar, e, f } = header.ciphertext;
    const rest = keccak256(
      coder.encode(
        [
          "bytes32",
          "uint256",
          "uint256",
          "address",
          "bytes32",
          "bytes32",
          "address",
          "bytes32",
          "address",
          "uint256",
          "uint256",
          "uint256",
          "uint256",
        ],
        [
          id("keyquorum/v1/header"),
          1,
          header.chainId,
          header.documentRegistry,
          header.keyId,
          header.document,
          header.owner,
          header.salt,
          header.initialPermissions,
          ...xy(uBar),
          e,
          f,
        ],
      ),
    );
    expect(headerRestOf(header)).to.equal(rest);
    expect(headerHashOf(header)).to.equal(keccak256(coder.encode(["uint256", "uint256", "bytes32"], [...xy(u), rest])));
  });

  it("when it is read, it should be frozen, with the hash of one that is not; a copy that was changed should have another", () => {
    const read = parseHeader(encodeHeader(header));
    const copy = { ...read, ciphertext: { ...read.ciphertext } };
    expect([Object.isFrozen(read), Object.isFrozen(read.ciphertext)]).to.deep.equal([true, true]);
    expect([headerHashOf(read), headerHashOf(read)]).to.deep.equal([headerHashOf(copy), headerHashOf(copy)]);
    copy.ciphertext.e += 1n;
    expect(headerHashOf(copy)).to.not.equal(headerHashOf(read));
    const half = Object.freeze({ ...read, ciphertext: { ...read.ciphertext } });
    expect(headerHashOf(half)).to.equal(headerHashOf(read));
    half.ciphertext.f += 1n;
    expect(headerHashOf(half)).to.not.equal(headerHashOf(read));
  });

  it("when any byte changes, it should be refused or fail to verify, and never have the same hash (attacks 1, 27, 28)", () => {
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      let parsed: DocumentHeader;
      try {
        parsed = parseHeader(changed);
      } catch (error) {
        expect((error as { code: string }).code).to.equal("INVALID_HEADER");
        continue;
      }
      expect(bytesToHex(encodeHeader(parsed))).to.equal(bytesToHex(changed));
      expect(headerHashOf(parsed)).to.not.equal(headerHashOf(header));
      expect(verifyHeader(parsed, publicKey), `byte ${at}`).to.equal(false);
    }
  });

  it("when it has another length or is no bytes, it should be refused", async () => {
    for (const bad of [new Uint8Array(0), bytes.slice(1), Uint8Array.from([...bytes, 0]), "0x", null]) {
      expect(await codeOf(() => parseHeader(bad as Uint8Array))).to.equal("INVALID_HEADER");
    }
  });

  it("when a point or scalar is out of range, it should be refused and named", async () => {
    const cases: readonly (readonly [number, Uint8Array])[] = [
      [188, Uint8Array.of(0x04)],
      [188, Uint8Array.of(0x06)],
      [188, new Uint8Array(33)],
      [189, new Uint8Array(32).fill(0xff)],
      [221, Uint8Array.of(0x00)],
      [254, new Uint8Array(32)],
      [254, new Uint8Array(32).fill(0xff)],
      [286, new Uint8Array(32)],
      [286, Uint8Array.from(Buffer.from("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", "hex"))],
    ];
    for (const [at, put] of cases) {
      const changed = Uint8Array.from(bytes);
      changed.set(put, at);
      expect(await codeOf(() => parseHeader(changed)), `offset ${at}`).to.equal("INVALID_HEADER");
    }
  });

  it("when mallory puts it under her own permissions contract, it should not verify (attack 2)", () => {
    expect(verifyHeader({ ...header, initialPermissions: contractNamed("AllowEverybody") }, publicKey)).to.equal(false);
  });

  it("when mallory takes a document's id for herself, it should not verify (attack 3)", () => {
    expect(verifyHeader({ ...header, owner: mallory.address }, publicKey)).to.equal(false);
    const hers = documentIdOf(mallory.address, header.salt);
    expect(hers).to.not.equal(header.document);
    expect(verifyHeader({ ...header, owner: mallory.address, document: hers }, publicKey)).to.equal(false);
    // Her own encryption under alice's id has a proof that holds, and still is not alice's.
    const forged = encryptFor(mallory.address).header;
    expect(verifyHeader(forged, publicKey)).to.equal(true);
    expect(verifyHeader({ ...forged, document: header.document }, publicKey)).to.equal(false);
  });

  it("when it is replayed on another chain, registry or key, it should not verify (attack 29)", () => {
    expect(verifyHeader({ ...header, chainId: header.chainId + 1n }, publicKey)).to.equal(false);
    expect(verifyHeader({ ...header, documentRegistry: contractNamed("fork") }, publicKey)).to.equal(false);
    expect(verifyHeader({ ...header, keyId: hashNamed("other key") as KeyId }, publicKey)).to.equal(false);
    expect(verifyHeader(header, publicKey.add(G))).to.equal(false);
  });

  it("when two headers differ, their hashes should (attack 27)", () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 256n - 1n), fc.uint8Array({ minLength: 20, maxLength: 20 }), (chainId, address) => {
        const other = { ...header, chainId, owner: parseAddress(bytesToHex(address)) };
        const text = bytesToHex(encodeHeader(other));
        const hash = headerHashOf(other);
        expect(seen.get(hash) ?? text).to.equal(text);
        seen.set(hash, text);
      }),
    );
  });

  it("when its chain id is no uint256, it should not be written", async () => {
    for (const bad of [-1n, 2n ** 256n, 3 as unknown as bigint]) {
      expect(await codeOf(() => encodeHeader({ ...header, chainId: bad }))).to.equal("INVALID_VALUE");
    }
    expect(addressOfPoint(publicKey)).to.have.length(20);
  });
});
