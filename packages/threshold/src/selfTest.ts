import { hexToBytes } from "@noble/hashes/utils.js";
import { bytesToInteger, integerToWord, sameBytes } from "./bytes.ts";
import { WIDE_BYTES } from "./calculation.ts";
import type { EcBackend } from "./ecBackend.ts";
import { ThresholdError } from "./errors.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { addressOfPoint, G, INFINITY, type Point, pointFromXY, SECOND_BASE } from "./point.ts";
import { type RandomSource, randomScalar, secureRandom } from "./random.ts";
import { CURVE_ORDER, reduceScalar } from "./scalar.ts";

// 2G and 3G of secp256k1, SEC 2 / any implementation.
const TWO_G_X = 0xc6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5n;
const THREE_G_X = 0xf9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9n;

// sha256("Satoshi Nakamoto"), signed by the secret key 1 with the nonce of RFC 6979: a vector that many implementations test with.
const DIGEST = hexToBytes("a0dc65ffca799873cbea0ac274015b9526505daaaed385155425f7337704883e");
const ONE = integerToWord(1n);
// The account of the secret key 1, and keccak256(0x01).
const ADDRESS_OF_G = hexToBytes("7e5f4552091a69125d5dfcb7b8c2659029395bdf");
const HASH_OF_1 = hexToBytes("5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2");
const SIGNATURE = hexToBytes(
  "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e51c",
);

/**
 * Checks a backend before it is used: known answers, edge cases, and a random comparison with noble.
 * Throws BACKEND_FAILED with the name of the first check that failed.
 */
export function selfTestBackend(backend: EcBackend, random: RandomSource = secureRandom): void {
  for (const [check, passes] of checksOf(backend, random)) {
    if (!isTrue(passes, backend, check)) throw failure(backend, check);
  }
}

const failure = (backend: EcBackend, check: string, cause?: unknown): ThresholdError =>
  new ThresholdError("BACKEND_FAILED", `Backend ${backend.name} failed "${check}"; do not use it.`, {
    details: { backend: backend.name, check },
    cause,
  });

function isTrue(passes: () => boolean, backend: EcBackend, check: string): boolean {
  try {
    return passes();
  } catch (cause) {
    throw failure(backend, check, cause);
  }
}

function checksOf(b: EcBackend, random: RandomSource): [string, () => boolean][] {
  const { add, double, mulVar } = nobleBackend;
  const s = randomScalar(random);
  const k = randomScalar(random);
  // Copies of the bases, of which noble makes no tables: those take it longer than this test.
  const [base, secondBase] = [G, SECOND_BASE].map((point) => pointFromXY(point.x, point.y)) as [Point, Point];
  const [P, Q] = [mulVar(base, s), mulVar(base, k)];
  const product = mulVar(P, k); // kP = sQ
  const drawn = { s, k, P, Q, product };
  const same = (x: Point, y: Point): boolean => x.equals(y);
  const last = CURVE_ORDER - 1n;
  const encodedG = Uint8Array.of(...integerToWord(G.x), ...integerToWord(G.y));
  return [
    ["2G is known", () => b.mulG(2n).x === TWO_G_X && b.double(G).x === TWO_G_X],
    ["3G is known", () => b.mulVar(G, 3n).x === THREE_G_X && b.add(b.double(G), G).x === THREE_G_X],
    ["(n-1)G is -G", () => same(b.mulG(last), b.neg(G)) && same(b.mulSecret(P, last), b.neg(P)) && same(b.mulVar(P, last), b.neg(P))],
    ["0 gives infinity", () => [b.mulG(0n), b.mulSecret(P, 0n), b.mulVar(P, 0n), b.msmVar([], [])].every((x) => same(x, INFINITY))],
    ["infinity stays", () => same(b.mulSecret(INFINITY, s), INFINITY) && same(b.mulVar(INFINITY, s), INFINITY)],
    ["infinity is neutral", () => same(b.add(P, INFINITY), P) && same(b.add(INFINITY, P), P) && same(b.double(INFINITY), INFINITY)],
    ["equal points add", () => same(b.add(P, P), double(P)) && same(b.double(P), double(P))],
    ["opposite points add", () => same(b.add(P, b.neg(P)), INFINITY)],
    ["mulG agrees", () => same(b.mulG(s), P)],
    ["mulSecret agrees", () => same(b.mulSecret(Q, s), product) && same(b.mulSecret(SECOND_BASE, s), mulVar(secondBase, s))],
    ["mulAddSecret agrees", () => same(b.mulAddSecret(P, k, Q, s), double(product))],
    [
      "mulAddSecret at 0 and n-1",
      () =>
        same(b.mulAddSecret(P, 0n, Q, last), b.neg(Q)) &&
        same(b.mulAddSecret(P, last, P, 1n), INFINITY) &&
        same(b.mulAddSecret(P, 0n, Q, 0n), INFINITY),
    ],
    ["mulVar agrees", () => same(b.mulVar(Q, s), product)],
    ["msmVar agrees", () => same(b.msmVar([P, Q], [k, s]), double(product))],
    [
      "evaluate agrees",
      () => same(b.evaluate([P, Q, P], 255), add(mulVar(P, 65026n), mulVar(Q, 255n))) && same(b.evaluate([], 3), INFINITY),
    ],
    ["normalize agrees", () => b.normalize([b.double(P), INFINITY]).every((x, i) => same(x, i === 0 ? double(P) : INFINITY))],
    [
      "points are found by x",
      () => b.decompress(P.x, (P.y & 1n) === 1n)?.equals(P) === true && b.decompress(P.x, (P.y & 1n) === 0n)?.equals(b.neg(P)) === true,
    ],
    ["no point has x = 5", () => b.decompress(5n, false) === undefined],
    [
      "a hash is known",
      () => sameBytes(b.keccak256(encodedG).subarray(12), ADDRESS_OF_G) && sameBytes(b.keccak256(Uint8Array.of(1)), HASH_OF_1),
    ],
    ["a calculation agrees", () => agreesInCalculations(b, drawn)],
    ["a signature is known", () => sameBytes(b.sign(DIGEST, ONE), SIGNATURE)],
    [
      "the signer is recovered",
      () => b.recover(DIGEST, SIGNATURE)?.equals(G) === true && b.recover(new Uint8Array(32), SIGNATURE)?.equals(G) !== true,
    ],
    [
      "no signer is recovered where r is no point's",
      () => b.recover(DIGEST, SIGNATURE.slice().fill(0, 0, 31).fill(5, 31, 32)) === undefined,
    ],
    ["precompute agrees", () => same(b.mulSecret(b.precompute(Q), s), product)],
  ];
}

type Drawn = { readonly s: bigint; readonly k: bigint; readonly P: Point; readonly Q: Point; readonly product: Point };

/** sums, responses and reduced secrets: P = sG, Q = kG. */
function agreesInCalculations(b: EcBackend, { s, k, P, Q, product }: Drawn): boolean {
  const wide = new Uint8Array(WIDE_BYTES).fill(255);
  const { add, double, mulVar } = nobleBackend;
  return b.calculate((calculation) => {
    const { timesSecret, sumSecret, times, plus, minus, points, addresses, haveEqualX, response, isZeroResponse } = calculation;
    const [one, two] = [calculation.secret(integerToWord(s)), calculation.secret(integerToWord(k))];
    const sG = timesSecret(G, one);
    const [both, again] = [sumSecret(P, two, Q, one), sumSecret(P, one, Q, two)]; // the second may use what the first made
    const got = points([sG, times(Q, s), both, again, plus(sG, sG), minus(sG, both), timesSecret(Q, calculation.reduced(wide))]);
    const wanted = [
      P,
      product,
      double(product),
      add(mulVar(P, s), mulVar(Q, k)),
      add(P, P),
      add(P, double(product).negate()),
      mulVar(Q, reduceScalar(bytesToInteger(wide))),
    ];
    const nothing = minus(sG, sG);
    return (
      got.every((point, i) => point.equals(wanted[i] as Point)) &&
      addresses([sG, both])?.every((address, i) => sameBytes(address, addressOfPoint(i === 0 ? P : double(product)))) === true &&
      addresses([sG, nothing]) === undefined &&
      haveEqualX(sG, minus(nothing, sG)) &&
      haveEqualX(sG, nothing) &&
      !haveEqualX(sG, plus(sG, sG)) &&
      response(one, s, two) === reduceScalar(s + s * k) &&
      isZeroResponse(one, CURVE_ORDER - 1n, one) &&
      !isZeroResponse(one, CURVE_ORDER - 1n, two)
    );
  });
}
