/** Renders messages with the model's own chat template and tells which tokens end an answer. */
import {
  type ChatHistoryItem,
  type ChatWrapper,
  type LlamaModel,
  resolveChatWrapper,
  type Token,
} from "node-llama-cpp";
import type { ChatMessage } from "../../backend.js";

export interface RenderedPrompt {
  tokens: Token[];
  /** Tokens that end the answer besides the model's own end-of-generation tokens. */
  stopTokens: ReadonlySet<Token>;
}

export class ChatRenderer {
  private readonly wrapper: ChatWrapper;

  constructor(private readonly model: LlamaModel) {
    // Thinking is kept out: with a grammar from the first token on, an answer would end up among the thoughts.
    this.wrapper = resolveChatWrapper(model, {
      warningLogs: false,
      customWrapperSettings: {
        qwen: { thoughts: "discourage" },
        gemma4: { reasoning: false },
        seed: { thinkingBudget: 0 },
        harmony: { reasoningEffort: "low" },
        jinjaTemplate: { reasoning: false },
      },
    });
  }

  get name(): string {
    return this.wrapper.wrapperName;
  }

  /** Control tokens written in a message's text are text: only the template's own are control tokens. */
  render(messages: readonly ChatMessage[]): RenderedPrompt {
    const chatHistory: ChatHistoryItem[] = messages.map((message) =>
      message.role === "assistant"
        ? { type: "model", response: [message.content] }
        : { type: message.role, text: message.content },
    );
    chatHistory.push({ type: "model", response: [] });
    const { contextText, stopGenerationTriggers } = this.wrapper.generateContextState({ chatHistory });
    const tokens = contextText.tokenize(this.model.tokenizer);
    const { bos, shouldPrependBosToken } = this.model.tokens;
    if (shouldPrependBosToken && bos != null && tokens[0] !== bos) tokens.unshift(bos);
    const stopTokens = new Set<Token>();
    for (const trigger of stopGenerationTriggers) {
      const [token, ...more] = trigger.tokenize(this.model.tokenizer);
      if (token !== undefined && more.length === 0) stopTokens.add(token);
    }
    return { tokens, stopTokens };
  }
}
