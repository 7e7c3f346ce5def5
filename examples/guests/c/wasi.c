/* An ordinary program of WASI, with printf and argv, that has a model: runGuest(..., { wasi: { args } }). */
#include <stdio.h>
#include <string.h>

#include "realm.h"

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int32_t model = realm_host_load_model_by_name(argv[1], strlen(argv[1]));
  if (model < 0) return 1;
  static const char options[] = "{\"maxTokens\": 20}";
  static char text[4096];
  int32_t bytes = realm_generate(model, argv[2], strlen(argv[2]), options, sizeof options - 1, text, sizeof text);
  if (bytes < 0) return 1;
  printf("%s:%.*s\n", argv[2], (int)bytes, text);
  return 0;
}
