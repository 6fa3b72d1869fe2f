import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseRequestId, parseSessionId } from "@keyquorum/wire";
import { expect } from "chai";
import { casesFor } from "../../../test/random/cases.ts";
import { rollDice } from "../../../test/random/dice.ts";
import { sessionOf, TOGETHER } from "./testing/crashRecords.ts";
import { bytes, createPlace, optionsFor } from "./testing/fixtures.ts";
import { createVault, openVault } from "./vault.ts";

/** `npm run test:long -- --only crashes` runs more. */
const ROUNDS = casesFor(6);
/** When a kill falls into a transaction is luck: most do. There are more rounds until one did. */
const MOST_ROUNDS = ROUNDS + 60;
const WRITER = fileURLToPath(new URL("./testing/crashingWriter.ts", import.meta.url));
const RELEASER = fileURLToPath(new URL("./testing/crashingReleaser.ts", import.meta.url));

/** What a killed writer had said. */
type Round = { readonly signal: NodeJS.Signals | null; readonly started: number; readonly acknowledged: number };

const runUntilKilled = async (
  writer: string,
  place: { directory: string; keyFile: string },
  first: number,
  delay: number,
): Promise<Round & { readonly output: string }> => {
  const child = spawn(process.execPath, [writer, place.directory, place.keyFile, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = once(child, "close");
  while (child.exitCode === null && !output.includes("ack")) await once(child.stdout, "data");
  await new Promise((resolve) => setTimeout(resolve, delay));
  child.kill("SIGKILL");
  const [, signal] = (await closed) as [number | null, NodeJS.Signals | null];
  const last = (word: string) => Number([...output.matchAll(new RegExp(`^${word} (\\d+)$`, "gm"))].at(-1)?.[1] ?? first - 1);
  return { signal, started: last("start"), acknowledged: last("ack"), output };
};

describe("a vault whose process is killed -9", () => {
  const place = createPlace();
  after(() => place.remove());

  it(`loses nothing it acknowledged, in ${ROUNDS} rounds (P3, P13)`, async function () {
    this.timeout(ROUNDS * 30_000);
    const written = await optionsFor(place);
    const options = { ...written, clock: () => written.clock() + 3_600_000 };
    const dice = rollDice("vault crash");
    let next = 0;
    let midWrite = 0;
    for (let round = 0; round < ROUNDS || (midWrite === 0 && round < MOST_ROUNDS); round += 1) {
      const { signal, started, acknowledged } = await runUntilKilled(WRITER, place, next, dice.below(120));
      expect(signal, "control: it was killed, it did not end").to.equal("SIGKILL");
      expect(acknowledged, "control: it wrote before").to.be.at.least(next);
      if (started > acknowledged) midWrite += 1;

      const vault = await openVault(options);
      try {
        // Each transaction is there whole or not at all; the one that was cut short may be either.
        const { count } = await vault.audit.verify();
        expect(count).to.be.within(acknowledged + 1, started + 1);
        const epochs = new Set(await vault.epochSecrets.list());
        for (let number = next; number < count; number += 1) {
          expect(await vault.dealings.load(parseSessionId(sessionOf(number))), `dealing ${number}`).to.deep.equal(
            bytes(number & 0xff, 2000),
          );
          expect(await vault.answers.find({ requestId: parseRequestId(sessionOf(number)), epoch: 1 }), `answer ${number}`).to.not.equal(
            undefined,
          );
          expect((await vault.work.load(`w:${number}`))?.payload).to.equal(number);
          const seen = await vault.epochProposals.see({ epoch: number, candidates: 6n });
          expect(seen, `first sight ${number}`).to.equal(written.clock());
          const isErased = number % 7 === 0 && number > 0 && number + 7 <= count - 1;
          if (!isErased) expect(await vault.epochSecrets.load(number), `secret ${number}`).to.deep.equal(bytes(number & 0xff));
          if (isErased && number + 7 <= acknowledged) expect(epochs.has(number), `erased ${number}`).to.equal(false);
        }
        expect(await vault.dealings.load(parseSessionId(sessionOf(count)))).to.equal(undefined);
        const last = [{ epoch: 0 }, { epoch: count }];
        const since = await vault.departures.see(last, { maxGapMilliseconds: Number.MAX_SAFE_INTEGER });
        expect(since, "what is over, since the first look").to.deep.equal([written.clock(), written.clock()]);
        next = count;
      } finally {
        await vault.close();
      }
    }
    expect(midWrite, "control: kills hit open transactions").to.be.greaterThan(0);
  });

  it(`has every answer that was sent, with its record, where ${TOGETHER} are given at a time, in ${ROUNDS} rounds (P3)`, async function () {
    this.timeout(ROUNDS * 30_000);
    const answering = createPlace();
    try {
      const options = await optionsFor(answering);
      await (await createVault(options)).close();
      const dice = rollDice("answers together");
      let [next, midWrite, sentInAll] = [0, 0, 0];
      for (let round = 0; round < ROUNDS || (midWrite === 0 && round < MOST_ROUNDS); round += 1) {
        const { signal, output } = await runUntilKilled(RELEASER, answering, next, dice.below(60));
        expect(signal, "control: it was killed, it did not end").to.equal("SIGKILL");
        const of = (word: string) => [...output.matchAll(new RegExp(`^${word} (\\d+)$`, "gm"))].map(([, number]) => Number(number));
        const [begun, sent] = [of("start"), of("ack")];
        if (begun.length > sent.length) midWrite += 1;
        sentInAll += sent.length;

        const vault = await openVault(options);
        try {
          await vault.audit.verify();
          for (const number of begun) {
            const requestId = parseRequestId(sessionOf(number));
            const answer = await vault.answers.find({ requestId, epoch: 1 });
            const records = await vault.audit.find({ requestId });
            expect(records.length, `answer ${number}: both or none`).to.equal(answer === undefined ? 0 : 1);
            if (sent.includes(number)) expect(answer, `answer ${number} was sent`).to.not.equal(undefined);
          }
        } finally {
          await vault.close();
        }
        next = Math.max(next, ...begun) + 1;
      }
      expect(midWrite, "control: kills hit open transactions").to.be.greaterThan(0);
      expect(sentInAll, "control: there were answers").to.be.at.least(ROUNDS); // a kill comes after the first one
    } finally {
      answering.remove();
    }
  });
});
