/** WASI's error numbers, as far as they are answered. https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno */
export const ERRNO = {
  success: 0,
  tooBig: 1,
  badDescriptor: 8,
  exists: 20,
  fault: 21,
  fileTooBig: 22,
  illegalBytes: 25,
  invalid: 28,
  io: 29,
  isDirectory: 31,
  tooManyOpen: 33,
  nameTooLong: 37,
  notThere: 44,
  noSpace: 51,
  notOffered: 52,
  notDirectory: 54,
  notEmpty: 55,
  notSupported: 58,
  notPermitted: 63,
  readOnly: 69,
  noSeek: 70,
  notCapable: 76,
} as const;

/** Ends a host function with an error number for the guest. */
export class Refusal extends Error {
  readonly errno: number;
  constructor(errno: number) {
    super("refused");
    this.errno = errno;
  }
}

export const refuse = (errno: number): never => {
  throw new Refusal(errno);
};
