import { describe, expect, it } from "vitest";
import { stageWith, wordOf } from "../../../test/support/synthesis.js";
import type { GenerateRequest } from "../../backends/backend.js";
import { InputError } from "../../errors.js";
import { generateTopics } from "./generate.js";
import { cleanTopic, parsePath } from "./topic-name.js";
import { parseTopicText, topicText } from "./topic-text.js";
import { TopicTree } from "./topic-tree.js";

const promptOf = (request: GenerateRequest) => request.messages.map(({ content }) => content).join("\n");
const wantedOf = (request: GenerateRequest) => (request.schema as { maxItems: number }).maxItems;

let made = 0;
const fresh = (request: GenerateRequest) =>
  JSON.stringify(Array.from({ length: wantedOf(request) }, () => `${wordOf(++made)} ${wordOf(++made)}`));

describe("generateTopics", () => {
  it("makes as many under each topic of each level as are wanted", async () => {
    const { session, options } = await stageWith({ answer: fresh });
    const result = await generateTopics(options, { counts: [4, 3], depth: 2, under: [] });
    expect(session.topics.root.children).toHaveLength(4);
    expect(session.topics.root.children.every(({ children }) => children.length === 3)).toBe(true);
    expect(result.counts).toMatchObject({ "topics made": 16, "topics in all": 16 });
    expect(result.incomplete).toBe(0);
  });

  it("shows the model what is there anywhere in the tree, and keeps nothing that repeats it", async () => {
    let asked = 0;
    const { session, options, backend } = await stageWith({
      settings: { guidance: { topics: "only rivers" } },
      answer: (request) => {
        const names = JSON.parse(fresh(request)) as string[];
        // Each answer but the first begins with what the first gave.
        if (asked++ > 0) names[0] = session.topics.root.children[0]?.name.toUpperCase() ?? names[0]!;
        return JSON.stringify(names);
      },
    });
    const result = await generateTopics(options, { counts: [3], depth: 2, under: [] });
    const names = [...session.topics.walk()].map(({ name }) => name.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
    expect(result.counts["topics there already dropped"]).toBeGreaterThan(0);
    const last = promptOf(backend.requests.at(-1)!);
    for (const { name } of session.topics.root.children) expect(last).toContain(name);
    expect(last).toContain("only rivers");
  });

  it.each([
    ["repeats itself", '["Sports"]'],
    ["refuses", '["I\'m sorry, but I cannot help with that."]'],
    ["says nothing", '["...", "12."]'],
  ])("ends with a count and no loop where the model %s", async (_, answer) => {
    const { options, warnings, backend } = await stageWith({ answer: () => answer });
    const result = await generateTopics(options, { counts: [5], depth: 1, under: [] });
    expect(result.counts["topics missing"]).toBeGreaterThanOrEqual(3);
    expect(result.incomplete).toBe(1);
    expect(warnings.join()).toContain("found no more that are new");
    expect(backend.requests.length).toBeLessThan(200);
  });

  it("goes on where it was: what is there is not asked for again", async () => {
    const { session, options, backend } = await stageWith({ answer: fresh });
    await generateTopics(options, { counts: [4], depth: 1, under: [] });
    const before = topicText(session.topics);
    const requests = backend.requests.length;
    const result = await generateTopics(options, { counts: [4], depth: 1, under: [] });
    expect(topicText(session.topics)).toBe(before);
    expect(backend.requests).toHaveLength(requests);
    expect(result.counts["topics made"]).toBeUndefined();
    await generateTopics(options, { counts: [6], depth: 1, under: [] });
    expect(session.topics.root.children).toHaveLength(6);
  });

  it("keeps the requests at the number that the backend takes", async () => {
    const { options, backend } = await stageWith({ answer: fresh, delayMs: 2 });
    await generateTopics(options, { counts: [10, 10], depth: 2, under: [] });
    expect(backend.mostInFlight).toBeGreaterThanOrEqual(4);
  });
});

describe("topics by name", () => {
  it.each([
    ["  1. Sports  ", "Sports"],
    ["- “Chess”", "Chess"],
    ["a\u0000b\u0007", "a b"],
    ["x >>>>> y", "x – y"],
    ["\u202Eevil", "evil"],
    ["新闻", "新闻"],
    ["👩‍👩‍👧 Familie", "👩‍👩‍👧 Familie"],
    ["../../etc/passwd", "../../etc/passwd"],
  ])("%j becomes %j", (text, name) => expect(cleanTopic(text)).toBe(name));

  it.each(["", " ", "...", "\u0000", "x".repeat(121)])("%j is no topic", (text) =>
    expect(cleanTopic(text)).toBeUndefined(),
  );

  it("reads paths", () => expect(parsePath(" Sports > Football ")).toEqual(["Sports", "Football"]));

  it("takes the same topic of another branch for known, and what people write as they want it", () => {
    const tree = new TopicTree();
    const sports = tree.addPath(["Sports"]);
    if (sports === "unusable") throw new Error("no topic");
    tree.addPath(["Arts"]);
    expect(tree.add(sports, "Football clubs")).toMatchObject({ name: "Football clubs" });
    expect(tree.add(tree.get(["Arts"]), "football  CLUBS!")).toBe("known");
    expect(tree.add(tree.get(["Arts"]), "Football clubs", true)).toMatchObject({ path: ["Arts", "Football clubs"] });
    expect(() => tree.get(["Nothing"])).toThrow(InputError);
  });
});

describe("topics as text", () => {
  const tree = (text: string) => {
    const made = new TopicTree();
    for (const path of parseTopicText(text, "t.txt")) made.addPath(path);
    return topicText(made);
  };

  it("comes back as it was", () => {
    const text = "Sports\n  Football\n    Clubs\n  Chess\nWeather\n";
    expect(tree(text)).toBe(text);
  });

  it("reads tabs, other widths, bullets, comments, Windows and a byte order mark", () => {
    const text = "\uFEFF# a comment\r\n* Sports\r\n\t- Football\r\n\t\t1. Clubs\r\n\r\n\t- Chess\r\nWeather";
    expect(tree(text)).toBe("Sports\n  Football\n    Clubs\n  Chess\nWeather\n");
  });

  it.each(["A\n    B\n  C\n", "A\n  ...\n"])("names the line that is wrong in %j", (text) =>
    expect(() => parseTopicText(text, "t.txt")).toThrow(/t\.txt: line/),
  );
});
