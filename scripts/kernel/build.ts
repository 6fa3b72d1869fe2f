// `npm run build:kernel`: compiles packages/threshold/assembly and writes its bytes where the package imports them.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { compileKernel, KERNEL_MODULE, kernelModule } from "./compile.ts";

const bytes = await compileKernel();
await writeFile(join(import.meta.dirname, "../..", KERNEL_MODULE), await kernelModule(bytes));
console.log(`${KERNEL_MODULE}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} compressed`);
