using System.Text;
using Realm.Abi;
using Realm.Tests.Generation;
using Xunit;

namespace Realm.Tests.Abi;

/// <summary>What C can hand over and the package never does: counts, codes and options that make no sense are refused, by what they are called.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class ArgumentsTests : IDisposable
{
    private readonly ulong _model = Open();

    public void Dispose() => Calls.CloseModel(_model);

    private static ulong Open()
    {
        ulong model = 0;
        delegate* unmanaged<byte*, ulong, byte*, ulong, ulong*, RealmError*, int> open = &ModelExports.OpenPath;
        byte[] path = Encoding.UTF8.GetBytes(Golden.TinyAtlas);
        fixed (byte* p = path)
            Assert.Equal(0, open(p, (ulong)path.Length, null, 0, &model, null));
        return model;
    }

    private string Embed(uint[] ids, uint[] lengths, string options = "{}")
    {
        delegate* unmanaged<ulong, uint*, ulong, uint*, ulong, byte*, ulong, float*, ulong, delegate* unmanaged<void*, void>, void*, ulong*, RealmError*, int> embed =
            &EmbedExports.EmbedStart;
        ulong job = 0;
        ulong* to = &job;
        byte[] json = Encoding.UTF8.GetBytes(options);
        fixed (uint* i = ids, l = lengths)
        fixed (byte* j = json)
        {
            uint* tokens = i, parts = l;
            byte* how = j;
            return Calls.Call(error =>
                embed(_model, tokens, (ulong)ids.Length, parts, (ulong)lengths.Length, how, (ulong)json.Length, null, 0, null, null, to, (RealmError*)error)).Message;
        }
    }

    [Theory]
    [InlineData("{\"pooling\":\"most\"}", "pooling must be 'none' or 'mean' or 'cls' or 'last' or 'rank', not \"most\"")]
    [InlineData("{\"dimensions\":-1}", "dimensions must be an integer from 0 to 2147483647, not -1")]
    [InlineData("{\"lora\":1}", "lora must be a list, not 1")]
    public void Options_of_vectors(string options, string message) => Assert.Equal(message, Embed([1, 2, 3], [3], options));

    [Fact]
    public void Lengths_of_texts()
    {
        Assert.Equal("text 1 has 2 tokens, of which only 1 are left", Embed([1, 2, 3], [2, 2]));
        Assert.Equal("text 0 has 4294967295 tokens, of which only 3 are left", Embed([1, 2, 3], [uint.MaxValue]));
        Assert.Equal("2 tokens are left behind the last text", Embed([1, 2, 3], [1]));
    }

    /// <summary>More than a span holds, or nothing where something must be: nothing behind the pointer is read.</summary>
    [Theory]
    [InlineData(1UL << 31, 0UL, "text: 2147483648 elements, at most 2147483647 are possible")]
    [InlineData(ulong.MaxValue, 0UL, "text: 18446744073709551615 elements, at most 2147483647 are possible")]
    [InlineData(0UL, 1UL << 29, "lengths: 536870912 elements, at most 536870911 are possible")]
    [InlineData(1UL, 0UL, "text: a null pointer with 1 elements")]
    [InlineData(0UL, 1UL, "lengths: a null pointer with 1 elements")]
    public void Counts(ulong bytes, ulong lengths, string message)
    {
        delegate* unmanaged<ulong, byte*, ulong, uint*, ulong, int, uint*, ulong, ulong*, RealmError*, int> tokenize = &ModelExports.TokenizeSegments;
        ulong count = 0;
        ulong* counted = &count;
        Assert.Equal((1, message), Calls.Call(error => tokenize(_model, null, bytes, null, lengths, 0, null, 0, counted, (RealmError*)error)));
    }

    [Theory]
    [InlineData("""{"contextShift":5}""", "contextShift must be an object of keep and recent")]
    [InlineData("""{"contextShift":{"left":5}}""", "contextShift has no 'left': it has keep and recent")]
    [InlineData("""{"lora":1}""", "lora must be a list, not 1")]
    public void Options_of_sessions(string options, string message)
    {
        delegate* unmanaged<ulong, byte*, ulong, ulong*, RealmError*, int> open = &SessionExports.Open;
        byte[] json = Encoding.UTF8.GetBytes(options);
        ulong session = 0;
        ulong* to = &session;
        fixed (byte* p = json)
        {
            byte* how = p;
            Assert.Equal((1, message), Calls.Call(error => open(_model, how, (ulong)json.Length, to, (RealmError*)error)));
        }
    }

    [Fact]
    public void A_context_that_the_file_does_not_have()
    {
        delegate* unmanaged<byte*, ulong, byte*, ulong, byte*, ulong, ulong*, RealmError*, int> inspect = &InspectExports.Inspect;
        byte[] path = Encoding.UTF8.GetBytes(Golden.TinyAtlas), json = """{"contextLength":513}"""u8.ToArray();
        ulong needed = 0;
        ulong* to = &needed;
        fixed (byte* p = path, o = json)
        {
            byte* file = p, how = o;
            Assert.Equal((1, "contextLength is 513; the model's context holds 512 positions"),
                Calls.Call(error => inspect(file, (ulong)path.Length, how, (ulong)json.Length, null, 0, to, (RealmError*)error)));
        }
    }
}
