// The imports of Option 2 as AssemblyScript sees them: docs/option-2.md. Results below 0 are failures.
@external("env", "realm_host_load_model_by_name") export declare function realm_host_load_model_by_name(name: usize, bytes: u32): i32;
@external("env", "realm_get_model_metadata") export declare function realm_get_model_metadata(model: u32, json: usize, mostBytes: u32): i32;
@external("env", "realm_encode_tokens") export declare function realm_encode_tokens(model: u32, text: usize, bytes: u32, ids: usize, mostBytes: u32): i32;
@external("env", "realm_decode_tokens") export declare function realm_decode_tokens(model: u32, ids: usize, count: u32, text: usize, mostBytes: u32): i32;
@external("env", "realm_embed_tokens") export declare function realm_embed_tokens(model: u32, ids: usize, count: u32, out: usize): i32;
@external("env", "realm_forward_layer") export declare function realm_forward_layer(model: u32, layer: u32, hidden: usize, floats: u32, position: u32, out: usize): i32;
@external("env", "realm_compute_logits") export declare function realm_compute_logits(model: u32, hidden: usize, floats: u32, out: usize): i32;
@external("env", "realm_stream_token") export declare function realm_stream_token(text: usize, bytes: u32): i32;
