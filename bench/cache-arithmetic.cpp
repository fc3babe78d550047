// Asks llama.cpp how many bytes the caches of a model take, for cache-arithmetic.mjs. The model is made of header keys
// alone: its weights are whatever memory holds.
// usage: cache-arithmetic HEADER.gguf <<< lines; writes the header there and prints a number for each context
//   u32|f32|bool|str|u32s|bools KEY VALUE[,VALUE...]     a key of the header
//   tensor NAME                                          one that not every model of the architecture has
//   context N_CTX SEQUENCES BATCH f16|q8_0               a context, opened as the library opens it
#include "ggml-backend.h"
#include "ggml.h"
#include "gguf.h"
#include "llama.h"
#include "llama-ext.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

static std::vector<std::string> split(const std::string & text) {
    std::vector<std::string> parts;
    std::stringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
    return parts;
}

static void set_key(gguf_context * header, const std::string & kind, const char * key, const std::string & value) {
    if (kind == "u32") gguf_set_val_u32(header, key, std::stoul(value));
    if (kind == "f32") gguf_set_val_f32(header, key, std::stof(value));
    if (kind == "bool") gguf_set_val_bool(header, key, value == "1");
    if (kind == "str") gguf_set_val_str(header, key, value.c_str());
    if (kind == "u32s") {
        std::vector<uint32_t> values;
        for (const auto & part : split(value)) values.push_back(std::stoul(part));
        gguf_set_arr_data(header, key, GGUF_TYPE_UINT32, values.data(), values.size());
    }
    if (kind == "bools") {
        std::vector<int8_t> values;
        for (const auto & part : split(value)) values.push_back(part == "1");
        gguf_set_arr_data(header, key, GGUF_TYPE_BOOL, values.data(), values.size());
    }
}

static size_t cache_bytes(llama_model * model, uint32_t n_ctx, uint32_t sequences, uint32_t batch, bool quantized) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = n_ctx;
    params.n_seq_max = sequences;
    params.n_batch = params.n_ubatch = batch;
    params.n_threads = params.n_threads_batch = 1;
    params.kv_unified = false;
    params.swa_full = false;
    params.flash_attn_type = quantized ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_AUTO;
    if (quantized) params.type_k = params.type_v = GGML_TYPE_Q8_0;
    llama_context * context = llama_init_from_model(model, params);
    if (context == nullptr) return 0;
    size_t bytes = 0;
    for (const auto & [type, memory] : llama_get_memory_breakdown(context)) bytes += memory.context;
    llama_free(context);
    return bytes;
}

static std::string last_error;

static void log(ggml_log_level level, const char * text, void *) {
    if (level == GGML_LOG_LEVEL_ERROR && strstr(text, "got ") != nullptr) last_error = text;
    else if (level == GGML_LOG_LEVEL_ERROR || getenv("VERBOSE") != nullptr) fputs(text, stderr);
}

// The loader compares how many tensors it made with how many the header lists: the first attempt tells the number, the
// second lists as many: those that the loader only makes when they are listed, and others that nothing looks for.
static llama_model * make_model(gguf_context * header, const std::vector<std::string> & optional) {
    llama_model_params params = llama_model_default_params();
    params.n_gpu_layers = 0;
    const auto no_data = [](ggml_tensor *, void *) {};
    ggml_context * names = ggml_init({ 16u << 20, nullptr, true });
    const auto list = [&](const std::string & name) {
        ggml_tensor * tensor = ggml_new_tensor_1d(names, GGML_TYPE_F32, 1);
        ggml_set_name(tensor, name.c_str());
        gguf_add_tensor(header, tensor);
    };
    for (const auto & name : optional) list(name);
    llama_model * model = llama_model_init_from_user(header, no_data, nullptr, params);
    const size_t told = last_error.rfind("got ");
    if (model != nullptr || told == std::string::npos) return model;
    for (int i = std::stoi(last_error.substr(told + 4)) - (int) optional.size(); i > 0; i--)
        list("unused." + std::to_string(i));
    return llama_model_init_from_user(header, no_data, nullptr, params);
}

int main(int argc, char ** argv) {
    if (argc != 2) return 2;
    llama_log_set(log, nullptr);
    ggml_backend_load_all();
    gguf_context * header = gguf_init_empty();
    llama_model * model = nullptr;
    std::vector<std::string> optional;
    for (std::string line; std::getline(std::cin, line);) {
        std::stringstream words(line);
        std::string kind, first, second, third, fourth;
        words >> kind >> first >> second >> third >> fourth;
        if (kind == "tensor") {
            optional.push_back(first);
            continue;
        }
        if (kind != "context") {
            set_key(header, kind, first.c_str(), second);
            continue;
        }
        if (model == nullptr) {
            gguf_write_to_file(header, argv[1], true);
            model = make_model(header, optional);
            if (model == nullptr) return 1;
        }
        printf("%zu\n", cache_bytes(model, std::stoul(first), std::stoul(second), std::stoul(third), fourth == "q8_0"));
        fflush(stdout);
    }
    return 0;
}
