using System.Runtime.InteropServices;
using Realm.Generation;
using Realm.Tokenizers;

namespace Realm.Abi;

/// <summary>realm.h, "models": texts that come token by token.</summary>
internal static unsafe class TokenExports
{
    // int32_t realm_model_detokenize_next(uint64_t model, const uint32_t *ids, uint64_t count, int32_t skip_special, uint32_t *state, uint8_t *bytes, uint64_t capacity, uint64_t *length, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_detokenize_next")]
    public static int DetokenizeNext(
        ulong model, uint* ids, ulong count, int skipSpecial, uint* state, byte* bytes, ulong capacity, ulong* length, RealmError* error) =>
        Boundary.Run(error, () =>
    {
        Arguments.Check(state, 1, 1, "state");
        OpenModel open = Engine.Model(model);
        Tokenizer tokenizer = open.RequireTokenizer();
        ReadOnlySpan<int> tokens = Checked(open, ids, count);
        var detokenizer = new Detokenizer(tokenizer, skipSpecial != 0) { State = (int)*state };
        var text = new MemoryStream();
        foreach (int token in tokens)
        {
            text.Write(detokenizer.Next(token));
        }
        Results.Bytes(text.GetBuffer().AsSpan(0, (int)text.Length), bytes, capacity, length);
        if ((ulong)text.Length <= capacity)
        {
            *state = (uint)detokenizer.State;
        }
    });

    /// <summary>A copy of ids, all of which the model could choose.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidToken"/>.</exception>
    public static ReadOnlySpan<int> Checked(OpenModel open, uint* ids, ulong count)
    {
        int[] tokens = MemoryMarshal.Cast<uint, int>(Arguments.Ids(ids, count)).ToArray();
        long known = open.TokenCount;
        int wrong = Array.FindIndex(tokens, id => (uint)id >= known);
        return wrong < 0 ? tokens
            : throw new RealmException(ErrorCode.InvalidToken, $"token {(uint)tokens[wrong]} at index {wrong} is not in the vocabulary of {known}");
    }
}
