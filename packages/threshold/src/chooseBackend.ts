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
