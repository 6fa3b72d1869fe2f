import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { compileKernel, KERNEL_MODULE, kernelModule } from "../kernel/compile.ts";

const MAX_BYTES = 40_000;
const MAX_COMPRESSED = 15_000;

/** Whether the committed kernel is what its sources compile to, and small enough for a page. */
export const kernelBytesProblems = async (): Promise<readonly string[]> => {
  const [bytes, committed] = await Promise.all([compileKernel(), readFile(KERNEL_MODULE, "utf8")]);
  const compressed = gzipSync(bytes, { level: 9 }).length;
  return [
    ...(committed === (await kernelModule(bytes))
      ? []
      : [`${KERNEL_MODULE} is not what packages/threshold/assembly compiles to: npm run build:kernel`]),
    ...(bytes.length > MAX_BYTES ? [`The kernel has ${bytes.length} bytes, more than ${MAX_BYTES}.`] : []),
    ...(compressed > MAX_COMPRESSED ? [`The kernel has ${compressed} bytes compressed, more than ${MAX_COMPRESSED}.`] : []),
  ];
};
