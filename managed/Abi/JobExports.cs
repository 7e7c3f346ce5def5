using System.Runtime.InteropServices;
using Realm.Generation;

namespace Realm.Abi;

/// <summary><c>realm_job_state</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NativeJobState
{
    /// <summary>Bytes of the struct, as the caller knows it. It grows at its end only.</summary>
    public uint StructSize;

    /// <summary>1: nothing more will come.</summary>
    public int Done;

    /// <summary>Of the job itself.</summary>
    public int Status;

    /// <summary>0.</summary>
    public int Reserved;

    /// <summary>A finished load's model, else 0.</summary>
    public ulong Model;

    /// <summary>Bytes written to text.</summary>
    public ulong TextLength;

    /// <summary>Tokens written to tokens.</summary>
    public ulong TokenCount;

    /// <summary>Likeliest tokens written to tops.</summary>
    public ulong TopCount;

    /// <summary>Logits to take, change and give back.</summary>
    public ulong LogitCount;
}

/// <summary>realm.h, "jobs".</summary>
internal static unsafe class JobExports
{
    // int32_t realm_job_read(uint64_t job, uint8_t *text, uint64_t text_capacity, realm_token *tokens, uint64_t token_capacity, realm_top *tops, uint64_t top_capacity, realm_job_state *state, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_job_read")]
    public static int Read(
        ulong job,
        byte* text,
        ulong textCapacity,
        TokenRecord* tokens,
        ulong tokenCapacity,
        TopToken* tops,
        ulong topCapacity,
        NativeJobState* state,
        RealmError* error) =>
        Boundary.Run(
            error,
            new ReadArguments
            {
                Job = job,
                Text = text,
                TextCapacity = textCapacity,
                Tokens = tokens,
                TokenCapacity = tokenCapacity,
                Tops = tops,
                TopCapacity = topCapacity,
                State = state,
                Error = error,
            },
            static a => Read(a));

    // int32_t realm_job_end(uint64_t job, uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_job_end")]
    public static int End(ulong job, byte* json, ulong capacity, ulong* length, RealmError* error) =>
        Boundary.Run(error, () => Results.Bytes(JobDescription.Json(Engine.Job(job).End), json, capacity, length));

    // int32_t realm_job_cancel(uint64_t job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_job_cancel")]
    public static int Cancel(ulong job, RealmError* error) => Boundary.Run(error, () => Engine.Job(job).Cancel());

    // int32_t realm_job_close(uint64_t job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_job_close")]
    public static int Close(ulong job, RealmError* error) => Boundary.Run(error, () => Engine.Jobs.Remove(job)?.Close());

    // int32_t realm_job_take_logits(uint64_t job, float *out, uint64_t elements, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_job_take_logits")]
    public static int TakeLogits(ulong job, float* output, ulong elements, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(output, elements, int.MaxValue, "out");
        Engine.Job(job).TakeLogits(new Span<float>(output, (int)elements));
    });

    // int32_t realm_job_answer_logits(uint64_t job, const float *logits, uint64_t elements, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_job_answer_logits")]
    public static int AnswerLogits(ulong job, float* logits, ulong elements, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(logits, elements, int.MaxValue, "logits");
        Engine.Job(job).AnswerLogits(new ReadOnlySpan<float>(logits, (int)elements));
    });

    private static void Read(in ReadArguments a)
    {
        Arguments.Check(a.State, 1, 1, "state");
        if (a.State->StructSize < sizeof(NativeJobState))
        {
            throw new RealmException(ErrorCode.InvalidArgument,
                $"state: struct_size is {a.State->StructSize}, the engine's is {sizeof(NativeJobState)}");
        }
        Arguments.Check(a.Text, a.TextCapacity, ulong.MaxValue, "text");
        Arguments.Check(a.Tokens, a.TokenCapacity, ulong.MaxValue, "tokens");
        Arguments.Check(a.Tops, a.TopCapacity, ulong.MaxValue, "tops");
        JobState state = Engine.Job(a.Job).Read(
            new Span<byte>(a.Text, Capacity(a.TextCapacity)),
            new Span<TokenRecord>(a.Tokens, Capacity(a.TokenCapacity)),
            new Span<TopToken>(a.Tops, Capacity(a.TopCapacity)));
        a.State->Done = state.Done ? 1 : 0;
        a.State->Status = (int)(state.Failure?.Code ?? ErrorCode.Ok);
        a.State->Model = state.Model;
        a.State->TextLength = (ulong)state.TextLength;
        a.State->TokenCount = (ulong)state.TokenCount;
        a.State->TopCount = (ulong)state.TopCount;
        a.State->LogitCount = (ulong)state.LogitCount;
        // This call went well; that the job did not is the news it brings.
        if (state.Failure is { } failure)
        {
            RealmError.Fill(a.Error, failure.Code, failure.Message);
        }
    }

    private static int Capacity(ulong given) => (int)Math.Min(given, 1 << 20);

    private struct ReadArguments
    {
        public ulong Job;
        public byte* Text;
        public ulong TextCapacity;
        public TokenRecord* Tokens;
        public ulong TokenCapacity;
        public TopToken* Tops;
        public ulong TopCapacity;
        public NativeJobState* State;
        public RealmError* Error;
    }
}
