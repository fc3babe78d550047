/**
 * Writes a JSON object of long lists without holding them: `{"a": [...], "b": [...], "more": ...}`. Elements come in any
 * order; each list but the first is gathered in a file aside and joined at the end.
 */
import { createReadStream } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import path from "node:path";
import { asideName, ensureOutputFolder, FileWriter, guarded } from "./write.js";

/** Pieces are gathered to this many characters before they are written. */
const bufferedCharacters = 64 * 1024;

export class ListsWriter {
  private constructor(
    private readonly main: FileWriter,
    private readonly spools: ReadonlyMap<string, Spool>,
  ) {}

  private firstCount = 0;

  /**
   * @param keys of the lists, in the order in which they stand in the file; at least one
   * @throws {OutputError}
   */
  static async open(file: string, keys: readonly string[]): Promise<ListsWriter> {
    const [first, ...others] = keys;
    await ensureOutputFolder(path.dirname(file));
    const main = await FileWriter.open(file);
    const spools = new Map<string, Spool>();
    try {
      for (const key of others) spools.set(key, await Spool.open(file));
      await main.write(`{\n  ${JSON.stringify(first)}: [`);
      return new ListsWriter(main, spools);
    } catch (error) {
      await main.discard();
      for (const spool of spools.values()) await spool.close();
      throw error;
    }
  }

  /** Adds an element to a list. */
  async write(key: string, element: unknown): Promise<void> {
    const text = JSON.stringify(element, null, 2).replaceAll("\n", "\n    ");
    const spool = this.spools.get(key);
    if (spool !== undefined) await spool.write(text);
    else await this.main.write(`${this.firstCount++ === 0 ? "" : ","}\n    ${text}`);
  }

  /**
   * Puts the file in its place.
   * @param rest keys after the lists
   */
  async commit(rest: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.main.write(this.firstCount === 0 ? "]" : "\n  ]");
      for (const [key, spool] of this.spools) {
        await this.main.write(`,\n  ${JSON.stringify(key)}: [`);
        await spool.moveTo(this.main);
        await this.main.write(spool.count === 0 ? "]" : "\n  ]");
      }
      for (const [key, value] of Object.entries(rest))
        if (value !== undefined)
          await this.main.write(
            `,\n  ${JSON.stringify(key)}: ${JSON.stringify(value, null, 2).replaceAll("\n", "\n  ")}`,
          );
      await this.main.write("\n}\n");
      await this.main.commit();
    } catch (error) {
      await this.main.discard();
      throw error;
    } finally {
      for (const spool of this.spools.values()) await spool.close();
    }
  }

  /** Leaves what stood there before. */
  async discard(): Promise<void> {
    await this.main.discard();
    for (const spool of this.spools.values()) await spool.close();
  }
}

/** A list gathered aside. */
class Spool {
  count = 0;
  private buffered = "";

  private constructor(
    private readonly shownAs: string,
    private readonly aside: string,
    private readonly handle: FileHandle,
  ) {}

  static open(file: string): Promise<Spool> {
    const aside = asideName(file);
    return guarded(file, async () => new Spool(file, aside, await open(aside, "wx+")));
  }

  async write(text: string): Promise<void> {
    this.buffered += `${this.count++ === 0 ? "" : ","}\n    ${text}`;
    if (this.buffered.length >= bufferedCharacters) await this.flush();
  }

  async moveTo(writer: FileWriter): Promise<void> {
    await this.flush();
    for await (const piece of createReadStream(this.aside)) await writer.write(piece as Buffer);
  }

  async close(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await rm(this.aside, { force: true });
  }

  private async flush(): Promise<void> {
    const text = this.buffered;
    this.buffered = "";
    await guarded(this.shownAs, () => this.handle.appendFile(text));
  }
}
