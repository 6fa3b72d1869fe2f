// Members of a committee without keeper processes, in a thread of their own for `oneKeeper.ts`: they deal and confirm as keepers do, by transactions.
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { connectContracts, type Deployment, interfaceOf } from "@keyquorum/bindings";
import {
  assembleKeyShare,
  assembleResharedPublic,
  createDealing,
  createReshareDealing,
  type KeyShare,
  merklePath,
  openShare,
  type Point,
  parseDealing,
  pointFromXY,
  SecretScalar,
  verifyingLeaf,
} from "@keyquorum/threshold";
import { bytesToHex, type Hex, hexToBytes, slotsOf } from "@keyquorum/wire";
import { JsonRpcProvider, type Result, Wallet } from "ethers";

/** `encryptionSecret` is secret, and a bench's. */
export type PeersData = {
  readonly rpcUrl: string;
  readonly deployment: Deployment;
  readonly threshold: number;
  readonly members: readonly { readonly slot: number; readonly privateKey: string; readonly encryptionSecret: bigint }[];
};
/** A session of a key, into an epoch. */
export type PeersSession = { readonly keyId: Hex; readonly sid: Hex };
/** What the peers are to do; they answer "done" when all sessions are over for them. */
export type PeersTask = { readonly kind: "generate" | "reshare"; readonly epoch: number; readonly sessions: readonly PeersSession[] };

/** A keeper works at so many sessions at once. */
const AT_ONCE = 8;
const [AWAITING_READY, RESHARE_AWAITING_READY] = [5n, 3n];
const PATIENCE_BLOCKS = 9_000;
const [MAX_FEE, TIP, GAS] = [100_000_000_000n, 1_000_000_000n, 600_000n];

const servePeers = ({ rpcUrl, deployment, threshold, members }: PeersData): ((task: PeersTask) => Promise<void>) => {
  const provider = new JsonRpcProvider(rpcUrl, 31337, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 50 });
  const contracts = connectContracts(deployment, provider);
  const { keyGeneration, keyResharing, keeperRegistry } = contracts;
  const [generation, resharing] = [interfaceOf("keyGeneration"), interfaceOf("keyResharing")];
  const peers = members.map(({ slot, privateKey, encryptionSecret }) => ({
    slot,
    wallet: new Wallet(privateKey),
    encryptionSecret: SecretScalar.from(encryptionSecret),
    nonce: undefined as number | undefined,
  }));
  type Peer = (typeof peers)[number];
  const shares = new Map<Hex, ReadonlyMap<number, KeyShare>>();

  const post = async (peer: Peer, to: string, data: string): Promise<void> => {
    peer.nonce ??= await provider.getTransactionCount(peer.wallet.address);
    const named = { type: 2, chainId: 31337, nonce: peer.nonce, to, data, gasLimit: GAS, maxFeePerGas: MAX_FEE, maxPriorityFeePerGas: TIP };
    peer.nonce += 1;
    await provider.send("eth_sendRawTransaction", [await peer.wallet.signTransaction(named)]);
  };
  const nextBlock = async (): Promise<void> => {
    const number = await provider.getBlockNumber();
    while ((await provider.getBlockNumber()) === number) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    for (let blocks = 0; !(await holds()); blocks += 1) {
      if (blocks === PATIENCE_BLOCKS) throw new Error("A session of the bench's peers does not go on.");
      await nextBlock();
    }
  };
  const committeeOf = async (epoch: number) =>
    (await keeperRegistry.committeeOf(epoch)).map(({ slot, encryptionKey }) => ({
      slot: Number(slot),
      encryptionKey: pointFromXY(encryptionKey.x, encryptionKey.y),
    }));
  type Committee = Awaited<ReturnType<typeof committeeOf>>;
  /** For each session what `make` makes for each peer, so many sessions a block. */
  const postForAll = async (
    sessions: readonly PeersSession[],
    to: string,
    make: (session: PeersSession, peer: Peer) => string,
  ): Promise<void> => {
    for (const [index, session] of sessions.entries()) {
      for (const peer of peers) await post(peer, to, make(session, peer));
      if (index % AT_ONCE === AT_ONCE - 1) await nextBlock();
    }
  };
  const dealtIn = (logs: readonly { readonly args: { readonly dealer: bigint; readonly dealing: string } }[], committee: Committee) =>
    logs
      .map(({ args }) => ({
        dealer: Number(args.dealer),
        dealing: parseDealing(hexToBytes(args.dealing), { threshold, members: committee.length }),
      }))
      .toSorted((a, b) => a.dealer - b.dealer);

  const generate = async ({ epoch, sessions }: PeersTask): Promise<void> => {
    const committee = await committeeOf(epoch);
    await postForAll(sessions, deployment.contracts.keyGeneration, ({ sid }, { slot }) =>
      generation.encodeFunctionData("deal", [
        sid,
        createDealing({ sid: hexToBytes(sid, 32), dealer: slot, threshold, members: committee }),
      ]),
    );
    for (const { keyId, sid } of sessions) {
      await until(async () => (await keyGeneration.statusOf(sid)) >= AWAITING_READY);
      const session = await keyGeneration.sessionOf(sid);
      const { qual } = session;
      const shift = BigInt((session as unknown as Result).getValue("shift")); // an array has a method of that name
      const counted = dealtIn(await keyGeneration.queryFilter(keyGeneration.filters.Dealt(sid)), committee).filter(({ dealer }) =>
        slotsOf(qual).includes(dealer),
      );
      const held = new Map<number, KeyShare>();
      for (const { slot, encryptionSecret } of peers) {
        const opened = counted.map(({ dealer, dealing }) => {
          const share = openShare({ sid: hexToBytes(sid, 32), dealer, recipient: slot, encryptionSecret, members: committee, dealing });
          if (share.kind === "invalid") throw new Error(`Dealer ${dealer} dealt a wrong share.`);
          return { dealer, dealing, share: share.share };
        });
        held.set(slot, assembleKeyShare({ keyId: hexToBytes(keyId, 32), epoch, slot, qual: opened, shift, members: committee }));
      }
      shares.set(keyId, held);
      for (const peer of peers) {
        const { commitmentsHash, verifyingRoot } = held.get(peer.slot) as KeyShare; // set above
        await post(
          peer,
          deployment.contracts.keyGeneration,
          generation.encodeFunctionData("ready", [sid, qual, commitmentsHash, verifyingRoot]),
        );
      }
    }
  };

  const heldBy = (keyId: Hex, slot: number): KeyShare => {
    const held = shares.get(keyId)?.get(slot);
    if (held === undefined) throw new Error("A key is to move that was not generated.");
    return held;
  };
  const reshare = async ({ epoch, sessions }: PeersTask): Promise<void> => {
    const committee = await committeeOf(epoch);
    const former = await committeeOf(epoch - 1);
    await postForAll(sessions, deployment.contracts.keyResharing, ({ keyId, sid }, { slot }) => {
      const { share, verifyingShares } = heldBy(keyId, slot);
      const leaves = former.map((member) =>
        verifyingLeaf({
          keyId: hexToBytes(keyId, 32),
          epoch: epoch - 1,
          slot: member.slot,
          verifyingShare: verifyingShares.get(member.slot) as Point,
        }),
      );
      const path = merklePath(
        leaves,
        former.findIndex((member) => member.slot === slot),
      ).map((node) => bytesToHex(node));
      const dealing = createReshareDealing({ sid: hexToBytes(sid, 32), dealer: slot, share, threshold, recipients: committee });
      return resharing.encodeFunctionData("deal", [sid, slot, dealing, path]);
    });
    for (const { keyId, sid } of sessions) {
      await until(async () => (await keyResharing.statusOf(sid)) >= RESHARE_AWAITING_READY);
      const qual = await keyResharing.qualOf(sid);
      const counted = dealtIn(await keyResharing.queryFilter(keyResharing.filters.ReshareDealt(sid)), committee);
      const { commitmentsHash, verifyingRoot } = assembleResharedPublic({
        ...{ keyId: hexToBytes(keyId, 32), epoch, members: committee },
        jointKey: heldBy(keyId, peers[0]?.slot ?? 0).jointKey,
        qual: counted.filter(({ dealer }) => slotsOf(qual).includes(dealer)),
      });
      const data = resharing.encodeFunctionData("ready", [sid, qual, commitmentsHash, verifyingRoot]);
      for (const peer of peers) await post(peer, deployment.contracts.keyResharing, data);
    }
  };
  return async (task) => {
    for (const peer of peers) peer.nonce = undefined; // its key of an epoch was posted by others
    await (task.kind === "generate" ? generate(task) : reshare(task));
  };
};

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const perform = servePeers(workerData as PeersData);
  port.on("message", (task: PeersTask) => {
    perform(task).then(
      () => port.postMessage("done"),
      (error: unknown) => {
        throw error;
      },
    );
  });
}
