// What masks of JSON Schema take in llama.cpp, on one thread. Compiled by llamaGrammar.js against a built checkout of it; reads a line for
// each schema: the schema, a tab, and its values as token ids (spaces between ids, commas between values). Prints `c MS` for each schema
// that was compiled, `m US` for each mask, `r` for a schema that was refused or ended the process, `l` for a value that was not taken.

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "json-schema-to-grammar.h"
#include "llama.h"

using Clock = std::chrono::steady_clock;

static double microseconds(Clock::time_point from) {
  return std::chrono::duration<double, std::micro>(Clock::now() - from).count();
}

/// Walks the values through a schema's grammar.
static void walk(const llama_vocab* vocab, const std::string& schema, const std::string& values) {
  auto begin = Clock::now();
  llama_sampler* grammar = nullptr;
  try {
    std::string text = json_schema_to_grammar(common_json::parse(schema));
    grammar = llama_sampler_init_grammar(vocab, text.c_str(), "root");
  } catch (const std::exception&) {
  }
  if (grammar == nullptr) {
    std::puts("r");
    return;
  }
  std::printf("c %.3f\n", microseconds(begin) / 1000);
  std::vector<llama_token_data> candidates(llama_vocab_n_tokens(vocab));
  std::stringstream all(values);
  for (std::string value; std::getline(all, value, ',');) {
    llama_sampler* walker = llama_sampler_clone(grammar);
    std::stringstream ids(value);
    for (llama_token id; ids >> id;) {
      for (size_t i = 0; i < candidates.size(); i++) candidates[i] = {static_cast<llama_token>(i), 0.0f, 0.0f};
      llama_token_data_array array = {candidates.data(), candidates.size(), -1, false};
      begin = Clock::now();
      llama_sampler_apply(walker, &array);
      std::printf("m %.2f\n", microseconds(begin));
      if (candidates[id].logit < -1e30f) {
        std::puts("l");
        break;
      }
      llama_sampler_accept(walker, id);
    }
    llama_sampler_free(walker);
  }
  llama_sampler_free(grammar);
}

int main(int, char** arguments) {
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  llama_model_params parameters = llama_model_default_params();
  parameters.vocab_only = true;
  llama_model* model = llama_model_load_from_file(arguments[1], parameters);
  if (model == nullptr) return 1;
  for (std::string line; std::getline(std::cin, line);) {
    size_t tab = line.find('\t');
    std::fflush(stdout);
    // A grammar that ends the process ends a child.
    pid_t child = fork();
    if (child == 0) {
      walk(llama_model_get_vocab(model), line.substr(0, tab), line.substr(tab + 1));
      std::fflush(stdout);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) std::puts("r");
  }
  return 0;
}
