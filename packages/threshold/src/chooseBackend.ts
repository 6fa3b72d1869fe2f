import type { EcBackend } from "./ecBackend.ts";
import { createKernelBackend } from "./kernel/kernelBackend.ts";
import { nobleBackend } from "./nobleBackend.ts";
import { selfTestBackend } from "./selfTest.ts";

/**
 * The kernel in WebAssembly, tested; noble where WebAssembly is missing or refused, as by a page's Content-Security-Policy.
 * Throws BACKEND_FAILED where the kernel is there and computes wrongly: such a machine is not trusted with noble either.
 */
export function chooseBackend(kernel: EcBackend | undefined = createKernelBackend()): EcBackend {
  if (kernel === undefined) return nobleBackend;
  selfTestBackend(kernel);
  return kernel;
}

/**
 * Chooses when it is first called, for good: a failure too, so that a machine whose kernel computes wrongly now and then gets no second trial.
 * Throws as `choose` did then.
 */
export function chooseOnce(choose: () => EcBackend = chooseBackend): () => EcBackend {
  let outcome: { readonly chosen: EcBackend } | { readonly failure: unknown } | undefined;
  return () => {
    outcome ??= outcomeOf(choose);
    if ("failure" in outcome) throw outcome.failure;
    return outcome.chosen;
  };
}

function outcomeOf(choose: () => EcBackend): { readonly chosen: EcBackend } | { readonly failure: unknown } {
  try {
    return { chosen: choose() };
  } catch (failure) {
    return { failure };
  }
}
