import { KeyquorumError, moduleContextHash, parseAddress, parseHash32, secretDocumentOf } from "@keyquorum/wire";
import { expect } from "chai";
import type { WantedSecret } from "../manifest/manifest.ts";
import { fetchSecret, type SecretSource } from "./fetchSecret.ts";

const owner = parseAddress(`0x${"a1".repeat(20)}`);
const context = { chainId: 31337n, module: parseHash32(`0x${"ab".repeat(32)}`), runner: parseAddress(`0x${"c0".repeat(20)}`) };
const run = parseHash32(`0x${"1d".repeat(32)}`);
const WANTED: WantedSecret = { name: "API_KEY", source: { owner }, delivery: { as: "env", variable: "API_KEY" } };

/** A clock that runs only while somebody waits. */
const clockOf = () => {
  let time = 0;
  const waits: number[] = [];
  const wait = async (ms: number): Promise<void> => {
    time += ms;
    waits.push(ms);
  };
  return { now: () => time, waits, wait };
};

/** A client whose n-th answer is the n-th of these; the last one stays. */
const clientOf = (...answers: readonly (string | KeyquorumError)[]) => {
  const asked: unknown[] = [];
  const pieces: Uint8Array[] = [];
  const contentSecret = new Uint8Array(32).fill(7);
  const client = {
    requestOffChain: async (source: unknown, options: object) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push({ source, ...options });
      if (answer instanceof KeyquorumError) throw answer;
      const content = (async function* () {
        for (const text of (answer ?? "").match(/[\s\S]{1,3}/g) ?? []) {
          pieces.push(new TextEncoder().encode(text));
          yield pieces.at(-1) as Uint8Array; // it was pushed a line above
        }
      })();
      return { content, report: {}, contentSecret };
    },
    exportReceipts: async () => ({ kind: "http" }),
  } as unknown as SecretSource;
  return { client, asked, pieces, contentSecret };
};

const fetched = (wanted: WantedSecret, given: ReturnType<typeof clientOf>, patienceMs = 10_000) => {
  const clock = clockOf();
  const result = fetchSecret(wanted, { client: given.client, context, run, signal: new AbortController().signal, patienceMs, clock });
  return { result, clock };
};
const codeOf = (result: Promise<unknown>): Promise<string> =>
  result.then(
    () => "fetched",
    (error: KeyquorumError) => `${error.code} ${error.message.split(":")[0]}`,
  );

describe("Fetching a secret for a run", () => {
  it("asks for the owner's document as this runner for this module, and leaves nothing of the value behind", async () => {
    const given = clientOf("sk-0123456789");
    const { name, document, value } = await fetched(WANTED, given).result;
    expect([name, document, Buffer.from(value).toString()]).to.deep.equal(["API_KEY", secretDocumentOf(owner, "API_KEY"), "sk-0123456789"]);
    const [{ source, contextHash, nonce }] = given.asked as [
      { readonly source: unknown; readonly contextHash: string; readonly nonce: string },
    ];
    expect([source, contextHash, nonce]).to.deep.equal([document, moduleContextHash(context), run]);
    expect([...given.pieces, given.contentSecret].every((bytes) => bytes.every((byte) => byte === 0))).to.equal(true);
  });

  it("asks for the version and the document that are named", async () => {
    const given = clientOf("x");
    const document = `0x${"dd".repeat(32)}` as ReturnType<typeof secretDocumentOf>;
    await fetched({ ...WANTED, source: { document }, version: 3 }, given).result;
    expect((given.asked[0] as { readonly source: unknown }).source).to.deep.equal({ document, version: 3 });
  });

  it("asks again while keepers are away and there is time", async () => {
    const away = new KeyquorumError("UNAVAILABLE");
    const patient = fetched(WANTED, clientOf(away, new KeyquorumError("CHAIN_UNAVAILABLE"), "late"));
    expect(Buffer.from((await patient.result).value).toString()).to.equal("late");
    expect(patient.clock.waits).to.deep.equal([250, 500]);
    const hurried = fetched(WANTED, clientOf(away), 1_000);
    expect(await codeOf(hurried.result)).to.equal("UNAVAILABLE API_KEY");
    expect(hurried.clock.now() < 1_000).to.equal(true);
  });

  it("asks the keepers once, and the chain for the receipts again while there is time", async () => {
    const given = clientOf("value");
    let asked = 0;
    const exportReceipts = async () => {
      asked += 1;
      if (asked < 3) throw new KeyquorumError("CHAIN_UNAVAILABLE");
      return { kind: "http" };
    };
    Object.assign(given.client, { exportReceipts });
    const { value, receipts } = await fetched(WANTED, given).result;
    expect([Buffer.from(value).toString(), (await receipts).kind, given.asked.length, asked]).to.deep.equal(["value", "http", 1, 3]);
    Object.assign(given.client, { exportReceipts: () => Promise.reject(new KeyquorumError("BAD_ANSWER")) });
    const { receipts: none } = await fetched(WANTED, given).result; // a value is there whatever becomes of them
    expect(await codeOf(none)).to.equal("BAD_ANSWER API_KEY");
  });

  it("does not ask again who denies, or has not heard of the grant finally, and names the secret", async () => {
    for (const code of ["ACCESS_DENIED", "PERMISSION_NOT_FINAL", "UNKNOWN_DOCUMENT"] as const) {
      const given = clientOf(new KeyquorumError(code));
      expect(await codeOf(fetched(WANTED, given).result)).to.equal(`${code} API_KEY`);
      expect(given.asked.length).to.equal(1);
    }
  });

  it("takes no value that is larger than a secret can be, and clears what it had of it", async () => {
    const given = clientOf("x".repeat(64 * 1024 + 1));
    expect(await codeOf(fetched(WANTED, given).result)).to.equal("INVALID_VALUE API_KEY");
    expect(given.pieces.every((bytes) => bytes.every((byte) => byte === 0))).to.equal(true);
  });
});
