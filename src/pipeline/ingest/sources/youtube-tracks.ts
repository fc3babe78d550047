/** Which captions of a video are taken: by who wrote them, and by language. */
import { InputError } from "../../../errors.js";

export interface CaptionTrack {
  address: string;
  /** As YouTube has it: `en`, `pt-BR`. */
  language: string;
  /** Written by a machine that listened, so in the language that is spoken. */
  isGenerated: boolean;
}

export interface TrackWish {
  captions: "auto" | "manual";
  /** Empty: the video's own. */
  language: string;
}

/**
 * @param tracks of the video
 * @param preferred the track that players show first, where the video says
 * @param path for messages
 * @throws {InputError} when there are none such; the message says what there is
 */
export function chooseTrack(
  tracks: readonly CaptionTrack[],
  { captions, language }: TrackWish,
  preferred: CaptionTrack | undefined,
  path: string,
): CaptionTrack {
  if (tracks.length === 0)
    throw new InputError(`${path}: the video has no captions`, {
      remedy: "Transcribe it with another program and ingest the text.",
    });
  const allowed = captions === "manual" ? tracks.filter(({ isGenerated }) => !isGenerated) : tracks;
  if (allowed.length === 0)
    throw new InputError(`${path}: the video has no captions that a person wrote`, {
      remedy: "Set ingest.youtube_captions to auto to take those of a machine.",
    });
  // A machine writes what is spoken, so its language is the video's.
  const own = tracks.find(({ isGenerated }) => isGenerated)?.language ?? preferred?.language;
  const wanted = language === "" ? own : language;
  const inWanted = wanted === undefined ? [] : inLanguage(allowed, wanted);
  const found = inWanted.find(({ isGenerated }) => !isGenerated) ?? inWanted[0];
  if (found !== undefined) return found;
  if (language !== "")
    throw new InputError(`${path}: the video has no captions in the language ${language}`, {
      remedy: `It has ${[...new Set(allowed.map((track) => track.language))].join(", ")}: set ingest.youtube_language to one of them, or leave it out.`,
    });
  const first = preferred !== undefined && allowed.includes(preferred) ? preferred : undefined;
  return first ?? allowed.find(({ isGenerated }) => !isGenerated) ?? allowed[0]!;
}

/** The tracks in a language: of exactly this name, or of the same language elsewhere. */
function inLanguage(tracks: readonly CaptionTrack[], wanted: string): CaptionTrack[] {
  const base = (code: string) => code.toLowerCase().split(/[-_]/)[0];
  const exact = tracks.filter(({ language }) => language.toLowerCase() === wanted.toLowerCase());
  const near = tracks.filter((track) => !exact.includes(track) && base(track.language) === base(wanted));
  return [...exact, ...near];
}
