import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cluster, type Saw, waitFor } from "@keyquorum/cluster";
import { createSecretStoreSigner } from "@keyquorum/parity/library";
import { bytesToHex, hexToBytes } from "@keyquorum/wire";
import { DYING_MOMENTS, DYING_STEPS } from "../../../packages/parity/src/testing/dyingMember.ts";
import { untilReady } from "../../../scripts/demo/parityWorld.ts";
import { rollDice } from "../../random/dice.ts";
import { keyServerOf } from "./oceanClient.ts";

/** One kill -9: of which keeper, at which step of generating or storing, before it or after it is durable. */
export type KillPoint = {
  readonly slot: number;
  readonly step: (typeof DYING_STEPS)[number];
  readonly when: (typeof DYING_MOMENTS)[number];
};

/** Every step of every keeper, once. However few are taken of them, from the first on: they are of different steps, and of keepers in turn. */
export const killPointsOf = (keepers: number): readonly KillPoint[] => {
  const steps = DYING_STEPS.flatMap((step) => DYING_MOMENTS.map((when) => ({ step, when })));
  return Array.from({ length: keepers }, (_, round) =>
    steps.map((point, index) => ({ slot: 1 + ((index + round) % keepers), ...point })),
  ).flat();
};

const MODULE = join(import.meta.dirname, "../../../packages/parity/src/testing/dyingMember.ts");
const orderOf = (directory: string, slot: number): string => join(directory, `die-${slot}`);

/** The extension of a keeper that can be killed so. */
export const dyingModules = (
  { keyServer, ...options }: { readonly permissions: string; readonly keyServer: object },
  directory: string,
  slot: number,
): readonly unknown[] => [
  {
    module: MODULE,
    options: { ...options, keyServer: { ...keyServer, requestTimeoutMilliseconds: 120_000 }, die: orderOf(directory, slot) },
  },
];

/** Lets a keeper kill itself at a step, once. */
export const dieAt = (directory: string, { slot, step, when }: KillPoint): Promise<void> =>
  writeFile(orderOf(directory, slot), `${step} ${when}`);

export type KillReport = {
  /** Kills that were seen to happen. */
  readonly kills: number;
  /** Keys that clients were told of before the keeper was back. */
  readonly toldAtOnce: number;
  /** What must not be, each with its point. */
  readonly violations: readonly string[];
};

type Told = { readonly status: number; readonly body: string };

const ASKED = 1;
/** What was done is told so. */
const [GENERATED, STORED] = [/already generated/, /already stored/];
const TEXT = new TextEncoder().encode("kept");

/**
 * Kills keepers one after another, each in a generation or a storing of its own, starts them again, and lets the client ask again as docs/PARITY.md says. In
 * the end every keeper must know one and the same key, the one that anybody was ever told, and give the document back.
 * @param options.secret the author's key, 32 bytes
 * @param options.permit lets the author read an id
 */
export const runServerKeyKills = async (
  cluster: Cluster,
  options: {
    readonly directory: string;
    readonly points: readonly KillPoint[];
    readonly threshold: number;
    readonly secret: Uint8Array;
    readonly permit?: (id: string) => Promise<unknown>;
    readonly say?: (line: string) => void;
  },
): Promise<KillReport> => {
  const { directory, threshold, permit = async () => undefined, say = () => undefined } = options;
  const signer = createSecretStoreSigner(options.secret);
  const dice = rollDice("ids of server keys whose members are killed");
  const violations: string[] = [];
  let [kills, toldAtOnce] = [0, 0];

  const ask = async (slot: number, method: string, path: string): Promise<Told | undefined> => {
    try {
      const response = await fetch(`${keyServerOf(cluster.keeper(slot))}${path}`, { method, headers: { connection: "close" } });
      return { status: response.status, body: await response.text() };
    } catch {
      return undefined; // it died
    }
  };
  /** Asks again until it is done, now or before, or `isOver`: where the coordinator was killed before anybody was bound, the id is busy for 30 s. */
  const insist = (path: string, before: RegExp, isOver: () => boolean = () => false): Promise<Told | undefined> => {
    let told: Told | undefined;
    const isDone = async (saw: Saw): Promise<boolean> => {
      told = await ask(ASKED, "POST", path);
      saw(told);
      return told?.status === 200 || before.test(told?.body ?? "") || isOver();
    };
    return waitFor("what a client asks for is done", isDone, cluster).then(
      () => told,
      () => told,
    );
  };

  for (const point of options.points) {
    const name = `${point.step} ${point.when} at keeper ${point.slot}`;
    const id = bytesToHex(dice.bytes(32)).slice(2);
    const signature = bytesToHex(signer.signRawHash(hexToBytes(`0x${id}`, 32))).slice(2);
    const generation = `/shadow/${id}/${signature}/${threshold}`;
    const keys = new Set<string>();
    const note = (told: Told | undefined): void => {
      if (told?.status === 200) keys.add(told.body);
    };
    const noteAll = async (): Promise<readonly (Told | undefined)[]> => {
      const answers = await Promise.all(cluster.keepers.map(({ slot }) => ask(slot, "GET", `/server/${id}/${signature}`)));
      answers.forEach(note);
      return answers;
    };
    const victim = cluster.keeper(point.slot);
    const killDuring = async (path: string, before: RegExp): Promise<Told | undefined> => {
      await dieAt(directory, point);
      const told = await insist(path, before, () => !victim.process().isRunning());
      await waitFor(`${name}: it was killed`, async () => !victim.process().isRunning(), cluster);
      if ((await victim.process().exited) === "SIGKILL") kills += 1;
      if (told?.status === 200) toldAtOnce += 1;
      return told;
    };
    const comeBack = async (): Promise<void> => {
      await victim.start();
      await untilReady(cluster, cluster.chain, victim.slot);
    };

    if (point.step !== "store") {
      note(await killDuring(generation, GENERATED));
      await noteAll();
      await comeBack();
    }
    const generated = await insist(generation, GENERATED);
    note(generated);
    await waitFor(
      `${name}: every keeper has the key`,
      async (saw) => {
        const statuses = (await noteAll()).map((told) => told?.status);
        saw(statuses.join());
        return statuses.every((status) => status === 200);
      },
      cluster,
    ).catch((error: Error) => violations.push(`${name}: ${error.message}`));
    if (keys.size !== 1) violations.push(`${name}: ${keys.size} keys were told of`);
    const [body] = keys;
    if (body === undefined) continue;

    const { commonPoint, encryptedPoint, encryptedKey } = await signer.generateDocumentKey(hexToBytes(JSON.parse(body), 64));
    const document = await signer.encrypt(encryptedKey, TEXT);
    const storing = `/shadow/${id}/${signature}/${bytesToHex(commonPoint).slice(2)}/${bytesToHex(encryptedPoint).slice(2)}`;
    if (point.step === "store") {
      await killDuring(storing, STORED);
      await comeBack();
    }
    await insist(storing, STORED);
    await permit(id);
    for (const { slot } of cluster.keepers) {
      const told = await waitFor(
        `${name}: keeper ${slot} gives the document key`,
        async (saw) => {
          const answer = await ask(slot, "GET", `/shadow/${id}/${signature}`);
          saw(`${answer?.status} ${answer?.body}`);
          return answer?.status === 200 ? answer : undefined;
        },
        cluster,
      ).catch((error: Error) => void violations.push(`${name}: ${error.message}`));
      if (told === undefined) continue;
      const given = JSON.parse(told.body) as {
        readonly decrypted_secret: string;
        readonly common_point: string;
        readonly decrypt_shadows: string[];
      };
      const read = await signer.shadowDecrypt({
        ...{ decryptedSecret: hexToBytes(given.decrypted_secret, 64), commonPoint: hexToBytes(given.common_point, 64) },
        ...{ shadows: given.decrypt_shadows.map((shadow) => hexToBytes(shadow)), document },
      });
      if (bytesToHex(read) !== bytesToHex(TEXT)) violations.push(`${name}: keeper ${slot} gave another document key`);
    }
    say(`${name}: one key, everywhere (${kills} kills)`);
  }
  return { kills, toldAtOnce, violations };
};
