/** The extension's name: in its tables, kinds of work, nonces, and in the domain tag of what it signs (`extensionTag` of wire). Never changed. */
export const EXTENSION_NAME = "parity";
