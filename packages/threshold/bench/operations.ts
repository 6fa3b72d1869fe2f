// The operations whose time users feel, each with what it needs made once. Read by scripts/bench.ts.
import {
  assembleKeyShare,
  backend,
  combineAnswers,
  createDealing,
  type DkgMember,
  encapsulate,
  encryptShare,
  type KeyShare,
  keccakWords,
  nobleBackend,
  openShare,
  type Point,
  parseDealing,
  randomScalar,
  SecretScalar,
  type SlotAnswer,
  verifyCiphertext,
  verifyDealing,
  verifyShareAnswer,
  withBackend,
} from "../src/index.ts";
import { ecdsaOperations } from "./ecdsa.ts";
import { frostOperations } from "./frost.ts";
import { reshareOperations } from "./reshare.ts";

/** One operation. `target`, in ms, and `timesFaster` than noble are absent where none is promised. */
export type Operation = { readonly name: string; readonly run: () => void; readonly target?: number; readonly timesFaster?: number };

const THRESHOLD = 2;
const SLOTS = [1, 2, 3, 4, 5] as const;
const word = (n: number): Uint8Array => keccakWords(n);
const [sid, keyId, label, context, nonceKey] = [1, 2, 3, 4, 5].map(word) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];

const newSecret = (): SecretScalar => SecretScalar.from(randomScalar());
const publicKeyOf = (secret: SecretScalar): Point => backend.mulG(secret.reveal());

/** Makes everything that the operations need, once, at the first use. */
function setUp() {
  const secrets = SLOTS.map(newSecret);
  const members: DkgMember[] = SLOTS.map((slot, i) => ({ slot, encryptionKey: publicKeyOf(secrets[i] as SecretScalar) }));
  const dealings = SLOTS.map((dealer) =>
    parseDealing(createDealing({ sid, dealer, threshold: THRESHOLD, members }), { threshold: THRESHOLD, members: SLOTS.length }),
  );
  const open = (dealer: number, recipient: number): SecretScalar => {
    const [encryptionSecret, dealing] = [secrets[recipient - 1] as SecretScalar, dealings[dealer - 1] as (typeof dealings)[number]];
    const opened = openShare({ sid, dealer, recipient, encryptionSecret, members, dealing });
    if (opened.kind === "invalid") throw new Error("The bench dealt a wrong share.");
    return opened.share;
  };
  const qualOf = (slot: number) =>
    SLOTS.map((dealer) => ({ dealer, dealing: dealings[dealer - 1] as (typeof dealings)[number], share: open(dealer, slot) }));
  const assemble = (slot: number, qual: ReturnType<typeof qualOf>): KeyShare =>
    assembleKeyShare({ keyId, epoch: 1, slot, qual, shift: 7n, members });
  const shares = SLOTS.map((slot) => assemble(slot, qualOf(slot)));
  const publicKey = backend.precompute((shares[0] as KeyShare).jointKey);
  withBackend(nobleBackend, () => backend.precompute(publicKey)); // hot for both
  const { ciphertext } = encapsulate({ publicKey, label });
  const readerSecret = newSecret();
  const readerKey = publicKeyOf(readerSecret);
  const inputOf = ({ share }: KeyShare) => ({ share, u: ciphertext.u, readerKey, context, nonceKey });
  const answers: SlotAnswer[] = shares.map((keyShare, i) => ({
    slot: i + 1,
    verifyingShare: keyShare.verifyingShares.get(i + 1) as Point,
    context,
    answer: encryptShare(inputOf(keyShare)),
  }));
  const qual = qualOf(1);
  const combine = (count: number) =>
    combineAnswers({ quorum: THRESHOLD + 1, u: ciphertext.u, readerSecret, answers: answers.slice(0, count), publicKey });
  return { members, dealings, open, qual, assemble, shares, publicKey, ciphertext, readerKey, inputOf, answers, combine };
}

let made: ReturnType<typeof setUp> | undefined;
const ready = (): ReturnType<typeof setUp> => {
  made ??= setUp();
  return made;
};

/** `setUp` runs at the first call of any `run`: warm up before measuring. */
export const operations: readonly Operation[] = [
  { name: "TDH2 encapsulate", target: 0.5, timesFaster: 7, run: () => void encapsulate({ publicKey: ready().publicKey, label }) },
  { name: "TDH2 verify", run: () => void verifyCiphertext({ publicKey: ready().publicKey, label }, ready().ciphertext) },
  { name: "VES encrypt share", target: 0.6, timesFaster: 15, run: () => void encryptShare(ready().inputOf(ready().shares[0] as KeyShare)) },
  {
    name: "VES verify answer",
    target: 0.5,
    timesFaster: 10,
    run: () => {
      const { verifyingShare, answer } = ready().answers[0] as SlotAnswer;
      verifyShareAnswer({ verifyingShare, u: ready().ciphertext.u, readerKey: ready().readerKey, context }, answer);
    },
  },
  { name: "verify and combine 3 of 5", run: () => void ready().combine(3) },
  { name: "DKG deal, n = 5, t = 2", run: () => void createDealing({ sid, dealer: 1, threshold: THRESHOLD, members: ready().members }) },
  {
    name: "DKG verify dealing",
    run: () => void verifyDealing({ sid, dealer: 1, dealing: ready().dealings[0] as ReturnType<typeof parseDealing> }),
  },
  { name: "DKG open and check one share", run: () => void ready().open(1, 1) },
  { name: "DKG assemble, n = 5, t = 2", run: () => void ready().assemble(1, ready().qual) },
  ...reshareOperations(5, 2),
  ...reshareOperations(16, 7),
  ...frostOperations(2),
  ...ecdsaOperations(2),
];
