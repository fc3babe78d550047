/** Pictures of web pages: those that are in the page itself, and files beside it. Nothing is ever fetched. */
import { readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { Page } from "./main-content.js";
import type { ParserSource } from "./parser.js";
import type { Pictures } from "./pictures.js";

/** A picture's bytes, or why it is not to be had: what comes after "left out: ". */
export type FoundPicture = Uint8Array | { reason: string };

/** Most bytes of one picture. */
const maxBytes = 32 * 2 ** 20;

/**
 * Gives each picture of a page its number, before the page is reduced.
 *
 * @param find finds the picture of an address that is not a `data:` address
 */
export async function numberPictures(
  page: Page,
  pictures: Pictures,
  find: (address: string) => Promise<FoundPicture>,
): Promise<void> {
  const known = new Map<string, FoundPicture>();
  for (const image of page.querySelectorAll("img, image")) {
    image.removeAttribute("data-picture");
    if (!pictures.wanted) continue;
    const shown = image.getAttribute("src") ?? image.getAttribute("xlink:href") ?? image.getAttribute("href") ?? "";
    // Pages that load pictures late hold a spacer in their place.
    const late = image.getAttribute("data-src") ?? image.getAttribute("data-original");
    const address = (late !== null && (shown === "" || shown.startsWith("data:")) ? late : shown).trim();
    if (address === "") continue;
    const found = known.get(address) ?? (address.startsWith("data:") ? decodeData(address) : await find(address));
    if (!address.startsWith("data:")) known.set(address, found);
    if ("reason" in found) {
      pictures.leave(found.reason);
      continue;
    }
    const description = image.getAttribute("alt") || image.getAttribute("title") || undefined;
    const number = pictures.add(found, { description });
    if (number !== undefined) image.setAttribute("data-picture", String(number));
  }
}

function decodeData(address: string): FoundPicture {
  const comma = address.indexOf(",");
  if (comma === -1) return { reason: "their data: address is damaged" };
  if (address.length > maxBytes * 2) return { reason: "they are larger than 32 MB" };
  const data = address.slice(comma + 1);
  if (/;\s*base64\s*$/i.test(address.slice(0, comma))) return Buffer.from(data, "base64");
  try {
    return Buffer.from(decodeURIComponent(data), "latin1");
  } catch {
    return { reason: "their data: address is damaged" };
  }
}

/**
 * Finds pictures beside a page, in the page's own folder and below it, nowhere else.
 *
 * @param source of the page; one that is no file of the user's (a member of an archive, a web page) has none beside it
 */
export function pictureBeside(source: ParserSource): (address: string) => Promise<FoundPicture> {
  return async (address) => {
    if (/^(?:[a-z][a-z\d+.-]+:|\/\/)/i.test(address)) return { reason: "they are elsewhere, and nothing is fetched" };
    if (path.resolve(source.path) !== path.resolve(source.file)) return { reason: "they are not in the file" };
    try {
      const folder = await realpath(path.dirname(source.file));
      const relative = decodeURIComponent(address.replace(/[?#].*$/s, ""));
      const file = await realpath(path.resolve(folder, relative));
      if (path.isAbsolute(relative) || !file.startsWith(folder + path.sep)) {
        return { reason: "they are outside the page's folder" };
      }
      const info = await stat(file);
      if (!info.isFile()) return { reason: "they are no files" };
      if (info.size > maxBytes) return { reason: "they are larger than 32 MB" };
      return await readFile(file);
    } catch {
      return { reason: "they are not beside the page" };
    }
  };
}
