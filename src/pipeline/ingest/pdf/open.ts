import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import type { PDFDocumentProxy } from "pdfjs-dist";
import { InputError, messageOf } from "../../../errors.js";

/**
 * Opens a PDF. The caller ends it with `document.loadingTask.destroy()`.
 *
 * @param bytes the whole file; copied, since pdfjs keeps what it gets
 * @param path for messages
 * @param pictures whether pictures are unpacked
 * @throws InputError when it needs a password or is too damaged to be opened
 */
export async function openPdf(bytes: Uint8Array, path: string, pictures = false): Promise<PDFDocumentProxy> {
  const pdfjs = await loadPdfjs();
  const root = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));
  try {
    return await pdfjs.getDocument({
      data: new Uint8Array(bytes),
      verbosity: pdfjs.VerbosityLevel.ERRORS,
      cMapUrl: join(root, "cmaps") + sep,
      standardFontDataUrl: join(root, "standard_fonts") + sep,
      wasmUrl: join(root, "wasm") + sep,
      disableFontFace: true,
      useSystemFonts: false,
      // Tells which codes a font has characters for.
      fontExtraProperties: true,
      // Pictures are not unpacked where only text is wanted.
      maxImageSize: pictures ? largestPicture : 1,
    }).promise;
  } catch (cause) {
    if (cause instanceof Error && cause.name === "PasswordException") {
      throw new InputError(`${path}: it is protected by a password`, {
        cause,
        remedy: "Remove the password first (for example qpdf --decrypt --password=… in.pdf out.pdf).",
      });
    }
    throw damagedPdf(path, cause);
  }
}

/** Pixels of a picture that is still unpacked: an A0 sheet at 300 dots per inch has 140 million. */
export const largestPicture = 150_000_000;

/** Refuses what is no PDF, and a PDF that ends early: a reader might open it and leave out what is lost. */
export function refuseOther(bytes: Uint8Array, path: string): void {
  const file = bufferOf(bytes);
  if (!file.subarray(0, 1024).includes("%PDF-")) {
    throw new InputError(`${path}: it is not a PDF: its first bytes are not those of one`, {
      remedy: "Give it the extension of its real format, or get the file again.",
    });
  }
  const tail = file.subarray(-2048);
  const length = /\/Linearized\b[^>]*\/L\s+(\d+)/.exec(file.subarray(0, 2048).toString("latin1"))?.[1];
  const complete = tail.includes("%%EOF") || tail.includes("startxref");
  if (!complete || (length !== undefined && Number(length) > file.length)) {
    throw new InputError(`${path}: the PDF is cut short: its end is missing`, {
      remedy: "Get the file again, or repair what is left of it (for example with qpdf or mutool clean).",
    });
  }
}

/** The same bytes as a buffer, not copied. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The error for a PDF that cannot be read. */
export function damagedPdf(path: string, cause: unknown): InputError {
  return new InputError(`${path}: the PDF is damaged: ${messageOf(cause)}`, {
    cause,
    remedy: "Get the file again, or repair it (for example with qpdf or mutool clean).",
  });
}

/** Loads pdfjs, without the warnings that it prints where the drawing library is missing. */
export function loadPdfjs(): Promise<Pdfjs> {
  return (loading ??= loadQuietly());
}

type Pdfjs = typeof import("pdfjs-dist");
let loading: Promise<Pdfjs> | undefined;

/** Where the drawing library does not run, pdfjs still gives text: of drawing it makes one object while it loads. */
async function canDraw(): Promise<void> {
  const globals = globalThis as { DOMMatrix?: unknown };
  try {
    await import("@napi-rs/canvas");
  } catch {
    globals.DOMMatrix ??= function DOMMatrix() {
      return undefined;
    };
  }
}

async function loadQuietly(): Promise<Pdfjs> {
  await canDraw();
  const warn = console.warn;
  console.warn = (...message: unknown[]) => {
    if (!/^Warning: Cannot (?:load|polyfill|access)/.test(String(message[0]))) warn(...message);
  };
  try {
    return await import("pdfjs-dist/legacy/build/pdf.mjs");
  } finally {
    console.warn = warn;
  }
}
