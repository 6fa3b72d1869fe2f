import { type Cluster, type LocalChain, type Saw, waitFor } from "@keyquorum/cluster";
import { createSecretStore } from "@keyquorum/parity/library";
import {
  createOceanClient,
  failureOf,
  keyServerOf,
  OCEAN_PASSWORD,
  publishPatiently,
  serverKeyIdOf,
} from "../../../test/system/support/oceanClient.ts";
import type { OceanContracts } from "../../../test/system/support/oceanContracts.ts";
import { oceanClientOf, type ParityWorld, parityModulesOf, untilReady, walletOf } from "../../demo/parityWorld.ts";

export type ClientsReport = {
  readonly thresholds: readonly number[];
  /** What was looked at, and was as it must be. */
  readonly held: number;
  /** What was not, each with its threshold. */
  readonly violations: readonly string[];
};

type Stage = { readonly world: ParityWorld; readonly cluster: Cluster; readonly chain: LocalChain; readonly patience: number };
type Published = { readonly threshold: number; readonly id: string; readonly encrypted: string };

const THRESHOLDS = [0, 1, 2] as const;
const DOCUMENT = { files: [{ url: "https://example.com/data.csv" }] };
/** The keeper that is asked, and the one that lies. The last one is killed. */
const [ASKED, LIAR] = [1, 2] as const;
const FORBIDDEN = /Forbidden$/;

/** What a read came to: "document", "noise", or the failure's words. */
const outcomeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    (read) => (JSON.stringify(read) === JSON.stringify(DOCUMENT) ? "document" : "noise"),
    (error: Error) => error.message,
  );

/**
 * Ocean's client, unmodified, at t = 0, 1 and 2 over the keepers of one cluster: publishing, denial, permission, an unknown id, a wrong password, a keeper
 * that is down, one that lies in its part, one that lies in its mask. Ocean's contracts decide.
 */
export const runOceanClients = async (stage: Stage, say: (line: string) => void): Promise<ClientsReport> => {
  const { world, cluster, chain, patience } = stage;
  const keepers = cluster.keepers.length;
  const thresholds = THRESHOLDS.filter((threshold) => threshold < keepers);
  const violations: string[] = [];
  let held = 0;
  /** Looks again until it is so: a busy machine is slow, and forgets nothing. */
  const until = async (what: string, ask: () => Promise<string>, expected: RegExp): Promise<void> => {
    const isSo = async (saw: Saw): Promise<boolean> => {
      const answer = await ask();
      saw(answer);
      return expected.test(answer);
    };
    await waitFor(what, isSo, { chain }).then(
      () => {
        held += 1;
        say(`${what}: held`);
      },
      (error: Error) => violations.push(error.message),
    );
  };
  const client = (who: "alice" | "bob", slot: number, threshold: number) => oceanClientOf(world, cluster, { who, slot, threshold });
  const read = (who: "alice" | "bob", slot: number, { threshold, id, encrypted }: Published) =>
    outcomeOf(client(who, slot, threshold).decryptDocument(id, encrypted));
  const byWallet = async ({ id, encrypted }: Published): Promise<string> => {
    const keyServers = [keyServerOf(cluster.keeper(LIAR))];
    const found = await createSecretStore(walletOf(world, cluster, { who: "alice", patience }), { keyServers }).read(id, encrypted);
    const outcome = await outcomeOf(Promise.resolve(JSON.parse(new TextDecoder().decode(found.content))));
    return `${outcome}, named: ${found.named.map(({ slot }) => slot).join()}`;
  };
  const enough = ({ threshold }: Published): boolean => threshold + 1 <= keepers - 1;

  const documents: Published[] = [];
  for (const threshold of thresholds) {
    const at = `t = ${threshold}`;
    const published = { threshold, ...(await publishPatiently(client("alice", ASKED, threshold), `a document, ${at}`, DOCUMENT)) };
    documents.push(published);
    await until(`${at}: its author is denied before the DID is registered`, () => read("alice", ASKED, published), FORBIDDEN);
    await (
      await asAlice(world, "didRegistry").getFunction("registerAttribute")(`0x${published.id}`, `0x${"00".repeat(32)}`, [], "")
    ).wait();
    for (const { slot } of cluster.keepers)
      await until(`${at}: its owner reads through keeper ${slot}`, () => read("alice", slot, published), /^document$/);
    await until(`${at}: a stranger is denied`, () => read("bob", LIAR, published), FORBIDDEN);
    await (await asAlice(world, "access").getFunction("grantPermission")(world.people?.bob.address, `0x${published.id}`)).wait();
    await until(`${at}: who was permitted reads`, () => read("bob", LIAR, published), /^document$/);
    const unknown = { ...published, id: serverKeyIdOf(`nothing, ${at}`) };
    await until(`${at}: an unknown id is not found`, () => read("alice", ASKED, unknown), /Not Found$/);
    await until(`${at}: a wrong password signs nothing`, () => outcomeOf(wrongPassword(stage, published)), /Could not sign raw hash/);
  }

  const down = cluster.keeper(keepers);
  await down.process().kill();
  for (const one of documents)
    await until(`t = ${one.threshold}: a keeper is down`, () => read("alice", ASKED, one), enough(one) ? /^document$/ : FORBIDDEN);
  const next = () => failureOf(client("alice", ASKED, 1).encryptDocument(serverKeyIdOf("while one is down"), "x"));
  await until("a keeper is down: nothing is generated", next, /Internal Server Error/);
  await down.start();
  await untilReady(cluster, chain, keepers);

  const restartLiar = async (lie?: "point" | "mask"): Promise<void> => {
    await cluster.keeper(LIAR).process().stop();
    await cluster.keeper(LIAR).start(lie === undefined ? {} : { extensions: await parityModulesOf(world, lie) });
    await untilReady(cluster, chain, LIAR);
  };
  await restartLiar("point");
  for (const one of documents)
    await until(
      `t = ${one.threshold}: one lies in its part`,
      () => read("alice", ASKED, one),
      one.threshold === 0 || enough(one) ? /^document$/ : FORBIDDEN,
    );
  const { logs } = cluster.keeper(ASKED).process();
  const named = async () => String(logs.findLast(({ msg, slot }) => msg.startsWith("A member is dropped") && slot === LIAR)?.reason);
  await until("who lies in its part is named", named, /^BAD_PROOF$/);

  await restartLiar("mask");
  for (const one of documents) {
    // Asked itself, it is among the holders.
    await until(`t = ${one.threshold}: one lies in its mask, to an old client`, () => read("alice", LIAR, one), /^(noise|.*JSON.*)$/);
    const expected = enough(one) ? /^document, named: 2$/ : /^(?!document)/;
    await until(`t = ${one.threshold}: and to a wallet`, () => byWallet(one).catch((error: Error) => error.message), expected);
  }
  await restartLiar();
  for (const one of documents) await until(`t = ${one.threshold}: all are honest again`, () => read("bob", LIAR, one), /^document$/);
  return { thresholds, held, violations };
};

const asAlice = ({ ocean, people }: ParityWorld, name: keyof OceanContracts) =>
  ocean[name].connect(people?.alice ?? null) as OceanContracts["access"];

const wrongPassword = ({ world, cluster }: Stage, { threshold, id, encrypted }: Published): Promise<unknown> =>
  createOceanClient({
    ...{ secretStoreUri: keyServerOf(cluster.keeper(ASKED)), parityUri: world.agentUrl ?? "", address: world.people?.alice.address ?? "" },
    ...{ password: `not ${OCEAN_PASSWORD}`, threshold },
  }).decryptDocument(id, encrypted);
