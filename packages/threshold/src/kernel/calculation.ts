import { assertBytes } from "../bytes.ts";
import { type Calculate, type Calculation, type SecretFactor, type Term, WIDE_BYTES } from "../calculation.ts";
import { assertPointType, type Point } from "../point.ts";
import { assertNonZeroScalar, assertScalar } from "../scalar.ts";
import type { Kernel } from "./kernel.ts";
import { putProduct } from "./product.ts";

// What the registers hold. Words 0 to 15: secrets, as they come. Points 1 to 15: terms, as they come; point 0 is for tables that are made.
const SECRETS = 16;
const FIRST_TERM = 1;
const TERMS = 15;
/** Two scalars or points that go into one product, and where the terms stand together to become affine. */
const OPERAND_WORD = 16;
const OPERAND_POINT = 16;
/** A product or 64 bytes on their way; and a word that stays 0. */
const SPARE_WORD = 18;
const ZERO_WORD = 31;
const POINTS_AT_ONCE = 16;

// A factor is the address of its word here, and a term the address of its point.
const hide = (word: number): SecretFactor => word as unknown as SecretFactor;
const seen = (factor: SecretFactor): number => factor as unknown as number;
const asTerm = (address: number): Term => address as unknown as Term;
const addressOf = (term: Term): number => term as unknown as number;

/** Calculations in the kernel's registers: secrets go in as bytes, no bigint is made of them, and everything is cleared at the end. */
export const kernelCalculation =
  (kernel: Kernel): Calculate =>
  (work) =>
    kernel.arena.run(() => {
      const registers = new Registers(kernel);
      try {
        return work(registers);
      } finally {
        registers.end();
      }
    });

/** One calculation. Throws an Error where it wants more registers than there are, and for everything that is asked of it after its end. */
class Registers implements Calculation {
  #given: Kernel | undefined;
  #secrets = 0;
  #terms = 0;
  /** The points whose tables the last secret sum wrote, while nothing else has written tables. */
  #tabled: readonly [Point, Point] | undefined;

  constructor(kernel: Kernel) {
    this.#given = kernel;
  }

  /** The registers are another's from now on: what is kept of this calculation must not write secrets there, nor read. */
  end(): void {
    this.#given = undefined;
  }

  get #kernel(): Kernel {
    if (this.#given === undefined) throw new Error("This calculation has ended: its work must be synchronous.");
    return this.#given;
  }

  readonly secret = (bytes: Uint8Array): SecretFactor => {
    assertBytes(bytes, 32, "secret");
    const word = this.#nextWord();
    if (!this.#kernel.arena.putScalarBytes(word, bytes)) assertNonZeroScalar(0n, "secret");
    return hide(word);
  };

  readonly reduced = (bytes: Uint8Array): SecretFactor => {
    assertBytes(bytes, WIDE_BYTES, "wide secret");
    const { arena } = this.#kernel;
    const word = this.#nextWord();
    const high = new Uint8Array(32);
    high.set(bytes.subarray(0, WIDE_BYTES - 32), 64 - WIDE_BYTES);
    arena.putBytes(arena.word(SPARE_WORD), bytes.subarray(WIDE_BYTES - 32));
    arena.putBytes(arena.word(SPARE_WORD + 1), high);
    high.fill(0);
    arena.wasm.reduceWide(word, arena.word(SPARE_WORD));
    return hide(word);
  };

  readonly timesSecret = (point: Point, s: SecretFactor): Term => this.#product(point, seen(s), true);

  readonly sumSecret = (p: Point, a: SecretFactor, q: Point, b: SecretFactor): Term => {
    const { arena } = this.#kernel;
    const zero = arena.word(ZERO_WORD);
    [a, b].forEach((factor, i) => {
      arena.wasm.addScalars(arena.word(OPERAND_WORD + i), seen(factor), zero);
    });
    if (this.#tabled?.[0] !== p || this.#tabled[1] !== q) {
      [p, q].forEach((point, i) => {
        assertPointType(point);
        arena.putPoint(OPERAND_POINT + i, point);
      });
      arena.wasm.writeSecretTables(arena.point(OPERAND_POINT), 2);
      this.#tabled = [p, q];
    }
    const term = this.#nextTerm();
    arena.wasm.sumOverTables(term, arena.word(OPERAND_WORD), 2);
    return asTerm(term);
  };

  readonly times = (point: Point, s: bigint): Term => {
    assertScalar(s);
    const { arena } = this.#kernel;
    const word = arena.word(OPERAND_WORD);
    arena.putInteger(word, s);
    return this.#product(point, word, false);
  };

  readonly plus = (a: Term, b: Term): Term => {
    const term = this.#nextTerm();
    this.#kernel.arena.wasm.addPoints(term, addressOf(a), addressOf(b));
    return asTerm(term);
  };

  readonly minus = (a: Term, b: Term): Term => {
    const { arena } = this.#kernel;
    const opposite = arena.point(OPERAND_POINT);
    arena.wasm.negatePoint(opposite, addressOf(b));
    const term = this.#nextTerm();
    arena.wasm.addPoints(term, addressOf(a), opposite);
    return asTerm(term);
  };

  readonly haveEqualX = (a: Term, b: Term): boolean => this.#kernel.arena.wasm.haveEqualX(addressOf(a), addressOf(b)) === 1;

  readonly points = (terms: readonly Term[]): Point[] => {
    const arena = this.#together(terms);
    return terms.length === 0 ? [] : arena.takePoints(OPERAND_POINT, terms.length);
  };

  readonly addresses = (terms: readonly Term[]): Uint8Array[] | undefined => {
    const arena = this.#together(terms);
    return terms.length === 0 ? [] : arena.takeAddresses(OPERAND_POINT, terms.length);
  };

  /** Copies the terms to where they stand together; they stay as they are. */
  #together(terms: readonly Term[]): Kernel["arena"] {
    const { arena } = this.#kernel;
    if (terms.length > POINTS_AT_ONCE) throw new Error(`At most ${POINTS_AT_ONCE} points are taken at once.`);
    terms.forEach((term, i) => {
      arena.wasm.copyPoint(arena.point(OPERAND_POINT + i), addressOf(term));
    });
    return arena;
  }

  readonly response = (a: SecretFactor, c: bigint, s: SecretFactor): bigint => {
    const { arena } = this.#kernel;
    return arena.integer(this.#response(a, c, s));
  };

  readonly isZeroResponse = (a: SecretFactor, c: bigint, s: SecretFactor): boolean =>
    this.#kernel.arena.wasm.isNonZeroScalar(this.#response(a, c, s)) === 0;

  #response(a: SecretFactor, c: bigint, s: SecretFactor): number {
    assertScalar(c);
    const { arena } = this.#kernel;
    const [result, challenge] = [arena.word(SPARE_WORD), arena.word(OPERAND_WORD)];
    arena.putInteger(challenge, c);
    arena.wasm.multiplyScalars(result, challenge, seen(s));
    arena.wasm.addScalars(result, result, seen(a));
    return result;
  }

  /** The point times the word at this address. */
  #product(point: Point, word: number, isSecret: boolean): Term {
    assertPointType(point);
    const term = this.#nextTerm();
    this.#tabled = undefined;
    putProduct(this.#kernel, { term, point, word, operand: OPERAND_POINT, isSecret });
    return asTerm(term);
  }

  #nextWord(): number {
    if (this.#secrets === SECRETS) throw new Error(`A calculation has ${SECRETS} secrets at most.`);
    return this.#kernel.arena.word(this.#secrets++);
  }

  #nextTerm(): number {
    if (this.#terms === TERMS) throw new Error(`A calculation has ${TERMS} terms at most.`);
    return this.#kernel.arena.point(FIRST_TERM + this.#terms++);
  }
}
