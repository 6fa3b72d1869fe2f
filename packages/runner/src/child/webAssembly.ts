/** As much of V8's WebAssembly as the child uses: its types are of TypeScript's library for pages, which is not loaded here. */
export type Module = { readonly __module: never };
export type Memory = { readonly buffer: ArrayBuffer };
export type Global = { value: bigint };
export type Instance = { readonly exports: Readonly<Record<string, unknown>> };

type Api = {
  readonly Module: new (bytes: Uint8Array) => Module;
  readonly Instance: new (module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>) => Instance;
  readonly Global: new (type: { readonly value: "i64"; readonly mutable: true }, value: bigint) => Global;
  readonly RuntimeError: new (message?: string) => Error;
  readonly LinkError: new (message?: string) => Error;
};

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: Api }).WebAssembly;
