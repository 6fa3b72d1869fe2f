import { expect } from "chai";
import { AbiCoder, hashMessage, Transaction, TypedDataEncoder, ZeroAddress } from "ethers";
import { casesFor } from "../../../../test/random/cases.ts";
import { type Dice, rollDice } from "../../../../test/random/dice.ts";
import { codeOf, contractNamed, hashNamed } from "../actors.test.ts";
import { bytesToHex, type Hex, hexToBytes } from "../hex.ts";
import { type Address, type Hash32, type KeyId, parseAddress, ZERO_HASH } from "../ids.ts";
import { encodeAccountExecute, encodeAccountTyped, parseAccountExecute } from "./accountStatements.ts";
import { kindOfNumber, STATEMENT_KINDS, type StatementKind, signingRequestId, statementDigest } from "./statement.ts";
import { encodeTransaction, parseTransaction } from "./transactionStatement.ts";
import { encodeTypedData } from "./typedDataStatement.ts";

const CASES = casesFor(60);
const abi = AbiCoder.defaultAbiCoder();

const domainOf = (dice: Dice) => ({
  name: dice.hex(5),
  version: String(dice.below(9)),
  chainId: BigInt(dice.below(1_000_000)),
  verifyingContract: dice.hex(20),
});
const MAIL = {
  Mail: [
    { name: "to", type: "address" },
    { name: "text", type: "string" },
    { name: "more", type: "bytes" },
    { name: "at", type: "uint64" },
  ],
};
const mailOf = (dice: Dice) => ({
  to: dice.hex(20),
  text: dice.hex(dice.below(90)),
  more: dice.hex(dice.below(70)),
  at: BigInt(dice.below(2 ** 31)),
});
const EXECUTE = {
  Execute: [
    { name: "calls", type: "Call[]" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint64" },
    { name: "gas", type: "uint64" },
  ],
  Call: [
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "data", type: "bytes" },
  ],
};
const integer = (dice: Dice, bytes: number): bigint => {
  const length = dice.below(bytes + 1);
  return length === 0 ? 0n : BigInt(dice.hex(length));
};
/** ethers takes no tip above the fee cap. */
const feesOf = (dice: Dice) => {
  const [tip, more] = [integer(dice, 11), integer(dice, 11)];
  return { tip, feeCap: tip + more };
};
const transactionOf = (dice: Dice) => ({
  chainId: integer(dice, 8),
  nonce: integer(dice, 7),
  ...feesOf(dice),
  gasLimit: integer(dice, 7),
  to: parseAddress(dice.hex(20)),
  value: integer(dice, 32),
  data: dice.bytes(dice.pick([0, 1, 31, 32, 33, 55, 56, 57, 255, 256, 300])),
});
const executeOf = (dice: Dice) => ({
  accountDomainSeparator: dice.hex(32) as Hash32,
  calls: Array.from({ length: dice.below(5) }, () => ({
    to: parseAddress(dice.hex(20)),
    value: integer(dice, 32),
    data: dice.bytes(dice.below(80)),
  })),
  nonce: integer(dice, 32),
  deadline: integer(dice, 8),
  gas: integer(dice, 8),
});
/** What a struct's hash is the keccak of: its type's hash and its fields' words. */
const structOf = (types: Record<string, { name: string; type: string }[]>, value: Record<string, unknown>): Hex =>
  TypedDataEncoder.from(types).encodeData(Object.keys(types)[0] ?? "", value) as Hex;

const TRANSACTION = "tuple(uint256 chainId,uint64 nonce,uint256 tip,uint256 feeCap,uint64 gasLimit,address to,uint256 value,bytes data)";
const CALLS = "tuple(address to,uint256 value,bytes data)[]";

describe("The digest of a statement", () => {
  it("of typed data should be what ethers hashes", () => {
    const dice = rollDice("typed data statements");
    for (let at = 0; at < CASES; at += 1) {
      const [domain, mail] = [domainOf(dice), mailOf(dice)];
      const domainSeparator = TypedDataEncoder.hashDomain(domain) as Hash32;
      const encodedStruct = hexToBytes(structOf(MAIL, mail));
      const payload = encodeTypedData({ domainSeparator, encodedStruct });
      expect(bytesToHex(payload)).to.equal(abi.encode(["bytes32", "bytes"], [domainSeparator, encodedStruct]));
      expect(statementDigest({ kind: "TypedData", payload })).to.equal(TypedDataEncoder.hash(domain, MAIL, mail));
    }
  });

  it("of a transaction should be what ethers hashes, from the bytes that abi.encode writes", () => {
    const dice = rollDice("transaction statements");
    for (let at = 0; at < CASES; at += 1) {
      const { tip, feeCap, ...given } = transactionOf(dice);
      const payload = encodeTransaction({ tip, feeCap, ...given });
      expect(bytesToHex(payload)).to.equal(abi.encode([TRANSACTION], [{ tip, feeCap, ...given }]));
      expect(parseTransaction(payload)).to.deep.equal({ tip, feeCap, ...given });
      const fees = { maxPriorityFeePerGas: tip, maxFeePerGas: feeCap };
      const sent = Transaction.from({
        type: 2,
        ...given,
        ...fees,
        nonce: Number(given.nonce & 0xffff_ffffn),
        data: bytesToHex(given.data),
      });
      const again = encodeTransaction({ tip, feeCap, ...given, nonce: given.nonce & 0xffff_ffffn });
      expect(statementDigest({ kind: "Transaction", payload: again })).to.equal(sent.unsignedHash);
    }
  });

  it("of a message should be what personal_sign hashes, up to 1024 bytes", async () => {
    const dice = rollDice("message statements");
    for (const length of [0, 1, 9, 10, 31, 32, 33, 99, 100, 999, 1_000, 1_024]) {
      const payload = dice.bytes(length);
      expect(statementDigest({ kind: "Message", payload })).to.equal(hashMessage(payload));
    }
    expect(await codeOf(() => statementDigest({ kind: "Message", payload: new Uint8Array(1_025) }))).to.equal("INVALID_VALUE");
  });

  it("of typed data that an account confirms should be Signed(its digest) under the account's domain", () => {
    const dice = rollDice("account typed statements");
    for (let at = 0; at < CASES; at += 1) {
      const [account, domain, mail] = [domainOf(dice), domainOf(dice), mailOf(dice)];
      const encodedStruct = hexToBytes(structOf(MAIL, mail));
      const [accountDomainSeparator, domainSeparator] = [account, domain].map((one) => TypedDataEncoder.hashDomain(one) as Hash32) as [
        Hash32,
        Hash32,
      ];
      const payload = encodeAccountTyped({ accountDomainSeparator, domainSeparator, encodedStruct });
      expect(bytesToHex(payload)).to.equal(
        abi.encode(["bytes32", "bytes32", "bytes"], [accountDomainSeparator, domainSeparator, encodedStruct]),
      );
      const signed = TypedDataEncoder.hash(
        account,
        { Signed: [{ name: "hash", type: "bytes32" }] },
        { hash: TypedDataEncoder.hash(domain, MAIL, mail) },
      );
      expect(statementDigest({ kind: "AccountTyped", payload })).to.equal(signed);
    }
  });

  it("of an account's calls should be Execute under the account's domain", () => {
    const dice = rollDice("account execute statements");
    for (let at = 0; at < CASES; at += 1) {
      const account = domainOf(dice);
      const statement = { ...executeOf(dice), accountDomainSeparator: TypedDataEncoder.hashDomain(account) as Hash32 };
      const payload = encodeAccountExecute(statement);
      const { accountDomainSeparator, calls, nonce, deadline, gas } = statement;
      const plain = calls.map((call) => ({ ...call, data: bytesToHex(call.data) }));
      expect(bytesToHex(payload)).to.equal(
        abi.encode(["bytes32", CALLS, "uint256", "uint64", "uint64"], [accountDomainSeparator, plain, nonce, deadline, gas]),
      );
      expect(parseAccountExecute(payload)).to.deep.equal(statement);
      expect(statementDigest({ kind: "AccountExecute", payload })).to.equal(
        TypedDataEncoder.hash(account, EXECUTE, { calls: plain, nonce, deadline, gas }),
      );
    }
  });

  it("attack S9: a payload that abi.encode would write in another way has none: longer, shorter, moved, or with bits beyond a field", async () => {
    const dice = rollDice("payloads with two spellings");
    const payloads: readonly (readonly [StatementKind, Uint8Array])[] = [
      ["TypedData", encodeTypedData({ domainSeparator: dice.hex(32) as Hash32, encodedStruct: dice.bytes(70) })],
      ["Transaction", encodeTransaction(transactionOf(dice))],
      [
        "AccountTyped",
        encodeAccountTyped({ accountDomainSeparator: ZERO_HASH, domainSeparator: dice.hex(32) as Hash32, encodedStruct: dice.bytes(33) }),
      ],
      [
        "AccountExecute",
        encodeAccountExecute({ ...executeOf(dice), calls: [{ to: ZeroAddress as Address, value: 1n, data: dice.bytes(5) }] }),
      ],
    ];
    for (const [kind, payload] of payloads) {
      const digest = statementDigest({ kind, payload });
      const others = [
        Uint8Array.of(...payload, 0),
        Uint8Array.of(...payload, ...new Uint8Array(32)),
        payload.slice(0, -1),
        new Uint8Array(0),
      ];
      for (const other of others) expect(await codeOf(() => statementDigest({ kind, payload: other })), kind).to.equal("INVALID_VALUE");
      // Whatever bit is flipped, it is another statement or none.
      for (let at = 0; at < payload.length; at += 1) {
        const flipped = payload.slice();
        flipped[at] = (flipped[at] ?? 0) ^ (1 << dice.below(8));
        let other: string = "refused";
        try {
          other = statementDigest({ kind, payload: flipped });
        } catch (error) {
          expect(error).to.have.property("code", "INVALID_VALUE");
        }
        expect(other, `${kind}, byte ${at}`).to.not.equal(digest);
      }
    }
  });

  it("attack S9: kinds are a closed list, in the order of the contract", async () => {
    expect(STATEMENT_KINDS).to.deep.equal(["TypedData", "Transaction", "Message", "AccountTyped", "AccountExecute"]);
    expect(STATEMENT_KINDS.map((_, number) => kindOfNumber(number))).to.deep.equal([...STATEMENT_KINDS]);
    for (const number of [-1, 5, 255]) expect(await codeOf(() => kindOfNumber(number)), String(number)).to.equal("INVALID_VALUE");
  });

  it("bytes that a disk or a stranger made cost no more than they have", async () => {
    const dice = rollDice("hostile payloads");
    for (let at = 0; at < CASES; at += 1)
      for (const kind of ["TypedData", "Transaction", "AccountTyped", "AccountExecute"] as const)
        expect(await codeOf(() => statementDigest({ kind, payload: dice.bytes(dice.below(400)) }))).to.equal("INVALID_VALUE");
    // An array of many items that are one and the same: found before they are copied.
    const many = hexToBytes(`0x${"00".repeat(32)}${"80".padStart(64, "0")}${"00".repeat(64)}${"ffff".padStart(64, "0")}`);
    expect(await codeOf(() => statementDigest({ kind: "AccountExecute", payload: many }))).to.equal("INVALID_VALUE");
  });
});

describe("The id of a signing request", () => {
  const domain = { chainId: 31337n, signingRequests: contractNamed("SigningRequests") };
  const statement = { keyId: hashNamed("key") as KeyId, derivation: ZERO_HASH, kind: "Message" as const, payload: hexToBytes("0x01") };
  const request = { number: 7n, requester: contractNamed("requester"), statement };

  it("should change with every field", () => {
    const ids = [
      signingRequestId(domain, request),
      signingRequestId({ ...domain, chainId: 1n }, request),
      signingRequestId({ ...domain, signingRequests: contractNamed("other") }, request),
      signingRequestId(domain, { ...request, number: 8n }),
      signingRequestId(domain, { ...request, requester: contractNamed("other") }),
      ...[
        { keyId: hashNamed("other") as KeyId },
        { derivation: hashNamed("d") },
        { kind: "TypedData" as const },
        { payload: hexToBytes("0x02") },
      ].map((change) => signingRequestId(domain, { ...request, statement: { ...statement, ...change } })),
    ];
    expect(new Set(ids).size).to.equal(ids.length);
  });
});
