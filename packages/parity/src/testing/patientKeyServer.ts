import type { CreateExtension } from "@keyquorum/keeper";
import { parityExtension } from "../extension.ts";

/**
 * The product's key server, but for its patience: `patience` milliseconds for a generation, where the product has 4,500. For the demo on busy machines, and
 * for measuring how long it takes: a keeper's configuration names this file by its path, and the package does not have it as a module.
 */
export const createExtension: CreateExtension = ({ patience, ...options }) => parityExtension(options, { patience: Number(patience) });
