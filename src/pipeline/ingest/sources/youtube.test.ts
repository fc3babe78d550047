import { afterEach, describe, expect, it } from "vitest";
import { type Page, webServer, type WebServer } from "../../../../test/support/web-server.js";
import { textOnly } from "../parser.js";
import { defaultSettings, sourceSettings } from "../settings.js";
import type { ParsedItem } from "./source.js";
import { sourceOfKind } from "./index.js";
import { videoIdOf, youtubeSource, youtubeSourceWith } from "./youtube.js";
import { chaptersIn, clock, cuesOf, transcript } from "./youtube-transcript.js";

const id = "dQw4w9WgXcQ";
const address = `https://www.youtube.com/watch?v=${id}`;
const servers: WebServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

interface Track {
  language: string;
  generated?: boolean;
  /** What the server sends. */
  content?: string;
}

interface FakeVideo {
  tracks?: Track[];
  playability?: { status: string; reason?: string };
  description?: string;
  title?: string;
  /** Clients that are given nothing but empty captions. */
  emptyFor?: string[];
  player?: Page;
}

const json3 = (cues: readonly [number, string][]) =>
  JSON.stringify({
    wireMagic: "pb3",
    events: [
      { tStartMs: 0, dDurationMs: 9000, id: 1 },
      ...cues.map(([tStartMs, text]) => ({
        tStartMs,
        dDurationMs: 2000,
        segs: text.split(" ").map((utf8, i) => ({ utf8: i === 0 ? utf8 : ` ${utf8}` })),
      })),
      { tStartMs: 10, aAppend: 1, segs: [{ utf8: "\n" }] },
    ],
  });

const spoken = json3([
  [0, "The mill stands by the river."],
  [61_000, "Its wheel turns day and night."],
]);

/** The endpoints of YouTube that are asked, in the shapes that the library reads. */
async function youtube({
  tracks = [],
  playability = { status: "OK" },
  description = "",
  title = "The  mill",
  emptyFor = [],
  player,
}: FakeVideo) {
  const asked: { client: string; video: string }[] = [];
  const server: WebServer = await webServer({
    "/youtubei/v1/player":
      player ??
      (async (request, response) => {
        const pieces: Buffer[] = [];
        for await (const piece of request) pieces.push(piece as Buffer);
        const body = JSON.parse(Buffer.concat(pieces).toString()) as {
          videoId: string;
          context: { client: { clientName: string } };
        };
        const client = body.context.client.clientName;
        asked.push({ client, video: body.videoId });
        const captionTracks = tracks.map(({ language, generated }, index) => ({
          baseUrl: `https://www.youtube.com/api/timedtext?v=${id}&track=${index}&client=${client}&fmt=srv3`,
          name: { runs: [{ text: language }] },
          vssId: `${generated === true ? "a" : ""}.${language}`,
          languageCode: language,
          ...(generated === true ? { kind: "asr" } : {}),
          isTranslatable: true,
        }));
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify({
            responseContext: {},
            playabilityStatus: { ...playability, playableInEmbed: true },
            videoDetails: {
              videoId: id,
              title,
              author: "Miller",
              shortDescription: description,
              lengthSeconds: "100",
              viewCount: "1",
              thumbnail: { thumbnails: [] },
            },
            ...(captionTracks.length === 0
              ? {}
              : {
                  captions: {
                    playerCaptionsTracklistRenderer: {
                      captionTracks,
                      audioTracks: [
                        { captionTrackIndices: captionTracks.map((_, i) => i), defaultCaptionTrackIndex: 0 },
                      ],
                      defaultAudioTrackIndex: 0,
                    },
                  },
                }),
          }),
        );
      }),
    "/api/timedtext": (request, response) => {
      const query = new URL(request.url!, "http://x").searchParams;
      const content = tracks[Number(query.get("track"))]?.content ?? spoken;
      const isEmpty = emptyFor.includes(query.get("client") ?? "") || query.get("fmt") !== "json3";
      response.setHeader("content-type", "application/json").end(isEmpty ? "" : content);
    },
  });
  servers.push(server);
  return { asked, server };
}

async function ingest(
  video: FakeVideo,
  given = address,
  wish: { captions?: "auto" | "manual"; language?: string } = {},
) {
  const { server, asked } = await youtube(video);
  const source = youtubeSourceWith({
    limits: { backoffMs: 1, retries: 1, totalMs: 20_000 },
    rewrite: (url) => new URL(`${url.pathname}${url.search}`, server.url),
  });
  const { captions: youtube_captions = "auto", language: youtube_language = "" } = wish;
  const items: ParsedItem[] = [];
  for await (const item of source.items(given, {
    parse: textOnly,
    settings: sourceSettings({ ...defaultSettings, youtube_captions, youtube_language }),
    temporary: { next: () => Promise.reject(new Error("no file is needed")) },
  }))
    items.push(item as ParsedItem);
  return { item: items[0]!, asked, paths: server.asked };
}

describe("a video", () => {
  it("gives what is said, with title and channel, a section for each minute", async () => {
    const { item, asked, paths } = await ingest({ tracks: [{ language: "en" }] });
    expect(item).toMatchObject({ kind: "parsed", path: address, stem: `youtube_${id}` });
    expect(item.hash).toMatch(/^[0-9a-f]{64}$/);
    const { text, sections, warnings, mediaType } = item.parsed;
    expect(text).toBe(
      "# The mill\n\nChannel: Miller\n\nThe mill stands by the river.\n\nIts wheel turns day and night.",
    );
    expect(sections.map(({ heading }) => heading)).toEqual(["The mill", "0:00", "1:00"]);
    expect(sections.at(-1)!.end).toBe(text.length);
    expect([mediaType, warnings]).toEqual(["text/plain", []]);
    // Nothing is asked but the video and its captions.
    expect(asked).toEqual([{ client: "ANDROID", video: id }]);
    expect(paths).toEqual(["/youtubei/v1/player", "/api/timedtext"]);
  });

  it("gives a section for each chapter that its description names", async () => {
    const description = "About mills.\n0:00 The river\n(1:00) - The wheel\n1:30 The end\n";
    const content = json3([
      [52_000, "The river."],
      [59_000, "It is long."],
      [60_500, "The wheel."],
      [95_000, "The end."],
    ]);
    const { item } = await ingest({ tracks: [{ language: "en", content }], description });
    expect(item.parsed.text).toContain(
      "## The river\n\nThe river. It is long.\n\n## The wheel\n\nThe wheel.\n\n## The end\n\nThe end.",
    );
    expect(item.parsed.sections.map(({ heading }) => heading)).toEqual([
      "The mill",
      "0:00 The river",
      "1:00 The wheel",
      "1:30 The end",
    ]);
  });

  const tracks: Track[] = [
    { language: "de", content: json3([[0, "Deutsch von Menschen."]]) },
    { language: "en", generated: true, content: json3([[0, "english by a machine"]]) },
    { language: "en-GB", content: json3([[0, "English by people."]]) },
    { language: "fr", generated: true, content: json3([[0, "français"]]) },
  ];

  it.each([
    ["those that people wrote, in the language that is spoken", {}, tracks, "English by people."],
    ["those of a machine where people wrote none", {}, [tracks[1]!], "english by a machine"],
    ["the language that is wanted", { language: "de" }, tracks, "Deutsch von Menschen."],
    ["the language that is wanted, of a machine", { language: "fr" }, tracks, "français"],
    ["what there is, where nothing is known of the language", {}, [tracks[0]!], "Deutsch von Menschen."],
    [
      "another language rather than a machine's where only people's are wanted",
      { captions: "manual" as const },
      [tracks[0]!, tracks[3]!],
      "Deutsch von Menschen.",
    ],
  ])("gives %s", async (_, wish, given, said) => {
    const { item } = await ingest({ tracks: given }, address, wish);
    expect(item.parsed.text).toContain(said);
    const isMachine = !said.endsWith(".");
    expect(item.parsed.warnings.join()).toMatch(
      isMachine ? /its captions are those of a machine, in the language/ : /^$/,
    );
  });

  it.each([
    [{ captions: "manual" as const }, [tracks[1]!], "no captions that a person wrote", "youtube_captions to auto"],
    [{ language: "ja" }, tracks, "no captions in the language ja", "It has de, en, en-GB, fr"],
    [{}, [], "the video has no captions", "Transcribe it"],
  ])("says what is missing (%#)", async (wish, given, message, remedy) => {
    await expect(ingest({ tracks: given }, address, wish)).rejects.toMatchObject({
      message: expect.stringContaining(`${address}: `) as string,
      remedy: expect.stringContaining(remedy) as string,
    });
    await expect(ingest({ tracks: given }, address, wish)).rejects.toThrow(message);
  });

  it.each([
    ["LOGIN_REQUIRED", "This video is private", "the video is private"],
    ["ERROR", "This video has been removed by the uploader", "the video is not there"],
    ["ERROR", "Video unavailable", "the video is not there"],
    ["LOGIN_REQUIRED", "Sign in to confirm your age", "proven their age"],
    ["LOGIN_REQUIRED", "Sign in to confirm you’re not a bot", "whether a person asks"],
    ["LIVE_STREAM_OFFLINE", "This live event will begin in 2 hours.", "the video has not begun"],
    ["UNPLAYABLE", "The uploader has not made this video available in your country", "not shown in this country"],
    ["UNPLAYABLE", "Something new", "it cannot be played (YouTube says: Something new)"],
  ])("that cannot be seen (%s: %s) is refused with the reason", async (status, reason, message) => {
    await expect(ingest({ playability: { status, reason } })).rejects.toThrow(message);
    await expect(ingest({ playability: { status, reason } })).rejects.toThrow(reason);
  });

  it("is asked for again in the name of another program where captions come empty", async () => {
    const { item, asked } = await ingest({ tracks: [{ language: "en" }], emptyFor: ["ANDROID"] });
    expect(asked.map(({ client }) => client)).toEqual(["ANDROID", "iOS"]);
    expect(item.parsed.text).toContain("The mill stands");
    await expect(ingest({ tracks: [{ language: "en" }], emptyFor: ["ANDROID", "iOS", "WEB"] })).rejects.toThrow(
      "does not give the video's captions to programs now",
    );
  });

  it("of a server that answers nonsense, or nothing, is refused with the reason", async () => {
    await expect(ingest({ player: (_, response) => void response.end("<html>consent</html>") })).rejects.toThrow(
      `${address}: what YouTube answers is not understood`,
    );
    await expect(ingest({ player: (_, response) => void response.writeHead(500).end("{}") })).rejects.toThrow(
      `${address}: `,
    );
    await expect(ingest({ player: (_, response) => void response.destroy() })).rejects.toThrow(/: /);
  });

  it("is named by every address that leads to it", async () => {
    for (const one of [
      `https://youtu.be/${id}?t=42`,
      `https://www.youtube.com/watch?v=${id}&list=PL123&index=3`,
      `https://youtube.com/watch?list=PL123&v=${id}`,
      `https://m.youtube.com/shorts/${id}`,
      `https://www.youtube.com/live/${id}?si=abc`,
      `https://www.youtube-nocookie.com/embed/${id}`,
      `http://music.youtube.com/watch?v=${id}#t=1`,
    ]) {
      expect(videoIdOf(new URL(one)), one).toBe(id);
      expect(sourceOfKind(one), one).toBe(youtubeSource);
    }
    for (const one of [
      "https://www.youtube.com/playlist?list=PL1",
      "https://www.youtube.com/@miller",
      `https://www.youtube.com/watch?v=short`,
    ])
      await expect(ingest({}, one)).rejects.toThrow(`${one}: it names no video`);
    expect(sourceOfKind(`https://notyoutube.com/watch?v=${id}`).name).toBe("address");
  });
});

describe("transcripts", () => {
  it("are paragraphs that end with sentences, and end anyway where there are none", () => {
    const cues = Array.from({ length: 60 }, (_, i) => ({
      start: i * 900,
      text: `Sentence number ${i} is spoken here.`,
    }));
    const { text } = transcript({ title: "T", channel: "" }, cues, []);
    const paragraphs = text.split("\n\n").slice(1);
    expect(paragraphs.length).toBeGreaterThan(3);
    for (const one of paragraphs.slice(0, -1)) expect(one.length).toBeLessThan(1000);
    const endless = cues.map(({ start }) => ({ start, text: "words without any end" }));
    const long = transcript({ title: "T", channel: "" }, endless, []).text.split("\n\n");
    expect(Math.max(...long.map(({ length }) => length))).toBeLessThan(1000);
    expect(text.replace(/\s+/g, " ")).toContain("number 0 is spoken here. Sentence number 1 is");
  });

  it("cover their text with sections without gaps", () => {
    const cues = Array.from({ length: 40 }, (_, i) => ({ start: i * 20_000, text: `Part ${i}.` }));
    const { text, sections } = transcript({ title: "T", channel: "C" }, cues, []);
    for (const [index, { start }] of sections.entries()) expect(start).toBe(sections[index - 1]?.end ?? 0);
    expect(sections.at(-1)!.end).toBe(text.length);
    expect(sections.map(({ heading }) => heading)).toContain("13:00");
  });

  it("take chapters from a description only where they are some", () => {
    expect(chaptersIn("0:00 A\n0:30 B\n1:00:00 C")).toEqual([
      { start: 0, title: "A" },
      { start: 30_000, title: "B" },
      { start: 3_600_000, title: "C" },
    ]);
    expect(chaptersIn("0:00 A\n0:30 B")).toEqual([]);
    expect(chaptersIn("0:10 A\n0:30 B\n0:40 C")).toEqual([]);
    expect(chaptersIn("0:00 A\n0:50 B\n0:40 C")).toEqual([]);
  });

  it("are read from captions of any shape, or not at all", () => {
    expect(cuesOf("<transcript/>")).toBeUndefined();
    expect(cuesOf("[]")).toBeUndefined();
    expect(
      cuesOf(
        '{"events": [{"segs": [{"utf8": 5}, {"utf8": " a\\n b "}]}, {"tStartMs": 5}, {"tStartMs": 7, "segs": "x"}]}',
      ),
    ).toEqual([{ start: 0, text: "a b" }]);
    expect([clock(5_000), clock(3_725_000)]).toEqual(["0:05", "1:02:05"]);
  });
});
