import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import { id, keccak256, ZeroHash } from "ethers";
import { abiHash, domainTag } from "../../fixtures/preimages.ts";
import { derivedKeyOf, keyOf, type OracleKey, postedSchnorr, secretOf, signEcdsa } from "../../fixtures/signingOracle.ts";
import { MAKE, type SolidityStatement, statementOf } from "../../fixtures/statements.ts";
import { rollDice } from "../../random/dice.ts";

const dice = rollDice("contracts/SigningRequests/signingFixture");

export const LIFETIME = 600n;
export const PURPOSE = { Decrypt: 0, Schnorr: 1, Ecdsa: 2, Ibe: 3 } as const;
export const DECISION = { denied: 0n, permitted: 1n, unusableKey: 2n, unbound: 3n };
export const STATUS = { unknown: 0n, pending: 1n, signed: 2n, expired: 3n };

/** PROTOCOL section 9.2. */
export const requestIdOf = (chainId: bigint, contract: string, number: bigint, requester: string, statement: SolidityStatement): string =>
  abiHash(
    ["bytes32", "uint256", "address", "uint64", "address", "bytes32", "bytes32", "uint8", "bytes32"],
    [
      ...[domainTag("signing-request"), chainId, contract, number, requester],
      ...[statement.keyId, statement.derivation, statement.kind, keccak256(statement.payload)],
    ],
  );

/**
 * Alice asked for keys of every purpose, active ones, and gave those that sign rules that say yes to bob. KeyGeneration is a mock that says so; what the
 * keys are, the test knows.
 */
export const deploySigning = async (ethers: HardhatEthers) => {
  const [alice, bob, mallory] = await ethers.getSigners();
  if (alice === undefined || bob === undefined || mallory === undefined) throw new Error("no accounts");
  const keyGeneration = await ethers.deployContract("MockKeyGeneration");
  const requests = await ethers.deployContract("SigningRequests", [keyGeneration, LIFETIME]);
  const address = await requests.getAddress();
  const { chainId } = await ethers.provider.getNetwork();
  const rules = await ethers.deployContract("HonestRules", [bob.address]);
  const addKey = async (name: string, purpose: number, overrides: { readonly activeEpoch?: number; readonly requester?: string } = {}) => {
    const key = keyOf(secretOf(name));
    const keyId = id(name);
    await keyGeneration.setKey(keyId, {
      ...{ purpose, activeEpoch: 1, requester: alice.address, session: id("session") },
      ...{ publicKey: { x: key.x, y: key.y }, publicKeyAddress: key.address },
      ...overrides,
    });
    return { keyId, key, purpose };
  };
  const [schnorr, ecdsa] = [await addKey("a Schnorr key", PURPOSE.Schnorr), await addKey("an ECDSA key", PURPOSE.Ecdsa)];
  const [decrypt, ibe] = [await addKey("a key that decrypts", PURPOSE.Decrypt), await addKey("an IBE key", PURPOSE.Ibe)];
  for (const { keyId } of [schnorr, ecdsa]) await requests.connect(alice).bindRules(keyId, rules);
  return { alice, bob, mallory, keyGeneration, requests, address, chainId, rules, addKey, schnorr, ecdsa, decrypt, ibe };
};

export type Signing = Awaited<ReturnType<typeof deploySigning>>;
export type SigningKey = Signing["schnorr"];

/** A random statement of that kind for a key, and what is signed of it. */
export const newStatement = (
  kind: Parameters<typeof statementOf>[0],
  { keyId }: Pick<SigningKey, "keyId">,
  derivation: string = ZeroHash,
) => {
  const { payload, digest } = MAKE[kind](dice);
  return { statement: statementOf(kind, payload, keyId, derivation), digest };
};

/** The key that signs: derived where the statement says so. */
export const signerOf = ({ chainId, address }: Signing, { key, keyId }: SigningKey, derivation: string): OracleKey =>
  BigInt(derivation) === 0n ? key : derivedKeyOf(key, { chainId, contract: address, keyId, derivation });

export const nonce = (): bigint => BigInt(dice.hex(31)) + 1n;

/** What `post` takes of that key. */
export const signatureBy = ({ purpose }: Pick<SigningKey, "purpose">, signer: OracleKey, digest: string): string =>
  purpose === PURPOSE.Ecdsa ? signEcdsa(signer, digest) : postedSchnorr(signer, digest, nonce());

/** Bob has asked. */
export const madeRequest = async (base: Signing, key: SigningKey, derivation: string = ZeroHash) => {
  const { statement, digest } = newStatement("TypedData", key, derivation);
  const requests = base.requests.connect(base.bob);
  const requestId = await requests.request.staticCall(statement);
  await requests.request(statement);
  return { requestId, statement, digest, signer: signerOf(base, key, derivation) };
};
