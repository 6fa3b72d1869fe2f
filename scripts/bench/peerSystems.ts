// Other threshold encryption for chains, by CPU time beside ours in turn: what their own published WebAssembly or JavaScript does on this machine.
import { hexToBytes } from "@keyquorum/wire";
import { operations } from "../../packages/threshold/bench/operations.ts";
import { type Figure, median } from "./figures.ts";
import type { Step, System } from "./peerSystem.ts";
import { importPeer, loadPeer } from "./peers.ts";
import { seal } from "./seal.ts";

const ROUNDS = 20;
/** Some systems count processor time in steps of 4 ms: what is measured at once takes several of them. */
const MEASURED_MILLISECONDS = 40;
const [KEEPERS, QUORUM] = [5, 3];

/** The same of ours: TDH2 for the document, one keeper's proved answer, and three answers that are verified and combined. */
const OURS: Readonly<Record<Step, string>> = {
  encrypt: "TDH2 encapsulate",
  partial: "VES encrypt share",
  "verify and combine": "verify and combine 3 of 5",
};

/** Threshold systems of which only encrypting runs without their network: the key is BLS12-381's generator, for time does not depend on which it is. */
const G1 = hexToBytes("0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb", 48);
const G2 = hexToBytes(
  "0x93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8",
  96,
);
const SECRET = new Uint8Array(32).fill(2);
const CONTEXT = new Uint8Array(32).fill(3);

// what is used of each package, of exactly these versions
type Freed = object;
type Ferveo = {
  readonly initialize: () => Promise<void>;
  readonly Keypair: { readonly random: () => Freed & { readonly publicKey: Freed } };
  readonly EthereumAddress: { readonly fromString: (text: string) => Freed };
  readonly Validator: new (address: Freed, publicKey: Freed, index: number) => Freed;
  readonly ValidatorMessage: new (validator: Freed, transcript: Freed) => Freed;
  readonly Dkg: new (
    tau: number,
    shares: number,
    threshold: number,
    validators: readonly Freed[],
    me: Freed,
  ) => {
    readonly generateTranscript: () => Freed;
    readonly aggregateTranscript: (messages: readonly Freed[]) => {
      readonly createDecryptionShareSimple: (dkg: object, header: Freed, aad: Uint8Array, keypair: Freed) => Freed;
    };
    readonly publicKey: () => Freed;
  };
  readonly ferveoEncrypt: (message: Uint8Array, aad: Uint8Array, key: Freed) => { readonly header: Freed };
  readonly combineDecryptionSharesSimple: (shares: readonly Freed[]) => Freed;
  readonly decryptWithSharedSecret: (ciphertext: Freed, aad: Uint8Array, shared: Freed) => Uint8Array;
};

const taco = async (): Promise<System> => {
  const version = "0.14.5";
  const core = loadPeer("@nucypher/nucypher-core", version) as Ferveo;
  await core.initialize();
  const keypairs = Array.from({ length: KEEPERS }, () => core.Keypair.random());
  const validators = keypairs.map(({ publicKey }, i) => {
    const address = core.EthereumAddress.fromString(`0x${String(i + 1).padStart(40, "0")}`);
    return new core.Validator(address, publicKey, i);
  });
  const dkgs = validators.map((me) => new core.Dkg(1, KEEPERS, QUORUM, validators, me));
  const messages = dkgs.map((dkg, i) => new core.ValidatorMessage(validators[i] as Freed, dkg.generateTranscript()));
  const aggregates = dkgs.map((dkg) => dkg.aggregateTranscript(messages));
  const encrypt = () => core.ferveoEncrypt(SECRET, CONTEXT, (dkgs[0] as (typeof dkgs)[number]).publicKey());
  const ciphertext = encrypt();
  const share = (i: number): Freed =>
    (aggregates[i] as (typeof aggregates)[number]).createDecryptionShareSimple(
      dkgs[i] as object,
      ciphertext.header,
      CONTEXT,
      keypairs[i] as Freed,
    );
  const shares = Array.from({ length: QUORUM }, (_, i) => share(i));
  const combine = (): Uint8Array => core.decryptWithSharedSecret(ciphertext, CONTEXT, core.combineDecryptionSharesSimple(shares));
  if (Buffer.compare(combine(), SECRET) !== 0) throw new Error("TACo's core does not decrypt what it encrypted.");
  return {
    name: `TACo's core ${version}`,
    note: "its simple variant; combining verifies no share",
    steps: { encrypt, partial: () => share(0), "verify and combine": combine },
  };
};

const vetKeys = async (): Promise<System> => {
  const version = "0.4.0";
  const { DerivedPublicKey, IbeIdentity, IbeSeed, IbeCiphertext } = (await importPeer("@dfinity/vetkeys", version)) as {
    readonly DerivedPublicKey: { readonly deserialize: (bytes: Uint8Array) => object };
    readonly IbeIdentity: { readonly fromBytes: (bytes: Uint8Array) => object };
    readonly IbeSeed: { readonly random: () => object };
    readonly IbeCiphertext: { readonly encrypt: (key: object, identity: object, message: Uint8Array, seed: object) => object };
  };
  const [key, identity] = [DerivedPublicKey.deserialize(G2), IbeIdentity.fromBytes(CONTEXT)];
  return {
    name: `vetKeys ${version}`,
    note: "shares are made and combined in the network's nodes, which are not published as a package",
    steps: { encrypt: () => IbeCiphertext.encrypt(key, identity, SECRET, IbeSeed.random()) },
  };
};

const lit = (): System => {
  const version = "8.1.0";
  const { blsEncrypt } = loadPeer("@lit-protocol/wasm", version) as {
    readonly blsEncrypt: (key: Uint8Array, message: Uint8Array, identity: Uint8Array) => Promise<Uint8Array>;
  };
  return {
    name: `Lit's WebAssembly ${version}`,
    note: "shares are made in the network's nodes, which are not published as a package",
    steps: { encrypt: () => blsEncrypt(G1, SECRET, CONTEXT) },
  };
};

/** Milliseconds of CPU of one run. */
const cpuOf = async (run: () => unknown, runs: number): Promise<number> => {
  const before = process.cpuUsage();
  for (let i = 0; i < runs; i += 1) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / runs;
};

/** How many runs take long enough to be measured. */
const runsOf = async (run: () => unknown): Promise<number> => {
  await cpuOf(run, 3);
  const started = performance.now();
  for (let i = 0; i < 3; i += 1) await run();
  return Math.max(1, Math.ceil((3 * MEASURED_MILLISECONDS) / (performance.now() - started)));
};

const compare = async (system: System): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const [step, theirs] of Object.entries(system.steps) as [Step, () => unknown][]) {
    const ours = operations.find(({ name }) => name === OURS[step])?.run;
    if (ours === undefined) throw new Error(`There is no operation ${OURS[step]}.`);
    const runs = { ours: await runsOf(ours), theirs: await runsOf(theirs) };
    const rounds: (readonly [number, number])[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push([await cpuOf(ours, runs.ours), await cpuOf(theirs, runs.theirs)]);
    const [mine, other] = [median(rounds.map(([time]) => time)), median(rounds.map(([, time]) => time))];
    const note = system.note === undefined ? {} : { note: system.note };
    figures.push(
      { name: `${system.name}: ${step}, CPU`, value: other, unit: "ms", ...note },
      {
        name: `ours, times faster than ${system.name}: ${step}`,
        value: other / mine,
        unit: "times",
        target: 1,
        note: `ours ${mine.toPrecision(3)} ms`,
      },
    );
  }
  return figures;
};

/** Nothing without --peers: then nothing is installed. One that cannot be had is said, and the others are measured. */
export const peerSystemFigures = async ({ peers }: { readonly peers: boolean }): Promise<readonly Figure[]> => {
  if (!peers) return [];
  const figures: Figure[] = [];
  const systems = { Seal: () => seal([KEEPERS, QUORUM], SECRET, CONTEXT), "TACo's core": taco, vetKeys, "Lit's WebAssembly": lit };
  for (const [name, load] of Object.entries(systems)) {
    try {
      figures.push(...(await compare(await load())));
    } catch (error) {
      console.log(`  ${name} cannot be measured here: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return figures;
};
