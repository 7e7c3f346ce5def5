using System.Runtime.InteropServices;
using Realm.Generation;
using Realm.Runtime;
using Realm.Tokenizers;

namespace Realm.Abi;

/// <summary>realm.h, "models".</summary>
internal static unsafe class ModelExports
{
    /// <summary>Of <c>add_special</c>: as the text of a prompt is seen.</summary>
    private const int AsPrompt = 2;

    /// <summary>Of <c>realm_model_passes</c>.</summary>
    private const int NumbersOfPass = 6;

    // int32_t realm_model_open_bytes(const uint8_t *bytes, uint64_t length, const uint8_t *options, uint64_t options_length, uint64_t *model, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_open_bytes")]
    public static int OpenBytes(byte* bytes, ulong length, byte* options, ulong optionsLength, ulong* model, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(bytes, length, long.MaxValue, "bytes");
        Arguments.Check(model, 1, 1, "model");
        (ModelOptions how, OpeningOptions opening) = ModelOptionTable.Read(Arguments.Bytes(options, optionsLength, "options"));
        *model = Engine.Models.Add(new OpenModel(LoadedModels.LeaseBytes(bytes, (long)length, how), opening));
    });

    // int32_t realm_model_open_path(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, uint64_t *model, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_open_path")]
    public static int OpenPath(byte* path, ulong length, byte* options, ulong optionsLength, ulong* model, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(model, 1, 1, "model");
        (ModelOptions how, OpeningOptions opening) = ModelOptionTable.Read(Arguments.Bytes(options, optionsLength, "options"));
        *model = Engine.Models.Add(new OpenModel(LoadedModels.LeasePath(Arguments.Path(path, length), how), opening));
    });

    // int32_t realm_model_open_bytes_start(const uint8_t *bytes, uint64_t length, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_open_bytes_start")]
    public static int OpenBytesStart(
        byte* bytes, ulong length, byte* options, ulong optionsLength, delegate* unmanaged<void*, void> notify, void* user, ulong* job, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(bytes, length, long.MaxValue, "bytes");
        Arguments.Check(job, 1, 1, "job");
        (ModelOptions how, OpeningOptions opening) = ModelOptionTable.Read(Arguments.Bytes(options, optionsLength, "options"));
        // Leased here, where the bytes are still the caller's to read; packed on the job's thread.
        LoadedModel loaded = LoadedModels.LeaseBytes(bytes, (long)length, how);
        LoadJob started;
        try
        {
            started = LoadJob.Start(() => loaded, opening, Engine.Models.Add, notify, user);
        }
        catch
        {
            loaded.Release();
            throw;
        }
        *job = Engine.Register(started);
    });

    // int32_t realm_model_open_path_start(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_open_path_start")]
    public static int OpenPathStart(
        byte* path, ulong length, byte* options, ulong optionsLength, delegate* unmanaged<void*, void> notify, void* user, ulong* job, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(job, 1, 1, "job");
        (ModelOptions how, OpeningOptions opening) = ModelOptionTable.Read(Arguments.Bytes(options, optionsLength, "options"));
        string text = Arguments.Path(path, length);
        *job = Engine.Register(LoadJob.Start(() => LoadedModels.LeasePath(text, how), opening, Engine.Models.Add, notify, user));
    });

    // int32_t realm_model_close(uint64_t model, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_close")]
    public static int Close(ulong model, RealmError* error) => Boundary.Run(error, () =>
    {
        if (Engine.Models.Remove(model) is { } open)
        {
            open.Close();
            Engine.Sessions.RemoveAll(session => session.Model == open);
        }
        else
        {
            // Closed before: nothing to do. Never given: says so.
            _ = Engine.Models.WasGiven(model) ? null : Engine.Model(model);
        }
    });

    // int32_t realm_model_describe(uint64_t model, uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_describe")]
    public static int Describe(ulong model, byte* json, ulong capacity, ulong* length, RealmError* error) => Boundary.Run(error, () =>
        Engine.Model(model).Use(open => Results.Bytes(ModelDescription.Json(open), json, capacity, length)));

    // int32_t realm_model_memory(uint64_t model, uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_memory")]
    public static int Memory(ulong model, byte* json, ulong capacity, ulong* length, RealmError* error) => Boundary.Run(error, () =>
        Engine.Model(model).Use(open => Results.Bytes(MemoryDescription.Json(open), json, capacity, length)));

    // int32_t realm_model_passes(uint64_t model, uint64_t after, double *numbers, uint64_t capacity, uint64_t *count, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_passes")]
    public static int Passes(ulong model, ulong after, double* numbers, ulong capacity, ulong* count, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(numbers, capacity, int.MaxValue, "numbers");
        Span<PassRecord> records = stackalloc PassRecord[PassLog.Kept];
        LoadedModel loaded = Engine.Model(model).Loaded;
        long last = loaded.Scheduler.Passes.Since((long)Math.Min(after, long.MaxValue), records, out int found);
        Results.Set(count, (ulong)(2 + (found * NumbersOfPass)), "count");
        if ((ulong)(2 + (found * NumbersOfPass)) > capacity)
        {
            return;
        }
        *numbers++ = last;
        *numbers++ = loaded.Number;
        int threads = found > 0 ? loaded.Model.Options.Threads : 0;
        foreach (ref readonly PassRecord record in records[..found])
        {
            *numbers++ = record.Milliseconds;
            *numbers++ = record.PromptRows;
            *numbers++ = record.GeneratedRows;
            *numbers++ = record.Jobs;
            *numbers++ = threads;
            *numbers++ = record.IsDone ? 1 : 0;
        }
    });

    // int32_t realm_model_tokenize(uint64_t model, const uint8_t *text, uint64_t length, int32_t add_special, int32_t parse_special, uint32_t *ids, uint64_t capacity, uint64_t *count, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_tokenize")]
    public static int Tokenize(
        ulong model, byte* text, ulong length, int addSpecial, int parseSpecial, uint* ids, ulong capacity, ulong* count, RealmError* error) => Boundary.Run(error, () =>
    {
        Tokenizer tokenizer = Engine.Model(model).RequireTokenizer();
        ReadOnlySpan<byte> bytes = Arguments.Bytes(text, length, "text");
        WriteIds(addSpecial == AsPrompt ? Prompt.Encode(bytes, tokenizer) : tokenizer.Encode(bytes, addSpecial != 0, parseSpecial != 0), ids, capacity, count);
    });

    // int32_t realm_model_tokenize_segments(uint64_t model, const uint8_t *text, uint64_t length, const uint32_t *lengths, uint64_t segments, int32_t add_special, uint32_t *ids, uint64_t capacity, uint64_t *count, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_tokenize_segments")]
    public static int TokenizeSegments(
        ulong model, byte* text, ulong length, uint* lengths, ulong segments, int addSpecial, uint* ids, ulong capacity, ulong* count, RealmError* error) => Boundary.Run(error, () =>
    {
        ReadOnlySpan<TextSegment> parts = Arguments.Segments(lengths, segments);
        WriteIds(Engine.Model(model).RequireTokenizer().EncodeSegments(Arguments.Bytes(text, length, "text"), parts, addSpecial != 0), ids, capacity, count);
    });

    private static void WriteIds(int[] tokens, uint* ids, ulong capacity, ulong* count)
    {
        Results.Set(count, (ulong)tokens.Length, "count");
        if ((ulong)tokens.Length <= capacity)
        {
            Arguments.Check(ids, (ulong)tokens.Length, ulong.MaxValue, "ids");
            MemoryMarshal.Cast<int, uint>(tokens).CopyTo(new Span<uint>(ids, tokens.Length));
        }
    }

    // int32_t realm_model_detokenize(uint64_t model, const uint32_t *ids, uint64_t count, int32_t skip_special, uint8_t *text, uint64_t capacity, uint64_t *length, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_detokenize")]
    public static int Detokenize(
        ulong model, uint* ids, ulong count, int skipSpecial, byte* text, ulong capacity, ulong* length, RealmError* error) => Boundary.Run(error, () =>
    {
        OpenModel open = Engine.Model(model);
        Tokenizer tokenizer = open.RequireTokenizer();
        ReadOnlySpan<int> tokens = TokenExports.Checked(open, ids, count);
        Results.Bytes(tokenizer.Decode(tokens, (skipSpecial & 1) != 0, cleanSpaces: (skipSpecial & 2) != 0), text, capacity, length);
    });

    // int32_t realm_model_logits_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_logits_start")]
    public static int LogitsStart(
        ulong model,
        uint* ids,
        ulong count,
        byte* options,
        ulong optionsLength,
        float* output,
        ulong elements,
        delegate* unmanaged<void*, void> notify,
        void* user,
        ulong* job,
        RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(output, elements, long.MaxValue / sizeof(float), "out");
        Arguments.Check(job, 1, 1, "job");
        LogitsOptions how = ComputeOptionTables.Logits(Arguments.Bytes(options, optionsLength, "options"));
        *job = Engine.Register(Engine.Model(model).Logits(Arguments.Ids(ids, count), how, output, elements, notify, user));
    });

    // int32_t realm_model_verify_start(uint64_t model, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_verify_start")]
    public static int VerifyStart(ulong model, delegate* unmanaged<void*, void> notify, void* user, ulong* job, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(job, 1, 1, "job");
        *job = Engine.Register(Engine.Model(model).Verify(notify, user));
    });

    // int32_t realm_model_score_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_score_start")]
    public static int ScoreStart(
        ulong model,
        uint* ids,
        ulong count,
        byte* options,
        ulong optionsLength,
        float* output,
        ulong elements,
        delegate* unmanaged<void*, void> notify,
        void* user,
        ulong* job,
        RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(output, elements, long.MaxValue / sizeof(float), "out");
        Arguments.Check(job, 1, 1, "job");
        LogitsOptions how = ComputeOptionTables.Score(Arguments.Bytes(options, optionsLength, "options"));
        *job = Engine.Register(Engine.Model(model).Score(Arguments.Ids(ids, count), how, output, elements, notify, user));
    });

    // int32_t realm_model_generate_start(uint64_t model, const uint8_t *text, uint64_t length, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_generate_start")]
    public static int GenerateStart(
        ulong model,
        byte* text,
        ulong length,
        uint* ids,
        ulong count,
        byte* options,
        ulong optionsLength,
        delegate* unmanaged<void*, void> notify,
        void* user,
        ulong* job,
        RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(job, 1, 1, "job");
        OpenModel open = Engine.Model(model);
        GenerationOptions how = GenerationOptionTable.Read(Arguments.Bytes(options, optionsLength, "options"));
        *job = Engine.Register(text == null
            ? open.Generate(Arguments.Ids(ids, count), how, notify, user)
            : open.GenerateText(Arguments.Bytes(text, length, "text"), how, notify, user));
    });
}
