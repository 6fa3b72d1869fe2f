// The kernel's entry points. Every argument is an address in its memory, a count or a bit.
import { SECRET_END, SECRET_START } from "./memory";

export { FIXED, FORMULA, HALVES, INTEGERS, MESSAGE, PADDED, POINTS, PRODUCTS, SECRET_END, SECRET_START, SUM, TABLES, WORDS } from "./memory";
export { FIXED_BYTES } from "./fixedBase";

// field: for tests and for the bounds that scripts/checks/kernel derives
export { multiply as fieldMultiply, multiplyBy21 as fieldMultiplyBy21, normalize as fieldNormalize, square as fieldSquare } from "./fieldProduct";
export { invert as fieldInvert } from "./fieldInverse";
export { squareRoot as fieldSquareRoot } from "./squareRoot";
export { fromWord as fieldFromWord, toWord as fieldToWord } from "./bytes";

// scalars, secret
export { addScalars, isNonZeroScalar, multiplyScalars, negateScalar, reduceWide } from "./scalar";
export { invertModuloN as invertScalar } from "./modularInverse";
export { split } from "./split";

// hashes
export { hashCoordinates, keccak256 } from "./keccak";

// points
export { addAffine, addPoints, copyPoint, double, haveEqualX, negatePoint, setInfinity } from "./curve";
export { makeAffine, writeAffine } from "./affine";
export { decompress, readPoint } from "./coordinates";
export { multiplyFixedPublic, multiplyFixedSecret, writeFixedTable } from "./fixedBase";
export { sumPublic } from "./publicSum";
export { sumOverTables, sumSecret, writeSecretTables } from "./secretSum";

/** Overwrites everything that a call may have left of a secret. */
export function clear(): void {
  memory.fill(SECRET_START, 0, SECRET_END - SECRET_START);
}
