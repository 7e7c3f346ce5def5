/* realm.h: the C ABI of the Realm engine. Declared here and nowhere else; `npm run lint` holds the C# exports, the
 * built libraries' symbols and the TypeScript interface against it.
 *
 * Every function but realm_abi_version returns a status: 0, or the code that also stands in *error. Results come by
 * out-pointers. `error` is the caller's and may be NULL. Texts are UTF-8 with explicit lengths, never NUL-terminated.
 * Array arguments need no alignment beyond that of a byte. All functions may be called from any thread.
 *
 * Four nouns:
 *   model    a 64-bit handle, never reused: weights, tokenizer, facts.
 *   stored   a model kept under a 31-bit id of its content, for the whole process (the seven functions of Option 3).
 *   session  a 64-bit handle, never reused: a text that generations of a model go on with, closed with the model.
 *   job      work on the engine's own threads: a load, a generation, a run over many logits. `notify` is called from an
 *            engine thread whenever realm_job_read has something new; it must not block and must not call the engine.
 */
#ifndef REALM_H
#define REALM_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define REALM_ABI_VERSION 6

typedef struct realm_error {
  int32_t code;          /* the status again */
  uint32_t length;       /* bytes of message */
  char message[2040];    /* UTF-8, cut at a character's end */
} realm_error;

/* A token that was chosen. */
typedef struct realm_token {
  uint32_t id;
  uint32_t text_end;      /* bytes of all the text that was ready with it, from the beginning on; modulo 2^32 */
  float log_probability;  /* in the model's own logits; 0 unless the options ask for it */
  uint32_t top_count;     /* how many of the likeliest tokens are told with it */
  uint32_t forced;        /* 1: the format left no choice, nothing was sampled */
} realm_token;

typedef struct realm_top {
  uint32_t id;
  float log_probability;
} realm_top;

typedef struct realm_job_state {
  uint32_t struct_size;  /* set by the caller: sizeof(realm_job_state) */
  int32_t done;          /* 1: nothing more will come; texts and tokens are all read */
  int32_t status;        /* of the job itself, once done: 0, or why it failed (the text is in *error) */
  int32_t reserved;
  uint64_t model;        /* a finished load's model, else 0 */
  uint64_t text_length;  /* bytes written to `text` by this call */
  uint64_t token_count;  /* written to `tokens` by this call */
  uint64_t top_count;    /* written to `tops` by this call: those of all its tokens, one after the other */
  uint64_t logit_count;  /* not 0: a generation with `logitsProcessor` waits until so many logits are taken, changed and answered */
} realm_job_state;

typedef void (*realm_notify)(void *user);

/* A file that is mapped, in a table of the host's. */
typedef struct realm_file_map {
  uint64_t start;        /* its first address; 0: the entry is free */
  uint64_t end;          /* the address behind it */
  uint64_t lost;         /* written by the host: not 0: a page could not be read */
} realm_file_map;

typedef void (*realm_arm)(void);

/* ---- the engine ---- */
int32_t realm_abi_version(void);
/* JSON: version, isa, formats [{id,name}], architectures [name], live {models, sessions, jobs, pages, bytes}. *length: bytes needed, also when capacity is too small. */
int32_t realm_engine_describe(uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
/* Cancels all jobs, joins all threads (at most deadline_ms). Afterwards every call fails with code 35. */
int32_t realm_engine_shutdown(uint32_t deadline_ms, realm_error *error);

/* Reading a mapped page that its file no longer has raises SIGBUS, which ends a process that has no handler. A host that gives the engine a table
 * (zeros, for the life of the process, before any model is opened; only the first table counts) finds there in its handler whose page it was; it
 * sets `lost`, maps zeros over the page and what is behind it, and returns: the engine then fails that call, and every later one on the file, with
 * E_TRUNCATED or E_IO. The engine calls `arm`, from any thread, before it reads maps: the place to see that no other handler has been put in. */
int32_t realm_engine_watch_files(realm_arm arm, realm_file_map *maps, uint32_t capacity, realm_error *error);

/* ---- stored models: Option 3 ---- */
/* id 0: chosen from the content. The bytes are copied. */
int32_t realm_stored_add_bytes(const uint8_t *bytes, uint64_t length, uint32_t wanted, uint32_t *id, realm_error *error);
int32_t realm_stored_add_path(const uint8_t *path, uint64_t length, uint32_t wanted, uint32_t *id, realm_error *error);
/* An id that nobody else is given (above 2^31) for an open model: a key/value cache of its own, the weights are shared. */
int32_t realm_stored_add_model(uint64_t model, uint32_t *id, realm_error *error);
/* A stored model's tokenizer, and generation with it; vocab_only: 1: no generation. Closed by realm_model_close. */
int32_t realm_stored_open(uint32_t id, int32_t vocab_only, uint64_t *model, realm_error *error);
int32_t realm_stored_remove(uint32_t id, realm_error *error);
/* total_size: the tensors' bytes as they are in the file. */
int32_t realm_stored_info(uint32_t id, uint64_t *tensor_count, uint64_t *total_size, realm_error *error);
int32_t realm_stored_shape(uint32_t id, uint32_t *hidden, uint32_t *vocab, uint32_t *layers, realm_error *error);
int32_t realm_stored_tensor_size(uint32_t id, const uint8_t *name, uint64_t length, uint64_t *elements, realm_error *error);
int32_t realm_stored_tensor_read(uint32_t id, const uint8_t *name, uint64_t length, float *out, uint64_t elements, realm_error *error);
/* out: float32 (count, hidden) */
int32_t realm_stored_embed(uint32_t id, const uint32_t *tokens, uint64_t count, float *out, uint64_t elements, realm_error *error);
/* hidden, out: float32 (elements / hidden size, hidden size); they may be the same memory. position: of the first row. */
int32_t realm_stored_forward(uint32_t id, uint32_t layer, const float *hidden, uint64_t elements, uint32_t position, float *out, realm_error *error);
/* hidden: float32 (1, hidden size); out: float32 (vocab) */
int32_t realm_stored_logits(uint32_t id, const float *hidden, uint64_t elements, float *out, uint64_t out_elements, realm_error *error);

/* ---- files ---- */
/* JSON: js/model/inspectModel.ts' ModelInspection, from metadata and the directory of tensors; what keeps the file from running is in its
 * `problems`. options: contextLength, weights, cacheType, lora. *needed: bytes of it, also when capacity is too small. */
int32_t realm_file_inspect(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, uint8_t *json, uint64_t capacity, uint64_t *needed, realm_error *error);
/* The same on an engine thread: the JSON is the job's text. */
int32_t realm_file_inspect_start(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);

/* ---- models ---- */
/* options: one JSON object, whose names are those of the package (LoadOptions, GenerateOptions), or nothing. Numbers of 64 bits
 * are texts. The only lists of them are managed/Abi/ModelOptionTable.cs and GenerationOptionTable.cs; a name that is not there is an error. */
int32_t realm_model_open_bytes(const uint8_t *bytes, uint64_t length, const uint8_t *options, uint64_t options_length, uint64_t *model, realm_error *error);
int32_t realm_model_open_path(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, uint64_t *model, realm_error *error);
/* The same on an engine thread; the bytes are copied before the call returns. */
int32_t realm_model_open_bytes_start(const uint8_t *bytes, uint64_t length, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
int32_t realm_model_open_path_start(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
/* Running jobs end as cancelled; memory goes with the last of them. A second close does nothing. */
int32_t realm_model_close(uint64_t model, realm_error *error);
/* JSON: the facts of js/model/model.ts' ModelInfo, chat template and special tokens. */
int32_t realm_model_describe(uint64_t model, uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
/* JSON: bytes that the model takes, and what a text may come to take: js/model/memory.ts' ModelMemory. */
int32_t realm_model_memory(uint64_t model, uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
/* The last passes, at most 256, that came after the one of a number (the first is 1): the number of the last one, a number that all models of the
 * same weights have and no others, then of each six numbers: milliseconds, rows of prompts, rows of generated tokens, jobs, threads, and 1 if it was not broken off. *count: numbers needed, also when
 * capacity is too small (then none is written). */
int32_t realm_model_passes(uint64_t model, uint64_t after, double *numbers, uint64_t capacity, uint64_t *count, realm_error *error);
/* *count: ids needed, also when capacity is too small (then nothing is written). add_special: 0: the text alone; 1: with begin and
 * end as the file asks; 2: as the text of a prompt (a begin token that the text writes itself is not doubled). */
int32_t realm_model_tokenize(uint64_t model, const uint8_t *text, uint64_t length, int32_t add_special, int32_t parse_special, uint32_t *ids, uint64_t capacity, uint64_t *count, realm_error *error);
/* A conversation: lengths are bytes of the template's own text and of others' text, by turns, the template's first. Only its own makes special tokens. */
int32_t realm_model_tokenize_segments(uint64_t model, const uint8_t *text, uint64_t length, const uint32_t *lengths, uint64_t segments, int32_t add_special, uint32_t *ids, uint64_t capacity, uint64_t *count, realm_error *error);
/* The very text that was tokenized, where the vocabulary can. skip_special: 1: without special tokens; 2: white space tidied as llama.cpp
 * does for this tokenizer; 3: both. Ids beyond the vocabulary that a padded model may choose give nothing. */
int32_t realm_model_detokenize(uint64_t model, const uint32_t *ids, uint64_t count, int32_t skip_special, uint8_t *text, uint64_t capacity, uint64_t *length, realm_error *error);
/* The bytes that tokens add to a text behind others. *state: 0 at its beginning, 3 within it, later what the call before left. It may end
 * inside a character. */
int32_t realm_model_detokenize_next(uint64_t model, const uint32_t *ids, uint64_t count, int32_t skip_special, uint32_t *state, uint8_t *bytes, uint64_t capacity, uint64_t *length, realm_error *error);
/* A format is the JSON of GenerateOptions' format as the engine reads it (managed/Abi/FormatValue.cs). JSON: minTokens, checked, warnings. What
 * is compiled stays with the model for the next who asks, the last 64. */
int32_t realm_model_compile(uint64_t model, const uint8_t *format, uint64_t length, uint8_t *json, uint64_t capacity, uint64_t *json_length, realm_error *error);
/* The same on an engine thread: afterwards realm_model_compile takes no time. */
int32_t realm_model_compile_start(uint64_t model, const uint8_t *format, uint64_t length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
/* *fits: 1: exactly this text may come of a generation with the format. */
int32_t realm_model_test_text(uint64_t model, const uint8_t *format, uint64_t length, const uint8_t *text, uint64_t text_length, int32_t *fits, realm_error *error);
/* options: lora. out: float32 (count, vocab), the caller's until the job is closed. */
int32_t realm_model_logits_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
/* out: float32 (count): of each token the natural logarithm of its probability after those before it; of the first it is not a number.
 * options: lora, topLogprobs; behind the numbers are then (count - 1, topLogprobs) of realm_top, the likeliest tokens in the place of each but the
 * first. The caller's until the job is closed. */
int32_t realm_model_score_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
/* Texts: ids one after the other, lengths of each. options: pooling (none, mean, cls, last, or rank: a classifier's scores), normalize (vectors are
 * made one long), dimensions (numbers of each that are kept; 0: all), lora. out: float32, a text's vector after the other's, without pooling
 * one for each token; the caller's until the job is closed. The job's text is how far it has come: lines of texts that are done and all texts. */
int32_t realm_model_embed_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint32_t *lengths, uint64_t texts, const uint8_t *options, uint64_t options_length, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
/* Looks at every number of the file: code 34, with the tensor, where one is not finite; 8 or 3 where the file changed or cannot be read. */
int32_t realm_model_verify_start(uint64_t model, realm_notify notify, void *user, uint64_t *job, realm_error *error);
/* From a text, of which an engine thread makes ids, or from ids where text is NULL. */
int32_t realm_model_generate_start(uint64_t model, const uint8_t *text, uint64_t length, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);

/* ---- samplers ---- */
/* Choose tokens from logits that the caller has, as a generation with these options and this seed does. They end with their model. */
int32_t realm_sampler_open(uint64_t model, const uint8_t *options, uint64_t options_length, uint64_t *sampler, realm_error *error);
/* Tokens that were not chosen here: a prompt. */
int32_t realm_sampler_accept(uint64_t model, uint64_t sampler, const uint32_t *ids, uint64_t count, realm_error *error);
/* logits: float32 (vocab), which stay as they are. The token is noted as the sequence's next. */
int32_t realm_sampler_choose(uint64_t model, uint64_t sampler, const float *logits, uint64_t elements, uint32_t *token, realm_error *error);
int32_t realm_sampler_close(uint64_t model, uint64_t sampler, realm_error *error);
/* ---- sessions ---- */
/* A generation that is cancelled leaves what it has said, one that fails leaves the session as it was. One call at a time: others are code 37. */
int32_t realm_session_open(uint64_t model, const uint8_t *options, uint64_t options_length, uint64_t *session, realm_error *error);
/* The same once more, sharing memory; of a session that is at work, as it was before. */
int32_t realm_session_fork(uint64_t session, uint64_t *fork, realm_error *error);
/* Forgets all but the first tokens. */
int32_t realm_session_rewind(uint64_t session, uint64_t length, realm_error *error);
int32_t realm_session_tokens(uint64_t session, uint32_t *ids, uint64_t capacity, uint64_t *count, realm_error *error);
/* From a text, or from ids where text is NULL, which come next; whole: 1: the ids are all of the text, and what the session holds of it is used. */
int32_t realm_session_generate_start(uint64_t session, int32_t whole, const uint8_t *text, uint64_t length, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
/* The file is whole or as it was before. */
int32_t realm_session_save_start(uint64_t session, const uint8_t *path, uint64_t length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
/* Code 40: a file of something else, or damaged; the session is as it was. */
int32_t realm_session_restore_start(uint64_t session, const uint8_t *path, uint64_t length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
/* Ends what it is at. A second close does nothing. */
int32_t realm_session_close(uint64_t session, realm_error *error);

/* ---- jobs ---- */
/* Takes what is new. Never blocks. */
int32_t realm_job_read(uint64_t job, uint8_t *text, uint64_t text_capacity, realm_token *tokens, uint64_t token_capacity, realm_top *tops, uint64_t top_capacity, realm_job_state *state, realm_error *error);
/* JSON: finishReason, stop, counts and timings, once the job is done. */
int32_t realm_job_end(uint64_t job, uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
/* The logits that realm_job_read has told of: float32 (vocab). Taken once, and answered once, changed in whatever way: finite, or minus infinity where
 * a token is not to be chosen. Others' generations go on meanwhile; so does this one's time. */
int32_t realm_job_take_logits(uint64_t job, float *out, uint64_t elements, realm_error *error);
int32_t realm_job_answer_logits(uint64_t job, const float *logits, uint64_t elements, realm_error *error);
/* Asks the job to stop: within one layer's time it is done. */
int32_t realm_job_cancel(uint64_t job, realm_error *error);
/* Cancels, waits until the engine no longer touches the caller's memory or `notify`, and forgets the job. */
int32_t realm_job_close(uint64_t job, realm_error *error);

#ifdef __cplusplus
}
#endif
#endif
