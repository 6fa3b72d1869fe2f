/** The counter that a metered module imports, an i64 that changes. No module may import it by itself: it is not offered. */
export const FUEL_IMPORT = { module: "keyquorum_fuel", name: "left" } as const;

/** Blockless's number of the trap. */
export const FUEL_TRAP = 1;
