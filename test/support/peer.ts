/** What users of synthetic-data-kit have: its configuration and its files. */

/** As its documentation recommends, with prompts for Python's str.format: literal braces are doubled. */
export function peerConfig(apiBase: string): string {
  return `paths:
  input: data/input
  output: {parsed: data/parsed, generated: data/generated, curated: data/curated, final: data/final}
llm:
  provider: vllm
vllm:
  api_base: ${apiBase}
  port: 8000
  model: fake
  max_retries: 3
  retry_delay: 1.0
  sleep_time: 0.1
ingest:
  default_format: txt
  youtube_captions: auto
generation:
  temperature: 0.7
  top_p: 0.95
  chunk_size: 4000
  overlap: 200
  max_tokens: 512
  num_pairs: 2
  batch_size: 32
  max_context_length: 8000
curate:
  threshold: 7.0
  batch_size: 5
  inference_batch: 5
  temperature: 0.1
format:
  default: jsonl
  include_metadata: true
  pretty_json: true
prompts:
  summary: |
    Summarize this document in 3-5 sentences.
    Text: {text}
  qa_generation: |
    Create {num_pairs} question-answer pairs. Return JSON only:
    [{{"question": "...", "answer": "..."}}]
    Text: {text}
  qa_rating: |
    Rate each pair from 1 to 10:
    {pairs}
    Return [{{"question": "...", "answer": "...", "rating": 8}}]
`;
}

const system = "You are a helpful AI assistant that provides accurate, detailed responses.";

export const peerPairs = [
  { question: "What is synthetic data?", answer: "Data made by a model." },
  { question: "Why use it?", answer: "It is cheap." },
];

/** What its `create --type qa` writes. */
export const peerGenerated = { summary: "About synthetic data.", qa_pairs: peerPairs };

/** What its `curate` writes. */
export const peerCurated = {
  summary: "About synthetic data.",
  qa_pairs: peerPairs.map((pair) => ({ ...pair, rating: 8 })),
  conversations: peerPairs.map(({ question, answer }) => [
    { role: "system", content: system },
    { role: "user", content: question },
    { role: "assistant", content: answer },
  ]),
  metrics: { total: 2, filtered: 2, retention_rate: 1, avg_score: 8 },
};

/** A conversation with a system text of its own and more than one turn of each. */
export const longConversation = [
  { role: "system", content: "You are a miller." },
  { role: "user", content: "When was the mill built?" },
  { role: "assistant", content: "In 1820." },
  { role: "user", content: "And what does it grind?" },
  { role: "assistant", content: "Rye and wheat." },
];
