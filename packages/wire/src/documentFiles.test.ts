import { addressOfPoint, encodePoint, G } from "@keyquorum/threshold";
import { expect } from "chai";
import { alice, codeOf, contractNamed, domain, encryptFor, hashNamed, keyId, mallory, publicKey, recover } from "./actors.test.ts";
import { authorshipTypedData } from "./authorship.ts";
import { cardDigest, type DocumentCard, encodeDocumentCard, parseDocumentCard } from "./documentCard.ts";
import { headerHashOf } from "./header.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { ZERO_ADDRESS } from "./ids.ts";
import { encodeKeyFile, type KeyFile, parseKeyFile } from "./keyFile.ts";

const key: KeyFile = {
  chainId: 31337n,
  documentRegistry: contractNamed("DocumentRegistry"),
  accessGrants: contractNamed("AccessGrants"),
  shareRequests: contractNamed("ShareRequests"),
  keyId,
  publicKey,
  threshold: 2,
  keepers: 5,
};
const other = G.multiply(7n);

describe("A key's public data in a file", () => {
  const body = encodeKeyFile(key);

  it("when it is written and read, it should be the same, also through JSON", () => {
    expect(parseKeyFile(JSON.parse(JSON.stringify(body)))).to.deep.equal(key);
    const expected = { chainId: key.chainId, documentRegistry: key.documentRegistry, keyId };
    expect(parseKeyFile(body, expected).publicKey.equals(publicKey)).to.equal(true);
  });

  const refused: readonly (readonly [string, object, string])[] = [
    ["of another format", { format: "keyquorum-session" }, "format"],
    ["of another version", { version: 2 }, "version"],
    ["with an unknown field", { secret: "0x00" }, "secret"],
    ["without a public key", { publicKey: undefined }, "publicKey"],
    ["with a point that is not on the curve", { publicKey: `0x02${"00".repeat(31)}05` }, "publicKey"],
    ["with an uncompressed point", { publicKey: bytesToHex(other.toBytes(false)) }, "publicKey"],
    ["with another's point", { publicKey: bytesToHex(encodePoint(other)) }, "publicKeyAddress"],
    ["with another's address", { publicKeyAddress: bytesToHex(addressOfPoint(other)) }, "publicKeyAddress"],
    ["without a registry", { documentRegistry: ZERO_ADDRESS }, "documentRegistry"],
    ["without permissions", { accessGrants: ZERO_ADDRESS }, "accessGrants"],
    ["with an address in capitals", { accessGrants: body.accessGrants.toUpperCase().replace("X", "x") }, "accessGrants"],
    ["with a chain id that is a number", { chainId: 31337 }, "chainId"],
    ["with chain id 0", { chainId: "0" }, "chainId"],
    ["with a threshold that its keepers cannot have", { threshold: 3 }, "threshold"],
    ["without a threshold", { threshold: 0 }, "threshold"],
  ];
  for (const [what, change, field] of refused) {
    it(`when it is ${what}, it should be refused by that field`, () => {
      const changed = JSON.parse(JSON.stringify({ ...body, ...change })) as unknown;
      expect(() => parseKeyFile(changed))
        .to.throw()
        .with.property("code", "INVALID_KEY_FILE");
      expect(() => parseKeyFile(changed))
        .to.throw()
        .with.nested.property("details.field", field);
    });
  }
  for (const value of [undefined, null, 7, "{}", [], {}]) {
    it(`when it is ${JSON.stringify(value)}, it should be refused`, async () => {
      expect(await codeOf(() => parseKeyFile(value))).to.equal("INVALID_KEY_FILE");
    });
  }

  it("when it is of another chain, deployment or key than expected, it should be refused", async () => {
    expect(await codeOf(() => parseKeyFile(body, { chainId: 1n }))).to.equal("WRONG_CHAIN");
    expect(await codeOf(() => parseKeyFile(body, { documentRegistry: contractNamed("fork") }))).to.equal("WRONG_CHAIN");
    expect(await codeOf(() => parseKeyFile(body, { keyId: hashNamed("other") as typeof keyId }))).to.equal("INVALID_KEY_FILE");
  });
});

describe("A document card", () => {
  const { header } = encryptFor(alice.address);
  const unsigned = { domain, headerHash: headerHashOf(header), cid: Uint8Array.from([1, 85, 18, 32, ...hexToBytes(hashNamed("cid"))]) };
  let card: DocumentCard;
  before(async () => {
    const typed = authorshipTypedData(domain, unsigned);
    const signature = hexToBytes(await alice.wallet.signTypedData(typed.domain, typed.types, typed.message));
    const { documentRegistry, document, owner, salt } = header;
    card = { ...unsigned, documentRegistry, document, owner, salt, signature };
  });

  it("when it is written and read, it should be the same, and the owner have signed it", () => {
    const read = parseDocumentCard(JSON.parse(JSON.stringify(encodeDocumentCard(card))));
    expect(read).to.deep.equal(card);
    expect(recover(cardDigest(read), read.signature)).to.equal(alice.address);
    expect(recover(cardDigest({ ...read, cid: Uint8Array.of(1) }), read.signature)).to.not.equal(alice.address);
  });

  const refused: readonly (readonly [string, object, string])[] = [
    ["of another format", { format: "keyquorum-grant" }, "format"],
    ["of another version", { version: 0 }, "version"],
    ["with an unknown field", { name: "x" }, "name"],
    ["without a signature", { signature: "0x" }, "signature"],
    ["without a content id", { cid: "0x" }, "cid"],
    ["with a content id of 129 bytes", { cid: `0x${"00".repeat(129)}` }, "cid"],
    ["with a signature of 5121 bytes", { signature: `0x${"00".repeat(5121)}` }, "signature"],
    ["of nobody", { owner: ZERO_ADDRESS }, "owner"],
    ["of another owner than its document's", { owner: mallory.address }, "document"],
    ["with another salt", { salt: hashNamed("other") }, "document"],
  ];
  for (const [what, change, field] of refused) {
    it(`when it is ${what}, it should be refused by that field`, () => {
      const changed = { ...encodeDocumentCard(card), ...change };
      expect(() => parseDocumentCard(changed))
        .to.throw()
        .with.property("code", "INVALID_CARD");
      expect(() => parseDocumentCard(changed))
        .to.throw()
        .with.nested.property("details.field", field);
    });
  }
});
