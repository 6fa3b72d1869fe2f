import type { CreateExtension } from "@keyquorum/keeper";

/**
 * An extension that makes the real daemon sign wrong: it adds 1 to the share that signatures are made with, so that the keeper signs for a wrong share of a
 * signature. Named in a keeper's configuration as "@keyquorum/testing/lyingSigner".
 */
export const createExtension: CreateExtension = () => ({ name: "lyingSigner", shiftSigningShare: () => 1n });
