/** A registry of metrics without any. */
export const emptyRegistry = { contentType: "text/plain; version=0.0.4", metrics: async () => "" };
