/** Texts that flags give, or name a file of. */
import { createReadStream } from "node:fs";
import { decodeText } from "../../config/yaml-file.js";
import { ConfigError, InputError, messageOf, QuernError, UsageError } from "../../errors.js";

const mostCharacters = 20_000;
/** What a character takes at most. */
const bytesOfCharacter = 4;

/**
 * @param flag named in messages
 * @param given a text; `@file` for what stands in a file or comes through a pipe, `@-` for what comes on stdin
 * @param most characters, 20,000 unless told
 * @returns the text without spaces around it, with `\n` at the ends of lines; undefined where nothing is given
 * @throws {InputError} for a file that cannot be read or is no text
 * @throws {UsageError} for more than that
 */
export async function textFlag(
  flag: string,
  given: string | undefined,
  most = mostCharacters,
): Promise<string | undefined> {
  if (given === undefined) return undefined;
  const whole = given.startsWith("@") ? await textOfFile(flag, given.slice(1), most) : given;
  const text = whole.replace(/\r\n?/g, "\n").trim();
  if (text.length > most)
    throw new UsageError(`${flag}: the text has ${text.length} characters, and ${most} are possible`, {
      remedy: "shorten it",
    });
  return text;
}

/**
 * @param flag named in messages
 * @param file `-` for stdin
 * @param most characters
 * @returns what stands in a file or comes through a pipe
 * @throws {InputError} for a file that cannot be read or is no text
 * @throws {UsageError} for more than that
 */
export async function textOfFile(flag: string, file: string, most: number): Promise<string> {
  const shown = file === "-" ? "stdin" : file;
  try {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of file === "-" ? process.stdin : createReadStream(file)) {
      pieces.push(Buffer.from(piece as Buffer));
      bytes += (piece as Buffer).length;
      // Devices have no end.
      if (bytes > most * bytesOfCharacter)
        throw new UsageError(`${flag}: ${shown} holds more than ${most} characters`, {
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
