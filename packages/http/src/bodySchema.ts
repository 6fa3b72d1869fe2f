import { checkSchema, type Schema } from "@keyquorum/wire";

/** What a route's `validatorCompiler` gives: nothing, or why a body is refused. */
type BodyCheck = (value: unknown) => { readonly error?: Error };

/**
 * Settings of a route whose body is one of the protocol's: it is checked as the protocol's parsers check it, and refused with INVALID_REQUEST, which
 * names the field and never repeats a value. Fastify's own checker generates code for each schema, which takes longer than the rest of a server's start.
 */
export const bodySchema = (body: Schema): { readonly schema: { readonly body: Schema }; readonly validatorCompiler: () => BodyCheck } => ({
  schema: { body },
  validatorCompiler: () => (value) => {
    try {
      checkSchema(body, value, "INVALID_REQUEST");
      return {};
    } catch (error) {
      if (error instanceof Error) return { error };
      throw error;
    }
  },
});
