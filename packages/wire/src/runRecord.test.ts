import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import { parseRunRecord, runDigest, runTypedData, type UnsignedRunRecord } from "./runRecord.ts";

const word = (byte: string): `0x${string}` => `0x${byte.repeat(32)}`;

const RECORD: UnsignedRunRecord = {
  ...{ format: "keyquorum-run", version: 1, chainId: "31337", shareRequests: `0x${"5e".repeat(20)}` },
  ...{ run: word("1d"), module: word("ab"), cid: null, runner: `0x${"c0".repeat(20)}`, secrets: [] },
  ...{ limits: { cpuMs: 10_000, wallMs: 60_000 }, used: { cpuMs: 12, wallMs: 80 } },
  ...{ stdin: word("01"), stdout: word("02"), stderr: word("03"), startedAt: 1_700_000_000_000, endedAt: 1_700_000_000_080 },
  ...{ outcome: "exited", exitCode: 0 },
};
const signed = { ...RECORD, signature: `0x${"07".repeat(65)}` };

describe("A run record", () => {
  it("has the digest that a wallet makes of it, whatever the exit code", () => {
    for (const exitCode of [0, 1, -1, -2_147_483_648, 4_294_967_295]) {
      const { domain, types, message } = runTypedData({ ...RECORD, exitCode });
      expect(runDigest({ ...RECORD, exitCode })).to.equal(TypedDataEncoder.hash(domain, types, message));
    }
  });

  it("has another digest where anything in it differs, and the same in any order of its names", () => {
    const others: UnsignedRunRecord[] = [
      ...[
        { chainId: "1" },
        { shareRequests: `0x${"5f".repeat(20)}` },
        { run: word("1e") },
        { module: word("ac") },
        { cid: `b${"a".repeat(40)}` },
      ],
      ...[
        { runner: `0x${"c1".repeat(20)}` },
        { limits: { cpuMs: 10_001, wallMs: 60_000 } },
        { used: { cpuMs: 12 } },
        { stdin: word("04") },
      ],
      ...[{ stdout: word("04") }, { stderr: word("04") }, { startedAt: 1 }, { endedAt: 1 }, { outcome: "limit: cpu" }, { exitCode: 3 }],
    ].map((change) => ({ ...RECORD, ...change }) as UnsignedRunRecord);
    expect(new Set([RECORD, ...others].map(runDigest)).size).to.equal(others.length + 1);
    const turned = Object.fromEntries(Object.entries({ ...RECORD, limits: { wallMs: 60_000, cpuMs: 10_000 } }).reverse());
    expect(runDigest(turned as unknown as UnsignedRunRecord)).to.equal(runDigest(RECORD));
  });

  it("is read strictly", () => {
    expect(parseRunRecord(signed)).to.deep.equal(signed);
    for (const [field, change] of [
      ["body", { more: 1 }],
      ["outcome", { outcome: "exited\u001b[2J" }],
      ["exitCode", { exitCode: 0.5 }],
      ["used.cpuMs", { used: { cpuMs: -1 } }],
      ["signature", { signature: "0x" }],
      ["cid", { cid: "../x" }],
      ["startedAt", { startedAt: 8_640_000_000_000_001 }],
    ] as const)
      expect(() => parseRunRecord({ ...signed, ...change }), field)
        .to.throw()
        .with.property("code", "INVALID_RECORD");
  });
});
