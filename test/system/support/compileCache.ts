import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Loaded before the tests: Node keeps what it compiled of each source, here and in every process that a test starts. A keeper then starts with half the CPU.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "..", "..", "..", "node_modules", ".cache", "compiled");
enableCompileCache(process.env.NODE_COMPILE_CACHE);
