/** The command line as it was given, for suggestions of what to run next. */
import type { Command } from "commander";

/**
 * The flags of a command, and of the program before it, that were given.
 * @param without names of options to leave out, as commander has them: `preview`
 * @returns for example ` -t 8 --no-judge`, with a space before each; empty where none was given
 */
export function givenFlags(command: Command, without: readonly string[] = ["preview"]): string {
  const commands = command.parent === null ? [command] : [command.parent, command];
  return commands
    .flatMap((one) =>
      one.options.flatMap((option) => {
        const name = option.attributeName();
        if (without.includes(name) || one.getOptionValueSource(name) !== "cli") return [];
        const value: unknown = one.getOptionValue(name);
        const flag = option.short ?? option.long ?? "";
        if (typeof value === "boolean") return value === !option.negate ? [flag] : [];
        const values: unknown[] = Array.isArray(value) ? value : [value];
        // Repeated, so that a list never runs into the paths.
        return values.map((each) => `${flag} ${quoted(String(each))}`);
      }),
    )
    .map((flag) => ` ${flag}`)
    .join("");
}

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
