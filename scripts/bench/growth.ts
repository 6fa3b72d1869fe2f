// How a keeper's work in a key generation grows with the number of keepers, beside the order that is expected.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createDealing,
  type DkgMember,
  G,
  keccakWords,
  openShare,
  parseDealing,
  randomScalar,
  SecretScalar,
  verifyDealing,
} from "@keyquorum/threshold";
import { type Figure, median } from "./figures.ts";
import { type DrawnCurve, growthPicture } from "./growthPicture.ts";

const SIZES = [5, 16, 32, 64] as const;
const ROUNDS = 5;
const PICTURE = join(import.meta.dirname, "../../docs/pictures/growth.svg");
const sid = keccakWords(1);

/** What is expected to grow as n to this power. The slope is measured between the two largest sizes. */
type Curve = {
  readonly name: string;
  readonly unit: "ms" | "kB";
  readonly order: 1 | 2;
  readonly of: (at: Session) => number | Promise<number>;
};
type Session = {
  readonly n: number;
  readonly t: number;
  readonly dealing: Uint8Array;
  readonly deal: () => Uint8Array;
  readonly take: () => void;
};

const sessionOf = (n: number): Session => {
  const t = Math.floor((n - 1) / 2);
  const secrets = Array.from({ length: n }, () => SecretScalar.from(randomScalar()));
  const members: DkgMember[] = secrets.map((secret, i) => ({ slot: i + 1, encryptionKey: G.multiply(secret.reveal()) }));
  const deal = (): Uint8Array => createDealing({ sid, dealer: 1, threshold: t, members });
  const dealing = deal();
  const take = (): void => {
    const parsed = parseDealing(dealing, { threshold: t, members: n });
    if (!verifyDealing({ sid, dealer: 1, dealing: parsed })) throw new Error("The bench dealt what does not verify.");
    const opened = openShare({ sid, dealer: 1, recipient: n, encryptionSecret: secrets[n - 1] as SecretScalar, members, dealing: parsed });
    if (opened.kind === "invalid") throw new Error("The bench dealt a wrong share.");
  };
  return { n, t, dealing, deal, take };
};

/** Milliseconds of CPU: the median of rounds, each of as many runs as take 20 ms or more. */
const cpuOf = (run: () => unknown): number => {
  run();
  const started = performance.now();
  run();
  const runs = Math.max(1, Math.ceil(20 / (performance.now() - started)));
  return median(
    Array.from({ length: ROUNDS }, () => {
      const before = process.cpuUsage();
      for (let i = 0; i < runs; i += 1) run();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / runs;
    }),
  );
};

const CURVES: readonly Curve[] = [
  { name: "a dealing, CPU of its dealer", unit: "ms", order: 1, of: ({ deal }) => cpuOf(deal) },
  { name: "a dealing, calldata", unit: "kB", order: 1, of: ({ dealing }) => dealing.length / 1000 },
  { name: "all dealings of a session, calldata", unit: "kB", order: 2, of: ({ n, dealing }) => (n * dealing.length) / 1000 },
  { name: "a session, CPU of one keeper", unit: "ms", order: 2, of: ({ n, deal, take }) => cpuOf(deal) + n * cpuOf(take) },
];

/** Key generation at n = 5, 16, 32 and 64, t the largest: values, and how steep each curve is beside its expected order. Draws docs/pictures/growth.svg. */
export const growthFigures = async (): Promise<readonly Figure[]> => {
  const sessions = SIZES.map(sessionOf);
  const figures: Figure[] = [];
  const drawn: DrawnCurve[] = [];
  for (const { name, unit, order, of } of CURVES) {
    const values: number[] = [];
    for (const session of sessions) values.push(await of(session));
    for (const [i, { n, t }] of sessions.entries())
      figures.push({ name: `${name}, n = ${n}`, value: values[i] as number, unit, note: `t = ${t}` });
    drawn.push({ name, unit, order, points: sessions.map(({ n }, i) => [n, values[i] as number]) });
    const slope = Math.log((values[3] as number) / (values[2] as number)) / Math.log(64 / 32);
    figures.push({
      name: `${name}: grows as n to the power of`,
      value: slope,
      unit: "x",
      target: order + 0.25,
      note: `expected ${order}, from n = 32 to 64`,
    });
  }
  await writeFile(PICTURE, growthPicture("Key generation: what grows with the number of keepers", drawn));
  return figures;
};
