/** What runs the model. A file of its own, so that help does not load the whole schema. */
export const providers = ["auto", "llama-cpp", "llama-server", "vllm", "api-endpoint"] as const;
export type Provider = (typeof providers)[number];
