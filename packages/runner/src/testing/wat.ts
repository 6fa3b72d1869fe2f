import wabt from "wabt";

const FEATURES = {
  multi_memory: true,
  memory64: true,
  threads: true,
  exceptions: true,
  gc: true,
  function_references: true,
  simd: true,
  bulk_memory: true,
  reference_types: true,
  multi_value: true,
  tail_call: true,
  sat_float_to_int: true,
  sign_extension: true,
} as const;

let loading: ReturnType<typeof wabt> | undefined;

/** The binary of a module's text. It is not validated: some of the texts are meant to be wrong. */
export const wat = async (text: string): Promise<Uint8Array> => {
  loading ??= wabt();
  const parsed = (await loading).parseWat("guest.wat", text, FEATURES);
  try {
    return Uint8Array.from(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
};

const WASI = "wasi_snapshot_preview1";

/** Imports that the texts below use by short names. */
const IMPORTS: Readonly<Record<string, string>> = {
  write: `(import "${WASI}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))`,
  read: `(import "${WASI}" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))`,
  seek: `(import "${WASI}" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))`,
  exit: `(import "${WASI}" "proc_exit" (func $exit (param i32)))`,
  clock: `(import "${WASI}" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))`,
  poll: `(import "${WASI}" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))`,
  open: `(import "${WASI}" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))`,
  environ: `(import "${WASI}" "environ_get" (func $environ (param i32 i32) (result i32)))`,
  secretOpen: `(import "keyquorum" "secret_open" (func $secretOpen (param i32 i32 i32 i32) (result i32)))`,
  secretRead: `(import "keyquorum" "secret_read" (func $secretRead (param i32 i32 i32 i32) (result i32)))`,
  secretClose: `(import "keyquorum" "secret_close" (func $secretClose (param i32) (result i32)))`,
  memoryRead: `(import "blockless_memory" "memory_read" (func $memoryRead (param i32 i32 i32) (result i32)))`,
  envVarRead: `(import "blockless_memory" "env_var_read" (func $envVarRead (param i32 i32 i32) (result i32)))`,
  http: `(import "blockless_http" "http_req" (func $http (param i32 i32 i32 i32 i32 i32) (result i32)))`,
  httpHeader: `(import "blockless_http" "http_read_header" (func $httpHeader (param i32 i32 i32 i32 i32 i32) (result i32)))`,
  httpBody: `(import "blockless_http" "http_read_body" (func $httpBody (param i32 i32 i32 i32) (result i32)))`,
  httpClose: `(import "blockless_http" "http_close" (func $httpClose (param i32) (result i32)))`,
};

/** A command's text: what `body` names with `$write`, `$exit`, .. is imported. `more`: further fields; `pages`: of memory. */
export const command = (body: string, { more = "", pages = "1" }: { readonly more?: string; readonly pages?: string } = {}): string => {
  const used = Object.entries(IMPORTS).filter(([name]) => `${body} ${more}`.includes(`(call $${name} `));
  return `(module ${used.map(([, text]) => text).join("\n")} (memory (export "memory") ${pages}) ${more} (func (export "_start") ${body}))`;
};

/** Instructions that write `length` bytes of memory at `pointer` to a descriptor, over the list at 16, and leave the errno. */
export const write = (descriptor: number, pointer: number, length: number): string =>
  `(i32.store (i32.const 16) (i32.const ${pointer})) (i32.store (i32.const 20) (i32.const ${length}))
   (call $write (i32.const ${descriptor}) (i32.const 16) (i32.const 1) (i32.const 24))`;

/** Ends with the number that `value` leaves as the exit code. */
export const exitWith = (value: string): string => `(call $exit ${value})`;

/** A text of WAT for bytes that are a string. */
export const data = (at: number, text: string): string => `(data (i32.const ${at}) "${text}")`;
