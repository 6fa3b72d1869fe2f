import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { encodePoint, type NonceUse, type RandomSource } from "@keyquorum/threshold";
import { bytesToHex, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { loadIdentities } from "../membership/identity.ts";
import { createTempVault, type TempVault } from "../testing/tempVault.ts";
import { KeeperError } from "./errors.ts";
import { openNonces } from "./openNonces.ts";

const constant: RandomSource = (length) => new Uint8Array(length).fill(7);
/** A generator that gives the same stream in every life of the process. */
const replayed = (): RandomSource => {
  let position = 0;
  return (length) => Uint8Array.from({ length }, () => (position++ * 31) & 0xff);
};
const USE: NonceUse = { purpose: "complaint", session: new Uint8Array(32) };

describe("openNonces", () => {
  let temp: TempVault;
  beforeEach(async () => {
    temp = await createTempVault(() => 0);
  });
  afterEach(() => temp.remove());

  for (const [name, random] of [
    ["says the same forever", () => constant],
    ["starts again with the process", replayed],
  ] as const)
    it(`attack 8: with a random source that ${name}, no two uses and no two lives have bytes in common`, async () => {
      const drawn: string[] = [];
      for (let life = 0; life < 4; life += 1) {
        const nonces = await openNonces(temp.vault, random());
        for (let use = 0; use < 3; use += 1) drawn.push(bytesToHex(nonces(USE)(32)));
        await temp.reopen();
      }
      expect(new Set(drawn).size).to.equal(12);
    });

  it("says where the vault is when it has no nonce key", async () => {
    const { directory, boots } = temp.vault;
    const secrets = { load: async () => undefined, save: async () => undefined };
    const error: unknown = await openNonces({ directory, boots, secrets }, constant).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(KeeperError).with.property("code", "VAULT_UNUSABLE");
  });

  it("attack 8: identity keys sign without randomness: the same bytes for the same digest, other nonces for others", async () => {
    const identities = await loadIdentities(temp.vault);
    const sign = identities.signerOf(identities.all()[0] as ReturnType<typeof identities.all>[number]);
    const [one, two] = [parseHash32(`0x${"11".repeat(32)}`), parseHash32(`0x${"22".repeat(32)}`)];
    expect(sign?.(one)).to.deep.equal(sign?.(one));
    const r = (digest: typeof one): string => Buffer.from(sign?.(digest).slice(0, 32) ?? []).toString("hex");
    expect(r(one)).to.not.equal(r(two));
    expect(encodePoint(identities.all()[0] as never)).to.have.length(33);
  });
});

/** Every function that proves, deals, draws a key or encrypts a share, and may be given a random source. */
const DRAWING =
  /(?<!function )\b(provePossession|createDealing|createServerKeyDealing|createReshareDealing|createRepairDealing|createContribution|createComplaint|proveDleq|encryptShare|randomScalar|encapsulate|drawSigningNonces|createEcdsaDeal)\(/g;
/** Before there is a vault with a nonce key, where a vault itself draws, and for trials of the curve with points of no meaning. Everybody else has `openNonces`. */
const BARE_SOURCES = [
  "membership/ownIdentities.ts",
  "membership/replaceOperator.ts",
  "run/initialiseKeeper.ts",
  "run/keeperOptions.ts",
  "run/openCore.ts",
  "run/openNonces.ts",
  "run/requireSoundCurve.ts",
  "run/vaultFile.ts",
];

describe("the one door to randomness (D59)", () => {
  const packages = join(import.meta.dirname, "..", "..", "..");
  const sources = ["keeper", "protocol"].flatMap((name) =>
    readdirSync(join(packages, name, "src"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.startsWith("testing"))
      .map((path) => ({ path, file: join(packages, name, "src", path) }))
      .filter(({ file }) => statSync(file).isFile())
      .map(({ path, file }) => ({ path, text: readFileSync(file, "utf8") })),
  );

  it("no keeper's source names a bare random source, but where it is composed", () => {
    const bare = sources.filter(({ text }) => /\b(secureRandom|RandomSource|getRandomValues)\b/.test(text)).map(({ path }) => path);
    expect(bare.sort()).to.deep.equal(BARE_SOURCES);
  });

  it("who proves, deals or draws a key is given `random` of a hedged source, or `nonces(...)` itself", () => {
    const calls = sources.flatMap(({ path, text }) =>
      [...text.matchAll(DRAWING)].map(({ 1: name = "", index }) => ({ path, name, list: argumentsAt(text, index + name.length) })),
    );
    expect(calls.length).to.be.greaterThan(8);
    for (const { path, name, list } of calls) {
      if (path === "run/initialiseKeeper.ts") continue; // there is no vault yet: nothing is stored that could hedge
      expect(/(^random$|^nonces\()/.test(list.at(-1) ?? ""), `${path}: ${name}(${list.join(", ")})`).to.equal(true);
    }
    for (const { path, text } of sources.filter(({ path }) => path !== "membership/operatorKey.ts")) // ethers draws an account's key there
      for (const [, made = ""] of text.matchAll(/const random = (\w+)/g)) expect(["nonces", "randomOf"], path).to.include(made);
  });
});

/** The arguments of a call whose bracket opens here. */
const argumentsAt = (text: string, open: number): string[] => {
  const parts = [""];
  let depth = 0;
  for (const character of text.slice(open + 1)) {
    if (character === ")" && depth === 0) break;
    if ("([{".includes(character)) depth += 1;
    if (")]}".includes(character)) depth -= 1;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
};
