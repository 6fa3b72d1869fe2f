import { KeyquorumError } from "@keyquorum/wire";

/** The KeyquorumError that `work` ends with. Throws when it succeeds or ends otherwise. */
export const errorOf = async (work: Promise<unknown>): Promise<KeyquorumError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof KeyquorumError) return error;
    throw error;
  }
  throw new Error("It did not fail.");
};

/** Its code, or "no error". */
export const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof KeyquorumError) return error.code;
    throw error;
  }
  return "no error";
};
