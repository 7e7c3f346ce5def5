using System.Runtime.InteropServices;
using Realm.Generation;

namespace Realm.Abi;

/// <summary><c>realm_job_state</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NativeJobState
{
    /// <summary>A finished load's model, else 0.</summary>
    public ulong Model;

    /// <summary>Bytes written to text.</summary>
    public ulong TextLength;

    /// <summary>Ids written to tokens.</summary>
    public ulong TokenCount;

    /// <summary>Ids the job was started with.</summary>
    public ulong PromptTokens;

    /// <summary>Guessed ids that the model has looked at.</summary>
    public ulong DraftedTokens;

    /// <summary>How many of them were chosen.</summary>
    public ulong AcceptedTokens;

    /// <summary>1: nothing more will come.</summary>
    public int Done;

    /// <summary>Of the job itself.</summary>
    public int Status;

    /// <summary>Of a generation.</summary>
    public int FinishReason;

    /// <summary>0.</summary>
    public int Reserved;
}

/// <summary>realm.h, "jobs".</summary>
internal static unsafe class JobExports
{
    // int32_t realm_job_read(uint64_t job, uint8_t *text, uint64_t text_capacity, uint32_t *tokens, uint64_t token_capacity, realm_job_state *state, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_job_read")]
    public static int Read(ulong job, byte* text, ulong textCapacity, uint* tokens, ulong tokenCapacity, NativeJobState* state, RealmError* error) =>
        Boundary.Run(error, new ReadArguments(job, text, textCapacity, tokens, tokenCapacity, state, error), static a => Read(a));

    // int32_t realm_job_cancel(uint64_t job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_job_cancel")]
    public static int Cancel(ulong job, RealmError* error) => Boundary.Run(error, () => Engine.Job(job).Cancel());

    // int32_t realm_job_close(uint64_t job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_job_close")]
    public static int Close(ulong job, RealmError* error) => Boundary.Run(error, () => Engine.Jobs.Remove(job)?.Close());

    private static void Read(in ReadArguments a)
    {
        Arguments.Check(a.State, 1, 1, "state");
        Arguments.Check(a.Text, a.TextCapacity, ulong.MaxValue, "text");
        Arguments.Check(a.Tokens, a.TokenCapacity, ulong.MaxValue, "tokens");
        JobState state = Engine.Job(a.Job).Read(
            new Span<byte>(a.Text, (int)Math.Min(a.TextCapacity, int.MaxValue)),
            new Span<uint>(a.Tokens, (int)Math.Min(a.TokenCapacity, int.MaxValue / sizeof(uint))));
        *a.State = new NativeJobState
        {
            Model = state.Model,
            TextLength = (ulong)state.TextLength,
            TokenCount = (ulong)state.TokenCount,
            PromptTokens = (ulong)state.Figures.PromptTokens,
            DraftedTokens = (ulong)state.Figures.DraftedTokens,
            AcceptedTokens = (ulong)state.Figures.AcceptedTokens,
            Done = state.Done ? 1 : 0,
            Status = (int)(state.Failure?.Code ?? ErrorCode.Ok),
            FinishReason = (int)state.Reason,
        };
        // This call went well; that the job did not is the news it brings.
        if (state.Failure is { } failure)
        {
            RealmError.Fill(a.Error, failure.Code, failure.Message);
        }
    }

    private readonly struct ReadArguments(ulong job, byte* text, ulong textCapacity, uint* tokens, ulong tokenCapacity, NativeJobState* state, RealmError* error)
    {
        public readonly ulong Job = job;
        public readonly byte* Text = text;
        public readonly ulong TextCapacity = textCapacity;
        public readonly uint* Tokens = tokens;
        public readonly ulong TokenCapacity = tokenCapacity;
        public readonly NativeJobState* State = state;
        public readonly RealmError* Error = error;
    }
}
