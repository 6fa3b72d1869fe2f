// Where everything lies in the linear memory. Nothing is allocated: every address is a constant or a parameter that the caller computes
// from these. Constants of the curve lie below 4096, put there by `memory.data`.

/** What `clear` overwrites: everything between here and SECRET_END may hold a secret while a call runs, and nothing afterwards. */
export const SECRET_START: usize = 4096;

/** 64 words of 32 bytes, little-endian: scalars and coordinates on their way in and out. */
export const WORDS: usize = SECRET_START;

/** 32 points of 128 bytes: X, Y, Z of 40 bytes each, 8 bytes unused. */
export const POINTS: usize = 6144;

/** Field elements that one formula needs while it runs. Not kept from one formula to the next. */
export const FORMULA: usize = 10240;

/** Field elements of the addition chain for powers (fieldPower.ts). */
export const CHAIN: usize = 10752;

/** Integers of the scalar arithmetic (scalar.ts, split.ts). */
export const INTEGERS: usize = 11264;

/** What modularInverse.ts works on, and a word that it is given. */
export const EUCLID: usize = 11776;
export const INVERTED: usize = 11968;

/** Halves of up to 16 scalars, 80 bytes each (split.ts). */
export const HALVES: usize = 12288;

/** The sum so far, a table's entry and a point in between. */
export const SUM: usize = 13568;
export const ENTRY: usize = 13696;
export const NEXT: usize = 13824;

/** A scalar and its 8 bytes of zeros (fixedBase.ts). */
export const PADDED: usize = 13952;

/** Partial products of a shared inversion of up to 32 points, 40 bytes each (affine.ts). */
export const PRODUCTS: usize = 14080;

/** The state of Keccak, 200 bytes, and a message of up to 800 bytes or its hash (keccak.ts). */
export const SPONGE: usize = 15360;
export const MESSAGE: usize = 15584;

/** Tables of multiples of up to 16 points, 17 x 128 bytes each. Secret sums use the first 4. */
export const TABLES: usize = 16384;
export const TABLE_BYTES: usize = 2176;

export const SECRET_END: usize = TABLES + 4 * TABLE_BYTES;

/** Signed digits of up to 16 public scalars, two halves of 160 bytes each. */
export const DIGITS: usize = 53248;

/** One window of a fixed table before it is made affine: 32 points. Public. */
export const WINDOW: usize = 59392;

/** The first table of a fixed point; the others follow, FIXED_BYTES each, as far as the memory goes. Public. */
export const FIXED: usize = 65536;
