// What can be said of a pair by its words alone, for evaluate.mjs: form of the question, origin of the answer.

const lower = (text) => text.toLowerCase().replace(/\s+/g, " ").trim();
const stop = new Set(
  "a an the of in on at to for from by with and or but as is are was were be been being has have had do does did not no it its he his she her they their this that these those which who whom whose what when where why how can could may might must will would should also than then there about into over under some any all more most other such".split(
    " ",
  ),
);
const stem = (word) => word.replace(/(?:'s|’s)$/, "").replace(/(?:ies|es|ed|ing|s)$/, "");
/** Content words, without their endings. */
export function content(text) {
  return [
    ...new Set((lower(text).match(/[\p{L}\p{N}][\p{L}\p{N}'’.,-]*/gu) ?? []).map((w) => w.replace(/[.,'’-]+$/, ""))),
  ]
    .filter((word) => !stop.has(word))
    .map(stem);
}
const sentencesOf = (text) => text.split(/(?<=[.!?])["')\]]*\s+|\n+/).filter((one) => one.trim() !== "");

/** A single sentence with a question mark that begins as questions do. */
export function isQuestion(text) {
  const wh = "what|who|whom|whose|which|when|where|why|how";
  const verbs = "is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must";
  const begins = new RegExp(`^(?:(?:${wh}|${verbs})\\b|(?:[a-z]+ ){1,6}(?:${wh})\\b)`);
  return (
    begins.test(lower(text)) &&
    /\?$/.test(text.trim()) &&
    (text.match(/[?!]/g) ?? []).length === 1 &&
    !/[.] [A-Z]/.test(text)
  );
}

/** Word for word, or with all of its content words. */
export function isIn(answer, text) {
  const plain = (one) => lower(one).replace(/[.,;:!?"“”]+/g, "");
  if (plain(text).includes(plain(answer))) return true;
  const all = new Set(content(text));
  return content(answer).every((word) => all.has(word));
}

/** Whether the question has a content word of the sentence that its answer stands in. */
export function sharesWord(question, answer, text) {
  const wanted = content(answer);
  let best = [];
  let most = -1;
  for (const sentence of sentencesOf(text)) {
    const words = content(sentence);
    const found = wanted.filter((word) => words.includes(word)).length / (1 + 0.01 * words.length);
    if (found > most) [most, best] = [found, words];
  }
  return content(question).some((word) => best.includes(word));
}

/** The chance that one of the first is above one of the second, a half where they are equal. */
export function areaUnderCurve(good, bad) {
  let sum = 0;
  for (const a of good) for (const b of bad) sum += a > b ? 1 : a === b ? 0.5 : 0;
  return sum / (good.length * bad.length);
}
