import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { encryptShare, G, randomScalar, SecretScalar, secureRandom } from "@keyquorum/threshold";
import { type Address, encodeKeyFile, type KeyFile, parseKeyFile } from "@keyquorum/wire";
import { expect } from "chai";
import { rollDice } from "../../../../test/random/dice.ts";
import { decryptDocument } from "../content/decrypt.ts";
import { createWebCipher } from "../content/webCipher.ts";
import { createFakeKey } from "../fakes/fakeKey.ts";
import { verified } from "../fakes/verified.ts";
import { openShares } from "../read/openShares.ts";
import { encryptOffline } from "./encryptOffline.ts";
import { loadEncrypted } from "./loadEncrypted.ts";

const dice = rollDice("client/documents/encryptOffline");

const { key, committee } = createFakeKey({ members: 3, threshold: 1 });
const address = (digit: string): Address => `0x${digit.repeat(40)}` as Address;
const [alice, registry, grants, rules] = [address("a"), address("4"), address("5"), address("7")];
const file: KeyFile = {
  chainId: 31337n,
  documentRegistry: registry,
  accessGrants: grants,
  shareRequests: address("6"),
  keyId: key.keyId,
  publicKey: key.publicKey,
  threshold: 1,
  keepers: 3,
};

describe("Encrypting offline", () => {
  it("needs nothing but the key file: no provider, no fetch, no socket, no name server", async () => {
    const program = fileURLToPath(new URL("../fakes/encryptWithoutNetwork.ts", import.meta.url));
    const args = [program, JSON.stringify(encodeKeyFile(file)), alice, "the well is behind the third oak"];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { reachable, headerHash, envelope } = JSON.parse(stdout) as Record<"reachable" | "headerHash" | "envelope", string>;
    expect(reachable).to.contain("NETWORK FORBIDDEN"); // the control: this process could not have asked anybody
    const loaded = await loadEncrypted(Buffer.from(envelope, "hex"), file);
    expect(loaded).to.deep.include({ headerHash, owner: alice, initialPermissions: grants, isMetadataPublic: true });
    expect(loaded.header).to.deep.include({ chainId: 31337n, documentRegistry: registry, keyId: key.keyId });

    const readerSecret = SecretScalar.from(randomScalar(dice.bytes));
    const about = { u: loaded.header.ciphertext.u, readerKey: G.multiply(readerSecret.reveal()), context: new Uint8Array(32) };
    const answers = committee.slice(0, 2).map(({ slot, share, verifyingShare }) => {
      const answer = encryptShare({ ...about, share, nonceKey: secureRandom(32) });
      return { slot, verifyingShare, context: about.context, answer };
    });
    const { contentSecret } = openShares({ header: loaded.header, key, readerSecret, answers: verified(about, answers) });
    const opened = await decryptDocument({ envelope: loaded.envelope, contentSecret, cipher: createWebCipher() });
    expect(await opened.text()).to.equal("the well is behind the third oak");
    expect(opened.metadata).to.deep.equal({ kind: "text", name: "offline.txt", size: 32 });
  });

  it("takes the file as JSON or parsed, and other permissions, salts and owners as given", () => {
    const salt = `0x${"5a".repeat(32)}` as const;
    const made = encryptOffline("x", encodeKeyFile(file), { owner: alice, permissions: rules, salt: salt as never });
    const again = encryptOffline("y", parseKeyFile(encodeKeyFile(file)), { owner: alice, permissions: rules, salt: salt as never });
    expect(made).to.deep.include({ initialPermissions: rules, salt, document: again.document });
    expect(made.headerHash).to.not.equal(again.headerHash);
  });

  const refused: readonly (readonly [string, () => unknown, string])[] = [
    ["the file was damaged", () => ({ ...encodeKeyFile(file), publicKeyAddress: alice }), "INVALID_KEY_FILE"],
    ["the file is of something else", () => ({ format: "keyquorum-grant" }), "INVALID_KEY_FILE"],
  ];
  for (const [what, make, code] of refused) {
    it(`refuses when ${what}`, () => {
      expect(() => encryptOffline("x", make() as never, { owner: alice }))
        .to.throw()
        .with.property("code", code);
    });
  }
  it("refuses an owner that is no account, and metadata that is none, before anything is made", () => {
    expect(() => encryptOffline("x", file, { owner: "alice" }))
      .to.throw()
      .with.property("code", "INVALID_VALUE");
    expect(() => encryptOffline("x", file, { owner: alice, name: "../x" }))
      .to.throw()
      .with.property("code", "INVALID_METADATA");
  });
});
