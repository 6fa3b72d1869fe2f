import type { System } from "./peerSystem.ts";
import { importPeerFile } from "./peers.ts";

// what is used of the package, of exactly this version
type Point = { readonly multiply: (by: object) => Point; readonly toBytes: () => Uint8Array };
type Curve = { readonly G2Element: { readonly generator: () => Point }; readonly Scalar: { readonly random: () => object } };
type Kdf = { readonly hashToG1: (id: Uint8Array) => Point };
type Ibe = {
  readonly BonehFranklinBLS12381Services: { readonly verifyUserSecretKey: (key: Point, id: string, publicKey: Point) => boolean };
};
type Encrypting = { readonly encrypt: (options: object) => Promise<{ readonly encryptedObject: Uint8Array }> };
type Decrypting = { readonly decrypt: (options: object) => Promise<Uint8Array> };
type Encoding = { readonly EncryptedObject: { readonly parse: (bytes: Uint8Array) => object } };
type Cipher = { readonly AesGcm256: new (message: Uint8Array, aad: Uint8Array) => object };
type Utils = { readonly createFullId: (packageId: string, id: string) => string };

const VERSION = "1.4.12";
const [PACKAGE, ID] = [`0x${"11".repeat(32)}`, "22".repeat(32)];

/**
 * Seal by its own package, but for its chain, which names the key servers, and for these: they are no package, so that a server's part is made by the
 * package's curve, without its encryption to the reader.
 */
export const seal = async ([servers, quorum]: readonly [number, number], message: Uint8Array, context: Uint8Array): Promise<System> => {
  const load = <Module>(name: string): Promise<Module> => importPeerFile("@mysten/seal", VERSION, `dist/${name}.mjs`) as Promise<Module>;
  const { G2Element, Scalar } = await load<Curve>("bls12381");
  const { hashToG1 } = await load<Kdf>("kdf");
  const { BonehFranklinBLS12381Services: ibe } = await load<Ibe>("ibe");
  const { encrypt } = await load<Encrypting>("encrypt");
  const { decrypt } = await load<Decrypting>("decrypt");
  const { EncryptedObject } = await load<Encoding>("bcs");
  const { AesGcm256 } = await load<Cipher>("dem");
  const { createFullId } = await load<Utils>("utils");
  const fullId = createFullId(PACKAGE, ID);
  const idBytes = Uint8Array.from(Buffer.from(fullId.replace(/^0x/, ""), "hex"));
  const secrets = Array.from({ length: servers }, () => Scalar.random());
  const publicKeys = secrets.map((secret) => G2Element.generator().multiply(secret));
  const objectIds = secrets.map((_, i) => `0x${String(i + 1).padStart(64, "0")}`);
  const keyServers = objectIds.map((objectId, i) => ({ objectId, pk: publicKeys[i]?.toBytes() }));
  const encryptOne = () =>
    encrypt({ keyServers, kemType: 0, threshold: quorum, packageId: PACKAGE, id: ID, encryptionInput: new AesGcm256(message, context) });
  const part = (i: number): Point => hashToG1(idBytes).multiply(secrets[i] as object);
  const encryptedObject = EncryptedObject.parse((await encryptOne()).encryptedObject);
  const parts = Array.from({ length: quorum }, (_, i) => part(i));
  const open = async (): Promise<Uint8Array> => {
    for (const [i, key] of parts.entries())
      if (!ibe.verifyUserSecretKey(key, fullId, publicKeys[i] as Point)) throw new Error("Seal refuses a key that the bench made.");
    const keys = new Map(parts.map((key, i) => [`${fullId}:${objectIds[i]}`, key]));
    return decrypt({ encryptedObject, keys });
  };
  if (Buffer.compare(await open(), message) !== 0) throw new Error("Seal does not decrypt what it encrypted.");
  return {
    name: `Seal ${VERSION}`,
    note: "its servers are no package: their part by the package's curve, without its encryption to the reader",
    steps: { encrypt: encryptOne, partial: () => part(0), "verify and combine": open },
  };
};
