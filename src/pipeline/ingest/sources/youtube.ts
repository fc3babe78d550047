import { createHash } from "node:crypto";
import { AbortedError } from "../../../backends/backend.js";
import { InputError, messageOf, QuernError } from "../../../errors.js";
import type { ParsedItem, Source, SourceContext } from "./source.js";
import type { Network } from "./url-addresses.js";
import { Web, type WebLimits } from "./url-fetch.js";
import { chooseTrack, type CaptionTrack } from "./youtube-tracks.js";
import { chaptersIn, cuesOf, transcript } from "./youtube-transcript.js";

/** Parts of the machinery that tests replace. */
export interface YoutubeParts {
  limits?: Partial<WebLimits>;
  network?: Network;
  /** Where a request really goes. */
  rewrite?: (url: URL) => URL;
}

/** Videos of YouTube: their captions as text. */
export const youtubeSource: Source = youtubeSourceWith();

/** @param parts replaced for tests */
export function youtubeSourceWith(parts: YoutubeParts = {}): Source {
  return {
    name: "YouTube",
    isRemote: true,
    accepts: (given) => isYoutube(given),
    async *items(given, context) {
      yield await transcribed(given, context, parts);
    },
  };
}

const hosts = /^(?:(?:www|m|music)\.)?youtube(?:-nocookie)?\.com$|^(?:www\.)?youtu\.be$/;
const idPattern = /^[\w-]{11}$/;

function isYoutube(given: string): boolean {
  return URL.canParse(given) && /^https?:$/.test(new URL(given).protocol) && hosts.test(new URL(given).hostname);
}

/**
 * The video that an address of YouTube's names, whatever else it says: a playlist, a time, who shared it.
 *
 * @returns its id of eleven characters; undefined where it names none
 */
export function videoIdOf(address: URL): string | undefined {
  const parts = address.pathname.split("/").filter((part) => part !== "");
  const [first, second] = parts;
  const id = address.hostname.endsWith("youtu.be")
    ? first
    : first === "watch"
      ? address.searchParams.get("v")
      : ["shorts", "live", "embed", "v", "e"].includes(first ?? "")
        ? second
        : undefined;
  return id != null && idPattern.test(id) ? id : undefined;
}

/** Programs of YouTube's as which the library may ask, the first that gives captions counts. */
const clients = ["ANDROID", "IOS", "WEB"] as const;
/** Bytes of a list of captions; hours of speech have two megabytes. */
const mostBytes = 64 * 2 ** 20;

async function transcribed(given: string, context: SourceContext, parts: YoutubeParts): Promise<ParsedItem> {
  const id = videoIdOf(new URL(given));
  if (id === undefined)
    throw new InputError(`${given}: it names no video`, {
      remedy: "Name videos one by one: https://www.youtube.com/watch?v=...; playlists and channels are not read.",
    });
  const path = `https://www.youtube.com/watch?v=${id}`;
  const { network } = parts;
  using web = new Web({
    limits: {
      totalMs: context.settings.downloadMs,
      idleMs: context.settings.idleMs,
      maxBytes: mostBytes,
      ...parts.limits,
    },
    signal: context.signal,
    ...(network === undefined ? {} : { network }),
  });
  try {
    return await read(id, path, web, context, parts.rewrite ?? ((url) => url));
  } catch (error) {
    if (context.signal?.aborted === true) throw new AbortedError();
    if (!(error instanceof QuernError)) throw notUnderstood(path, error);
    if (!(error instanceof InputError) || error.message.startsWith(path)) throw error;
    // The address that is asked says nothing to whoever named the video.
    const { remedy } = error;
    throw new InputError(`${path}: ${error.message.replace(/^\w+:\/\/\S+: /, "")}`, {
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}

function notUnderstood(path: string, cause: unknown): InputError {
  return new InputError(`${path}: what YouTube answers is not understood: ${messageOf(cause).split("\n")[0] ?? ""}`, {
    cause,
    remedy: "Try again later, with a newer quern, or save the transcript as text and ingest that.",
  });
}

async function read(
  id: string,
  path: string,
  web: Web,
  { settings }: SourceContext,
  rewrite: (url: URL) => URL,
): Promise<ParsedItem> {
  const youtube = await session((input, init) => web.fetch(input, init, rewrite));
  let failure: unknown;
  for (const client of clients) {
    const video = await describe(youtube, id, client, path).catch((error: unknown) => {
      web.signal.throwIfAborted();
      failure ??= error;
      return undefined;
    });
    if (video === undefined) continue;
    const wish = { captions: settings.youtubeCaptions, language: settings.youtubeLanguage };
    const track = chooseTrack(video.tracks, wish, video.preferred, path);
    const address = new URL(track.address);
    address.searchParams.set("fmt", "json3");
    const bytes = await web.get(rewrite(address), ({ body }) => collected(body));
    const cues = cuesOf(bytes.toString("utf8"));
    // Some clients are given captions that are empty.
    if (cues === undefined || cues.length === 0) {
      failure ??= new InputError(`${path}: YouTube does not give the video's captions to programs now`, {
        remedy: "Try again later, or copy the transcript from the page into a text file.",
      });
      continue;
    }
    const who = track.isGenerated ? "a machine" : "a person";
    return {
      kind: "parsed",
      path,
      stem: `youtube_${id}`,
      hash: createHash("sha256").update(bytes).digest("hex"),
      parsed: {
        ...transcript(video, cues, chaptersIn(video.description)),
        mediaType: "text/plain",
        warnings: track.isGenerated ? [`its captions are those of ${who}, in the language ${track.language}`] : [],
      },
    };
  }
  throw failure;
}

async function collected(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

type Library = typeof import("youtubei.js");
type Youtube = Awaited<ReturnType<Library["Innertube"]["create"]>>;

async function session(fetch: typeof globalThis.fetch): Promise<Youtube> {
  const { Innertube, Log } = await import("youtubei.js");
  Log.setLevel(Log.Level.NONE);
  // Nothing but the video is asked for: no player's program, no configuration, no cache on disk.
  return await Innertube.create({
    fetch,
    retrieve_player: false,
    retrieve_innertube_config: false,
    generate_session_locally: true,
    enable_session_cache: false,
  });
}

interface Video {
  title: string;
  channel: string;
  description: string;
  tracks: CaptionTrack[];
  /** Shown first by players. */
  preferred: CaptionTrack | undefined;
}

/** @throws {InputError} when the video cannot be seen by everybody */
async function describe(youtube: Youtube, id: string, client: (typeof clients)[number], path: string): Promise<Video> {
  const info = await youtube.getBasicInfo(id, { client }).catch((error: unknown) => {
    const { info: status } = error as { info?: { status?: string; reason?: string } };
    if (typeof status === "object" && status.status !== undefined)
      throw unplayable(path, status.status, status.reason ?? "");
    throw error;
  });
  const { status = "OK", reason = "" } = info.playability_status ?? {};
  const tracks = (info.captions?.caption_tracks ?? []).map((track): CaptionTrack => ({
    address: track.base_url,
    language: track.language_code,
    isGenerated: track.kind === "asr",
  }));
  if (status !== "OK" && tracks.length === 0) throw unplayable(path, status, reason);
  const { audio_tracks: audio, default_audio_track_index: at = 0 } = info.captions ?? {};
  const { title = "", author = "", short_description: description = "" } = info.basic_info;
  const preferred = tracks[audio?.[at]?.default_caption_track_index ?? 0];
  return { title: oneLine(title) || `YouTube video ${id}`, channel: oneLine(author), description, tracks, preferred };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Why a video cannot be read, by what YouTube says of it. */
function unplayable(path: string, status: string, said: string): InputError {
  const reason = oneLine(said);
  const known = reasons.find(([pattern]) => pattern.test(`${status} ${reason}`));
  const [, text, remedy] = known ?? [undefined, "it cannot be played", "Open it in a browser to see why."];
  return new InputError(`${path}: ${text}${reason === "" ? "" : ` (YouTube says: ${reason})`}`, { remedy });
}

const reasons: readonly (readonly [RegExp, string, string])[] = [
  [/private/i, "the video is private", "Ask whoever owns it for the transcript."],
  [/\bbot\b|robot/i, "YouTube wants to know whether a person asks", "Try again later, or from another network."],
  [
    /\bage\b|AGE_|inappropriate/i,
    "the video is for those who have proven their age",
    "Copy the transcript from the page into a text file.",
  ],
  [/LIVE_STREAM_OFFLINE|premiere|scheduled|will begin/i, "the video has not begun", "Come back when it is over."],
  [
    /members|payment|purchase|rent/i,
    "the video is for those who pay",
    "Copy the transcript from the page into a text file.",
  ],
  [/country|region/i, "the video is not shown in this country", "Copy the transcript from the page into a text file."],
  [
    /removed|deleted|terminated|unavailable|^ERROR/i,
    "the video is not there",
    "Check the address; it may have been removed.",
  ],
  [/LOGIN_REQUIRED/, "the video is for those who log in", "Copy the transcript from the page into a text file."],
];
