/** What whoever sees all shares can compute of a key share: the linear system that nonces under several packages make. */
import { CURVE_ORDER } from "@keyquorum/threshold";

/** One share that was seen: z = d + factor e + weight s, under the commitment that `nonce` names. */
export type SeenShare = { readonly nonce: string; readonly factor: bigint; readonly weight: bigint; readonly z: bigint };

const mod = (value: bigint): bigint => ((value % CURVE_ORDER) + CURVE_ORDER) % CURVE_ORDER;
const inverse = (value: bigint): bigint => {
  let result = 1n;
  for (let [base, rest] = [mod(value), CURVE_ORDER - 2n]; rest > 0n; rest >>= 1n, base = mod(base * base))
    if (rest & 1n) result = mod(result * base);
  return result;
};

/** s, where the shares fix it; undefined where every s is possible. All are one signer's. Gauss over the nonces d_i, e_i, then s. */
export const solveShare = (seen: readonly SeenShare[]): bigint | undefined => {
  const names = [...new Set(seen.map(({ nonce }) => nonce))];
  const width = 2 * names.length + 1;
  const rows = seen.map(({ nonce, factor, weight, z }) => {
    const row = Array.from({ length: width + 1 }, () => 0n);
    const at = 2 * names.indexOf(nonce);
    [row[at], row[at + 1], row[width - 1], row[width]] = [1n, mod(factor), mod(weight), mod(z)];
    return row;
  });
  let found = 0;
  for (let column = 0; column < width; column += 1) {
    const pivot = rows.findIndex((row, i) => i >= found && row[column] !== 0n);
    if (pivot < 0) continue;
    [rows[found], rows[pivot]] = [rows[pivot] as bigint[], rows[found] as bigint[]];
    const lead = rows[found] as bigint[];
    const scale = inverse(lead[column] as bigint);
    // The last unknown is s: a row in which it alone is left fixes it.
    if (column === width - 1) return mod((lead[width] as bigint) * scale);
    for (let i = found + 1; i < rows.length; i += 1) {
      const factor = mod((rows[i]?.[column] as bigint) * scale);
      if (factor !== 0n) rows[i] = (rows[i] as bigint[]).map((value, k) => mod(value - factor * (lead[k] as bigint)));
    }
    found += 1;
  }
  return undefined;
};
