/** What kind of picture bytes are, by their first ones. */

const signatures: readonly [type: string, offset: number, bytes: string][] = [
  ["image/png", 0, "\u0089PNG\r\n\u001a\n"],
  ["image/jpeg", 0, "\u00ff\u00d8\u00ff"],
  ["image/gif", 0, "GIF8"],
  ["image/webp", 8, "WEBP"],
  ["image/avif", 4, "ftypavif"],
  ["image/heic", 4, "ftypheic"],
  ["image/bmp", 0, "BM"],
  ["image/tiff", 0, "II*\0"],
  ["image/tiff", 0, "MM\0*"],
  ["image/emf", 40, " EMF"],
  ["image/wmf", 0, "\u00d7\u00cd\u00c6\u009a"],
  ["image/jp2", 4, "jP  "],
];

/**
 * @returns the media type, `application/octet-stream` where the bytes tell nothing
 */
export function imageTypeOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString("latin1");
  for (const [type, offset, signature] of signatures) if (head.startsWith(signature, offset)) return type;
  return /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/.test(head)
    ? "image/svg+xml"
    : "application/octet-stream";
}
