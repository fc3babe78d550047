/** `quern models` as a user runs it, against a hub on this machine. */
import { appendFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { fakeHub, type FakeHubOptions, type FakeRepo } from "../../src/models/testing/fake-hub.js";
import { quern, root, start } from "../support/command.js";
import { expectError, parsedStdout } from "../support/expectations.js";
import { folderWith, namesIn } from "../support/folders.js";

const embedded = await readFile(path.join(root, "models/quern-embedded.gguf"));
const repos: Record<string, FakeRepo> = {
  "maker/tiny-GGUF": {
    licence: "cc-by-sa-4.0",
    files: { "README.md": "# Tiny\n", "tiny-Q4_K_M.gguf": embedded, "tiny-Q8_0.gguf": embedded },
  },
  "maker/gated": { gated: true, files: { "m-Q4_K_M.gguf": "weights" } },
};
const size = `${(embedded.length / 1e6).toFixed(1)} MB`;
const name = "maker--tiny-GGUF--Q4_K_M";
const file = "tiny-Q4_K_M.gguf";

async function setUp(options: FakeHubOptions = {}) {
  const hub = await fakeHub({ ...repos }, options);
  const folder = await folderWith();
  const store = path.join(folder, "store");
  const env = { QUERN_MODELS: store, HF_ENDPOINT: hub.url, HF_HOME: folder, HF_TOKEN: "", HF_HUB_OFFLINE: "" };
  const models = (...args: string[]) => quern(["models", ...args], { cwd: folder, env });
  return { hub, folder, store, env, models, [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose]() };
}

/** Waits until the hub has sent so much. */
async function sent(hub: { sentBytes: () => number }, bytes: number): Promise<void> {
  while (hub.sentBytes() < bytes) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("a model's way", () => {
  it("pull, list, show, verify, export, import on another machine, remove", async () => {
    await using one = await setUp();
    const pulled = await one.models("pull", "hf:maker/tiny-GGUF");
    expect(pulled.exitCode, pulled.stderr).toBe(0);
    expect(pulled.stdout).toContain(`${name}: ${size}, every file verified; licence: cc-by-sa-4.0`);
    expect(pulled.stderr).toContain(`Q4_K_M of: Q4_K_M (${size}), Q8_0 (${size})`);
    expect((await readFile(path.join(one.store, name, file))).equals(embedded)).toBe(true);

    const asked = one.hub.requests.length;
    const again = await one.models("pull", "hf:maker/tiny-GGUF:Q4_K_M");
    expect(again.stdout).toContain(`${name} is here already`);
    expect(one.hub.requests.length).toBe(asked);

    expect((await one.models("list")).stdout).toMatch(
      new RegExp(`embedded .*\\n${name} +gguf +Q4_K_M +${size} +2 GiB`),
    );
    const list = parsedStdout(await one.models("list", "--json"));
    expect(list["models"]).toEqual([
      expect.objectContaining({ name: "embedded" }),
      expect.objectContaining({ name, source: "hf:maker/tiny-GGUF:Q4_K_M", licence: "cc-by-sa-4.0", problem: null }),
    ]);
    const shown = await one.models("show", "maker--tiny");
    expect(shown.stdout).toMatch(/context +2048 tokens\n/);
    expect(shown.stdout).toMatch(new RegExp(`tiny-Q4_K_M\\.gguf, ${size}, sha256 [0-9a-f]{64}`));
    expect(parsedStdout(await one.models("show", "embedded", "--json"))).toMatchObject({ facts: { layers: 8 } });
    expect((await one.models("verify")).stdout).toContain(`${name}: intact`);

    const exported = await one.models("export", name, "-o", "models.tar");
    expect(exported.exitCode, exported.stderr).toBe(0);
    const env = { ...one.env, QUERN_MODELS: path.join(one.folder, "other"), HF_HUB_OFFLINE: "1" };
    const imported = await quern(["models", "import", "models.tar"], { cwd: one.folder, env });
    expect(imported.stdout, imported.stderr).toContain(`${name}: imported, every file verified`);
    expect(await namesIn(one.folder, "other", name)).toEqual(["README.md", "quern-model.json", file]);
    expect((await quern(["models", "verify", name], { env })).exitCode).toBe(0);

    expectError(await one.models("remove", name), 2, "only when somebody says yes");
    expect((await one.models("remove", name, "--yes")).stdout).toContain(`${name}: removed`);
    expect(await namesIn(one.store)).toEqual([".partial"]);
  });

  it("in the catalogue shows what of it is here", async () => {
    await using one = await setUp();
    const { stdout } = await one.models("list", "--catalogue");
    expect(stdout).toMatch(/qwen3-8b +Qwen3 8B +8 GiB +5\.0 GB/);
    const { models } = parsedStdout(await one.models("list", "--catalogue", "--json")) as { models: unknown[] };
    expect(models.length).toBeGreaterThanOrEqual(12);
  });
});

describe("a pull that is stopped", () => {
  it("by SIGKILL goes on where it was: only the rest is fetched", async () => {
    await using one = await setUp({ mischief: () => ({ speed: 4_000_000 }) });
    const running = start(["models", "pull", "hf:maker/tiny-GGUF"], { cwd: one.folder, env: one.env });
    await sent(one.hub, 3_000_000);
    running.kill("SIGKILL");
    await running;
    expect(await namesIn(one.store)).toEqual([".partial"]);
    const kept = (await stat(path.join(one.store, ".partial", name, file))).size;
    expect(kept).toBeGreaterThan(1_000_000);

    one.hub.options = {};
    const before = one.hub.sentBytes();
    const result = parsedStdout(await one.models("pull", "hf:maker/tiny-GGUF", "--json"));
    expect(result).toMatchObject({ exit_code: 0, present: false });
    expect(one.hub.sentBytes() - before).toBeLessThanOrEqual(embedded.length - kept + "# Tiny\n".length);
    expect(one.hub.requests.find(({ range }) => range !== undefined)?.range).toBe(`bytes=${kept}-`);
    expect((await readFile(path.join(one.store, name, file))).equals(embedded)).toBe(true);
    expect(await readdir(path.join(one.store, ".partial"))).toEqual([]);
  });

  it("by Ctrl-C says how to go on: exit 130", async () => {
    await using one = await setUp({ mischief: () => ({ speed: 2_000_000 }) });
    const running = start(["models", "pull", "hf:maker/tiny-GGUF"], { cwd: one.folder, env: one.env });
    await sent(one.hub, 1_000_000);
    running.kill("SIGINT");
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(130);
    expect(stderr).toContain("what was fetched is kept; run the same command to go on");
    expect(await namesIn(one.store, ".partial")).toEqual([name]);
    expect((await stat(path.join(one.store, ".partial", name, file))).size).toBeGreaterThan(500_000);
    expect((await one.models("list")).stdout).toMatch(
      new RegExp(`unfinished: ${name}, [\\d.]+ \\w+ so far; pull it again`),
    );
    expect((await one.models("remove", name, "--yes")).stdout).toContain(`${name}: removed`);
    expect(await namesIn(one.store, ".partial")).toEqual([]);
  });

  it("is not disturbed by a second one of the same model", async () => {
    await using one = await setUp({ mischief: () => ({ speed: 4_000_000 }) });
    const running = start(["models", "pull", "hf:maker/tiny-GGUF"], { cwd: one.folder, env: one.env });
    await sent(one.hub, 1_000_000);
    expectError(await one.models("pull", "hf:maker/tiny-GGUF"), 1, "is at work on the model", name);
    expect((await running).exitCode).toBe(0);
  });
});

describe("what cannot be done: exit 1 or 2, named, with a remedy", () => {
  it.each<[string, string[], number, string[]]>([
    ["a wrong address", ["pull", "https://example.org/x"], 2, ["https://example.org/x", "hf:owner/name"]],
    ["a name that is nearly one", ["pull", "qwen3-8bb"], 2, ["qwen3-8bb", "did you mean qwen3-8b"]],
    ["an unknown repository", ["pull", "hf:maker/none"], 1, ["maker/none", "404", "check owner"]],
    ["a gated one", ["pull", "hf:maker/gated"], 1, ["401", "accept the licence on", "/maker/gated", "HF_TOKEN"]],
    ["an unknown model", ["show", "frobnicate"], 1, ["no model at frobnicate", "quern models list"]],
    ["nothing to remove", ["remove", "frobnicate", "--yes"], 1, ["no model called frobnicate"]],
    ["no bundle", ["import", "none.tar"], 1, ["cannot read none.tar", "check the path"]],
  ])("%s", async (_, args, exitCode, parts) => {
    await using one = await setUp();
    expectError(await one.models(...args), exitCode, ...parts);
    expect((await namesIn(one.store)).filter((entry) => entry !== ".partial")).toEqual([]);
  });

  it("offline", async () => {
    await using one = await setUp();
    const env = { ...one.env, HF_HUB_OFFLINE: "1" };
    expectError(await quern(["models", "pull", "hf:maker/tiny-GGUF"], { env }), 1, "HF_HUB_OFFLINE", "unset it");
    expect(one.hub.requests).toEqual([]);
  });

  it("a model larger than the disk", async () => {
    await using one = await setUp({ claimedSizes: { [file]: 4_000_000_000_000_000 } });
    expectError(await one.models("pull", "hf:maker/tiny-GGUF"), 1, "4.0 PB are needed", "are free", "QUERN_MODELS");
  });

  it("a store that is a file", async () => {
    await using one = await setUp();
    await writeFile(one.store, "a file");
    expectError(await one.models("pull", "hf:maker/tiny-GGUF"), 1, one.store, "QUERN_MODELS");
    expectError(await one.models("list"), 1, one.store, "QUERN_MODELS");
  });

  it("files that changed, and a manifest that is broken: told, the others listed all the same", async () => {
    await using one = await setUp();
    await one.models("pull", "hf:maker/tiny-GGUF:Q4_K_M");
    await one.models("pull", "hf:maker/tiny-GGUF:Q8_0");
    const changed = Buffer.from(embedded);
    changed[5_000_000]! ^= 1;
    await writeFile(path.join(one.store, name, file), changed);
    const verified = await one.models("verify", name);
    expect(verified.exitCode).toBe(1);
    expect(verified.stderr).toMatch(/✗ maker--tiny-GGUF--Q4_K_M: tiny-Q4_K_M\.gguf has the SHA-256/);
    expect(parsedStdout(await one.models("verify", name, "--json"))).toMatchObject({ exit_code: 1 });

    await appendFile(path.join(one.store, name, "quern-model.json"), "}");
    const list = await one.models("list");
    expect(list.exitCode).toBe(0);
    expect(list.stderr).toMatch(/warning: left out: maker--tiny-GGUF--Q4_K_M: .*quern-model\.json is not valid JSON/);
    expect(list.stdout).toContain("maker--tiny-GGUF--Q8_0");
    expect((await one.models("verify")).exitCode).toBe(1);
  });

  it("the token is never told", async () => {
    await using one = await setUp({ mischief: () => ({ status: 403 }) });
    const env = { ...one.env, HF_TOKEN: "hf_verysecret" };
    const result = await quern(["models", "pull", "hf:maker/tiny-GGUF", "--verbose"], { cwd: one.folder, env });
    expect(result.exitCode).toBe(1);
    expect(`${result.stdout}${result.stderr}`).not.toContain("verysecret");
  });
});

describe("help", () => {
  it.each(["", "list", "show", "pull", "verify", "export", "import", "remove"])(
    "models %s has an example",
    async (command) => {
      const { stdout, exitCode } = await quern(["models", ...(command === "" ? [] : [command]), "--help"]);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/Example:\n {2}quern models \S/);
    },
  );
});
