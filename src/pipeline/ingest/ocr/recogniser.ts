/** One process of the recognition library, in a thread of its own. */
import type { Worker } from "node:worker_threads";
import { messageOf } from "../../../errors.js";
import { median } from "../pdf/geometry.js";
import { languageData } from "./languages.js";
import type { Recognised, RecognisedWord } from "./recognised.js";

/** Longest time for a page, in milliseconds: on noise the library may search for very long. */
const longest = 180_000;

interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

interface LibraryLine {
  baseline: Box;
  rowAttributes?: { rowHeight: number };
  words: { text: string; confidence: number; bbox: Box }[];
}

interface Library {
  worker: Worker;
  setParameters: (parameters: Record<string, string>) => Promise<unknown>;
  recognize: (
    image: Buffer,
    options: Record<string, unknown>,
    output: Record<string, boolean>,
  ) => Promise<{
    data: {
      confidence: number;
      rotateRadians: number | null;
      blocks: { paragraphs: { lines: LibraryLine[] }[] }[] | null;
    };
  }>;
  terminate: () => Promise<unknown>;
}

export class Recogniser {
  readonly #library: Library;
  #failed: Promise<never>;
  /** Whether it can go on; after an error of its thread it cannot. */
  usable = true;

  private constructor(library: Library) {
    this.#library = library;
    this.#failed = new Promise((_, reject) => {
      library.worker.on("error", (cause) => {
        this.usable = false;
        reject(cause);
      });
    });
    this.#failed.catch(() => {});
    library.worker.unref();
  }

  /**
   * @param languages whose data is installed
   * @throws {InputError} when the data of one is not
   */
  static async start(languages: readonly string[]): Promise<Recogniser> {
    await using data = await languageData(languages);
    const { createWorker, OEM } = await import("tesseract.js");
    const library = (await createWorker([...languages], OEM.LSTM_ONLY, {
      langPath: data.folder,
      cacheMethod: "none",
      gzip: true,
      // Without it the library throws what nobody can catch.
      errorHandler: () => {},
    })) as unknown as Library;
    // A resolution that is told is not guessed, and not written to the terminal; a low one, since by it the library
    // tells letters from dust: small print of 300 dots per inch lost letters when it was told the truth.
    await library.setParameters({ user_defined_dpi: "150", tessedit_pageseg_mode: "3" });
    return new Recogniser(library);
  }

  /**
   * @param image a file of a type that the library reads: PNG, JPEG, PGM
   * @throws Error when it cannot be read, or takes too long
   */
  async recognise(image: Buffer): Promise<Recognised> {
    const { worker } = this.#library;
    worker.ref();
    let clock: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      clock = setTimeout(() => {
        this.usable = false;
        reject(new Error(`recognising it takes longer than ${longest / 1000} seconds`));
      }, longest);
    });
    try {
      const work = this.#library.recognize(image, { rotateAuto: true }, { text: false, blocks: true });
      const { data } = await Promise.race([work, this.#failed, late]);
      const lines = (data.blocks ?? []).flatMap((block) => block.paragraphs).flatMap((paragraph) => paragraph.lines);
      return { words: lines.flatMap(wordsOf), confidence: data.confidence };
    } catch (cause) {
      throw cause instanceof Error ? cause : new Error(messageOf(cause));
    } finally {
      clearTimeout(clock);
      worker.unref();
    }
  }

  async end(): Promise<void> {
    this.usable = false;
    await this.#library.terminate();
  }
}

/** Heights of letters in units of the font size: capitals, digits and letters with a stroke up; other small ones. */
const [tall, short] = [0.72, 0.52];

function wordsOf(line: LibraryLine): RecognisedWord[] {
  const { y0, y1 } = line.baseline;
  // One baseline for the line, even where it runs a little askew.
  const baseline = (y0 + y1) / 2;
  const sizes = line.words.flatMap(({ text, bbox }) => {
    const height = Math.min(baseline, bbox.y1) - bbox.y0;
    if (height < 1) return [];
    if (/[A-Z0-9bdfhklt]/.test(text)) return [height / tall];
    return /^[acemnorsuvwxz]+$/.test(text) ? [height / short] : [];
  });
  const size = sizes.length > 0 ? median(sizes) : Math.max(1, line.rowAttributes?.rowHeight ?? 1);
  return line.words.map(({ text, confidence, bbox }) => ({
    text: text.trim(),
    confidence,
    x0: bbox.x0,
    x1: bbox.x1,
    baseline,
    size,
    sideways: text.length >= 4 && bbox.y1 - bbox.y0 > bbox.x1 - bbox.x0,
  }));
}
