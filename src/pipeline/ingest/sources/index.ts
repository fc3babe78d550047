import { pathSource } from "./file.js";
import type { Source } from "./source.js";
import { urlSource } from "./url.js";
import { youtubeSource } from "./youtube.js";

/** Every kind of source, in the order in which they are asked. A new one is one file and one line here. */
export const sources: readonly Source[] = [youtubeSource, urlSource, pathSource];

/** The kind of source that something the user named is. */
export function sourceOfKind(given: string): Source {
  return sources.find((source) => source.accepts(given)) ?? pathSource;
}

/** Whether something the user named is an address and not a path on this machine. */
export function isAddress(given: string): boolean {
  return sourceOfKind(given).isRemote;
}
