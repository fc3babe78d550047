import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createCanvas } from "@napi-rs/canvas";
import { describe, expect, it } from "vitest";
import { createWith, itemSchemaOf, obliging, promptOf, wantedIn } from "../../../test/support/create.js";
import { folderWith } from "../../../test/support/folders.js";
import type { Document } from "../document.js";
import { DocumentWriter } from "../ingest/lance-write.js";
import { openRecords } from "../records/read.js";
import { chunkTextsOf } from "../records/sources.js";

const paragraph = (n: number) =>
  `The mill number ${n} stands by the river. It was built of stone in the year ${1700 + n}, and grinds rye and wheat. `;
const longText = Array.from({ length: 60 }, (_, n) => paragraph(n)).join("\n\n");
const roomy = { contextTokens: 16_384, concurrentRequests: 4, images: false };

interface Generated {
  summary: string;
  qa_pairs: {
    question: string;
    answer: string;
    question_type?: string;
    difficulty?: string;
    provenance: {
      row?: number;
      chunk: number;
      hash: string;
      prompt: string;
      images?: { number: number; page?: number }[];
    };
  }[];
  source: { chunks?: { text: string }[]; rows?: number };
  sources: { row: number; chunks: { text: string }[] }[];
}
interface Report {
  mix: Record<string, { asked: Record<string, number>; made: Record<string, number> }>;
  chunks: number;
  failedRows: { count: number; reasons: Record<string, number> };
  pictures: { used: number; leftOut: Record<string, number> };
}

describe("the plan of questions", () => {
  it("asks for types and difficulties in their shares, and records them", async () => {
    const made = await createWith({
      files: { "d.txt": longText },
      amount: { total: 30 },
      generation: { question_types: "why:2,how", difficulty: "easy,hard", enable_deduplication: false },
      answer: obliging,
    });
    const { qa_pairs } = await made.read<Generated>("d_qa_pairs.json");
    const { mix } = await made.read<Report>("d_qa_pairs.report.json");
    expect(mix["question_types"]!.asked).toEqual({ why: 20, how: 10 });
    expect(mix["difficulty"]!.asked).toEqual({ easy: 15, hard: 15 });
    expect(qa_pairs.every((pair) => ["why", "how"].includes(pair.question_type!))).toBe(true);
    expect(qa_pairs.filter((pair) => pair.question_type === "why")).toHaveLength(mix["question_types"]!.made["why"]!);
    for (const request of made.backend.requests) {
      const item = itemSchemaOf(request);
      if (item === undefined) continue;
      expect(promptOf(request)).toMatch(/\nQuestion types: (why|how)/);
      expect(promptOf(request)).toMatch(/\nDifficulty: .*(Easy|Hard): /);
      // Nothing is spent on a field where all are of one type.
      const types = /\nQuestion types: (.*)/.exec(promptOf(request))![1]!;
      expect("type" in item.properties).toBe(types.includes(","));
    }
  });

  it("comes after a prompt of the user's, or where its placeholders are", async () => {
    const generation = { question_types: "what", difficulty: "hard", language: "de" };
    const prompt = async (qa_generation: string) => {
      const made = await createWith({
        files: { "d.txt": "A mill grinds." },
        amount: { total: 1 },
        generation,
        prompts: { qa_generation },
        answer: obliging,
      });
      return promptOf(made.backend.requests.find((request) => itemSchemaOf(request) !== undefined)!);
    };
    expect(await prompt("Ask {num_pairs} about: {text}")).toMatch(
      /^Ask 1 about: A mill grinds\.\nQuestion types: what\.\nDifficulty: hard\. Hard: .*\nLanguage: German, whatever the language of the text\.$/,
    );
    expect(await prompt("[{question_types}|{difficulty}|{language}] {text}")).toMatch(
      /^\[what\.\|hard\. .*\|German, .*\] A mill grinds\.$/,
    );
  });

  it("is left out where it is none", async () => {
    const made = await createWith({
      files: { "d.txt": "A mill grinds." },
      amount: { total: 2 },
      generation: { question_types: "none" },
      answer: obliging,
    });
    const { qa_pairs } = await made.read<Generated>("d_qa_pairs.json");
    expect(Object.keys(qa_pairs[0]!)).toEqual(["question", "answer", "provenance"]);
    expect(promptOf(made.backend.requests.at(-1)!)).not.toContain("Question types");
  });

  it("takes answers without the fields as what was asked for in their place", async () => {
    const made = await createWith({
      files: { "d.txt": "A mill grinds rye." },
      amount: { total: 3 },
      generation: { question_types: ["what", "how", "why"] },
      answer: (request, call) =>
        itemSchemaOf(request) === undefined
          ? obliging(request, call)
          : JSON.stringify(["Mill one?", "Rye two?", "Stone three?"].map((question) => ({ question, answer: "So." }))),
    });
    const { qa_pairs } = await made.read<Generated>("d_qa_pairs.json");
    expect(qa_pairs.map((pair) => pair.question_type)).toEqual(["what", "how", "why"]);
  });
});

describe("languages", () => {
  const german =
    "Die Mühle steht am Fluss und wurde vor langer Zeit aus Stein gebaut. Sie mahlt Roggen und Weizen für die Bäcker der Stadt, und im Winter ruht das große Rad, weil der Fluss gefroren ist.";
  const pair = (language: "de" | "en", n: number) =>
    language === "de"
      ? {
          question: `Warum ruht das Rad der Mühle im ${n}. Winter des Jahres?`,
          answer: "Weil der Fluss gefroren ist und das Wasser das große Rad nicht mehr bewegen kann.",
        }
      : {
          question: `Why does the wheel of the mill rest in winter number ${n}?`,
          answer: "Because the river is frozen and the water cannot move the large wheel any more.",
        };

  it("tells the model, asks once more where the answer is in another, and then drops and counts it", async () => {
    const made = await createWith({
      files: { "d.txt": german },
      amount: { total: 2 },
      generation: { language: "auto", question_types: "none" },
      answer: (request, call) =>
        itemSchemaOf(request) === undefined
          ? obliging(request, call)
          : JSON.stringify([pair("en", call), pair("en", call + 100)]),
    });
    const asked = made.backend.requests.filter((request) => itemSchemaOf(request) !== undefined);
    expect(promptOf(asked[0]!)).toMatch(/\nLanguage: German\.$/);
    expect(asked.length).toBeLessThan(5);
    expect(made.result.engine?.retries).toEqual({ "the answer is in English, not German": 1 });
    expect(made.exitCode).toBe(1);
    expect(made.result.failures[0]!.error).toContain("records in another language (2)");
  });

  it("takes the second answer when that is right", async () => {
    let tries = 0;
    const made = await createWith({
      files: { "d.txt": german },
      amount: { total: 1 },
      generation: { language: "auto", question_types: "none" },
      answer: (request, call) =>
        itemSchemaOf(request) === undefined
          ? obliging(request, call)
          : JSON.stringify([pair(tries++ === 0 ? "en" : "de", 1)]),
    });
    expect(made.exitCode).toBe(0);
    expect((await made.read<Generated>("d_qa_pairs.json")).qa_pairs[0]!.question).toContain("Mühle");
  });

  it("believes no language of names, numbers, code and a few words", async () => {
    const answers = [
      {
        question: "Welcher Befehl?",
        answer: "`git commit --amend --no-edit && git push --force-with-lease origin main`",
      },
      { question: "Wer?", answer: "John Smith, Mary Jones" },
    ];
    const made = await createWith({
      files: { "d.txt": german },
      amount: { total: 2 },
      generation: { language: "auto", question_types: "none" },
      answer: (request, call) =>
        itemSchemaOf(request) === undefined ? obliging(request, call) : JSON.stringify(answers),
    });
    expect(made.exitCode).toBe(0);
    expect(made.result.engine?.retries).toEqual({});
  });
});

describe("examples", () => {
  const examples = [
    { question: "What is bread made of?", answer: "Of flour." },
    { question: "What is beer made of?", answer: "Of malt." },
  ];

  it("stand before the text of every request, are recorded, and are not taken for new records", async () => {
    const folder = await folderWith({
      "d.txt": longText,
      "examples.jsonl": examples.map((one) => JSON.stringify(one)).join("\n"),
    });
    const made = await createWith({
      folder,
      files: { "d.txt": "" },
      amount: { total: 6 },
      generation: { examples: path.join(folder, "examples.jsonl"), question_types: "none" },
      answer: (request, call) =>
        itemSchemaOf(request) === undefined || call % 2 === 0 ? obliging(request, call) : JSON.stringify([examples[1]]),
    });
    const asked = made.backend.requests.filter((request) => itemSchemaOf(request) !== undefined);
    const prefix = promptOf(asked[0]!).slice(0, promptOf(asked[0]!).indexOf("Text:"));
    expect(prefix).toContain(JSON.stringify(examples[0]));
    for (const request of asked) expect(promptOf(request).startsWith(prefix)).toBe(true);
    const { qa_pairs } = await made.read<Generated>("d_qa_pairs.json");
    expect(qa_pairs[0]!.provenance.prompt).toMatch(/^qa_generation@\w+\+examples@\w+$/);
    expect(qa_pairs.some((pair) => pair.question === examples[1]!.question)).toBe(false);
    expect(made.result.counts["records copied from the examples dropped"]).toBeGreaterThan(0);
    expect(await made.read("d_qa_pairs.report.json")).toMatchObject({ examples: { count: 2 } });
  });

  it("that leave no room for text are refused with the arithmetic", async () => {
    const long = [{ question: "What?", answer: "word ".repeat(2000) }];
    const folder = await folderWith({ "d.txt": longText, "examples.json": long });
    await expect(
      createWith({
        folder,
        files: { "d.txt": "" },
        generation: { examples: path.join(folder, "examples.json") },
        answer: obliging,
      }),
    ).rejects.toThrow(/leaves no room for text: the prompt takes \d+ \(\d+ of them for the examples\)/);
  });

  it("without reasoning are refused for cot, by number", async () => {
    const folder = await folderWith({ "d.txt": longText, "examples.json": examples });
    await expect(
      createWith({
        folder,
        files: { "d.txt": "" },
        type: "cot",
        generation: { examples: path.join(folder, "examples.json") },
        answer: obliging,
      }),
    ).rejects.toThrow(/example 1 has no reasoning/);
  });
});

describe("how a document is read", () => {
  const chunksOf = async (generation: Record<string, unknown>, text = longText.slice(0, 6000), limits = roomy) => {
    const made = await createWith({
      files: { "d.txt": text },
      amount: { total: 1 },
      generation,
      limits,
      answer: obliging,
    });
    return (await made.read<Report>("d_qa_pairs.report.json")).chunks;
  };

  it("in one piece up to single_call_max_size, else in chunks; chunk_size alone means chunks", async () => {
    expect(await chunksOf({})).toBe(1);
    expect(await chunksOf({ single_call_max_size: 3000 })).toBeGreaterThan(1);
    expect(await chunksOf({ chunk_size: 1000 })).toBeGreaterThan(5);
    expect(await chunksOf({ chunk_size: 1000, single_call_max_size: 8000 })).toBe(1);
    expect(
      await chunksOf({ chunk_size: 1000, single_call_max_size: 8000, processing_strategy: "chunking" }),
    ).toBeGreaterThan(5);
    expect(await chunksOf({}, longText.slice(0, 6000), { ...roomy, contextTokens: 1500 })).toBeGreaterThan(1);
  });

  it("single: in one piece, or not at all", async () => {
    expect(await chunksOf({ processing_strategy: "single", chunk_size: 1000 })).toBe(1);
    const made = await createWith({
      files: { "d.txt": longText },
      generation: { processing_strategy: "single" },
      limits: { ...roomy, contextTokens: 1500 },
      answer: obliging,
    });
    expect(made.exitCode).toBe(1);
    expect(made.result.failures[0]!.error).toMatch(/does not fit the context of 1500 tokens in one piece/);
  });

  it("max_context_length is how much of its beginning is summarized, in several pieces where need be", async () => {
    const summaries = async (generation: Record<string, unknown>, type = "qa") => {
      const made = await createWith({
        files: { "d.txt": longText },
        type,
        ...(type === "qa" ? { amount: { total: 1 } } : {}),
        generation,
        limits: { ...roomy, contextTokens: 1500 },
        answer: obliging,
      });
      const texts = made.backend.requests.filter((request) => itemSchemaOf(request) === undefined).map(promptOf);
      return { texts, made };
    };
    const { texts } = await summaries({ max_context_length: 5000 });
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.join("")).toContain("mill number 30");
    expect(texts.join("")).not.toContain("mill number 50");
    const whole = await summaries({}, "summary");
    expect(whole.texts.join("")).toContain("mill number 59");
    const part = await summaries({ max_context_length: 3000 }, "summary");
    expect(part.texts.join("")).not.toContain("mill number 40");
    expect(part.made.result.counts["characters not summarized"]).toBe(longText.length - 3000);
    const lapping = await summaries({ summary_overlap: "60 tokens" }, "summary");
    const times = (all: readonly string[]) => all.join("").split("built of stone").length;
    expect(times(lapping.texts)).toBeGreaterThan(times(whole.texts));
  });

  it("batch_size bounds the requests in flight, max_retries the attempts", async () => {
    const busy = { ...roomy, concurrentRequests: 16 };
    const made = await createWith({
      files: { "d.txt": longText },
      amount: { total: 40 },
      generation: { batch_size: 3, chunk_size: 500 },
      limits: busy,
      answer: obliging,
    });
    expect(made.backend.mostInFlight).toBe(3);
    const failing = await createWith({
      files: { "d.txt": "A mill." },
      amount: { total: 1 },
      generation: { max_retries: 1, retries: 3 },
      answer: () => "no",
    });
    // A summary and a pair, twice each.
    expect(failing.backend.requests).toHaveLength(4);
  });
});

describe("datasets of rows", () => {
  const csv = ["text,name", ...Array.from({ length: 12 }, (_, i) => `"${paragraph(i)}",m${i}`)].join("\n");

  it("become one file, with -n for each row, from which each record finds its text", async () => {
    const made = await createWith({ files: { "mills.csv": csv }, amount: { total: 2 }, answer: obliging });
    expect(made.exitCode).toBe(0);
    expect(made.result.outputs).toHaveLength(1);
    const file = await made.read<Generated>("mills_qa_pairs.json");
    expect(file.qa_pairs).toHaveLength(24);
    expect(file.qa_pairs.map((pair) => pair.provenance.row)).toEqual(
      Array.from({ length: 24 }, (_, i) => Math.floor(i / 2) + 1),
    );
    expect(file.source).toMatchObject({ rows: 12 });
    expect(file.sources).toHaveLength(12);
    const opened = await openRecords(path.join(made.folder, "out/mills_qa_pairs.json"));
    const textOf = chunkTextsOf(opened.rest);
    for await (const one of opened.records())
      if ("record" in one) {
        const { row } = one.record.raw["provenance"] as { row: number };
        expect(textOf(one.record.raw)).toContain(`mill number ${row - 1} `);
      }
    expect(await made.read("mills_qa_pairs.report.json")).toMatchObject({ rows: 12, made: 24, wanted: 24 });
  });

  it("cot and summaries of rows have their lists, too", async () => {
    const cot = await createWith({ files: { "mills.csv": csv }, type: "cot", amount: { total: 1 }, answer: obliging });
    const file = await cot.read<{ cot_examples: unknown[]; conversations: unknown[] }>("mills_cot_examples.json");
    expect([file.cot_examples.length, file.conversations.length]).toEqual([12, 12]);
    const whole = await createWith({ files: { "mills.csv": csv }, type: "summary", answer: obliging });
    const { summaries } = await whole.read<{ summaries: { row: number; summary: string }[] }>("mills_summary.json");
    expect(summaries.map(({ row }) => row)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });

  it("go on past rows that give nothing, which are counted with their reason", async () => {
    const made = await createWith({
      files: { "mills.csv": csv },
      amount: { total: 1 },
      generation: { retries: 0 },
      answer: (request, call) => (/mill number [37] /.test(promptOf(request)) ? "{" : obliging(request, call)),
    });
    expect(made.exitCode).toBe(3);
    const file = await made.read<Generated>("mills_qa_pairs.json");
    expect(file.qa_pairs.map((pair) => pair.provenance.row)).toEqual([1, 2, 3, 5, 6, 7, 9, 10, 11, 12]);
    const { failedRows } = await made.read<Report>("mills_qa_pairs.report.json");
    expect(failedRows.count).toBe(2);
    expect(made.result.counts["rows without a record"]).toBe(2);
  });

  it("leave nothing behind where no row gives anything, and only the file where they do", async () => {
    const made = await createWith({ files: { "mills.csv": csv }, generation: { retries: 0 }, answer: () => "{" });
    expect(made.exitCode).toBe(1);
    expect((await readdir(path.join(made.folder, "out"))).filter((name) => name !== ".quern")).toEqual([]);
  });
});

describe("a model that misbehaves", () => {
  const misbehaving = (give: (call: number) => string, generation: Record<string, unknown> = {}) =>
    createWith({
      files: { "bad.txt": longText.slice(0, 1500), "good.txt": "Zebra stripes are black and white." },
      amount: { total: 6 },
      generation: { retries: 1, chunk_size: 400, ...generation },
      answer: (request, call) =>
        itemSchemaOf(request) === undefined || promptOf(request).includes("Zebra")
          ? obliging(request, call)
          : give(call),
    });

  it.each([
    ["nothing", () => "", "the answer is not JSON"],
    ["half an object", () => '[{"question": "Wh', "the answer is not JSON"],
    ["an empty list", () => "[]", "the answer does not fit its schema"],
    ["blanks", () => '[{"question": " ", "answer": "\\n"}]', "the answer holds nothing but empty texts"],
    [
      "no answer to its question",
      () => '[{"question": "Why?", "answer": "?"}]',
      "the answer holds nothing but empty texts",
    ],
  ])("gives %s: that document fails with the reason, the other is made", async (_, give, reason) => {
    const made = await misbehaving(give);
    expect(made.exitCode).toBe(3);
    expect(made.result.failures).toHaveLength(1);
    expect(made.result.failures[0]!.error).toContain(reason);
    expect(made.result.outputs.map((output) => path.basename(output))).toEqual(["good_qa_pairs.json"]);
    expect(made.backend.requests.length).toBeLessThan(40);
  });

  it("gives always the same pair: it is kept once, the shortfall told, and the end is 3", async () => {
    const made = await misbehaving(() => '[{"question": "Why?", "answer": "Because of the river."}]');
    expect(made.exitCode).toBe(3);
    expect((await made.read<Generated>("bad_qa_pairs.json")).qa_pairs).toHaveLength(1);
    expect(made.result.counts["records missing"]).toBe(5);
    expect(made.backend.requests.length).toBeLessThan(60);
  });

  it("gives one good record beside blank ones: it is kept, and made up for", async () => {
    const made = await misbehaving((call) =>
      JSON.stringify([
        { question: " ", answer: " " },
        { question: `What of ${call}?`, answer: "It is." },
      ]),
    );
    expect((await made.read<Generated>("bad_qa_pairs.json")).qa_pairs).toHaveLength(6);
    expect(made.result.counts["empty records dropped"]).toBeGreaterThan(0);
  });

  it("gives more than was asked for: no more is taken", async () => {
    const made = await misbehaving((call) =>
      JSON.stringify(
        Array.from({ length: 50 }, (_, i) => ({ question: `What of ${call} and ${i}?`, answer: "It is." })),
      ),
    );
    expect((await made.read<Generated>("bad_qa_pairs.json")).qa_pairs).toHaveLength(6);
    expect(made.exitCode).toBe(0);
  });
});

describe("--seed", () => {
  it("sends the same requests with the same seeds, and another seed others", async () => {
    const run = async (seed: number) => {
      const made = await createWith({
        files: { "d.txt": longText },
        amount: { total: 10 },
        generation: { seed },
        answer: (request) =>
          JSON.stringify({ summary: `${request.sampling.seed}` }).replace(/.*/, (text) =>
            itemSchemaOf(request) === undefined
              ? text
              : JSON.stringify(
                  Array.from({ length: wantedIn(request) }, (_, i) => ({
                    question: `Word ${request.sampling.seed} ${i}?`,
                    answer: "A.",
                  })),
                ),
          ),
      });
      const file = await made.read<Generated>("d_qa_pairs.json");
      return file.qa_pairs.map((pair) => pair.question);
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });
});

describe("multimodal-qa", () => {
  const png = (width: number, height: number, colour = "#c33") => {
    const canvas = createCanvas(width, height);
    const context = canvas.getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, width, height);
    return new Uint8Array(canvas.toBuffer("image/png"));
  };
  const jpeg = (width: number, height: number) => new Uint8Array(createCanvas(width, height).toBuffer("image/jpeg"));
  const text = `${paragraph(1)}\n\n${paragraph(2)}\n\n${paragraph(3)}`;
  const third = Math.floor(text.length / 3);

  async function dataset(images: NonNullable<Document["images"]>): Promise<string> {
    const folder = await folderWith();
    const writer = await DocumentWriter.open(path.join(folder, "d.lance"), { images: true });
    await writer.write({
      text,
      sections: [0, 1, 2].map((i) => ({ start: i * third, end: i === 2 ? text.length : (i + 1) * third, page: i + 1 })),
      mediaType: "application/pdf",
      stem: "d",
      source: "d.pdf",
      hash: "h",
      images,
    });
    await writer.commit();
    return folder;
  }
  const seeing = { ...roomy, images: true };
  const ask = (folder: string, generation: Record<string, unknown> = {}, total = 6) =>
    createWith({
      folder,
      files: { "d.lance": "" },
      type: "multimodal-qa",
      amount: { total },
      generation: { chunk_size: Math.ceil(text.length / 3), overlap: 0, ...generation },
      limits: seeing,
      answer: obliging,
    });

  it("shows each chunk its own pictures, as they are, and records which", async () => {
    const first = png(80, 60);
    const second = jpeg(90, 70);
    const folder = await dataset([
      { at: 5, page: 1, mediaType: "image/png", bytes: first },
      // A type that is wrong is set right.
      { at: text.length - 5, page: 3, mediaType: "image/png", bytes: second },
    ]);
    const made = await ask(folder);
    expect(made.exitCode, made.warnings.join()).toBe(0);
    const asked = made.backend.requests.filter((request) => itemSchemaOf(request) !== undefined);
    for (const request of asked) {
      const [image, ...more] = request.messages[0]!.images ?? [];
      expect(more).toEqual([]);
      const isFirst = promptOf(request).includes("mill number 1 ");
      expect(image!.mediaType).toBe(isFirst ? "image/png" : "image/jpeg");
      expect(Buffer.from(image!.bytes).equals(isFirst ? first : second)).toBe(true);
    }
    const { qa_pairs } = await made.read<Generated>("d.json");
    expect(qa_pairs).toHaveLength(6);
    expect(new Set(qa_pairs.map((pair) => JSON.stringify(pair.provenance.images)))).toEqual(
      new Set(['[{"number":1,"page":1}]', '[{"number":2,"page":3}]']),
    );
    expect(made.result.counts["chunks without pictures left out"]).toBe(1);
  });

  it("shows all pictures of a chunk, a few at a time, larger ones made smaller, and counts what cannot be shown", async () => {
    const images = [
      ...Array.from({ length: 5 }, () => png(100, 100)),
      png(3000, 1000),
      png(8, 8),
      new TextEncoder().encode("<svg/>"),
      png(100, 100).slice(0, 20),
    ].map((bytes, i) => ({ at: i, mediaType: "image/png", bytes }));
    const made = await ask(await dataset(images), { images_per_request: 2, image_size: 280 });
    const sent = made.backend.requests.flatMap((request) => request.messages[0]!.images ?? []);
    expect(Math.max(...made.backend.requests.map((request) => request.messages[0]!.images?.length ?? 0))).toBe(2);
    const sizes = sent.map(({ bytes }) => Buffer.from(bytes).readUInt32BE(16));
    expect(new Set(sizes)).toEqual(new Set([100, 280]));
    const { pictures } = await made.read<Report>("d.report.json");
    expect(pictures.used).toBe(6);
    expect(Object.values(pictures.leftOut).reduce((a, b) => a + b, 0)).toBe(3);
    expect(made.result.counts["pictures left out: smaller than 32 pixels"]).toBe(1);
  });

  it("says so where there are no pictures, and where the model does not see, before any work", async () => {
    const none = await ask(await dataset([]));
    expect(none.exitCode).toBe(1);
    expect(none.result.failures[0]!.error).toMatch(/no pictures in it/);
    await expect(createWith({ files: { "d.txt": text }, type: "multimodal-qa", answer: obliging })).rejects.toThrow(
      /needs a model that sees pictures, and fake cannot/,
    );
  });
});

describe("names and files", () => {
  it("a run over what stands there already gives the same names", async () => {
    const files = { "a/d.txt": "A mill grinds.", "b/d.txt": "A forge glows." };
    const first = await createWith({ files, amount: { total: 1 }, answer: obliging });
    const names = first.result.outputs.map((output) => path.basename(output));
    expect(names).toEqual(["d_qa_pairs.json", "d_txt_qa_pairs.json"]);
    const before = await readFile(path.join(first.folder, "out", names[1]!), "utf8");
    await writeFile(path.join(first.folder, "marker"), "");
    const again = await createWith({
      files,
      folder: first.folder,
      amount: { total: 1 },
      answer: () => new Error("asked"),
    });
    expect(again.result.outputs.map((output) => path.basename(output))).toEqual(names);
    expect(await readFile(path.join(first.folder, "out", names[1]!), "utf8")).toBe(before);
  });

  it("warns of what looks like a placeholder in a prompt", async () => {
    const made = await createWith({
      files: { "d.txt": "A mill." },
      amount: { total: 1 },
      prompts: { qa_generation: "{text} {topic}" },
      answer: obliging,
    });
    expect(made.warnings.join("\n")).toMatch(/\{topic\} is no placeholder/);
  });
});
