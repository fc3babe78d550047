/** Configurations that users of synthetic-data-kit and of what wraps it have: their keys and values, in our own words. */

interface Server {
  provider: "vllm" | "api-endpoint";
  /** Address of the server that answers. */
  apiBase: string;
}

/** Every key of the configuration that it ships; only the addresses differ. */
export function shippedConfig({ provider, apiBase }: Server): string {
  return `# every key
paths:
  input: data/input
  output:
    parsed: data/parsed
    generated: data/generated
    curated: data/curated
    final: data/final

llm:
  provider: "${provider}"

vllm:
  api_base: "${apiBase}"
  port: 8000
  model: "fake"
  max_retries: 3
  retry_delay: 1.0
  sleep_time: 0.1

api-endpoint:
  api_base: "${apiBase}"
  api_key: "llama-api-key"
  model: "fake"
  max_retries: 3
  retry_delay: 1.0
  sleep_time: 0.5

ingest:
  default_format: "txt"
  youtube_captions: "auto"

generation:
  temperature: 0.7
  top_p: 0.95
  max_tokens: 4096
  processing_strategy: "auto"
  single_call_max_size: 8000
  chunk_size: 4000
  overlap: 200
  summary_overlap: 0
  num_pairs: 25
  num_cot_examples: 5
  num_cot_enhance_examples: null
  batch_size: 32
  max_context_length: 8000
  enable_deduplication: true
  similarity_threshold: 0.8

curate:
  threshold: 7.0
  batch_size: 5
  inference_batch: 5
  temperature: 0.1

format:
  default: "jsonl"
  include_metadata: true
  pretty_json: true

prompts:
  # The document follows as a message of its own there.
  summary: |
    Say in three to five sentences what the document is about.
  qa_generation: |
    Make question and answer pairs from the text, for training.
    Reply with JSON and nothing else:
    [
      {{
        "question": "A question?",
        "answer": "Its answer."
      }}
    ]
    Text:
    {text}
  qa_rating: |
    Give each of these pairs a rating from 1 to 10.
    Reply with JSON and nothing else:
    [
      {{"question": "same", "answer": "same", "rating": n}}
    ]
    Pairs:
    {pairs}
  cot_generation: |
    Make examples that are solved step by step.
    Reply with JSON and nothing else:
    [
      {{"question": "A question?", "reasoning": "Step 1, step 2.", "answer": "The result."}}
    ]
    Text:
    {text}
  cot_enhancement: |
    Add steps of reasoning to what the assistant says here.
    Simple steps as well: {include_simple_steps}
    Reply with the JSON of the conversations and nothing else.
    Conversations:
    {conversations}
`;
}

/** As a wrapper writes it for each run: an older layout, and no section llm. */
export function wrapperConfig(apiBase: string, folder = "data"): string {
  return `paths:
  input:
    pdf: "${folder}/pdf"
    html: "${folder}/html"
    youtube: "${folder}/youtube"
    docx: "${folder}/docx"
    ppt: "${folder}/ppt"
    txt: "${folder}/txt"
  output:
    parsed: "${folder}/output"
    generated: "${folder}/generated"
    cleaned: "${folder}/cleaned"
    final: "${folder}/final"

vllm:
  api_base: "${apiBase}"
  port: 8000
  model: "fake"
  max_retries: 3
  retry_delay: 1.0

ingest:
  default_format: "txt"
  youtube_captions: "auto"

generation:
  temperature: 0.7
  top_p: 0.95
  chunk_size: 1856
  overlap: 64
  max_tokens: 512
  num_pairs: 25

cleanup:
  threshold: 1.0
  batch_size: 4
  temperature: 0.3

format:
  default: "jsonl"
  include_metadata: true
  pretty_json: true

prompts:
  summary: |
    Say in three to five sentences what the document is about.
  qa_generation: |
    Make {num_pairs} question and answer pairs from the text, for training.
    Reply with JSON: [{{"question": "A question?", "answer": "Its answer."}}]
    Text:
    {text}
  qa_rating: |
    Give each of these pairs a rating from 1 to 10.
    Reply with JSON: [{{"question": "same", "answer": "same", "rating": n}}]
    Pairs:
    {pairs}
`;
}

/** The two sections that its documentation recommends. */
export function twoSections(apiBase: string): string {
  return `llm:
  provider: "api-endpoint"

api-endpoint:
  api_base: "${apiBase}"
  api_key: "your_api_key_here"
  model: "fake"
`;
}

/** The custom prompt of its documentation, with single braces around the JSON as printed there. */
export const singleBraces = `prompts:
  qa_generation: |
    You make question and answer pairs to train a legal assistant with.

    The text is about: {summary}...

    Make {num_pairs} pairs from this text alone.

    Reply with valid JSON only:
    [
      {
        "question": "A legal question?",
        "answer": "A precise answer."
      },
      ...
    ]

    Text:
    ---
    {text}
    ---
`;
