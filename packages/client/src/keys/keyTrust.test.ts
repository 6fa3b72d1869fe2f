import { encodePoint, G, toXY } from "@keyquorum/threshold";
import { KeyquorumError, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import type { Chain } from "../chain/chain.ts";
import { createFakeKey } from "../fakes/fakeKey.ts";
import { requireTrustedKey, requireTrustedMembers } from "./keyTrust.ts";

const { key } = createFakeKey({ members: 5, threshold: 2 });
const RECORD = { publicKey: toXY(key.publicKey) };
const IN_EPOCH = {
  threshold: BigInt(key.threshold),
  committee: key.slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n),
  commitmentsHash: key.commitmentsHash,
  verifyingRoot: key.verifyingRoot,
};
const MEMBERS = key.slots.map((slot) => ({ slot: BigInt(slot), identityKey: toXY(G.multiply(BigInt(slot + 7))) }));
const UNKNOWN = {
  record: { publicKey: { x: 0n, y: 0n } },
  inEpoch: { threshold: 0n, committee: 0n, commitmentsHash: ZERO_HASH, verifyingRoot: ZERO_HASH },
};

type Says = { readonly record?: object; readonly inEpoch?: object; readonly members?: readonly object[]; readonly fails?: boolean };

/** A chain whose second provider says the same, but for what it is told to say. */
const chainWith = ({ record = RECORD, inEpoch = IN_EPOCH, members = MEMBERS, fails = false }: Says): Chain => {
  const answer = async (value: unknown): Promise<unknown> => {
    if (fails) throw new KeyquorumError("CHAIN_UNAVAILABLE");
    return value;
  };
  const contracts = {
    keyGeneration: { keyOf: () => answer(record), keyEpochOf: () => answer(inEpoch) },
    keeperRegistry: { committeeOf: () => answer(members) },
  };
  return {
    calls: { read: (_what: string, call: () => Promise<unknown>) => call() },
    trust: { others: [{ name: "provider 2", contracts }], pinned: undefined },
  } as unknown as Chain;
};
const disputedField = async (work: Promise<unknown>): Promise<unknown> => {
  const error = await work.then(
    () => "no dispute",
    (reason: unknown) => reason,
  );
  return error instanceof KeyquorumError ? (error.details.field ?? error.code) : error;
};

describe("what providers say of a key", () => {
  it("is used when it is the same", async () => {
    expect(await requireTrustedKey(chainWith({}), key)).to.equal(key);
    await requireTrustedMembers(chainWith({}), key, MEMBERS);
  });

  for (const [field, says] of [
    ["publicKey", { record: { publicKey: toXY(G.double()) } }],
    ["publicKey", UNKNOWN],
    ["threshold", { inEpoch: { ...IN_EPOCH, threshold: 1n } }],
    ["committee", { inEpoch: { ...IN_EPOCH, committee: IN_EPOCH.committee | (1n << 60n) } }],
    ["commitmentsHash", { inEpoch: { ...IN_EPOCH, commitmentsHash: ZERO_HASH } }],
    ["verifyingRoot", { inEpoch: { ...IN_EPOCH, verifyingRoot: ZERO_HASH } }],
  ] as const)
    it(`is disputed when the second says another ${field}${says === UNKNOWN ? ", none at all" : ""}`, async () => {
      expect(await disputedField(requireTrustedKey(chainWith(says), key))).to.equal(field);
    });

  it("is disputed when it names other signers of receipts for the epoch", async () => {
    const [first, ...rest] = MEMBERS;
    const members = [{ ...first, identityKey: toXY(G) }, ...rest];
    for (const says of [members, rest, []])
      expect(await disputedField(requireTrustedMembers(chainWith({ members: says }), key, MEMBERS))).to.equal("members");
  });

  it("is not used while a provider is silent", async () => {
    expect(await disputedField(requireTrustedKey(chainWith({ fails: true }), key))).to.equal("CHAIN_UNAVAILABLE");
  });

  it("names the answers, so that the user sees who lies", async () => {
    const error = (await requireTrustedKey(chainWith({ record: { publicKey: toXY(G) } }), key).catch(
      (reason: unknown) => reason,
    )) as KeyquorumError;
    const hex = (point: typeof G): string => `0x${Buffer.from(encodePoint(point)).toString("hex")}`;
    expect(error.details.answers).to.deep.equal([`provider 1: ${hex(key.publicKey)}`, `provider 2: ${hex(G)}`]);
  });
});
