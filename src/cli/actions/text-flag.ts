/** Texts that flags give, or name a file of. */
import { createReadStream } from "node:fs";
import { decodeText } from "../../config/yaml-file.js";
import { ConfigError, InputError, messageOf, QuernError, UsageError } from "../../errors.js";

const mostCharacters = 20_000;
/** A character takes four bytes at most. */
const mostBytes = 4 * mostCharacters;

/**
 * @param flag named in messages
 * @param given a text; `@file` for what stands in a file or comes through a pipe, `@-` for what comes on stdin
 * @returns the text without spaces around it, with `\n` at the ends of lines; undefined where nothing is given
 * @throws {InputError} for a file that cannot be read or is no text
 * @throws {UsageError} for more than 20,000 characters
 */
export async function textFlag(flag: string, given: string | undefined): Promise<string | undefined> {
  if (given === undefined) return undefined;
  const text = (given.startsWith("@") ? await textIn(flag, given.slice(1)) : given).replace(/\r\n?/g, "\n").trim();
  if (text.length > mostCharacters)
    throw new UsageError(`${flag}: the text has ${text.length} characters, and ${mostCharacters} are possible`, {
      remedy: "shorten it",
    });
  return text;
}

async function textIn(flag: string, file: string): Promise<string> {
  const shown = file === "-" ? "stdin" : file;
  try {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of file === "-" ? process.stdin : createReadStream(file)) {
      pieces.push(Buffer.from(piece as Buffer));
      bytes += (piece as Buffer).length;
      // Devices have no end.
      if (bytes > mostBytes)
        throw new UsageError(`${flag}: ${shown} holds more than ${mostCharacters} characters`, {
          remedy: "shorten it",
        });
    }
    return decodeText(Buffer.concat(pieces), shown);
  } catch (error) {
    if (error instanceof QuernError && !(error instanceof ConfigError)) throw error;
    throw new InputError(
      error instanceof ConfigError
        ? `${flag}: ${error.message}`
        : `${flag}: ${shown} cannot be read: ${messageOf(error)}`,
      { remedy: error instanceof ConfigError ? (error.remedy ?? "check the file") : "check the path", cause: error },
    );
  }
}
