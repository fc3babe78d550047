// Divides texts into sentences and words, and says of each word what part of speech it is.
//
// In:  models/work/texts.jsonl, one {"id", "text"} a line (texts.py).
// Out: models/work/tagged.jsonl, one {"id", "sentences"} a line; a sentence is a list of words, a word
//      [start, end, part of speech (universal tags), base form of a verb or ""], offsets in characters of the text.
//
// Run: npm ci --prefix models/corpus && node models/corpus/tag.mjs
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { once } from "node:events";
import model from "wink-eng-lite-web-model";
import lemmatizer from "wink-lemmatizer";
import winkNLP from "wink-nlp";

const work = new URL("../work/", import.meta.url);
const nlp = winkNLP(model, ["sbd", "pos"]);
const { its } = nlp;

function tagged(text) {
  const sentences = [];
  let at = 0;
  nlp
    .readDoc(text)
    .sentences()
    .each((sentence) => {
      const words = [];
      sentence.tokens().each((token) => {
        const word = token.out();
        const start = text.indexOf(word, at);
        if (start < 0 || word.trim() === "") return;
        at = start + word.length;
        const pos = token.out(its.pos);
        const lower = word.toLowerCase();
        words.push([start, at, pos, pos === "VERB" || pos === "AUX" ? lemmatizer.verb(lower) : ""]);
      });
      if (words.length > 0) sentences.push(words);
    });
  return sentences;
}

const out = createWriteStream(new URL("tagged.jsonl", work));
for await (const line of createInterface({ input: createReadStream(new URL("texts.jsonl", work)) })) {
  const { id, text } = JSON.parse(line);
  // Offsets of Python are of code points: what lies beyond the basic plane is left out of the texts.
  if (!out.write(`${JSON.stringify({ id, sentences: tagged(text) })}\n`)) await once(out, "drain");
}
out.end();
await once(out, "finish");
