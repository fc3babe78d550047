/** Which language records are to be in, and whether they are. */
import { type Detector, languageDetector, languageName } from "../text/language.js";

/** Languages that are told apart too badly, or are close enough to pass for each other in a few sentences. */
const alike: readonly (readonly string[])[] = [
  ["no", "nb", "nn", "da", "sv"],
  ["hr", "sr", "bs", "sl", "mk", "bg"],
  ["cs", "sk"],
  ["id", "ms"],
  ["es", "gl", "ca", "pt", "oc"],
  ["ru", "uk", "be"],
  ["fa", "ar", "ur", "ps"],
  ["hi", "mr", "ne", "sa"],
  ["zh", "ja"],
  ["nl", "af"],
  ["fi", "et"],
  ["tr", "az"],
];
/** Letters that a text must have before its language is believed; scripts without an alphabet say more with each. */
const fewestLetters = 60;
const fewestIdeographs = 15;
/** A chunk with fewer letters has the language of its document. */
const fewestLettersOfChunk = 200;
const ideograph = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/gu;

/** What is wanted of one document. */
export class AnswerLanguage {
  private constructor(
    private readonly detect: Detector,
    private readonly setting: string,
    private readonly ofDocument: string | undefined,
  ) {}

  /**
   * @param setting `auto`, `any` or a language code: `generation.language`
   * @param text of the document
   */
  static async of(setting: string, text: string): Promise<AnswerLanguage> {
    const detect = await languageDetector();
    return new AnswerLanguage(detect, setting, setting === "auto" ? detect(proseOf(text.slice(0, 20_000))) : undefined);
  }

  /** @returns the code of the language that records about this chunk are to be in; undefined where it is not known */
  wantedFor(chunk: string): string | undefined {
    if (this.setting === "any") return undefined;
    if (this.setting !== "auto") return this.setting;
    const prose = proseOf(chunk);
    const own = letters(prose) < fewestLettersOfChunk ? undefined : this.detect(prose);
    return own ?? this.ofDocument;
  }

  /** What the model is told; empty where there is nothing to tell. */
  wish(wanted: string | undefined): string {
    if (wanted === undefined) return "";
    const name = languageName(wanted);
    return this.setting === "auto" ? name : `${name}, whatever the language of the text`;
  }

  /**
   * @returns the code of the language a text is in, where that is certain and not the one that is wanted: code, names
   *   and a few words say nothing
   */
  otherThan(wanted: string | undefined, text: string): string | undefined {
    if (wanted === undefined) return undefined;
    const prose = proseOf(text);
    if (letters(prose) < fewestLetters && (prose.match(ideograph)?.length ?? 0) < fewestIdeographs) return undefined;
    const found = this.detect(prose);
    if (
      found === undefined ||
      found === wanted ||
      alike.some((group) => group.includes(found) && group.includes(wanted))
    )
      return undefined;
    return found;
  }
}

/** A text without code, addresses and numbers, which are in no language. */
function proseOf(text: string): string {
  return text
    .replace(/```[^]*?(?:```|$)/g, " ")
    .replace(/`[^`\n]*`/g, " ")
    .replace(/\bhttps?:\/\/\S+/g, " ")
    .replace(/\S*[\d_{}<>=;\\/@]\S*/g, " ");
}

function letters(text: string): number {
  return text.match(/\p{L}/gu)?.length ?? 0;
}
