export { parserFor, parsers, supportedExtensions } from "./formats.js";
export { type ParsedFile, parseFile } from "./parse.js";
export type { Parser, ParserSource } from "./parser.js";
