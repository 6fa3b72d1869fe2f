import { G, SECOND_BASE } from "../point.ts";
import { Arena } from "./arena.ts";
import { HotPoints } from "./hotPoints.ts";
import type { KernelModule } from "./instantiate.ts";

/** The registers of one process or thread, and the tables in them. */
export type Kernel = { readonly arena: Arena; readonly hot: HotPoints };

/** A kernel whose hot points are G and the second base, or undefined where WebAssembly is missing or refused. `module` is another one, in tests. Throws BACKEND_FAILED. */
export function createKernel(module?: KernelModule): Kernel | undefined {
  const arena = Arena.create(module);
  if (arena === undefined) return undefined;
  const hot = new HotPoints(arena);
  const bases = [G, SECOND_BASE];
  // room for their tables before any secret is in the memory: an engine that grows it by copying leaves the old one as it was
  arena.reserve(arena.wasm.FIXED.value + bases.length * arena.wasm.FIXED_BYTES.value);
  for (const point of bases) hot.add(point);
  return { arena, hot };
}
