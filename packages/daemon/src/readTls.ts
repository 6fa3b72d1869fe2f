import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { OperatorError } from "./operatorError.ts";
import { readSecretFile } from "./secretFile.ts";

/** A certificate chain and its key, as PEM. The key is secret. */
export type TlsFiles = { readonly cert: Buffer; readonly key: Buffer };

/** Reads the TLS files that the configuration names. Throws OperatorError SECRET_FILE_*; what OpenSSL says of the key is left out. */
export const readTls = async (tls: { readonly certificateFile: string; readonly keyFile: string }): Promise<TlsFiles> => {
  const { certificateFile, keyFile } = tls;
  const cert = await readFile(certificateFile).catch((cause: unknown) => {
    throw new OperatorError(
      "SECRET_FILE_MISSING",
      `The TLS certificate cannot be read: ${certificateFile}. Correct [http] tls.certificateFile.`,
      { file: certificateFile },
      { cause },
    );
  });
  const key = Buffer.from(await readSecretFile(keyFile, "TLS key"));
  try {
    createSecureContext({ cert, key });
  } catch {
    throw new OperatorError(
      "SECRET_FILE_INVALID",
      `${certificateFile} and ${keyFile} are no TLS certificate and its key, in PEM. Correct [http] tls.`,
      { certificateFile, keyFile },
    );
  }
  return { cert, key };
};
