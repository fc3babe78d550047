import { InputError, messageOf } from "../../errors.js";
import { htmlToMarkdown } from "./html-to-markdown.js";
import type { DocumentParser } from "./parser.js";
import { markdownSections } from "./sections.js";

/** Word documents: headings, lists and tables as Markdown, in their place. */
export const docxParser: DocumentParser = {
  name: "docx",
  extensions: [".docx"],
  mediaTypes: ["application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  parse: async (bytes, { path }) => {
    refuseOther(bytes, path);
    const { default: mammoth } = await import("mammoth");
    try {
      const result = await mammoth.convertToHtml(
        { buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) },
        {
          styleMap: ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"],
          convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: "" })),
          externalFileAccess: false,
        },
      );
      const text = await htmlToMarkdown(result.value);
      const mediaType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
      return { text, sections: markdownSections(text), mediaType, warnings: lossesOf(result.messages) };
    } catch (cause) {
      if (/body element|main document part/.test(messageOf(cause))) throw notWord(path, cause);
      throw new InputError(`${path}: it cannot be read as a Word document: the file is damaged or cut short`, {
        cause,
        remedy: "Open it in a word processor and save it again as .docx.",
      });
    }
  },
};

/** A zip archive, or a file of another Office program. */
function notWord(path: string, cause: unknown): InputError {
  return new InputError(`${path}: it is not a Word document, though it is a zip archive as those are`, {
    cause,
    remedy: "Give it the extension of its real format, or save it again as .docx.",
  });
}

/** Says what a file that is no zip archive really is. */
function refuseOther(bytes: Uint8Array, path: string): void {
  const head = String.fromCharCode(...bytes.subarray(0, 8));
  if (head.startsWith("PK")) return;
  const start = `${path}: it is not a .docx file`;
  if (head.startsWith("\u00d0\u00cf\u0011\u00e0")) {
    // A protected document is wrapped in the container of the old format, with this entry in UTF-16.
    if (
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(Buffer.from("EncryptedPackage", "utf16le"))
    ) {
      throw new InputError(`${path}: it is protected by a password`, {
        remedy: "Remove the password in a word processor and save it again.",
      });
    }
    throw new InputError(`${start} but an old Word document (.doc)`, {
      remedy: "Save it as .docx in a word processor.",
    });
  }
  if (head.startsWith("{\\rtf"))
    throw new InputError(`${start} but RTF`, { remedy: "Save it as .docx in a word processor." });
  if (head.startsWith("%PDF"))
    throw new InputError(`${start} but a PDF`, { remedy: "Rename it so that it ends in .pdf." });
  throw new InputError(start, { remedy: "Give it the extension of its real format, or save it again as .docx." });
}

/** Parts that the conversion leaves out and that a reader would miss; it names each kind once. */
function lossesOf(messages: readonly { message: string }[]): string[] {
  const formulas = messages.some(({ message }) => /\boMath(?:Para)?$/.test(message));
  return formulas ? ["the document has formulas: they are left out, since Word formulas cannot be read yet"] : [];
}
