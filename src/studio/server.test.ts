import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeBackend } from "../../test/support/fake-backend.js";
import { headlineSchema, taskWith, willing } from "../../test/support/synthesis.js";
import { loadConfig } from "../config/load.js";
import type { TaskFolder } from "../pipeline/projects/index.js";
import { createServer, mostBodyBytes, type StudioServer } from "./server.js";

const token = "a-token-that-nobody-guesses";
let server: StudioServer;
let task: TaskFolder;
let base: string;
let slow = 0;
const notices: string[] = [];

beforeAll(async () => {
  task = await taskWith({
    output_json_schema: JSON.stringify(headlineSchema),
    requirements: [{ name: "Short", instruction: "At most ten words." }],
  });
  const { config } = await loadConfig({ environment: {} });
  server = await createServer({
    config,
    folders: [path.dirname(task.project!.folder)],
    token,
    hosts: ["quern.lan"],
    origins: ["http://localhost:5173"],
    onNotice: (text) => notices.push(text),
    openModel: () =>
      Promise.resolve(new FakeBackend(willing, { contextTokens: 4096, concurrentRequests: 4, images: false }, slow)),
  });
  base = `/api/projects/${task.project!.project.id}/tasks/${task.task.id}`;
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

async function ask(method: Method, url: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await server.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${token}`, host: "127.0.0.1:8765", ...headers },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return { status: response.statusCode, text: response.body, json: parsed(response.body), headers: response.headers };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

async function sessionWith(settings: object = {}): Promise<string> {
  const { json, status } = await ask("POST", `${base}/sessions`, settings);
  expect(status).toBe(201);
  return json["id"] as string;
}

/** Watches a job to its end. */
async function ended(id: unknown): Promise<Record<string, unknown>> {
  const { text } = await ask("GET", `/api/jobs/${String(id)}/events`);
  const last = text.trim().split("\n\n").at(-1)!;
  expect(last).toMatch(/^event: end/);
  return (JSON.parse(last.slice(last.indexOf("data: ") + 6)) as { job: Record<string, unknown> }).job;
}

describe("who may use the server", () => {
  it("wants the token, whatever is asked, but for its health and its description", async () => {
    for (const [method, url] of [
      ["GET", "/api/projects"],
      ["POST", `${base}/sessions`],
      ["GET", "/nothing"],
    ] as const)
      expect((await ask(method, url, undefined, { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await ask("GET", "/api/health", undefined, { authorization: "" })).status).toBe(200);
    expect((await ask("GET", "/openapi.json", undefined, { authorization: "" })).status).toBe(200);
  });

  it("takes the token in the address of what is read, and never of what is changed", async () => {
    const none = { authorization: "" };
    expect((await ask("GET", `/api/projects?token=${token}`, undefined, none)).status).toBe(200);
    expect((await ask("POST", `/api/projects?token=${token}`, { name: "x" }, none)).status).toBe(401);
  });

  it.each(["evil.example", "evil.example:8765", "127.0.0.1.evil.example"])("is none of the host %j", async (host) => {
    expect((await ask("GET", "/api/projects", undefined, { host })).status).toBe(421);
  });

  it.each(["localhost:1", "127.0.0.1", "[::1]:8765", "QUERN.LAN:8765"])("goes by the name %s", async (host) => {
    expect((await ask("GET", "/api/projects", undefined, { host })).status).toBe(200);
  });

  it("answers no page but its own and those that were allowed", async () => {
    const from = async (origin: string) => (await ask("GET", "/api/projects", undefined, { origin })).status;
    expect(await from("http://evil.example")).toBe(403);
    expect(await from("null")).toBe(403);
    expect(await from("http://127.0.0.1:8765")).toBe(200);
    expect(await from("http://localhost:5173")).toBe(200);
    expect((await ask("GET", "/api/projects", undefined, { "sec-fetch-site": "cross-site" })).status).toBe(403);
  });

  it("takes no body that is too large, and none that is no JSON", async () => {
    expect((await ask("POST", `${base}/sessions`, { tags: ["x".repeat(mostBodyBytes)] })).status).toBe(413);
    const broken = await server.app.inject({
      method: "POST",
      url: `${base}/sessions`,
      headers: { authorization: `Bearer ${token}`, host: "localhost", "content-type": "application/json" },
      payload: "{",
    });
    expect(broken.statusCode).toBe(400);
  });

  it("lets nobody out of the folders that are served", async () => {
    for (const id of ["..", "%2e%2e", "..%2f..%2fetc", "a/b"])
      expect([400, 404]).toContain((await ask("GET", `/api/projects/${id}/tasks`)).status);
    expect((await ask("POST", `${base}/sessions`, { template: "/etc/passwd" })).status).toBe(400);
    expect((await ask("POST", "/api/projects", { name: "../out" })).status).toBe(400);
  });
});

describe("tasks", () => {
  it("lists projects, tasks, and files that are broken", async () => {
    const other = await mkdtemp(path.join(os.tmpdir(), "quern-test-"));
    expect(other).not.toBe("");
    const { json } = await ask("GET", "/api/projects");
    expect(json["projects"]).toMatchObject([{ name: "News Desk" }]);
    const tasks = await ask("GET", `/api/projects/${task.project!.project.id}/tasks`);
    expect(tasks.json["tasks"]).toMatchObject([{ name: "Headline Writer", output_schema: headlineSchema }]);
  });

  it("makes and changes tasks, and refuses what Kiln would", async () => {
    const at = `/api/projects/${task.project!.project.id}/tasks`;
    const made = await ask("POST", at, { name: "Second", instruction: "Do it.", input_schema: { type: "object" } });
    expect(made.status).toBe(201);
    const id = made.json["id"] as string;
    expect((await ask("PATCH", `${at}/${id}`, { instruction: "Do it well." })).json["instruction"]).toBe("Do it well.");
    expect((await ask("POST", at, { name: "v1.0", instruction: "x" })).status).toBe(400);
    expect((await ask("POST", at, { name: "Third", instruction: "" })).status).toBe(400);
    const bad = await ask("POST", at, { name: "Third", instruction: "x", output_schema: { type: "string" } });
    expect(bad.status).toBe(422);
    expect((await ask("PUT", `${at}/${id}/data_guide`, { guide: "# Real ones" })).status).toBe(200);
    expect((await ask("GET", `${at}/${id}`)).json["data_guide"]).toBe("# Real ones");
  });
});

describe("sessions and jobs", () => {
  it("goes from a task to saved runs, and tells how it gets on", async () => {
    const session = await sessionWith({ tags: ["batch"], splits: { train: 3, test: 1 } });
    const job = await ask("POST", `${base}/sessions/${session}/jobs`, { kind: "generate", counts: [4], count: 2 });
    expect(job.status).toBe(202);
    const end = await ended(job.json["id"]);
    expect(end).toMatchObject({ state: "done", counts: { "samples saved": 8 } });
    const { json } = await ask("GET", `${base}/runs?filter=tag::batch&limit=3`);
    expect(json["total"]).toBe(8);
    expect(json["runs"]).toHaveLength(3);
    expect((await ask("GET", `${base}/runs?filter=tag::train&filter=tag::batch`)).json["total"]).toBe(6);
    expect((await ask("GET", `${base}/sessions/${session}`)).json).toMatchObject({ finished: true });
  });

  it("refuses a tag with a space before any work, and an unknown filter or template", async () => {
    const { status, json } = await ask("POST", `${base}/sessions`, { tags: ["my tag"] });
    expect(status).toBe(400);
    expect(json["error"]).toContain("space");
    expect((await ask("GET", `${base}/runs?filter=nonsense`)).status).toBe(400);
    expect((await ask("POST", `${base}/sessions`, { template: "nonsense" })).status).toBe(400);
  });

  it("goes stage by stage, with topics and samples changed by hand between", async () => {
    const session = await sessionWith();
    const at = `${base}/sessions/${session}`;
    await ask("POST", `${at}/topics`, { text: "Sports\n  Chess\n  Football\nWeather\n" });
    expect((await ask("GET", `${at}/topics.txt`)).text).toBe("Sports\n  Chess\n  Football\nWeather\n");
    await ask("PATCH", `${at}/topics`, { path: ["Sports"], name: "Games" });
    expect((await ask("DELETE", `${at}/topics`, { path: ["Weather"] })).json).toEqual({ topics: 1, samples: 0 });
    const inputs = await ask("POST", `${at}/jobs`, { kind: "inputs", count: 2 });
    expect(await ended(inputs.json["id"])).toMatchObject({ counts: { "inputs made": 4 } });
    const added = await ask("POST", `${at}/samples`, { topic: ["Games"], input: "My own story." });
    expect(added.status).toBe(201);
    const listed = await ask("GET", `${at}/samples`);
    const [first] = listed.json["samples"] as { id: string }[];
    expect((await ask("DELETE", `${at}/samples/${first!.id}`)).status).toBe(200);
    await ended((await ask("POST", `${at}/jobs`, { kind: "outputs" })).json["id"]);
    const mine = added.json["id"] as string;
    expect((await ask("PATCH", `${at}/samples/${mine}`, { output: "no JSON" })).status).toBe(422);
    expect((await ask("PATCH", `${at}/samples/${mine}`, { output: '{"headline": "By hand"}' })).status).toBe(200);
    expect(await ended((await ask("POST", `${at}/jobs`, { kind: "save" })).json["id"])).toMatchObject({
      counts: { "samples saved": 4 },
    });
    expect((await ask("GET", `${base}/runs/${mine}`)).json).toMatchObject({
      input: "My own story.",
      input_source: { type: "human" },
      output: { output: '{"headline": "By hand"}', source: { type: "human" } },
    });
  });

  it("cancels a job that runs, keeps what it made, and goes on with another", async () => {
    slow = 30;
    const session = await sessionWith();
    const at = `${base}/sessions/${session}/jobs`;
    // The model of the jobs before is still open: a job that is long enough to be cancelled in any case.
    const job = await ask("POST", at, { kind: "generate", depth: 0, count: 3000 });
    const waiting = await ask("POST", at, { kind: "save" });
    expect(waiting.json["state"]).toBe("waiting");
    await ask("POST", `/api/jobs/${String(waiting.json["id"])}/cancel`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await ask("POST", `/api/jobs/${String(job.json["id"])}/cancel`);
    expect(await ended(job.json["id"])).toMatchObject({ state: "cancelled" });
    expect((await ask("GET", `/api/jobs/${String(waiting.json["id"])}`)).json["state"]).toBe("cancelled");
    const { counts } = (await ask("GET", `${base}/sessions/${session}`)).json as { counts: { samples: number } };
    const again = await ask("POST", at, { kind: "inputs", count: counts.samples + 2 });
    expect(await ended(again.json["id"])).toMatchObject({ state: "done", counts: { "inputs made": 2 } });
  });

  it("refuses another session of a task while one is in use, and what is no job", async () => {
    const session = await sessionWith();
    const job = await ask("POST", `${base}/sessions/${session}/jobs`, { kind: "generate", depth: 0, count: 2000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await ask("POST", `${base}/sessions`, {})).status).toBe(409);
    expect((await ask("DELETE", `${base}/sessions/${session}`)).status).toBe(409);
    // The session itself can be changed while the job runs.
    expect((await ask("POST", `${base}/sessions/${session}/topics`, { paths: [["Late"]] })).status).toBe(200);
    await ask("POST", `/api/jobs/${String(job.json["id"])}/cancel`);
    await ended(job.json["id"]);
    expect((await ask("POST", `${base}/sessions/${session}/jobs`, { kind: "dance" })).status).toBe(400);
    expect((await ask("POST", `${base}/sessions/999/jobs`, { kind: "save" })).status).toBe(404);
    expect((await ask("GET", "/api/jobs/1/events")).status).toBe(404);
  });
});

describe("runs", () => {
  it("rates, repairs, tags and deletes; what is wrong changes nothing", async () => {
    const made = await ask("POST", `${base}/runs`, { input: "in", output: '{"headline": "x"}', tags: ["mine"] });
    expect(made.status).toBe(201);
    const at = `${base}/runs/${made.json["id"] as string}`;
    const rated = await ask("PATCH", at, { rating: 4, requirement_ratings: { Short: 5 } });
    expect(rated.json).toMatchObject({ output: { rating: { value: 4, type: "five_star" } } });
    expect((await ask("PATCH", at, { rating: 9 })).status).toBe(400);
    expect((await ask("PATCH", at, { rating: 1, requirement_ratings: { Nothing: 1 } })).status).toBe(400);
    expect((await ask("PATCH", at, { rating: 1, tags: ["a b"] })).status).toBe(400);
    expect((await ask("GET", at)).json).toMatchObject({ output: { rating: { value: 4 } }, tags: ["mine"] });
    const repaired = await ask("PATCH", at, { repair: { instructions: "shorter", output: '{"headline": "y"}' } });
    expect(repaired.json).toMatchObject({ repair_instructions: "shorter" });
    expect((await ask("PATCH", at, { repair: { instructions: "x", output: "no" } })).status).toBe(422);
    expect(
      (await ask("POST", `${base}/runs/tags`, { runs: { filters: ["tag::mine"] }, add: ["also"] })).json,
    ).toMatchObject({
      changed: 1,
    });
    expect((await ask("POST", `${base}/runs/delete`, { runs: {} })).status).toBe(400);
    expect((await ask("DELETE", at)).status).toBe(200);
    expect((await ask("GET", at)).status).toBe(404);
  });

  it("repairs many by the model, as a job", async () => {
    await ask("POST", `${base}/runs`, { input: "one", output: '{"headline": "x"}', tags: ["mend"] });
    await ask("POST", `${base}/runs`, { input: "two", output: '{"headline": "x"}', tags: ["mend"] });
    const job = await ask("POST", `${base}/runs/repair`, { runs: { filters: ["tag::mend"] }, instructions: "longer" });
    expect(job.status).toBe(202);
    expect(await ended(job.json["id"])).toMatchObject({ state: "done" });
    expect((await ask("GET", `${base}/runs?filter=repaired&filter=tag::mend`)).json["total"]).toBe(2);
  });

  it("exports lines of every format, and says how many are left out", async () => {
    await ask("POST", `${base}/runs`, { input: "a story", output: '{"headline": "x"}', tags: ["out"] });
    const { text, headers } = await ask("GET", `${base}/export?format=openai_chat_jsonl&filter=tag::out`);
    expect(headers["x-quern-records"]).toBe("1");
    expect(headers["x-quern-left-out"]).toBe("0");
    expect(JSON.parse(text.trim())).toMatchObject({ messages: [{ role: "system" }, { content: "a story" }, {}] });
    expect((await ask("GET", `${base}/export?format=nonsense`)).status).toBe(400);
    expect((await ask("GET", `${base}/export?filter=tag::nobody`)).status).not.toBe(200);
  });

  it("takes in the rows of a file, and says which row does not comply", async () => {
    const send = async (name: string, text: string) => {
      const response = await server.app.inject({
        method: "POST",
        url: `${base}/import?name=${name}&tag=taken`,
        headers: {
          authorization: `Bearer ${token}`,
          host: "localhost",
          "content-type": "application/octet-stream",
        },
        payload: Buffer.from(text),
      });
      return { status: response.statusCode, body: response.body };
    };
    const good = await send("a.csv", 'input,output\none story,"{""headline"": ""x""}"\n');
    expect(good.status).toBe(200);
    expect((await ask("GET", `${base}/runs?filter=tag::taken`)).json).toMatchObject({
      total: 1,
      runs: [{ output: { source: { type: "file_import" } } }],
    });
    const bad = await send("b.csv", 'input,output\nanother,"no JSON"\n');
    expect(bad.status === 200 ? (JSON.parse(bad.body) as { failures: string[] }).failures.length : bad.status).not.toBe(
      0,
    );
    expect(bad.body).toContain("b.csv");
    expect(bad.body).not.toContain("/tmp");
    expect((await send("..%2Fc.csv", "x")).status).toBe(400);
    expect((await ask("GET", `${base}/runs?filter=tag::taken`)).json["total"]).toBe(1);
  });

  it("shows the others where one run is broken", async () => {
    const made = await ask("POST", `${base}/runs`, { input: "b", output: '{"headline": "x"}' });
    const file = path.join(task.folder, "runs", made.json["id"] as string, "task_run.kiln");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.slice(0, 100));
    const { json, status } = await ask("GET", `${base}/runs?limit=1`);
    expect(status).toBe(200);
    expect(json["broken"]).toMatchObject([{ file }]);
  });
});

describe("its description", () => {
  it("is OpenAPI with every route in it", async () => {
    const { json } = await ask("GET", "/openapi.json");
    expect(json["openapi"]).toMatch(/^3\.1/);
    const paths = Object.keys(json["paths"] as object);
    expect(paths).toContain("/api/jobs/{job}/events");
    expect(paths.length).toBeGreaterThan(20);
    expect(notices).toEqual([]);
  });
});
