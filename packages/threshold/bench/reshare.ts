// What an old and a new member do in a reshare, each with what it needs made once. Read by operations.ts.
import {
  assembleResharedShare,
  backend,
  createReshareDealing,
  evaluatePolynomial,
  keccakWords,
  type OpenedDealing,
  openShare,
  parseDealing,
  randomScalar,
  SecretScalar,
} from "../src/index.ts";

const [sid, keyId] = [keccakWords(11), keccakWords(12)] as [Uint8Array, Uint8Array];

/** A refresh of n keepers, slots 1..n: keeper 1 deals, and assembles its new share of Q's dealings. */
export function reshareOperations(n: number, threshold: number) {
  const setUp = () => {
    const coefficients = Array.from({ length: threshold + 1 }, () => randomScalar());
    const secrets = Array.from({ length: n }, () => SecretScalar.from(randomScalar()));
    const recipients = secrets.map((secret, i) => ({ slot: i + 1, encryptionKey: backend.mulG(secret.reveal()) }));
    const deal = (dealer: number): Uint8Array => {
      const share = SecretScalar.from(evaluatePolynomial(coefficients, BigInt(dealer)));
      return createReshareDealing({ sid, dealer, share, threshold, recipients });
    };
    const bytes = Array.from({ length: threshold + 1 }, (_, i) => deal(i + 1));
    const encryptionSecret = secrets[0] as SecretScalar;
    const open = (dealer: number): OpenedDealing => {
      const dealing = parseDealing(bytes[dealer - 1] as Uint8Array, { threshold, members: n });
      const opened = openShare({ sid, dealer, recipient: 1, encryptionSecret, members: recipients, dealing });
      if (opened.kind === "invalid") throw new Error("The bench dealt a wrong share.");
      return { dealer, dealing, share: opened.share };
    };
    const qual = bytes.map((_, i) => open(i + 1));
    const jointKey = backend.mulG(coefficients[0] as bigint);
    const assemble = () => assembleResharedShare({ keyId, epoch: 2, jointKey, slot: 1, qual, members: recipients });
    return { deal, open, assemble };
  };
  let made: ReturnType<typeof setUp> | undefined;
  const ready = (): ReturnType<typeof setUp> => {
    made ??= setUp();
    return made;
  };
  const shape = `n = ${n}, t = ${threshold}`;
  return [
    { name: `reshare: deal, ${shape}`, run: () => void ready().deal(1) },
    { name: `reshare: read, open and check one share, ${shape}`, run: () => void ready().open(1) },
    { name: `reshare: assemble, ${shape}`, run: () => void ready().assemble() },
  ];
}
