import { join } from "node:path";
import { openFileBlobStore } from "@keyquorum/blobs/node";
import { createClient } from "@keyquorum/client";
import { nodeChunkCipher } from "@keyquorum/client/node";
import { waitFor } from "@keyquorum/cluster";
import { expect } from "chai";
import { rollDice } from "../random/dice.ts";
import { STATUS, withCluster } from "./support/withCluster.ts";

const ROUNDS = Number(process.env.KEYQUORUM_KILL_ROUNDS ?? 8);
const KEEPERS = 4;
/** A new key is asked for every so many rounds; most kills fall into its generation or into a retrieval. */
const ROUNDS_PER_KEY = 10;

describe(`kill -9 at random moments, ${ROUNDS} rounds at n = ${KEEPERS}, t = 1`, function () {
  this.timeout(900_000 + ROUNDS * 20_000);
  const held = withCluster({ keepers: KEEPERS, threshold: 1 });

  it("loses no share that was announced", async () => {
    const dice = rollDice("kill rounds");
    const { cluster } = held;
    const { keyGeneration } = cluster.contracts;
    const blobs = await openFileBlobStore(join(held.directory, "blobs"));
    const alice = createClient({ signer: cluster.chain.account(1), deployment: cluster.deployment, blobs, cipher: nodeChunkCipher });
    const documents: { readonly document: string; readonly text: string }[] = [];
    let kills = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const generating = round % ROUNDS_PER_KEY === 0 ? cluster.generateKey({ threshold: 1 }) : undefined;
      const reading =
        generating === undefined && documents.length > 0
          ? alice.requestOffChain(documents.at(-1)?.document as never).catch(() => undefined)
          : undefined;
      const victim = cluster.keeper(1 + dice.below(KEEPERS));
      await new Promise((resolve) => setTimeout(resolve, dice.below(generating === undefined ? 60 : 4_000)));
      await victim.process().kill();
      expect(await victim.process().exited, "the control: it was killed").to.equal("SIGKILL");
      kills += 1;
      await victim.start();
      await reading;
      if (generating === undefined) continue;
      const key = await generating;
      expect(key.status).to.equal(STATUS.active);
      const text = `round ${round}`;
      const { document } = await alice.publish(await alice.encryptDocument(text, { keyId: key.keyId }));
      documents.push({ document, text });
    }
    expect(kills).to.equal(ROUNDS);

    // Every keeper that announced a share must be able to use it: each pair of keepers reads each document with the others asleep.
    const announced = new Set(
      (await keyGeneration.queryFilter(keyGeneration.filters.KeeperReady())).map(({ args }) => `${args.sid} ${args.slot}`),
    );
    expect(announced.size).to.be.at.least(documents.length * 3);
    for (const { document, text } of documents) {
      const { keyId } = await cluster.contracts.documentRegistry.documentOf(document);
      const { session: sid } = await keyGeneration.keyOf(keyId);
      const holders = cluster.keepers.map(({ slot }) => slot).filter((slot) => announced.has(`${sid} ${slot}`));
      for (const [index, slot] of holders.entries()) {
        const awake = [slot, holders[(index + 1) % holders.length]];
        const asleep = cluster.keepers.filter((keeper) => !awake.includes(keeper.slot));
        for (const keeper of asleep) keeper.process().signal("SIGSTOP");
        try {
          const read = await waitFor(
            `the document is read by slots ${awake.join(" and ")}`,
            (saw) => alice.requestOffChain(document as never).catch(saw),
            cluster,
          );
          expect(await read.text()).to.equal(text);
          expect(read.report.used).to.include(slot);
        } finally {
          for (const keeper of asleep) keeper.process().signal("SIGCONT");
        }
      }
    }
  });
});
