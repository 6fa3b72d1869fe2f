import { statementDigest } from "@keyquorum/wire";
import { expect } from "chai";
import { dataLength, dataSlice, getBytes, keccak256, Transaction, toBeHex } from "ethers";
import { network } from "hardhat";
import {
  encodeAccountExecute,
  encodeTransaction,
  encodeTypedData,
  KIND_NAMES,
  type KindName,
  MAKE,
  statementOf,
  transactionOf,
} from "../../fixtures/statements.ts";
import { rollDice } from "../../random/dice.ts";
import { howToRepeat } from "../../random/seed.ts";
import { CASES, expectAgreement, inBatches } from "./fuzz.ts";

const { ethers } = await network.create();
const harness = await ethers.deployContract("SigningHarness");
const dice = rollDice("contracts/libraries/StatementDigests");

const made = (kind: KindName, count: number) => Array.from({ length: count }, () => MAKE[kind](dice));
const digestsOf = (kind: KindName, payloads: readonly string[]): Promise<string[]> =>
  inBatches(payloads, (batch) => harness.digests(batch.map((payload) => statementOf(kind, payload))), 50);
/** The digest, or the name of the error. */
const outcomeOf = async (kind: KindName, payload: string): Promise<string> => {
  try {
    return (await harness.digests([statementOf(kind, payload)]))[0] ?? "nothing";
  } catch (error) {
    const data = error instanceof Error && "data" in error ? String(error.data) : "0x";
    return data === "0x" ? "reverted without a reason" : (errors.parseError(data)?.name ?? `unknown error ${data}`);
  }
};
const { interface: errors } = await ethers.getContractAt("ISigningRequests", await harness.getAddress());
const withByte = (payload: string, at: number, flip: number): string => {
  const bytes = Buffer.from(payload.slice(2), "hex");
  bytes[at] = (bytes[at] ?? 0) ^ flip;
  return `0x${bytes.toString("hex")}`;
};

describe("StatementDigests", () => {
  for (const kind of KIND_NAMES)
    it(`${kind}: it should be what ethers says is signed`, async () => {
      const cases = made(kind, CASES);
      const results = await digestsOf(
        kind,
        cases.map(({ payload }) => payload),
      );
      expectAgreement(
        cases,
        results,
        cases.map(({ digest }) => digest),
      );
    });

  it("it should be what keepers compute from the same payload", async () => {
    const cases = KIND_NAMES.flatMap((kind) => made(kind, CASES / 5).map(({ payload }) => ({ kind, payload })));
    const results = await inBatches(cases, (batch) => harness.digests(batch.map(({ kind, payload }) => statementOf(kind, payload))), 50);
    const expected = cases.map(({ kind, payload }) => statementDigest({ kind, payload: getBytes(payload) }));
    expectAgreement(cases, results, expected);
  });

  it("Transaction: it should agree at the borders of RLP's forms", async () => {
    const borders = [0n, 1n, 127n, 128n, 255n, 256n, 2n ** 64n - 1n, 2n ** 255n, 2n ** 256n - 1n];
    const cases = borders.flatMap((value) =>
      [0, 1, 55, 56, 255, 256, 65_000].slice(0, value === 0n ? 6 : 3).map((length) => ({
        ...transactionOf(dice),
        ...{ value, chainId: value, tip: value, feeCap: value },
        data: `0x${"7f".repeat(length)}`,
      })),
    );
    const results = await inBatches(cases, (batch) => harness.transactions(batch), 20);
    const expected = cases.map(({ tip, feeCap, nonce, ...others }) => {
      const fees = { maxPriorityFeePerGas: tip, maxFeePerGas: feeCap };
      return Transaction.from({ ...others, ...fees, type: 2, nonce: Number(nonce) }).unsignedHash;
    });
    expectAgreement(cases, results, expected);
  });

  it("attack S9: what is hashed should begin with 1901, 02 or 19 and E, so that no two kinds have one digest, and 05 is out of reach", async () => {
    // The same bytes for every kind: where several kinds take them, they must be different statements.
    const payloads = KIND_NAMES.flatMap((kind) => made(kind, 5).map(({ payload }) => payload)).filter((one) => dataLength(one) <= 1024);
    const seen = new Map<string, string>();
    let taken = 0;
    for (const payload of payloads)
      for (const kind of KIND_NAMES) {
        const outcome = await outcomeOf(kind, payload);
        if (!outcome.startsWith("0x")) continue;
        taken += 1;
        const statement = `${kind} ${payload}`;
        expect([undefined, statement], howToRepeat()).to.include(seen.get(outcome));
        seen.set(outcome, statement);
      }
    expect(taken).to.be.greaterThan(payloads.length);
    // The control: an authorisation of EIP-7702 is keccak of 05 and a list. It is the digest of no statement that has its bytes.
    const authorisation = "0x05d8010194000000000000000000000000000000000000000a0101";
    for (const kind of KIND_NAMES)
      for (const payload of [authorisation, dataSlice(authorisation, 1)])
        expect(await outcomeOf(kind, payload)).to.not.equal(keccak256(authorisation));
  });

  for (const kind of ["TypedData", "Transaction", "AccountTyped", "AccountExecute"] as const)
    it(`attack S9, ${kind}: a payload that abi.encode would write in another way should be none`, async () => {
      const made = MAKE[kind](dice);
      // With calls, where there are calls: their offsets and paddings count too.
      const calls = [3, 32, 0].map((length) => ({ to: dice.hex(20), value: 5n, data: dice.hex(length) }));
      const payload = kind === "AccountExecute" ? encodeAccountExecute(dice.hex(32), calls, 1n, 2n, 3n) : made.payload;
      const digest = await outcomeOf(kind, payload);
      expect(digest).to.match(/^0x/);
      const length = dataLength(payload);
      const others = [
        `${payload}00`,
        `${payload}${"00".repeat(32)}`,
        dataSlice(payload, 0, length - 1),
        dataSlice(payload, 0, length - 32),
        "0x",
      ];
      for (const other of others) expect(await outcomeOf(kind, other), other).to.equal("SigningRequestsBadPayload");
      // Whatever bit is flipped, it is another statement or none.
      const step = Math.max(1, Math.floor(length / 120));
      for (let at = dice.below(step); at < length; at += step) {
        const other = await outcomeOf(kind, withByte(payload, at, 1 << dice.below(8)));
        expect(other, `byte ${at}; ${howToRepeat()}`).to.not.equal(digest);
        expect(/^0x/.test(other) || other === "SigningRequestsBadPayload", other).to.equal(true);
      }
    });

  it("attack S9: offsets, counts and lengths near the end of numbers should be refused, and cost nothing", async () => {
    const huge = toBeHex(2n ** 256n - 1n, 32).slice(2);
    const cases: readonly (readonly [KindName, string, number])[] = [
      ["TypedData", MAKE.TypedData(dice).payload, 32],
      ["TypedData", MAKE.TypedData(dice).payload, 64],
      ["Transaction", MAKE.Transaction(dice).payload, 0],
      ["Transaction", MAKE.Transaction(dice).payload, 256],
      ["Transaction", MAKE.Transaction(dice).payload, 288],
      ["AccountTyped", MAKE.AccountTyped(dice).payload, 64],
      ["AccountTyped", MAKE.AccountTyped(dice).payload, 96],
      ["AccountExecute", MAKE.AccountExecute(dice).payload, 32],
      ["AccountExecute", MAKE.AccountExecute(dice).payload, 160],
    ];
    for (const [kind, payload, at] of cases) {
      const other = `${payload.slice(0, 2 + 2 * at)}${huge}${payload.slice(2 + 2 * at + 64)}`;
      expect(await outcomeOf(kind, other), `${kind} at ${at}`).to.equal("SigningRequestsBadPayload");
    }
    // One word more than there is.
    const struct = dice.hex(64);
    const tooLong = encodeTypedData(dice.hex(32), struct).replace(
      toBeHex(64, 32).slice(2) + struct.slice(2),
      toBeHex(96, 32).slice(2) + struct.slice(2),
    );
    expect(await outcomeOf("TypedData", tooLong)).to.equal("SigningRequestsBadPayload");
  });

  it("a payload should have a field's bits and no more", async () => {
    const fields = { ...transactionOf(dice), data: "0x" };
    const payload = encodeTransaction(fields);
    for (const [field, at, spare] of [
      ["nonce", 64, 24],
      ["gasLimit", 160, 24],
      ["to", 192, 12],
    ] as const) {
      expect(await outcomeOf("Transaction", withByte(payload, at + spare - 1, 1)), field).to.equal("SigningRequestsBadPayload");
      expect(await outcomeOf("Transaction", withByte(payload, at + spare, 1)), field).to.match(/^0x/);
    }
    const execute = encodeAccountExecute(dice.hex(32), [{ to: dice.hex(20), value: 1n, data: "0x01" }], 1n, 2n, 3n);
    for (const [field, at, spare] of [
      ["deadline", 96, 24],
      ["gas", 128, 24],
      ["to", 224, 12],
    ] as const) {
      expect(await outcomeOf("AccountExecute", withByte(execute, at + spare - 1, 1)), field).to.equal("SigningRequestsBadPayload");
      expect(await outcomeOf("AccountExecute", withByte(execute, at + spare, 1)), field).to.match(/^0x/);
    }
  });
});
